//===- ChoicesTest.cpp - alternatives, capacities, resources and weights ---------------------===//

#include "RandomProblem.h"
#include "passes/planner/Solve.h"
#include "passes/planner/Validate.h"

#include <gtest/gtest.h>

using namespace plimsoll::planner;
using namespace plimsoll::planner::test;

namespace {

Result solveWithin(const Problem &problem, std::optional<int64_t> budget) {
  Options options;
  options.budget = budget;
  return solve(problem, options);
}

/// Expects that a plan keeps every rule; a refused one may be too large for the arena.
void expectSound(const Problem &problem, const Result &result, uint64_t seed) {
  if (!result.errors.empty())
    return;
  for (const std::string &line : validate(problem, result.solution))
    if (result.ok() || !line.starts_with("R54: 'arena'"))
      ADD_FAILURE() << "seed " << seed << ": " << line;
}

TEST(Choices, onlyTheOperationThatMustTakesTheSlowerAlternative) {
  ProblemBuilder b;
  ValueId last = b.input(100);
  for (int64_t bytes : {100, 200, 100}) {
    const ValueId next = b.value(bytes);
    Op &op = b.op({last}, {next});
    op.alternatives = {{200, 1, 1}, {50, 1, 1.25}, {0, 1, 2}};
    last = next;
  }
  b.train().liveAtEnd = {last};
  auto chosen = [&](int64_t budget) {
    std::vector<int32_t> alternatives;
    const Result result = solveWithin(b.problem, budget);
    EXPECT_TRUE(result.ok()) << budget;
    expectSound(b.problem, result, budget);
    for (const Event &event : result.solution.timelines[0].events)
      alternatives.push_back(event.alternative);
    return alternatives;
  };
  EXPECT_EQ(chosen(500), (std::vector<int32_t>{0, 0, 0}));
  EXPECT_EQ(chosen(499), (std::vector<int32_t>{0, 1, 1}));
  EXPECT_EQ(chosen(349), (std::vector<int32_t>{1, 2, 2}));
  EXPECT_EQ(chosen(300), (std::vector<int32_t>{1, 2, 2}));
  EXPECT_EQ(solveWithin(b.problem, 299).refusal->lowerBound, 300);
}

TEST(Choices, alternativesAreTakenWhereNothingMayBeRecomputed) {
  ProblemBuilder b;
  const ValueId in = b.input(8), out = b.value(8);
  b.op({in}, {out}).alternatives = {{100, 1, 1}, {0, 1, 2}};
  Options options;
  options.recompute = false;
  options.budget = 16;
  const Result result = solve(b.problem, options);
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.solution.statistics.cost, 2);
}

TEST(Choices, theCapacityOfTheArenaIsABudget) {
  ProblemBuilder b;
  const ValueId in = b.input(8), out = b.value(8);
  b.op({in}, {out});
  b.problem.spaces[0].capacity = 15;
  EXPECT_EQ(solveWithin(b.problem, 100).refusal->budget, 15);
  EXPECT_EQ(solveWithin(b.problem, {}).refusal->smallestArena, 16);
  b.problem.spaces[0].capacity = 16;
  EXPECT_TRUE(solveWithin(b.problem, {}).ok());
}

/// Adds a forward and a backward chain with `count` activations of `bytes`.
void addChain(ProblemBuilder &b, Timeline &timeline, int32_t count, int64_t bytes) {
  std::vector<ValueId> kept = {b.value(bytes)};
  timeline.liveAtStart = {kept[0]};
  auto add = [&](std::vector<ValueId> reads, ValueId out) {
    Op op;
    op.name = "op";
    op.reads = std::move(reads);
    op.writes = {out};
    op.alternatives[0].seconds = 1;
    timeline.ops.push_back(op);
  };
  for (int32_t i = 0; i < count; ++i) {
    kept.push_back(b.value(bytes));
    add({kept[i]}, kept.back());
  }
  ValueId gradient = kept.back();
  for (int32_t i = count; i-- > 0;) {
    const ValueId next = b.value(bytes);
    add(i == count - 1 ? std::vector<ValueId>{kept[i], gradient}
                       : std::vector<ValueId>{gradient, kept[i]},
        next);
    gradient = next;
  }
  timeline.liveAtEnd = {gradient};
}

ProblemBuilder twoChains(double evaluateWeight) {
  ProblemBuilder b;
  Timeline train, evaluate;
  train.name = "train";
  evaluate.name = "evaluate";
  addChain(b, train, 10, 100);
  addChain(b, evaluate, 8, 100);
  evaluate.weight = evaluateWeight;
  b.problem.timelines = {train, evaluate};
  return b;
}

TEST(Weights, aTimelineCountsAsOftenAsAStepRunsIt) {
  const Result once = solveWithin(twoChains(1).problem, {});
  const Result thrice = solveWithin(twoChains(3).problem, {});
  EXPECT_EQ(once.solution.statistics.cost, 20 + 16);
  EXPECT_EQ(thrice.solution.statistics.cost, 20 + 3 * 16);
  EXPECT_EQ(thrice.solution.statistics.baseCost, 20 + 3 * 16);
  EXPECT_EQ(thrice.solution.statistics.costBound, 20 + 3 * 16);
  expectSound(twoChains(3).problem, thrice, 3);
}

