//===- PackTest.cpp - packings are valid, and as low as they should be --------------===//

#include "passes/planner/Pack.h"
#include "passes/planner/PackInternal.h"
#include "passes/planner/Random.h"

#include <gtest/gtest.h>

#include <cstdint>
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
                                         "minimalloc-E", "minimalloc-F", "minimalloc-G",
                                         "minimalloc-H", "minimalloc-I", "minimalloc-K",
                                         "somas-resnet50", "iopddl-G_1"));

/// The best published heights, for instances whose lower bound has not been reached.
struct BestKnown {
  const char *name;
  int64_t height;
  friend void PrintTo(const BestKnown &best, std::ostream *out) { *out << best.name; }
};

class Reached : public testing::TestWithParam<BestKnown> {};

TEST_P(Reached, bestKnownHeight) {
  const std::vector<Buffer> buffers = readInstance(GetParam().name);
  ASSERT_FALSE(buffers.empty());
  PackOptions options;
  options.capacity = GetParam().height;
  const PackResult result = pack(buffers, options);
  expectValid(buffers, result);
  EXPECT_LE(result.height, options.capacity);
}

INSTANTIATE_TEST_SUITE_P(Pack, Reached,
                         testing::Values(BestKnown{"minimalloc-D", 1026048},
                                         BestKnown{"minimalloc-J", 1041408}));

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

/// The placement that replaces `placeInOrder` if there are too many conflicts to list.
TEST(Pack, bySizeNeedsNoListOfConflicts) {
  Random random(8);
  for (int k = 0; k < 200; ++k) {
    std::vector<Buffer> buffers = randomBuffers(random, k % 2 == 0);
    const int64_t scale = k % 3 == 0 ? 1 : 1000; // one part of the height, or many
    for (Buffer &b : buffers)
      b.size = b.size * scale + 1;
    const std::vector<int64_t> expected =
        placeInOrder(buffers, Conflicts(buffers), makeOrder(buffers, OrderKind::Size), Fit::Best);
    const int64_t height = heightOf(buffers, expected);
    const std::vector<int64_t> offsets = packBySize(buffers, height + 1, 1'000'000);
    ASSERT_EQ(offsets.size(), buffers.size());
    EXPECT_EQ(heightOf(buffers, offsets), height);
    EXPECT_TRUE(packBySize(buffers, height, 1'000'000).empty());
  }
  EXPECT_TRUE(packBySize(randomBuffers(random, false), 1 << 30, 10).empty());
}

