//===- Solution.h - what a planner answers ----------------------------------===//
//
// For each timeline a sequence of events and a place for every value instance
// and workspace. Positions are indices of events; a life [from, to) is
// half-open: a value made at position 3 and last read at 7 lives in [3, 8).
//
//===----------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Problem.h"

namespace plimsoll::planner {

enum class EventKind : uint8_t {
  Run,       ///< runs `op`; on a stream other than 0 it ends at the wait for it
  CopyStart, ///< starts to copy an instance of `value` to `space`, as a new instance
  Wait,      ///< waits for the event at position `waitsFor`
};

struct Event {
  EventKind kind = EventKind::Run;
  OpId op = none;          ///< Run
  int32_t alternative = 0; ///< Run: index into Op::alternatives
  ValueId value = none;    ///< CopyStart
  SpaceId space = none;    ///< CopyStart: where to
  int32_t waitsFor = none; ///< Wait
  int32_t instance = 0;    ///< number of the instances this event makes
  StreamId stream = 0;
  std::vector<int32_t> reads; ///< instance of each of Op::reads (Run), of the source (CopyStart)
};

/// Where one instance of a value is, and when.
struct Placement {
  ValueId value = none;
  int32_t instance = 0; ///< residents and inputs have instance 0 only
  SpaceId space = 0;
  int64_t offset = 0;
  int32_t from = 0;
  int32_t to = 0;
};

/// Scratch of the event at `position`, in space 0.
struct WorkspacePlacement {
  int32_t position = 0;
  int64_t offset = 0;
  int64_t bytes = 0;
};

struct TimelinePlan {
  std::vector<Event> events;
  std::vector<Placement> placements; ///< transient values; residents stand in Solution
  std::vector<WorkspacePlacement> workspaces;
  int64_t arenaBytes = 0;      ///< residents included
  int64_t maxLive = 0;         ///< of this sequence, residents included: no packing is below
  int32_t peakPosition = none; ///< where maxLive is reached
  double cost = 0;             ///< of all events
  double baseCost = 0;         ///< of one instance of each operation
  int32_t recomputed = 0;      ///< events beyond one for each operation
};

/// One rung of the canonical frontier.
struct FrontierPoint {
  int64_t arenaBytes = 0;
  double cost = 0;           ///< all timelines together
  std::vector<double> costs; ///< of each timeline
  int32_t recomputed = 0;
};

/// What checkpointing by rule would take (see Policies.h).
struct PolicyPoint {
  std::string name; ///< "sqrt"
  int64_t arenaBytes = 0;
  double cost = 0;           ///< all timelines together
  std::vector<double> costs; ///< of each timeline
};

struct Statistics {
  double cost = 0;
  double baseCost = 0;
  int64_t residentBytes = 0;
  int64_t orderBound = 0; ///< bytes: no packing of this sequence is smaller (max-live)
  int64_t planBound = 0;  ///< bytes: no plan of this problem is smaller (proven)
  double costBound = 0;   ///< no plan in this order within the budget is cheaper (proven)
  int64_t work = 0;       ///< steps of search done
  std::vector<FrontierPoint> frontier; ///< from smallest to unconstrained; empty when not needed
  std::vector<PolicyPoint> policies;   ///< with the full frontier, to compare with
};

struct Solution {
  std::vector<TimelinePlan> timelines; ///< as Problem::timelines
  std::vector<Placement> residents;    ///< every resident value, versions in the same place
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
