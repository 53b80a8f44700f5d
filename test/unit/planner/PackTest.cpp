//===- PackTest.cpp - packings are valid, and as low as they should be --------------===//

#include "passes/planner/Pack.h"
#include "passes/planner/PackInternal.h"
#include "passes/planner/Random.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

using namespace plimsoll::planner;

namespace {

std::vector<Buffer> readInstance(const std::string &name) {
  std::ifstream file(std::string(PLIMSOLL_PLANNER_TEST_DATA) + "/packing/" + name + ".csv");
  std::string line;
  std::getline(file, line);
  std::vector<Buffer> buffers;
  int64_t id;
  char comma;
  for (Buffer b; file >> id >> comma >> b.lower >> comma >> b.upper >> comma >> b.size;)
    buffers.push_back(b);
  return buffers;
}

void expectValid(const std::vector<Buffer> &buffers, const PackResult &result) {
  ASSERT_EQ(result.offsets.size(), buffers.size());
  int64_t height = 0;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Buffer &a = buffers[i];
    EXPECT_GE(result.offsets[i], 0);
    EXPECT_EQ(result.offsets[i] % a.alignment, 0);
    if (a.fixed != none) {
      EXPECT_EQ(result.offsets[i], a.fixed);
    }
    height = std::max(height, a.size > 0 && a.upper > a.lower ? result.offsets[i] + a.size : 0);
    for (size_t j = 0; j < i; ++j) {
      const Buffer &b = buffers[j];
      const bool together = a.lower < b.upper && b.lower < a.upper && a.size > 0 && b.size > 0;
      if (together && result.offsets[i] < result.offsets[j] + b.size &&
          result.offsets[j] < result.offsets[i] + a.size)
        FAIL() << "buffers " << i << " and " << j << " share bytes";
    }
  }
  EXPECT_EQ(height, result.height);
  EXPECT_GE(result.height, result.lowerBound);
}

class Published : public testing::TestWithParam<const char *> {};

TEST_P(Published, reachesTheLowerBound) {
  const std::vector<Buffer> buffers = readInstance(GetParam());
  ASSERT_FALSE(buffers.empty());
  const PackResult result = pack(buffers);
  expectValid(buffers, result);
  EXPECT_TRUE(result.proven) << result.height << " above " << result.lowerBound;
}

INSTANTIATE_TEST_SUITE_P(Pack, Published,
                         testing::Values("minimalloc-A", "minimalloc-B", "minimalloc-C",
                                         "minimalloc-F", "minimalloc-G", "minimalloc-H",
                                         "somas-resnet50", "iopddl-G_1"));

std::vector<Buffer> randomBuffers(Random &random, bool withAlignment) {
  std::vector<Buffer> buffers(static_cast<size_t>(1 + random.below(60)));
  for (Buffer &b : buffers) {
    b.lower = random.below(40);
    b.upper = b.lower + 1 + random.below(15);
    b.size = random.below(100);
    b.alignment = withAlignment ? int64_t{1} << random.below(5) : 1;
  }
  return buffers;
}

TEST(Pack, neverWorseThanBestFitBySizeOrByStart) {
  Random random(5);
  PackOptions fast;
  fast.effort = Effort::Fast;
  for (int k = 0; k < 1000; ++k) {
    const std::vector<Buffer> buffers = randomBuffers(random, k % 4 == 0);
    const PackResult result = pack(buffers, fast);
    expectValid(buffers, result);
    const Conflicts conflicts(buffers);
    for (OrderKind kind : {OrderKind::Size, OrderKind::Start})
      for (Fit fit : {Fit::Best, Fit::Lowest})
        EXPECT_LE(result.height, heightOf(buffers, placeInOrder(buffers, conflicts,
                                                                makeOrder(buffers, kind), fit)));
  }
}

TEST(Pack, goesAroundFixedBuffers) {
  Random random(9);
  for (int k = 0; k < 100; ++k) {
    std::vector<Buffer> buffers = randomBuffers(random, false);
    buffers[0].fixed = 50;
    const PackResult result = pack(buffers, {none, Effort::Fast, 0});
    expectValid(buffers, result);
  }
}

TEST(Pack, fixedBuffersThatOverlapAreReported) {
  const std::vector<Buffer> buffers = {{0, 5, 8, 1, 0}, {2, 3, 8, 1, 4}};
  EXPECT_EQ(pack(buffers).height, none);
}

TEST(Pack, theSameAnswerEveryTime) {
  Random random(3);
  const std::vector<Buffer> buffers = randomBuffers(random, true);
  EXPECT_EQ(pack(buffers).offsets, pack(buffers).offsets);
}

TEST(Pack, emptyAndZeroSized) {
  EXPECT_EQ(pack({}).height, 0);
  const std::vector<Buffer> buffers = {{0, 5, 0, 1, none}, {1, 1, 9, 1, none}, {0, 2, 7, 1, none}};
  EXPECT_EQ(pack(buffers).lowerBound, 7);
}

} // namespace