/// Makes `count` buffers whose lives span up to `longest` starts of others.
std::vector<Buffer> scattered(int64_t count, int64_t longest, uint64_t seed) {
  Random random(seed);
  std::vector<Buffer> buffers(static_cast<size_t>(count));
  for (Buffer &b : buffers) {
    b.lower = random.below(count);
    b.upper = b.lower + 1 + random.below(longest);
    b.size = 64 * (1 + random.below(10'000));
  }
  return buffers;
}

/// A training step: activations that the backward pass reads in reverse, and short lives.
std::vector<Buffer> nested(int64_t count, uint64_t seed) {
  Random random(seed);
  std::vector<Buffer> buffers;
  const int64_t end = 2 * count / 3;
  auto size = [&] { return int64_t{64} << random.below(14); };
  for (int64_t i = 0; std::ssize(buffers) < count; ++i) {
    buffers.push_back({i, random.below(2) ? end - i : i + 1 + random.below(6), size(), 1, none});
    buffers.push_back({end - i - 1, end - i + random.below(6), size(), 1, none});
    buffers.push_back({i, i + 1, size(), 1, none});
  }
  buffers.resize(static_cast<size_t>(count));
  return buffers;
}

int64_t heightBySize(const std::vector<Buffer> &buffers) {
  const std::vector<int64_t> offsets = packBySize(buffers, INT64_MAX / 4, INT64_MAX / 4);
  EXPECT_EQ(offsets.size(), buffers.size());
  return heightOf(buffers, offsets);
}

/// Lives within one block of positions, over a few, over all of them, and many with one end.
TEST(Pack, bySizeInManyBlocks) {
  std::vector<std::vector<Buffer>> instances = {
      scattered(1'000, 30, 1), scattered(2'000, 300, 2), scattered(1'500, 3'000, 3),
      nested(2'000, 4),        scattered(64, 40, 5),     scattered(128, 500, 6)};
  instances.push_back(scattered(1'000, 700, 7));
  for (Buffer &b : instances.back())
    b.upper = b.upper > 777 ? std::max<int64_t>(777, b.lower + 1) : b.upper;
  for (size_t k = 0; k < instances.size(); ++k) {
    const std::vector<Buffer> &buffers = instances[k];
    const std::vector<int64_t> expected =
        placeInOrder(buffers, Conflicts(buffers), makeOrder(buffers, OrderKind::Size), Fit::Best);
    EXPECT_EQ(packBySize(buffers, INT64_MAX / 4, INT64_MAX / 4), expected) << k;
  }
}

/// Returns the excess of the height over the lower bound, relative to the bound.
double excess(const std::vector<Buffer> &buffers, Effort effort) {
  const PackResult result = pack(buffers, {none, effort, 0});
  EXPECT_EQ(result.height, heightOf(buffers, result.offsets));
  EXPECT_LE(result.height, heightBySize(buffers));
  return static_cast<double>(result.height) / static_cast<double>(result.lowerBound) - 1;
}

/// One buffer more than a search takes does not make a packing much higher: the limits are
/// those of all orders, of trees, of stacks, and of lists of conflicts.
TEST(Pack, noCliffAtTheLimits) {
  for (int64_t limit : {1'500, 4'000, 10'000, 40'000})
    for (bool isNested : {false, true}) {
      std::vector<Buffer> buffers = isNested ? nested(limit + 1, 11) : scattered(limit + 1, 60, 12);
      const Effort effort = limit == 40'000 ? Effort::Normal : Effort::Fast;
      const double above = excess(buffers, effort);
      buffers.pop_back();
      const double below = excess(buffers, effort);
      EXPECT_LE(above, 1.5 * below + 0.02) << limit << (isNested ? " nested" : " scattered");
    }
}

/// Best fit by size is lower here than the sweep, and too many buffers are alive together for
/// lists of conflicts.
TEST(Pack, largeStepsArePackedBySize) {
  for (int64_t count : {41'000, 62'000, 200'000}) {
    const std::vector<Buffer> buffers = nested(count, 13);
    EXPECT_LE(excess(buffers, Effort::Normal), 0.004) << count;
    EXPECT_LT(heightBySize(buffers), heightOf(buffers, packSweep(buffers))) << count;
  }
}

/// The work of the searches falls with the number of buffers, but not to nothing at once.
TEST(Pack, qualityFallsSlowly) {
  double last = 0.02;
  for (int64_t count : {39'000, 45'000, 60'000, 100'000}) {
    const double now = excess(scattered(count, 60, 14), Effort::Normal);
    EXPECT_LE(now, last + 0.03) << count;
    last = now;
  }
}

/// All searches with enough work that each of them places buffers.
TEST(Pack, validWhateverTheLivesAndAlignments) {
  Random random(21);
  for (int k = 0; k < 30; ++k) {
    std::vector<Buffer> buffers = randomBuffers(random, k % 2 == 0);
    for (Buffer &b : buffers)
      b.upper = b.lower + 1 + (b.upper - b.lower) / 5 * 5; // many of one life
    if (k % 3 == 0)
      buffers[0].fixed = 64;
    const std::vector<Buffer> copies = buffers;
    buffers.insert(buffers.end(), copies.begin() + 1, copies.end());
    expectValid(buffers, pack(buffers, {none, k % 5 == 0 ? Effort::Normal : Effort::Fast, 0}));
  }
}

TEST(Pack, stacksHoldTheirBuffersApart) {
  const std::vector<Buffer> buffers = {{0, 5, 8, 8, none}, {0, 5, 16, 8, none}, {0, 5, 3, 8, none},
                                       {0, 5, 8, 8, 64},   {0, 4, 8, 8, none},  {0, 5, 4, 4, none},
                                       {0, 5, 0, 8, none}};
  const Stacks stacks(buffers);
  ASSERT_EQ(stacks.buffers.size(), 6u); // the second lies on the first
  EXPECT_EQ(stacks.buffers[0].size, 24);
  EXPECT_EQ(stacks.spread({100, 1, 2, 3, 4, 5}), (std::vector<int64_t>{100, 108, 1, 2, 3, 4, 5}));
}

TEST(Pack, aMillionBuffersAreSwept) {
  Random random(1);
  std::vector<Buffer> buffers(1'000'000);
  for (Buffer &b : buffers) {
    b.lower = random.below(1'000'000);
    b.upper = b.lower + 1 + random.below(400);
    b.size = 64 * (1 + random.below(10'000));
  }
  const PackResult result = pack(buffers);
  EXPECT_EQ(result.height, heightOf(buffers, result.offsets));
  EXPECT_LE(static_cast<double>(result.height), 1.25 * static_cast<double>(result.lowerBound));
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
