// Launches that a stepper gathers and runs as one.
#include "core/Device.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using namespace plimsoll;

std::vector<std::string> told; ///< what ran, in order

void tell(const Launch *launches, int count, std::string text) {
  for (int i = 0; i < count; ++i)
    text.append(" ").append(std::to_string(launches[i].sizes[0]));
  told.push_back(text);
}

const Kernel single = {"single", [](const Launch &launch) { tell(&launch, 1, "single"); }};
const Kernel first = {
    .name = "first",
    .run = [](const Launch &launch) { tell(&launch, 1, "first"); },
    .runMany = [](const Launch *launches, int count) { tell(launches, count, "first:"); }};
const Kernel second = {
    .name = "second",
    .run = [](const Launch &launch) { tell(&launch, 1, "second"); },
    .runMany = [](const Launch *launches, int count) { tell(launches, count, "second:"); }};

void timeline(Stepper &s) {
  s.begin();
  s.run(first, {}, {0});
  s.run(first, {}, {1});
  s.run(second, {}, {2});
  s.run(single, {}, {3});
  s.run(second, {}, {4});
  s.poison(0, 8);
  s.run(second, {}, {5});
  s.run([](const Launch &) { told.push_back("loop"); }, {});
  s.run(first, {}, {7});
  s.run(first, {}, {8});
}

class Host : public Device, LaunchHooks {
public:
  std::byte bytes[64];

  std::byte *host() const override { return const_cast<std::byte *>(bytes); }
  std::byte *arena() const override { return host(); }
  void run(const Timeline &what, StepRunner &stepper) override {
    told.clear();
    stepper.hooks = this;
    Device::run(what, stepper);
  }

private:
  void before(int first, int last) override {
    told.push_back(std::to_string(first).append(" to ").append(std::to_string(last)));
  }
  void fill(void *, int, uint64_t) override { told.push_back("fill"); }
};

using Strings = std::vector<std::string>;

TEST(LaunchQueue, NeighboursOfOneKernelRunAsOne) {
  Host host;
  StepRunner stepper;
  Timeline what = {};
  what.run = timeline;
  host.run(what, stepper);
  EXPECT_EQ(told, (Strings{"0 to 1", "first: 0 1", "2 to 2", "second: 2", "3 to 3", "single 3",
                           "4 to 4", "second: 4", "fill", "5 to 5", "second: 5", "6 to 6", "loop",
                           "7 to 8", "first: 7 8"}));
}

TEST(LaunchQueue, AnObserverSeesEachAlone) {
  Host host;
  StepRunner stepper;
  stepper.observer = [](void *, int launch) {
    told.push_back(std::string("seen ").append(std::to_string(launch)));
  };
  Timeline what = {};
  what.run = timeline;
  host.run(what, stepper);
  EXPECT_EQ(Strings(told.begin(), told.begin() + 6),
            (Strings{"0 to 0", "first 0", "seen 0", "1 to 1", "first 1", "seen 1"}));
}

} // namespace
