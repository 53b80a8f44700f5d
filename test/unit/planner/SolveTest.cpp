//===- SolveTest.cpp - small problems whose answers are known --------------------===//

#include "passes/planner/Solve.h"
#include "ProblemBuilder.h"
#include "passes/planner/Validate.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace plimsoll::planner;
using test::ProblemBuilder;

namespace {

Solution solveAndCheck(const Problem &problem, const Options &options = {}) {
  const Result result = solve(problem, options);
  EXPECT_TRUE(result.errors.empty()) << result.errors[0];
  const std::vector<std::string> wrong = validate(problem, result.solution);
  EXPECT_TRUE(wrong.empty()) << wrong[0];
  return result.solution;
}

TEST(Solve, reusesBytesOfDeadValues) {
  ProblemBuilder b;
  const ValueId x = b.input(100), y = b.value(50), z = b.value(100);
  b.op({x}, {y});
  b.op({y}, {z});
  b.train().liveAtEnd = {z};
  EXPECT_EQ(solveAndCheck(b.problem).arenaBytes, 150);
}

TEST(Solve, worksInPlaceWhereTheInputDies) {
  ProblemBuilder b;
  const ValueId x = b.input(100), y = b.value(100), z = b.value(100);
  b.op({x}, {y}).inPlace = {{x, y, false}};
  b.op({y}, {z}).inPlace = {{y, z, false}};
  EXPECT_EQ(solveAndCheck(b.problem).arenaBytes, 100);
}

TEST(Solve, keepsAnInputThatIsReadLater) {
  ProblemBuilder b;
  const ValueId x = b.input(100), y = b.value(100), z = b.value(1);
  b.op({x}, {y}).inPlace = {{x, y, false}};
  b.op({x, y}, {z});
  EXPECT_EQ(solveAndCheck(b.problem).arenaBytes, 201);
}

TEST(Solve, letsOneOutputTakeOverAnInputEvenIfNobodyReadsThatOutput) {
  ProblemBuilder b;
  const ValueId x = b.input(100), unread = b.value(100), y = b.value(100), z = b.value(1);
  b.op({x}, {unread, y}).inPlace = {{x, unread, false}, {x, y, false}};
  b.op({y}, {z});
  EXPECT_EQ(solveAndCheck(b.problem).arenaBytes, 200);
}

TEST(Solve, keepsAnInputThatMustBeThereAtTheEnd) {
  ProblemBuilder b;
  const ValueId x = b.input(100), y = b.value(100);
  b.op({x}, {y}).inPlace = {{x, y, false}};
  b.train().liveAtEnd = {x, y};
  Solution solution = solveAndCheck(b.problem);
  EXPECT_EQ(solution.arenaBytes, 200);
  solution.timelines[0].placements[0].offset = solution.timelines[0].placements[1].offset;
  EXPECT_EQ(validate(b.problem, solution),
            std::vector<std::string>{"R50: train: at 0 two live things share bytes from " +
                                     std::to_string(solution.timelines[0].placements[1].offset)});
}

TEST(Solve, updatesAsSoonAsTheGradientIsThereAndNobodyReadsTheWeight) {
  ProblemBuilder b;
  const ValueId w = b.resident(10), updated = b.resident(10), x = b.input(1);
  const ValueId gradient = b.value(10), dx = b.value(1), rest = b.value(1);
  b.op({w, x}, {gradient});                    // 0
  b.op({w, gradient}, {dx});                   // 1: the last reader of w
  b.op({dx}, {rest});                          // 2
  Op &update = b.op({w, gradient}, {updated}); // 3: to run before 2
  update.asSoonAsPossible = true;
  update.overwrites = {{w, updated}};
  const Solution solution = solveAndCheck(b.problem);
  EXPECT_EQ(solution.timelines[0].events[2].op, 3);
  EXPECT_EQ(solution.residents[0].offset, solution.residents[1].offset);
}

TEST(Solve, defersAnUpdateBehindLaterReaders) {
  ProblemBuilder b;
  const ValueId w = b.resident(10), x = b.input(1), y = b.value(1);
  b.op({w}, {}).overwrites = {{w, none}};
  b.op({w, x}, {y});
  EXPECT_EQ(solveAndCheck(b.problem).timelines[0].events[0].op, 1);
}

TEST(Solve, workspaceLivesWhileItsOperationRuns) {
  ProblemBuilder b;
  const ValueId x = b.input(8), y = b.value(8);
  b.op({x}, {y}).alternatives[0].workspaceBytes = 1000;
  EXPECT_EQ(solveAndCheck(b.problem).arenaBytes, 1016);
}

TEST(Solve, pinnedValuesAreWhereTheyMustBe) {
  ProblemBuilder b;
  const ValueId w = b.resident(10), v = b.resident(10), x = b.input(16), y = b.value(8);
  b.problem.values[w].pinned = 16;
  b.problem.values[x].pinned = 64;
  b.op({x, w, v}, {y});
  const Solution solution = solveAndCheck(b.problem);
  EXPECT_EQ(solution.timelines[0].placements[0].offset, 64);
  EXPECT_EQ(solution.arenaBytes, 80);
}

TEST(Solve, timelinesShareResidents) {
  ProblemBuilder b;
  const ValueId w = b.resident(100), x = b.input(10), y = b.value(10);
  b.op({w, x}, {y});
  Timeline evaluate;
  evaluate.name = "evaluate";
  const ValueId e = b.value(40), f = b.value(5);
  evaluate.liveAtStart = {e};
  evaluate.ops.resize(1);
  evaluate.ops[0].reads = {w, e};
  evaluate.ops[0].writes = {f};
  b.problem.timelines.push_back(evaluate);
  EXPECT_EQ(solveAndCheck(b.problem).arenaBytes, 145);
}

TEST(Solve, anotherStreamIsWaitedFor) {
  ProblemBuilder b;
  b.problem.resources.resize(2);
  const ValueId x = b.input(8), y = b.value(8), z = b.value(8);
  b.op({x}, {y}).resource = 1;
  b.op({y}, {z});
  EXPECT_EQ(solveAndCheck(b.problem).timelines[0].events.size(), 3u);
}

/// Makes a forward and a backward chain of products with `count` activations of `bytes`.
Problem chain(int32_t count, int64_t bytes) {
  ProblemBuilder b;
  std::vector<ValueId> kept = {b.input(bytes)};
  for (int32_t i = 0; i < count; ++i) {
    kept.push_back(b.value(bytes));
    b.op({kept[i]}, {kept.back()});
  }
  const ValueId loss = b.value(1);
  ValueId gradient = b.value(bytes);
  b.op({kept.back()}, {loss, gradient});
  for (int32_t i = count; i-- > 0;) {
    const ValueId next = b.value(bytes);
    b.op({gradient, kept[i]}, {next});
    gradient = next;
  }
  b.train().liveAtEnd = {loss, gradient};
  return b.problem;
}

TEST(Solve, checkpointsByRule) {
  const Problem problem = chain(100, 1000);
  const int64_t all = solve(problem).solution.arenaBytes;
  EXPECT_GE(all, 100'000);
  Options options;
  options.checkpointEvery = 0; // ten of the ten values that ten segments share, and one segment
  const Solution root = solve(problem, options).solution;
  EXPECT_TRUE(validate(problem, root).empty());
  EXPECT_LE(root.arenaBytes, 23'000);
  EXPECT_GE(root.timelines[0].recomputed, 80);
  EXPECT_LT(root.timelines[0].recomputed, 100) << "each launch runs twice at most";
  options.checkpointEvery = 50;
  const Solution half = solve(problem, options).solution;
  EXPECT_LT(half.arenaBytes, 56'000);
  EXPECT_GT(half.arenaBytes, root.arenaBytes);
  options.checkpointEvery = 1000; // one segment, and the last one is kept
  EXPECT_EQ(solve(problem, options).solution.arenaBytes, all);
}

TEST(Solve, aRuleThatPinnedValuesForbidIsRefused) {
  ProblemBuilder b;
  const ValueId x = b.input(8), kept = b.value(8), out = b.value(8), last = b.value(8);
  const ValueId loss = b.value(1), gradient = b.value(8), result = b.value(8);
  b.op({x}, {kept});
  b.op({kept}, {out});
  b.op({out}, {last});
  b.op({last}, {loss, gradient});
  b.op({gradient, kept}, {result});
  b.train().liveAtEnd = {loss, result};
  b.problem.values[x].pinned = b.problem.values[last].pinned = 0;
  Options options;
  EXPECT_TRUE(solve(b.problem, options).ok());
  options.checkpointEvery = 2; // makes `kept` of `x` again, over which `last` was written
  EXPECT_EQ(solve(b.problem, options).errors.size(), 1u);
}

TEST(Solve, thePlannerBeatsCheckpointsByRule) {
  Options options;
  options.fullFrontier = true;
  const Statistics statistics = solve(chain(60, 1000), options).solution.statistics;
  ASSERT_EQ(statistics.policies.size(), 3u);
  for (const PolicyPoint &policy : statistics.policies) {
    const bool beaten = std::any_of(
        statistics.frontier.begin(), statistics.frontier.end(), [&](const FrontierPoint &point) {
          return point.arenaBytes <= policy.arenaBytes && point.cost <= policy.cost;
        });
    EXPECT_TRUE(beaten) << policy.name;
  }
}

TEST(Solve, refusesWithTheNumbers) {
  ProblemBuilder b;
  const ValueId w = b.resident(100), x = b.input(10), y = b.value(20);
  b.op({w, x}, {y});
  Options options;
  options.budget = 129;
  const Result result = solve(b.problem, options);
  ASSERT_TRUE(result.refusal);
  EXPECT_EQ(result.refusal->smallestArena, 130);
  EXPECT_LE(result.refusal->lowerBound, 130);
  EXPECT_EQ(result.refusal->opName, "op0");
  ASSERT_EQ(result.refusal->live.size(), 3u);
  EXPECT_EQ(result.refusal->live[0].name, "v0");
  EXPECT_EQ(result.refusal->live[0].value, w);
  options.budget = 130;
  EXPECT_TRUE(solve(b.problem, options).ok());
}

} // namespace
