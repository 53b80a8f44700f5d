//===- Solution.h - what a planner answers ----------------------------------===//
//
// For each timeline a sequence of events and a place for every value instance
// and workspace. Positions are indices of events; a life [from, to) is
// half-open: a value made at position 3 and last read at 7 lives in [3, 8).
//
// The sequence is the order in which the main stream gives out work. An event begins
// when its resource has finished what it was given before, and not before the main
// stream has come to it. What another resource does is finished, for everyone, at the
// main stream's wait for it, and owns its bytes until then: a copy its source and its
// destination, an operation what it reads, writes and scratches on. The cost of a
// timeline is its makespan, the main stream's clock after the last event.
//
// Instance 0 of a resident is its home. Versions in the same bytes have the same instance:
// an update that reads instance 2 of W leaves W' in instance 2.
//
//===----------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Problem.h"

namespace plimsoll::planner {

enum class EventKind : uint8_t {
  Run,   ///< runs `op`
  Load,  ///< copies an instance of `value` to `space`, as a new instance there
  Store, ///< copies an instance of the resident `value` to its home
  Wait,  ///< the main stream waits for the event at position `waitsFor`
};

struct Event {
  EventKind kind = EventKind::Run;
  OpId op = none;          ///< Run
  int32_t alternative = 0; ///< Run: index into Op::alternatives
  ValueId value = none;    ///< Load, Store
  SpaceId space = none;    ///< Load: where to
  int32_t waitsFor = none; ///< Wait
  int32_t instance = 0;    ///< Run, Load: number of the instances this event makes
  ResourceId resource = 0;
  std::vector<int32_t> reads; ///< instance of each of Op::reads (Run), of the source (copies)
  double begin = 0;           ///< seconds, as the clock of `resource` has them
  double end = 0;
};

/// Where one instance of a value is, and when.
struct Placement {
  ValueId value = none;
  int32_t instance = 0; ///< homes of residents, and inputs, are instance 0
  SpaceId space = 0;
  int64_t offset = 0;
  int32_t from = 0;
  int32_t to = 0;
};

/// Scratch of the operation that runs at `position`, in its resource's space.
struct WorkspacePlacement {
  int32_t position = 0;
  int64_t offset = 0;
  int64_t bytes = 0;
};

struct TimelinePlan {
  std::vector<Event> events;
  std::vector<Placement> placements; ///< of all instances but the homes of residents
  std::vector<WorkspacePlacement> workspaces;
  int64_t arenaBytes = 0;      ///< residents included
  int64_t maxLive = 0;         ///< of this sequence, residents included: no packing is below
  int32_t peakPosition = none; ///< where maxLive is reached
  double cost = 0;             ///< makespan, in seconds
  double baseCost = 0;         ///< of each operation once, in its first alternative, serially
  int32_t recomputed = 0;      ///< runs beyond one for each operation
};

/// One rung of the canonical frontier.
struct FrontierPoint {
  int64_t arenaBytes = 0;
  double cost = 0;           ///< all timelines together, by their weights
  std::vector<double> costs; ///< of each timeline
  int32_t recomputed = 0;
};

/// What checkpointing by rule would take (see Policies.h).
struct PolicyPoint {
  std::string name; ///< "sqrt"
  int64_t arenaBytes = 0;
  double cost = 0;           ///< all timelines together, by their weights
  std::vector<double> costs; ///< of each timeline
};

struct Statistics {
  double cost = 0; ///< of all timelines, by their weights; so is `baseCost`
  double baseCost = 0;
  int64_t residentBytes = 0; ///< homes in the arena
  int64_t orderBound = 0;    ///< bytes: no packing of this sequence is smaller (max-live)
  int64_t planBound = 0;     ///< bytes: no plan of this problem is smaller (proven)
  double costBound = 0;      ///< no plan in this order within the budget is cheaper (proven)
  int64_t work = 0;          ///< steps of search done
  std::vector<FrontierPoint> frontier; ///< from smallest to unconstrained; empty when not needed
  std::vector<PolicyPoint> policies;   ///< with the full frontier, to compare with
};

struct Solution {
  std::vector<TimelinePlan> timelines; ///< as Problem::timelines
  std::vector<Placement> residents;    ///< homes: every resident value, versions in the same place
  std::vector<int64_t> spaceBytes;     ///< bytes used, as Problem::spaces
  int64_t arenaBytes = 0;              ///< spaceBytes[0]
  Statistics statistics;
};

/// Something alive at the position that binds.
struct LiveValue {
  std::string name;
  int64_t bytes = 0;
  Lifetime lifetime = Lifetime::Transient;
};

/// Why no plan was given: nothing found is within the budget.
struct Refusal {
  int64_t budget = 0;
  int64_t smallestArena = 0; ///< found; its plan stands in Result::solution
  int64_t lowerBound = 0;    ///< proven for any plan
  int32_t timeline = 0;
  int32_t position = 0; ///< in the smallest plan found
  OpId op = none;
  std::string opName;
  std::vector<LiveValue> live; ///< at `position`, the largest first
};

} // namespace plimsoll::planner
