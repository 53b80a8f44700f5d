//===- ValidateTest.cpp - one broken plan for each rule ------------------------------===//

#include "passes/planner/Validate.h"

#include "PlanWriter.h"

#include <functional>
#include <gtest/gtest.h>
#include <set>

using namespace plimsoll::planner;
using namespace plimsoll::planner::test;

namespace {

enum : ValueId { x, y, w, z, updated, moment, loss, empty, nothing };
enum : OpId { first, second, update, step, last };
enum : ResourceId { mainStream, copier, helper };
enum : SpaceId { arena, host };

Value value(const char *name, int64_t bytes, Lifetime lifetime = Lifetime::Transient,
            SpaceId space = arena) {
  Value v;
  v.name = name;
  v.bytes = bytes;
  v.lifetime = lifetime;
  v.space = space;
  return v;
}

Op op(const char *name, std::vector<ValueId> reads, std::vector<ValueId> writes) {
  Op o;
  o.name = name;
  o.reads = std::move(reads);
  o.writes = std::move(writes);
  o.alternatives[0].seconds = 1;
  return o;
}

/// Returns a problem with one of each: an operation in place, a workspace, a weight that is
/// updated, optimizer state with its home on the host, a stream besides the main one.
Problem everything() {
  Problem p;
  p.spaces = {{"arena", 4096}, {"host", 4096}};
  p.resources = {{"main", arena, {}},
                 {"copier", arena, {{arena, host, 64}, {host, arena, 64}}},
                 {"helper", arena, {}}};
  p.values = {value("x", 64),
              value("y", 64),
              value("w", 64, Lifetime::Resident),
              value("z", 64),
              value("updated", 64, Lifetime::Resident),
              value("moment", 64, Lifetime::Resident, host),
              value("loss", 64),
              value("empty", 0, Lifetime::Resident),
              value("nothing", 0)};
  Timeline t;
  t.name = "train";
  t.liveAtStart = {x, nothing};
  t.liveAtEnd = {loss};
  t.ops = {op("first", {x}, {y}), op("second", {y, w}, {z}), op("update", {w, z}, {updated}),
           op("step", {moment, z}, {}), op("last", {updated, z}, {loss})};
  t.ops[first].inPlace = {{x, y, true}};
  t.ops[second].alternatives = {{64, 64, 1}, {0, 64, 2}};
  t.ops[update].overwrites = {{w, updated}};
  t.ops[step].overwrites = {{moment, none}};
  t.ops[last].resource = helper;
  p.timelines = {t};
  return p;
}

using More = std::function<void(PlanWriter &)>;

struct Extras {
  More beforeUpdate = [](PlanWriter &) {};
  More afterUpdate = [](PlanWriter &) {};
  More atEnd = [](PlanWriter &) {};
  bool stores = true;
};

/// Returns the plan of everything(). Without extras its events are: 0 load, 1 first, 2 second,
/// 3 wait, 4 update, 5 step, 6 store, 7 last, 8 and 9 waits.
Solution plan(const Problem &problem, const Extras &extras = {}) {
  PlanWriter plan(problem);
  const int32_t loaded = plan.load(moment, arena, 0, 1, copier);
  plan.run(first);
  plan.run(second);
  plan.wait(loaded);
  extras.beforeUpdate(plan);
  plan.run(update);
  extras.afterUpdate(plan);
  plan.run(step, {1, 0});
  const int32_t stored = extras.stores ? plan.store(moment, 1, copier) : none;
  const int32_t ran = plan.run(last);
  if (extras.stores)
    plan.wait(stored);
  plan.wait(ran);
  extras.atEnd(plan);
  return plan.finish();
}

Placement &placementOf(Solution &s, ValueId v) {
  std::vector<Placement> &all = s.timelines[0].placements;
  return *std::find_if(all.begin(), all.end(), [&](const Placement &p) { return p.value == v; });
}

Placement &homeOf(Solution &s, ValueId v) {
  return *std::find_if(s.residents.begin(), s.residents.end(),
                       [&](const Placement &p) { return p.value == v; });
}

using Break = std::function<Solution(Problem &)>;

/// Returns the plan of everything(), changed by `edit`.
Break edited(std::function<void(Problem &, Solution &, TimelinePlan &)> edit) {
  return [edit](Problem &problem) {
    Solution s = plan(problem);
    edit(problem, s, s.timelines[0]);
    return s;
  };
}

Event &event(TimelinePlan &t, size_t position) {
  return t.events[position];
}

struct Case {
  Rule rule;
  Break broken;
};

// Rules: what a plan names exists.
std::vector<Case> namesCases() {
  return {
      {Rule::planPerTimeline, edited([](Problem &, Solution &s, auto &) { s.timelines.clear(); })},
      {Rule::sizePerSpace, edited([](Problem &, Solution &s, auto &) { s.spaceBytes.pop_back(); })},
      {Rule::sizeInRange,
       edited([](Problem &, Solution &s, auto &) { s.spaceBytes[host] = INT64_MAX / 2; })},
      {Rule::kindExists,
       edited([](Problem &, auto &, auto &t) { event(t, 1).kind = static_cast<EventKind>(9); })},
      {Rule::operationExists, edited([](Problem &, auto &, auto &t) { event(t, 1).op = 99; })},
      {Rule::alternativeExists,
       edited([](Problem &, auto &, auto &t) { event(t, 1).alternative = 1; })},
      {Rule::instancePerRead,
       edited([](Problem &, auto &, auto &t) { event(t, 1).reads.push_back(0); })},
      {Rule::copiedValueExists, edited([](Problem &, auto &, auto &t) { event(t, 0).value = 99; })},
      {Rule::loadSpaceExists, edited([](Problem &, auto &, auto &t) { event(t, 0).space = 2; })},
      {Rule::waitsForEarlier, edited([](Problem &, auto &, auto &t) { event(t, 3).waitsFor = 3; })},
      {Rule::resourceExists, edited([](Problem &, auto &, auto &t) { event(t, 1).resource = 3; })},
      {Rule::placedExists,
       edited([](Problem &, auto &, auto &t) { t.placements[0].value = none; })},
      {Rule::placedSomewhere,
       edited([](Problem &, auto &, auto &t) { t.placements[0].space = 2; })},
      {Rule::offsetInSpace,
       edited([](Problem &, auto &, auto &t) { t.placements[0].offset = -64; })},
      {Rule::workspaceOfRun,
       edited([](Problem &, auto &, auto &t) { t.workspaces[0].position = 3; })},
  };
}

// Rules: events make, read and write only what they may.
std::vector<Case> eventCases() {
  return {
      {Rule::runOnResource, edited([](Problem &p, auto &, auto &t) {
         event(t, 7).resource = copier;
         setClocks(p, t);
       })},
      {Rule::waitOnMain, // the helper waits for itself, and the main stream for that
       edited([](Problem &p, Solution &s, auto &t) {
         event(t, 9).resource = helper;
         Event wait = event(t, 8);
         wait.waitsFor = 9;
         t.events.push_back(wait);
         ++placementOf(s, loss).to;
         setClocks(p, t);
       })},
      {Rule::copyOnRoute,
       edited([](Problem &, auto &, auto &t) { event(t, 0).resource = helper; })},
      {Rule::waitedOnce,
       [](Problem &p) { return plan(p, {.atEnd = [](PlanWriter &w) { w.wait(6); }}); }},
      {Rule::runs, edited([](Problem &p, auto &, auto &) {
         p.timelines[0].ops.push_back(op("more", {}, {}));
       })},
      {Rule::runsAgain,
       [](Problem &p) {
         p.timelines[0].ops.push_back(op("more", {}, {}));
         p.timelines[0].ops.back().recomputable = false;
         return plan(p, {.atEnd = [](PlanWriter &w) {
                       w.run(last + 1);
                       w.run(last + 1, {}, 1);
                     }});
       }},
      {Rule::runsAfter,
       edited([](Problem &p, auto &, auto &) { p.timelines[0].ops[second].after = {last}; })},
      {Rule::madeOnce,
       [](Problem &p) {
         p.values.push_back(value("made", 0));
         p.timelines[0].ops.push_back(op("more", {}, {nothing + 1}));
         Solution s = plan(p, {.atEnd = [](PlanWriter &w) {
                             w.run(last + 1);
                             w.run(last + 1);
                           }});
         s.timelines[0].placements.pop_back();
         return s;
       }},
      {Rule::readsReady, edited([](Problem &, auto &, auto &t) { event(t, 5).reads[0] = 7; })},
      {Rule::readsInSpace,
       edited([](Problem &p, auto &, auto &) { p.resources[helper].space = host; })},
      {Rule::readsNewest,
       edited([](Problem &p, auto &, auto &) { p.timelines[0].ops[second].reads[1] = updated; })},
      {Rule::readsUpToDate, // a copy of w from before the update, loaded back after it
       [](Problem &p) {
         return plan(
             p,
             {.beforeUpdate = [](PlanWriter &plan) { plan.wait(plan.load(w, host, 0, 7, copier)); },
              .afterUpdate = [](PlanWriter &w) { w.wait(w.load(updated, arena, 7, 8, copier)); }});
       }},
      {Rule::writesUnused, // w is updated while it is copied
       [](Problem &p) {
         int32_t copy = none;
         return plan(
             p, {.beforeUpdate = [&](PlanWriter &plan) { copy = plan.load(w, host, 0, 7, copier); },
                 .afterUpdate = [&](PlanWriter &w) { w.wait(copy); }});
       }},
      {Rule::storesResident,
       [](Problem &p) {
         return plan(p, {.atEnd = [](PlanWriter &w) { w.wait(w.store(z, 0, copier)); }});
       }},
      {Rule::thereAtEnd, edited([](Problem &p, auto &, auto &) {
         p.values.push_back(value("missing", 64));
         p.timelines[0].liveAtEnd.push_back(nothing + 1);
       })},
      {Rule::homeUpToDate, [](Problem &p) { return plan(p, {.stores = false}); }},
      {Rule::beginsWhenFree, edited([](Problem &, auto &, auto &t) { event(t, 1).begin = 0.5; })},
      {Rule::takesItsSeconds, edited([](Problem &, auto &, auto &t) { event(t, 6).end -= 0.5; })},
      {Rule::costIsMakespan, edited([](Problem &, auto &, auto &t) { t.cost -= 1; })},
  };
}

// Rules: no two things that are alive share bytes.
std::vector<Case> placeCases() {
  return {
      {Rule::residentHome,
       edited([](Problem &, Solution &s, auto &) { s.residents.push_back({x, 0, arena, 0}); })},
      {Rule::oneHome, edited([](Problem &, Solution &s, auto &) { s.residents.pop_back(); })},
      {Rule::homeSpace, edited([](Problem &, Solution &s, auto &) {
         homeOf(s, empty).space = host;
         homeOf(s, empty).offset = 0;
       })},
      {Rule::versionsTogether,
       edited([](Problem &, Solution &s, auto &) { homeOf(s, updated).offset += 64; })},
      {Rule::placedIsMade,
       edited([](Problem &, auto &, auto &t) { t.placements.push_back({z, 5, arena, 0, 0, 1}); })},
      {Rule::onePlace, edited([](Problem &, auto &, auto &t) {
         std::erase_if(t.placements, [](const Placement &p) { return p.value == z; });
       })},
      {Rule::placeSpace, edited([](Problem &, Solution &s, auto &) {
         placementOf(s, nothing).space = host;
         placementOf(s, nothing).offset = 0;
       })},
      {Rule::livesFromMade,
       edited([](Problem &, Solution &s, auto &) { ++placementOf(s, y).from; })},
      {Rule::livesToLastUse,
       edited([](Problem &, Solution &s, auto &) { --placementOf(s, moment).to; })},
      {Rule::aligned, edited([](Problem &, Solution &s, auto &) { homeOf(s, empty).offset = 1; })},
      {Rule::pinned,
       edited([](Problem &p, auto &, auto &) { p.values[nothing].pinned = 1 << 20; })},
      {Rule::withinSpace, edited([](Problem &, Solution &s, auto &) { s.spaceBytes[host] = 32; })},
      {Rule::withinArena, edited([](Problem &, auto &, auto &t) { --t.arenaBytes; })},
      {Rule::workspaceIfNeeded, edited([](Problem &, auto &, auto &t) { t.workspaces.clear(); })},
      {Rule::workspaceSize, edited([](Problem &, auto &, auto &t) { ++t.workspaces[0].bytes; })},
      {Rule::apart, edited([](Problem &, Solution &s, auto &) {
         placementOf(s, z).offset = homeOf(s, w).offset;
       })},
      {Rule::inPlaceOffset, edited([](Problem &, Solution &s, auto &t) {
         placementOf(s, y).offset = s.spaceBytes[arena];
         t.arenaBytes = s.arenaBytes = s.spaceBytes[arena] += 64;
       })},
      {Rule::inPlaceLast, edited([](Problem &p, Solution &s, auto &t) {
         p.values[x].bytes = p.values[y].bytes = 0; // no bytes that could be shared
         p.timelines[0].ops[second].reads.push_back(x);
         event(t, 2).reads.push_back(0);
         placementOf(s, x).to = 3;
       })},
  };
}

// Rules: totals agree with the events and placements.
std::vector<Case> totalCases() {
  return {
      {Rule::arenaIsSpace, edited([](Problem &, Solution &s, auto &) { ++s.arenaBytes; })},
      {Rule::withinCapacity,
       edited([](Problem &p, auto &, auto &) { p.spaces[host].capacity = 63; })},
      {Rule::timelineInArena,
       edited([](Problem &, Solution &s, auto &t) { t.arenaBytes = s.arenaBytes + 1; })},
      {Rule::maxLiveCovers,
       edited([](Problem &, Solution &s, auto &t) { s.statistics.orderBound = --t.maxLive; })},
      {Rule::maxLiveInArena, edited([](Problem &, Solution &s, auto &t) {
         s.statistics.orderBound = t.maxLive = t.arenaBytes + 1;
       })},
      {Rule::peakExists, edited([](Problem &, auto &, auto &t) { t.peakPosition = 10; })},
      {Rule::baseCost,
       edited([](Problem &, Solution &s, auto &t) { s.statistics.baseCost = ++t.baseCost; })},
      {Rule::recomputed, edited([](Problem &, auto &, auto &t) { ++t.recomputed; })},
      {Rule::totalCost, edited([](Problem &, Solution &s, auto &) { ++s.statistics.cost; })},
      {Rule::totalBaseCost,
       edited([](Problem &, Solution &s, auto &) { ++s.statistics.baseCost; })},
      {Rule::residentBytes,
       edited([](Problem &, Solution &s, auto &) { s.statistics.residentBytes += 64; })},
      {Rule::orderBound, edited([](Problem &, Solution &s, auto &) { --s.statistics.orderBound; })},
      {Rule::planBound,
       edited([](Problem &, Solution &s, auto &) { s.statistics.planBound = s.arenaBytes + 1; })},
  };
}

TEST(Validate, aPlanWithABitOfEverythingBreaksNoRule) {
  const Problem problem = everything();
  for (const std::string &line : checkProblem(problem))
    ADD_FAILURE() << line;
  const Solution solution = plan(problem);
  for (const std::string &line : validate(problem, solution))
    ADD_FAILURE() << line;
  // load, first and second beside it, update, step, then store and last beside it
  EXPECT_EQ(solution.statistics.cost, 5);
}

TEST(Validate, eachRuleIsBrokenByOnePlanThatBreaksNoOther) {
  std::multiset<int32_t> broken;
  for (const std::vector<Case> &cases : {namesCases(), eventCases(), placeCases(), totalCases()})
    for (const auto &[rule, breakIt] : cases) {
      const int32_t number = static_cast<int32_t>(rule);
      const std::string start = std::string("R").append(std::to_string(number)).append(": ");
      Problem problem = everything();
      const Solution solution = breakIt(problem);
      const std::vector<std::string> errors = validate(problem, solution);
      EXPECT_FALSE(errors.empty()) << "R" << number << " is not broken";
      for (const std::string &line : errors)
        EXPECT_TRUE(line.starts_with(start)) << "in the case of R" << number << ": " << line;
      broken.insert(number);
    }
  for (int32_t number = 1; number <= ruleCount; ++number)
    EXPECT_EQ(broken.count(number), 1u) << "R" << number << " has no case, or several";
  EXPECT_EQ(std::ssize(broken), ruleCount);
}

/// A copy in progress owns its source and its destination until it is waited for.
TEST(Validate, aCopyUnderWayOwnsItsBytes) {
  const Problem problem = everything();
  Solution solution = plan(problem);
  std::swap(solution.timelines[0].events[3], solution.timelines[0].events[5]);
  setClocks(problem, solution.timelines[0]);
  const std::vector<std::string> early = validate(problem, solution);
  ASSERT_FALSE(early.empty());
  EXPECT_EQ(early[0], "R24: train: event 3: value 'moment' instance 1 is read before it is ready");

  solution = plan(problem); // the source of the store dies before its wait
  placementOf(solution, moment).to = 7;
  EXPECT_EQ(validate(problem, solution),
            std::vector<std::string>{
                "R43: train: value 'moment' instance 1 is used at 8, its life ends at 7"});
}

} // namespace
