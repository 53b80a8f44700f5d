//===- Solution.h - the planner's result ------------------------------------===//
//
// For each timeline a sequence of events and a place for every value instance
// and workspace. Positions are indices of events; a life [from, to) is
// half-open: a value made at position 3 and last read at 7 lives in [3, 8).
//
// The sequence is the order in which the main stream issues work. An event begins when its resource
// has finished its earlier events and the main stream has reached it. The work of another resource
// counts as finished only when the main stream waits for it, and owns its bytes until then: a copy
// its source and its destination, an operation what it reads and writes and its workspace. The cost
// of a timeline is its makespan, the main stream's clock after the last event.
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
  double begin = 0;           ///< seconds on the clock of `resource`
  double end = 0;
};

/// The place and the life of one instance of a value.
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
  std::vector<Placement> placements; ///< of all instances except the homes of residents
  std::vector<WorkspacePlacement> workspaces;
  int64_t arenaBytes = 0;      ///< residents included
  int64_t maxLive = 0;         ///< residents included: a lower bound on packings
  int32_t peakPosition = none; ///< where maxLive is reached
  double cost = 0;             ///< makespan, in seconds
  double baseCost = 0;         ///< of each operation once, its first alternative, one after another
  int32_t recomputed = 0;      ///< runs beyond one for each operation
};

/// One rung of the canonical frontier.
struct FrontierPoint {
  int64_t arenaBytes = 0;
  double cost = 0;           ///< all timelines together, by their weights
  std::vector<double> costs; ///< of each timeline
  int32_t recomputed = 0;
};

/// Arena and cost of checkpointing by rule (see Policies.h).
struct PolicyPoint {
  std::string name; ///< "sqrt"
  int64_t arenaBytes = 0;
  double cost = 0;           ///< all timelines together, by their weights
  std::vector<double> costs; ///< of each timeline
};

struct Statistics {
  double cost = 0; ///< sum over the timelines by their weights, as is `baseCost`
  double baseCost = 0;
  int64_t residentBytes = 0; ///< homes in the arena
  int64_t orderBound = 0;    ///< bytes: no packing of this sequence is smaller (max-live)
  int64_t planBound = 0;     ///< bytes: no plan of this problem is smaller (proven)
  double costBound = 0;      ///< no plan in this order within the budget is cheaper (proven)
  int64_t work = 0;          ///< steps of search done
  std::vector<FrontierPoint> frontier; ///< from smallest to unconstrained; empty when not needed
  std::vector<PolicyPoint> policies;   ///< filled with the full frontier, for comparison
};

struct Solution {
  std::vector<TimelinePlan> timelines; ///< in the order of Problem::timelines
  std::vector<Placement> residents;    ///< homes: every resident value, versions in the same place
  std::vector<int64_t> spaceBytes;     ///< bytes used, in the order of Problem::spaces
  int64_t arenaBytes = 0;              ///< spaceBytes[0]
  Statistics statistics;
};

/// A value that is alive at the position of the peak.
struct LiveValue {
  std::string name;
  int64_t bytes = 0;
  Lifetime lifetime = Lifetime::Transient;
  ValueId value = none;
};

/// The reason for having no plan: none that was found is within the budget.
struct Refusal {
  int64_t budget = 0;
  int64_t smallestArena = 0; ///< the smallest found; its plan is Result::solution
  int64_t lowerBound = 0;    ///< bytes: no plan is smaller (proven)
  int32_t timeline = 0;
  int32_t position = 0; ///< in the smallest plan found
  OpId op = none;
  std::string opName;
  std::vector<LiveValue> live; ///< at `position`, the largest first
};

} // namespace plimsoll::planner
