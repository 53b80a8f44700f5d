//===- OffloadTest.cpp - plans with copies, and optimal ones -------------------------------===//

#include "Exhaustive.h"
#include "ExhaustiveOffload.h"
#include "RandomProblem.h"
#include "passes/planner/Solve.h"
#include "passes/planner/Validate.h"

#include <gtest/gtest.h>

using namespace plimsoll::planner;
using namespace plimsoll::planner::test;

namespace {

constexpr SpaceId arena = 0, host = 1;
constexpr ResourceId copier = 1;

/// A problem with a host space, and an engine that copies `rate` bytes a second both ways.
ProblemBuilder withHost(double rate, int64_t capacity = none) {
  ProblemBuilder b;
  b.problem.spaces = {{"arena", capacity}, {"host", none}};
  b.problem.resources.push_back({"copier", arena, {{arena, host, rate}, {host, arena, rate}}});
  return b;
}

ValueId stateOnHost(ProblemBuilder &b, int64_t bytes) {
  const ValueId v = b.resident(bytes);
  b.problem.values[v].space = host;
  return v;
}

void expectValid(const Problem &problem, const Solution &solution) {
  for (const std::string &line : validate(problem, solution))
    ADD_FAILURE() << line;
}

// The format ------------------------------------------------------------------------

TEST(Format, aLaunchThatReadsTheHostsCopyIsRefused) {
  ProblemBuilder b = withHost(64);
  const ValueId given = b.input(64), out = b.value(64);
  b.op({given}, {out});
  b.train().liveAtEnd = {out};
  PlanWriter plan(b.problem);
  plan.wait(plan.load(given, host, 0, 1, copier));
  plan.run(0, {1});
  EXPECT_EQ(validate(b.problem, plan.finish()),
            std::vector<std::string>{"R25: train: event 2: 'op0' runs in 'arena' and reads value "
                                     "'v0' instance 1 in 'host'"});
  PlanWriter direct(b.problem);
  direct.run(0);
  expectValid(b.problem, direct.finish());
}

TEST(Format, stateAtHomeOnTheHostIsLoadedUpdatedAndStored) {
  ProblemBuilder b = withHost(64);
  const ValueId moment = stateOnHost(b, 64);
  b.op({moment}, {}).overwrites = {{moment, none}};
  EXPECT_TRUE(checkProblem(b.problem).empty());
  PlanWriter plan(b.problem);
  plan.wait(plan.load(moment, arena, 0, 1, copier));
  plan.run(0, {1});
  PlanWriter stale = plan;
  plan.wait(plan.store(moment, 1, copier));
  const Solution solution = plan.finish();
  expectValid(b.problem, solution);
  EXPECT_EQ(solution.statistics.cost, 3);
  EXPECT_EQ(solution.spaceBytes, (std::vector<int64_t>{64, 64}));
  EXPECT_EQ(validate(b.problem, stale.finish()),
            std::vector<std::string>{"R31: train: 'v0' has a newer version than its home holds"});
}

TEST(Format, theNewVersionIsReadInTheBytesOfTheUpdate) {
  ProblemBuilder b = withHost(64);
  const ValueId w = stateOnHost(b, 64), updated = stateOnHost(b, 64), out = b.value(8);
  b.op({w}, {updated}).overwrites = {{w, updated}};
  b.op({updated}, {out});
  b.train().liveAtEnd = {out};
  PlanWriter plan(b.problem);
  plan.wait(plan.load(w, arena, 0, 1, copier));
  plan.run(0, {1});
  const int32_t stored = plan.store(updated, 1, copier);
  plan.run(1, {1}); // beside the store, which only reads
  plan.wait(stored);
  const Solution solution = plan.finish();
  expectValid(b.problem, solution);
  EXPECT_EQ(solution.statistics.cost, 3);
}

/// An operation on another resource than the main stream, with a large and a small workspace as
/// alternatives, and a host space that holds nothing.
ProblemBuilder asynchronous() {
  ProblemBuilder b;
  b.problem.spaces = {{"arena", none}, {"host", 32}};
  b.problem.resources.push_back({"network", arena, {}});
  const ValueId given = b.input(64), first = b.value(64), second = b.value(64);
  Op &f = b.op({given}, {first});
  f.resource = 1;
  f.alternatives = {{1 << 20, 64, 1}, {0, 64, 1.5}};
  b.op({}, {second});
  b.train().liveAtEnd = {first, second};
  return b;
}

TEST(Format, anAlternativeWithLessWorkspaceIsTakenWhereTheBudgetNeedsIt) {
  const Problem problem = asynchronous().problem;
  const Result free = solve(problem);
  ASSERT_TRUE(free.ok());
  expectValid(problem, free.solution);
  EXPECT_EQ(free.solution.timelines[0].events[0].alternative, 0);
  EXPECT_EQ(free.solution.timelines[0].events[2].kind, EventKind::Wait) << "as late as possible";
  EXPECT_EQ(free.solution.statistics.cost, 1) << "one beside the other";
  Options options;
  options.budget = 4096;
  const Result small = solve(problem, options);
  ASSERT_TRUE(small.ok());
  expectValid(problem, small.solution);
  EXPECT_LE(small.solution.arenaBytes, 4096);
  EXPECT_EQ(small.solution.timelines[0].events[0].alternative, 1);
  options.budget = 100;
  const Result refused = solve(problem, options);
  ASSERT_TRUE(refused.refusal);
  EXPECT_EQ(refused.refusal->lowerBound, 128);
}

TEST(Format, whatNeedsCopiesOrTooLargeASpaceIsRefusedWithAReason) {
  ProblemBuilder b = asynchronous();
  b.problem.values[0].space = host;
  EXPECT_EQ(solve(b.problem).errors,
            std::vector<std::string>{"train: 'op0' reads 'v0' in 'arena', but it is in 'host', and "
                                     "no plan found here copies"});
  b.problem.resources[1].space = host; // the operation runs on the host
  b.problem.values[1].space = host;
  b.train().ops[0].alternatives = {Alternative{}};
  EXPECT_EQ(solve(b.problem).errors,
            std::vector<std::string>{"space 'host': no plan found takes less than 128 bytes of it, "
                                     "and it has 32"});
  b.problem.spaces[host].capacity = 128;
  const Result result = solve(b.problem);
  ASSERT_TRUE(result.ok());
  expectValid(b.problem, result.solution);
}

TEST(Format, aProblemSaysWhatIsWrongWithItsMachine) {
  auto errorsOf = [](auto edit) {
    ProblemBuilder b = withHost(64);
    const ValueId out = b.value(8), in = b.input(8);
    b.op({in}, {out});
    edit(b.problem);
    const std::vector<std::string> errors = checkProblem(b.problem);
    return errors.empty() ? std::string() : errors[0];
  };
  EXPECT_EQ(errorsOf([](Problem &) {}), "");
  EXPECT_EQ(errorsOf([](Problem &p) { p.spaces[1].capacity = -2; }),
            "space 'host': its capacity is negative");
  EXPECT_EQ(errorsOf([](Problem &p) { p.resources[1].routes[0].to = 7; }),
            "resource 'copier': copies from space 0 to space 7");
  EXPECT_EQ(errorsOf([](Problem &p) { p.resources[1].routes[0].bytesPerSecond = 0; }),
            "resource 'copier': its bytes per second are not positive and finite");
  EXPECT_EQ(errorsOf([](Problem &p) { p.timelines[0].weight = -1; }),
            "train: its weight is negative or not finite");
  EXPECT_EQ(errorsOf([](Problem &p) { p.timelines[0].ops[0].resource = 2; }),
            "train: operation 0 'op0': there is no resource 2");
  EXPECT_EQ(errorsOf([](Problem &p) { p.values[p.timelines[0].ops[0].writes[0]].space = host; }),
            "train: operation 0 'op0': writes value 0 'v0' in another space than it works in");
  EXPECT_EQ(
      errorsOf([](Problem &p) { p.timelines[0].ops[0].alternatives = {{0, 64, 2}, {8, 64, 1}}; }),
      "train: operation 0 'op0': its alternatives do not go from fast to slow");
}

// The optimum -----------------------------------------------------------------------

double optimumOf(const Problem &problem) {
  for (const std::string &line : checkProblem(problem))
    ADD_FAILURE() << line;
  const std::optional<Optimum> optimum = optimalOffload(problem);
  if (!optimum)
    return -1;
  expectValid(problem, optimum->plan);
  EXPECT_EQ(optimum->plan.statistics.cost, optimum->seconds);
  return optimum->seconds;
}

/// An operation that needs a value of the host, and one that does not and has a workspace of
/// `workspace` bytes; each of them and the copy take a second.
ProblemBuilder loadBesideRun(int64_t workspace, int64_t capacity) {
  ProblemBuilder b = withHost(64, capacity);
  const ValueId state = stateOnHost(b, 64);
  b.op({}, {}).alternatives[0].workspaceBytes = workspace;
  b.op({state}, {});
  return b;
}

TEST(Optimum, aLoadBesideARunIsCheaperThanBehindIt) {
  EXPECT_EQ(optimumOf(loadBesideRun(0, 64).problem), 2);
}

TEST(Optimum, aSmallCapacityForcesALoadBehindARun) {
  EXPECT_EQ(optimumOf(loadBesideRun(64, 128).problem), 2);
  EXPECT_EQ(optimumOf(loadBesideRun(64, 127).problem), 3);
  EXPECT_EQ(optimumOf(loadBesideRun(0, 63).problem), -1);
}

TEST(Optimum, anUpdateOfStateOnTheHostIsStored) {
  ProblemBuilder b = withHost(64, 64);
  const ValueId state = stateOnHost(b, 64);
  b.op({state}, {}).overwrites = {{state, none}};
  EXPECT_EQ(optimumOf(b.problem), 3);
  b.op({}, {}, 0.5); // beside one of the copies
  b.op({}, {}, 1.5);
  EXPECT_EQ(optimumOf(b.problem), 3.5) << "1.5 beside the load, 0.5 beside the store";
  b.train().ops[1].after = {0};
  b.train().ops[2].after = {0};
  EXPECT_EQ(optimumOf(b.problem), 4) << "nothing beside the load";
}

TEST(Optimum, twoStatesTakeTurnsInABufferThatIsTooSmallForBoth) {
  ProblemBuilder b = withHost(64, 128);
  for (int k = 0; k < 2; ++k) {
    const ValueId state = stateOnHost(b, 64);
    b.op({state}, {}).overwrites = {{state, none}};
  }
  // load a, load b beside the update of a, store a beside the update of b, store b
  EXPECT_EQ(optimumOf(b.problem), 4);
  b.problem.spaces[arena].capacity = 64;
  EXPECT_EQ(optimumOf(b.problem), 6);
}

/// A value that must leave the arena while the workspace of another operation takes all of it.
ProblemBuilder evicted(double again) {
  ProblemBuilder b = withHost(64, 64);
  const ValueId kept = b.value(64), sign = b.value(0);
  b.op({}, {kept, sign}, again);
  b.op({sign}, {}, 0.25).alternatives[0].workspaceBytes = 64;
  b.op({kept, sign}, {}).after = {1};
  return b;
}

TEST(Optimum, recomputesOrCopiesWhicheverIsCheaper) {
  EXPECT_EQ(optimumOf(evicted(0.5).problem), 0.5 + 0.25 + 0.5 + 1);
  EXPECT_EQ(optimumOf(evicted(8).problem), 8 + 1 + 0.25 + 1 + 1);
  ProblemBuilder once = evicted(0.5);
  once.train().ops[0].recomputable = false;
  EXPECT_EQ(optimumOf(once.problem), 0.5 + 1 + 0.25 + 1 + 1);
}

TEST(Optimum, takesASlowerAlternativeInsteadOfWaiting) {
  ProblemBuilder b = loadBesideRun(64, 64);
  b.train().ops[0].alternatives.push_back({0, 64, 1.5});
  EXPECT_EQ(optimumOf(b.problem), 2.5);
  b.train().ops[0].alternatives[1].seconds = 2.5;
  EXPECT_EQ(optimumOf(b.problem), 3);
}

/// A random step of six operations at most, with some values that have their homes on the host.
Problem randomOffload(uint64_t seed, int64_t share, double rate) {
  Problem problem = randomProblem(seed, 3 + static_cast<int32_t>(seed % 4));
  Random random(seed * 31);
  problem.spaces.push_back({"host", none});
  problem.resources.push_back({"copier", arena, {{arena, host, rate}, {host, arena, rate}}});
  for (Op &op : problem.timelines[0].ops)
    op.inPlace.clear();
  int64_t all = 0;
  for (Value &value : problem.values) {
    all += value.bytes;
    if (value.lifetime == Lifetime::Resident)
      value.space = host;
  }
  problem.spaces[arena].capacity = all * share / 100;
  return problem;
}

TEST(Optimum, ofRandomProblemsIsAValidPlanAndNoWorseWithMoreMeans) {
  int32_t found = 0;
  for (uint64_t seed = 1; seed <= 24; ++seed) {
    double last = 1e300;
    for (int64_t share : {60, 80, 120}) {
      const Problem problem = randomOffload(seed, share, 16);
      ASSERT_TRUE(checkProblem(problem).empty()) << seed;
      const std::optional<Optimum> optimum = optimalOffload(problem);
      if (!optimum)
        continue;
      ++found;
      expectValid(problem, optimum->plan);
      EXPECT_NEAR(optimum->plan.statistics.cost, optimum->seconds, 1e-9) << seed;
      EXPECT_LE(optimum->seconds, last + 1e-9) << seed << ": dearer with more bytes";
      last = optimum->seconds;
      const std::optional<Optimum> faster = optimalOffload(randomOffload(seed, share, 64));
      if (faster) {
        EXPECT_LE(faster->seconds, last + 1e-9) << seed << ": dearer with a faster engine";
      }
    }
  }
  EXPECT_GT(found, 50);
}

/// If the other space holds nothing, the optimum is that of the search with one space.
TEST(Optimum, withoutASecondSpaceIsThatOfOne) {
  int32_t compared = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed)
    for (int64_t share : {50, 65, 80}) {
      Problem problem = randomOffload(seed, share, 1);
      problem.spaces[host].capacity = 0;
      for (Value &value : problem.values)
        value.space = arena;
      const double alone = exhaustiveCost(problem, problem.spaces[arena].capacity);
      const std::optional<Optimum> optimum = optimalOffload(problem);
      if (alone < 0 || !optimum)
        continue;
      ++compared;
      EXPECT_NEAR(optimum->seconds, alone, 1e-9) << seed;
    }
  EXPECT_GT(compared, 150);
}

} // namespace
