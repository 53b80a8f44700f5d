//===- ChoicesTest.cpp - choices of libraries are kept in a checkpoint ------===//
#include "TinyProgram.h"

#include "core/Checkpoint.h"
#include "core/Choices.h"
#include "core/Safetensors.h"
#include "core/Start.h"
#include "core/StepRunner.h"

#include <cstdio>
#include <cstring>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace plimsoll;

namespace {

/// An algorithm of a library that has three and chooses the first; number 3 rejects the size 7.
struct Algorithm {
  int number;
};
Algorithm algorithms[] = {{1}, {2}, {3}};
int ran = 0;

void run(const Launch &launch) {
  ran = static_cast<const Algorithm *>(launch.handle)->number;
}
void *prepare(const LaunchShape &, int64_t, const char **) {
  return &algorithms[0];
}
void *prepareAs(const LaunchShape &shape, int64_t, const char *choice, const char **error) {
  int number = 0;
  if (std::sscanf(choice, "number %d", &number) != 1 || number < 1 || number > 3)
    *error = "there is no such algorithm";
  else if (number == 3 && shape.sizes[0] == 7)
    *error = "7 is not for 3";
  else
    return &algorithms[number - 1];
  return nullptr;
}
void choice(const void *handle, char *text, size_t capacity) {
  std::snprintf(text, capacity, "number %d", static_cast<const Algorithm *>(handle)->number);
}
const Kernel several = {"several", run, nullptr, prepare, choice, prepareAs};
const Kernel single = {"single", run, nullptr, prepare};

/// Prepares and runs three launches; returns the algorithms that ran.
std::vector<int> launch(Choices &choices, const char **error) {
  std::vector<int> found;
  void *handles[3] = {};
  StepRunner stepper;
  stepper.handles = handles;
  stepper.choices = &choices;
  for (bool preparing : {true, false}) {
    stepper.preparing = preparing;
    stepper.begin();
    auto one = [&](const Kernel &kernel, int64_t size) {
      stepper.run(kernel, {}, {size, 4});
      if (!preparing)
        found.push_back(ran);
    };
    one(several, 5), one(several, 7), one(single, 5);
  }
  *error = stepper.error;
  return found;
}

std::string failure(const std::string &text) {
  Choices choices;
  try {
    choices.record(text, "c.st");
  } catch (const Failure &failed) {
    return failed.what();
  }
  return "nothing failed";
}

TEST(Choices, AreNotedForKernelsThatHaveOne) {
  Choices choices;
  const char *error = nullptr;
  EXPECT_EQ(launch(choices, &error), (std::vector<int>{1, 1, 1}));
  EXPECT_EQ(error, nullptr);
  EXPECT_EQ(choices.text(), "several[5,4]=number 1;several[7,4]=number 1;");
}

TEST(Choices, AreFollowedWhereTheyCanBe) {
  Choices choices;
  const char *error = nullptr;
  choices.record("several[5,4]=number 2;several[7,4]=number 3;several[9,9]=number 2;", "c.st");
  EXPECT_EQ(launch(choices, &error), (std::vector<int>{2, 1, 1}));
  EXPECT_EQ(error, nullptr);
  ASSERT_EQ(choices.refused(), 1);
  EXPECT_EQ(choices.firstRefusal().launch, 1);
  EXPECT_EQ(choices.firstRefusal().reason, "7 is not for 3");
  EXPECT_EQ(choices.text(), "several[5,4]=number 2;several[7,4]=number 1;");
}

TEST(Choices, ADamagedRecordIsAnError) {
  EXPECT_EQ(failure("several[5,4]=number 2;"), "nothing failed");
  EXPECT_EQ(failure("several[5,4]=number 2;several[7,4]=num"),
            "'c.st': its record of the algorithms that libraries chose is damaged (at "
            "'several[7,4]=num'); resume from another checkpoint, or start from its parameters "
            "alone with --weights");
  for (const char *text : {"several[5,4];", "several[5,4=number 2;", "=number 2;", ";", "x"})
    EXPECT_NE(failure(text).find("is damaged (at '"), std::string::npos) << text;
}

TEST(Choices, TravelThroughACheckpoint) {
  std::string path = testing::TempDir() + "plimsoll-choices-" + std::to_string(getpid()) + ".st";
  std::vector<std::byte> arena(plimsoll_program.arenaBytes);
  std::string text = "several[5,4]=number 2;";
  CheckpointWriter(plimsoll_program, checkpointSlots(plimsoll_program), path, text)
      .save({}, arena.data());
  EXPECT_EQ(readRunState(plimsoll_program, SafetensorsFile(path)).choices, text);
  CheckpointWriter(plimsoll_program, checkpointSlots(plimsoll_program), path)
      .save({}, arena.data());
  SafetensorsFile without(path);
  EXPECT_EQ(without.metadata("choices"), nullptr);
  EXPECT_EQ(readRunState(plimsoll_program, without).choices, "");
  unlink(path.c_str());
}

} // namespace