TEST(Weights, withoutWeightATimelineHasItsBytesAndNoMoreRecomputationThanItNeeds) {
  ProblemBuilder b = twoChains(0);
  b.problem.timelines[0].ops.resize(3); // the evaluation is the larger one
  b.problem.timelines[0].liveAtEnd = {b.problem.timelines[0].ops[2].writes[0]};
  const Problem &problem = b.problem;
  const Result free = solveWithin(problem, {});
  EXPECT_EQ(free.solution.statistics.cost, 3);
  EXPECT_EQ(free.solution.arenaBytes, free.solution.timelines[1].arenaBytes);
  int32_t recomputed = 0;
  for (int64_t budget = free.solution.arenaBytes; budget > 0; budget -= 100) {
    const Result result = solveWithin(problem, budget);
    expectSound(problem, result, budget);
    if (!result.ok())
      break;
    EXPECT_EQ(result.solution.statistics.cost, 3) << "recomputing it costs nothing";
    const int32_t more = result.solution.timelines[1].recomputed;
    EXPECT_GE(more, recomputed) << budget << ": not with more bytes";
    EXPECT_EQ(more == 0, budget == free.solution.arenaBytes) << budget;
    recomputed = more;
  }
  EXPECT_GT(recomputed, 3);
}

TEST(Resources, aWaitStandsBeforeTheFirstReader) {
  ProblemBuilder b;
  b.problem.resources.push_back({"network", 0, {}});
  const ValueId in = b.input(8), sent = b.value(8), other = b.value(8), out = b.value(8);
  b.op({in}, {sent}, 2).resource = 1;
  b.op({in}, {other}, 3);
  b.op({sent, other}, {out});
  b.train().liveAtEnd = {out};
  const Result result = solveWithin(b.problem, {});
  expectSound(b.problem, result, 0);
  const std::vector<Event> &events = result.solution.timelines[0].events;
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[2].waitsFor, 0);
  EXPECT_EQ(events[2].begin, events[2].end) << "it is over by then";
  EXPECT_EQ(result.solution.statistics.cost, 4);
  EXPECT_LE(result.solution.statistics.costBound, 4);
  EXPECT_EQ(result.solution.timelines[0].baseCost, 6);
}

/// Returns a random step with alternatives, two timelines with different weights, operations on
/// another resource than the main stream, and another space with an operation that runs in it.
Problem randomMachine(uint64_t seed) {
  Problem problem = randomProblem(seed, 6 + static_cast<int32_t>(seed % 9));
  Random random(seed * 101);
  problem.spaces.push_back({"host", random.below(3) == 0 ? 8 * random.below(20) : none});
  problem.resources.push_back({"network", 0, {}});
  problem.resources.push_back({"processor", 1, {}});
  for (Op &op : problem.timelines[0].ops) {
    op.resource = random.below(4) == 0 ? 1 : 0;
    if (op.resource != 0 && random.below(2) == 0)
      for (InPlacePair &pair : op.inPlace)
        pair.required = op.reads.size() == 1;
    if (random.below(3) == 0) {
      op.alternatives[0].workspaceBytes += 8 * random.below(20);
      op.alternatives.push_back({0, 8, op.alternatives[0].seconds + random.real()});
    }
  }
  Timeline host;
  host.name = "host";
  host.weight = static_cast<double>(random.below(3));
  for (int k = 0; k < 2; ++k) {
    Value value;
    value.bytes = 8 * (1 + random.below(12));
    value.space = 1;
    problem.values.push_back(value);
  }
  const ValueId out = static_cast<ValueId>(std::ssize(problem.values) - 1);
  host.liveAtStart = {out - 1};
  host.liveAtEnd = {out};
  host.ops.resize(1);
  host.ops[0].reads = {out - 1};
  host.ops[0].writes = {out};
  host.ops[0].resource = 2;
  host.ops[0].alternatives = {{8 * random.below(8), 8, 1}, {0, 8, 2}};
  problem.timelines.push_back(host);
  return problem;
}

TEST(Choices, noPlanBreaksARuleAndCostNeverRisesWithTheBudget) {
  int32_t planned = 0, errors = 0, slower = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    const Problem problem = randomMachine(seed);
    if (!checkProblem(problem).empty()) // pairs that cannot be required
      continue;
    const Result free = solveWithin(problem, {});
    expectSound(problem, free, seed);
    if (!free.errors.empty()) {
      ++errors;
      continue;
    }
    double last = 1e300;
    const int64_t low = free.solution.statistics.planBound, high = free.solution.arenaBytes;
    for (int64_t part = 0; part <= 8; ++part) {
      const Result result = solveWithin(problem, low + (high - low) * part / 8);
      expectSound(problem, result, seed);
      if (!result.ok())
        continue;
      ++planned;
      EXPECT_LE(result.solution.statistics.cost, last) << seed;
      EXPECT_LE(result.solution.statistics.costBound, result.solution.statistics.cost + 1e-9)
          << seed;
      last = result.solution.statistics.cost;
      for (const Event &event : result.solution.timelines[0].events)
        slower += event.alternative > 0;
    }
  }
  EXPECT_GT(planned, 500);
  EXPECT_GT(errors, 0);
  EXPECT_GT(slower, 50);
}

} // namespace
