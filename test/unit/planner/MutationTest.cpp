//===- MutationTest.cpp - wrong problems are refused, never a crash -----------------===//

#include <algorithm>
#include <limits>

#include "RandomProblem.h"
#include "passes/planner/Solve.h"
#include "passes/planner/Validate.h"

#include <gtest/gtest.h>

using namespace plimsoll::planner;
using namespace plimsoll::planner::test;

namespace {

/// Returns a number that is likely to break things.
int64_t nasty(Random &random) {
  constexpr int64_t numbers[] = {-1,
                                 0,
                                 1,
                                 3,
                                 7,
                                 64,
                                 1 << 20,
                                 -64,
                                 std::numeric_limits<int32_t>::max(),
                                 std::numeric_limits<int32_t>::min(),
                                 std::numeric_limits<int64_t>::max(),
                                 std::numeric_limits<int64_t>::max() / 2,
                                 std::numeric_limits<int64_t>::min()};
  return numbers[random.below(std::ssize(numbers))];
}

template <typename T> T &any(std::vector<T> &items, Random &random) {
  return items[static_cast<size_t>(random.below(std::ssize(items)))];
}

void mutateValue(Value &value, Random &random) {
  switch (random.below(5)) {
  case 0:
    value.bytes = nasty(random);
    break;
  case 1:
    value.alignment = nasty(random);
    break;
  case 2:
    value.space = static_cast<SpaceId>(nasty(random));
    break;
  case 3:
    value.pinned = random.below(2) ? nasty(random) : 8 * random.below(20);
    break;
  default:
    value.lifetime =
        value.lifetime == Lifetime::Resident ? Lifetime::Transient : Lifetime::Resident;
  }
}

void mutateOp(Op &op, Random &random, int64_t values) {
  const ValueId id = static_cast<ValueId>(random.below(3) ? random.below(values) : nasty(random));
  const ValueId other = static_cast<ValueId>(random.below(values));
  switch (random.below(11)) {
  case 0:
    op.reads.push_back(id);
    break;
  case 1:
    op.writes.push_back(id);
    break;
  case 2:
    op.inPlace.push_back({id, other, random.below(2) == 0});
    break;
  case 3:
    op.overwrites.push_back({id, random.below(2) ? none : other});
    break;
  case 4:
    op.after.push_back(id);
    break;
  case 5:
    op.alternatives[0].seconds = std::numeric_limits<double>::quiet_NaN();
    break;
  case 6:
    op.alternatives[0].workspaceBytes = nasty(random);
    break;
  case 7:
    op.alternatives[0].workspaceAlignment = nasty(random);
    break;
  case 8:
    op.resource = static_cast<ResourceId>(random.below(3) - 1);
    break;
  case 9:
    op.reads.clear();
    break;
  default:
    op.writes.clear();
  }
}

void mutate(Problem &problem, Random &random) {
  Timeline &timeline = any(problem.timelines, random);
  switch (random.below(8)) {
  case 0:
  case 1:
    mutateValue(any(problem.values, random), random);
    break;
  case 2:
    std::swap(any(timeline.ops, random), any(timeline.ops, random));
    break;
  case 3:
    timeline.liveAtEnd.push_back(static_cast<ValueId>(nasty(random)));
    break;
  case 4:
    timeline.liveAtStart.push_back(static_cast<ValueId>(random.below(9) - 1));
    break;
  default:
    mutateOp(any(timeline.ops, random), random, std::ssize(problem.values));
  }
}

TEST(Mutation, wrongProblemsAreRefusedAndTheOthersPlanned) {
  int32_t refused = 0, planned = 0;
  for (uint64_t seed = 1; seed <= 10'000; ++seed) {
    Problem problem = randomProblem(seed, 6);
    if (seed % 2 == 0)
      problem.timelines.push_back(problem.timelines[0]); // shares transients: wrong by itself
    Random random(seed * 77);
    for (int64_t k = 1 + random.below(3); k > 0 && !problem.timelines.back().ops.empty(); --k)
      mutate(problem, random);
    const std::vector<std::string> errors = checkProblem(problem);
    refused += !errors.empty();
    for (const std::string &line : errors)
      EXPECT_EQ(line.find('\n'), std::string::npos);
    if (!errors.empty() || seed % 5 != 1)
      continue;
    Options options;
    options.effort = Effort::Fast;
    const Result result = solve(problem, options);
    if (!result.errors.empty())
      continue; // pinned values whose lives overlap
    ++planned;
    for (const std::string &line : validate(problem, result.solution))
      ADD_FAILURE() << "seed " << seed << ": " << line;
  }
  EXPECT_GT(refused, 5000);
  EXPECT_GT(planned, 50);
}

std::string onlyError(const Problem &problem) {
  const std::vector<std::string> errors = checkProblem(problem);
  return errors.empty() ? "" : errors[0];
}

ProblemBuilder small() {
  ProblemBuilder b;
  const ValueId x = b.input(8), y = b.value(8), z = b.value(8);
  b.op({x}, {y});
  b.op({y}, {z});
  return b;
}

TEST(CheckProblem, saysWhatIsWrong) {
  EXPECT_EQ(onlyError(small().problem), "");
  ProblemBuilder b = small();
  b.problem.values[1].bytes = -4;
  EXPECT_EQ(onlyError(b.problem), "value 1 'v1': its size is negative (-4 bytes)");
  b = small();
  std::swap(b.train().ops[0], b.train().ops[1]);
  EXPECT_EQ(onlyError(b.problem), "train: operation 0 'op1': reads value 1 'v1' before it exists");
  b = small();
  b.train().ops[0].after = {1};
  EXPECT_NE(onlyError(b.problem).find("cycle"), std::string::npos);
  b = small();
  b.problem.values[0].bytes = b.problem.values[1].bytes = int64_t{1} << 57;
  EXPECT_NE(onlyError(b.problem).find("overflows 64 bits"), std::string::npos);
  b = small();
  const ValueId v = b.resident(64), w = b.resident(64);
  b.problem.values[v].pinned = 0;
  b.problem.values[w].pinned = 32;
  EXPECT_EQ(onlyError(b.problem), "value 3 'v3' and value 4 'v4': pinned to bytes that overlap");
}

} // namespace
