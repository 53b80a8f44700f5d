//===- PropertyTest.cpp - plans against exhaustive search ---------------------------===//

#include <algorithm>

#include "Exhaustive.h"
#include "RandomProblem.h"
#include "passes/planner/Solve.h"
#include "passes/planner/Validate.h"

#include <gtest/gtest.h>

using namespace plimsoll::planner;
using namespace plimsoll::planner::test;

namespace {

/// Operations in the order of their first instances.
std::vector<OpId> firstRuns(const Result &result) {
  std::vector<OpId> order;
  for (const Event &event : result.solution.timelines[0].events)
    if (event.instance == 0)
      order.push_back(event.op);
  return order;
}

TEST(Property, boundsAndCostsAgainstExhaustiveSearch) {
  int32_t compared = 0, close = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    const Problem problem = randomProblem(seed, 4 + static_cast<int32_t>(seed % 7));
    ASSERT_TRUE(checkProblem(problem).empty()) << seed << checkProblem(problem)[0];
    const Result free = solve(problem);
    Random random(seed);
    Options options;
    const int64_t low = free.solution.statistics.planBound, high = free.solution.arenaBytes;
    options.budget = low + static_cast<int64_t>(static_cast<double>(high - low) * random.real());
    const Result result = solve(problem, options);
    for (const std::string &line : validate(problem, result.solution))
      ADD_FAILURE() << "seed " << seed << ": " << line;
    const double optimum = exhaustiveCost(problem, *options.budget);
    EXPECT_LT(exhaustiveCost(problem, low - 1), 0) << "seed " << seed << ": the bound is wrong";
    if (result.ok()) {
      EXPECT_LE(result.solution.arenaBytes, *options.budget);
      EXPECT_GE(optimum, 0) << seed;
      EXPECT_GE(result.solution.statistics.cost, optimum - 1e-9) << seed;
    }
    const double ordered = exhaustiveCost(problem, *options.budget, firstRuns(result));
    if (ordered >= 0) {
      EXPECT_LE(result.solution.statistics.costBound, ordered + 1e-9) << seed;
    }
    if (optimum < 0)
      continue;
    ++compared;
    close += result.ok() && result.solution.statistics.cost <= 1.02 * optimum;
  }
  RecordProperty("compared", compared);
  RecordProperty("close", close);
  EXPECT_GE(close, 0.95 * compared) << close << " of " << compared;
}

TEST(Property, checkpointsByRuleAreValidPlans) {
  int32_t repeated = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Problem problem = randomProblem(seed, 5 + static_cast<int32_t>(seed % 30));
    Timeline &timeline = problem.timelines[0]; // a loss in the middle of the operations
    const Op &middle = timeline.ops[timeline.ops.size() * (seed % 7 + 1) / 9];
    timeline.liveAtEnd.insert(timeline.liveAtEnd.begin(), middle.writes[0]);
    Options options;
    options.checkpointEvery = static_cast<int32_t>(seed % 4);
    const Result result = solve(problem, options);
    ASSERT_TRUE(result.ok()) << seed << (result.errors.empty() ? "" : result.errors[0]);
    for (const std::string &line : validate(problem, result.solution))
      ADD_FAILURE() << "seed " << seed << ": " << line;
    repeated += result.solution.timelines[0].recomputed;
  }
  EXPECT_GT(repeated, 150);
}

TEST(Property, costNeverRisesWithTheBudget) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Problem problem = randomProblem(seed, 14);
    const Result free = solve(problem);
    double last = 1e300;
    for (int64_t step = 0; step <= 20; ++step) {
      Options options;
      const int64_t low = free.solution.statistics.planBound;
      options.budget = low + (free.solution.arenaBytes - low) * step / 20;
      const Result result = solve(problem, options);
      for (const std::string &line : validate(problem, result.solution))
        ADD_FAILURE() << "seed " << seed << ": " << line;
      if (!result.ok()) {
        EXPECT_EQ(last, 1e300) << "refused above a budget that was met";
        EXPECT_GE(result.refusal->smallestArena, result.refusal->lowerBound);
        continue;
      }
      EXPECT_LE(result.solution.statistics.cost, last);
      last = result.solution.statistics.cost;
    }
  }
}

TEST(Property, theSmallestBudgetIsMetAndOneByteLessRefused) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    const Problem problem = randomProblem(seed, 12);
    Options options;
    options.budget = 0;
    const Result smallest = solve(problem, options);
    ASSERT_TRUE(smallest.refusal);
    options.budget = smallest.refusal->smallestArena;
    EXPECT_TRUE(solve(problem, options).ok());
    options.budget = *options.budget - 1;
    EXPECT_TRUE(solve(problem, options).refusal);
  }
}

} // namespace
