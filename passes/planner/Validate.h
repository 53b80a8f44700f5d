//===- Validate.h - is a solution one? ---------------------------------------===//
//
// The judge of plans. It replays the events of a solution and tests every rule below, each by one
// condition. It shares no code with the solvers and trusts nothing that they report. An error line
// begins with the number of the broken rule: "R24: ...".
//
//===----------------------------------------------------------------------===//

#pragma once

#include "passes/planner/Solution.h"

namespace plimsoll::planner {

enum class Rule : uint8_t {
  // Everything named exists (ValidateIds.cpp). If one of these rules is broken, no other is tested.
  planPerTimeline = 1,   ///< The solution has one plan for each timeline.
  sizePerSpace = 2,      ///< The solution has one size for each space.
  sizeInRange = 3,       ///< The size of a space is not negative, and no sum of sizes overflows.
  kindExists = 4,        ///< An event is of a kind that there is.
  operationExists = 5,   ///< A run names an operation of its timeline.
  alternativeExists = 6, ///< A run names an alternative of its operation.
  instancePerRead = 7,   ///< An event names one instance for each value that it reads.
  copiedValueExists = 8, ///< A load or store names a value of the problem.
  loadSpaceExists = 9,   ///< A load names a space of the problem.
  waitsForEarlier = 10,  ///< A wait names an earlier event.
  resourceExists = 11,   ///< An event names a resource of the problem.
  placedExists = 12,     ///< A placement names a value of the problem.
  placedSomewhere = 13,  ///< A placement names a space of the problem.
  offsetInSpace = 14,    ///< An offset is neither negative nor above the size of its space.
  workspaceOfRun = 15,   ///< A workspace is of an event that runs an operation.

  // Events make, read and write what they may (ValidateReplay.cpp).
  runOnResource = 16,   ///< An operation runs on its resource.
  waitOnMain = 17,      ///< A wait is an event of the main stream.
  copyOnRoute = 18,     ///< A copy is on a resource with a route between its two spaces.
  waitedOnce = 19,      ///< An event beside the main stream has one wait, others have none.
  runs = 20,            ///< Every operation runs.
  runsAgain = 21,       ///< An operation that runs again is recomputable and overwrites nothing.
  runsAfter = 22,       ///< What an operation is `after` is finished before it begins.
  madeOnce = 23,        ///< An instance is made once.
  readsReady = 24,      ///< What is read was made, and what made it is finished.
  readsInSpace = 25,    ///< An operation reads in the space that its resource works in.
  readsNewest = 26,     ///< A version is read while none newer is made.
  readsUpToDate = 27,   ///< Bytes that are read hold the newest version.
  writesUnused = 28,    ///< Bytes are overwritten when all that used them is finished.
  storesResident = 29,  ///< What is stored is resident.
  thereAtEnd = 30,      ///< What must be live at the end is in the space it is made in.
  homeUpToDate = 31,    ///< At the end every home holds the newest version.
  beginsWhenFree = 32,  ///< An event begins when its resource and the main stream are free.
  takesItsSeconds = 33, ///< An event ends when its work is done.
  costIsMakespan = 34,  ///< The cost of a timeline is when its last event ends.

  // Everything alive has its bytes to itself (ValidatePlaces.cpp).
  residentHome = 35,      ///< What has a home is resident.
  oneHome = 36,           ///< Every resident has one home.
  homeSpace = 37,         ///< The home of a resident is in the space of the value.
  versionsTogether = 38,  ///< Versions have the same home.
  placedIsMade = 39,      ///< What a timeline places is an instance that it makes or is given.
  onePlace = 40,          ///< Every instance that a timeline makes or is given has one place.
  placeSpace = 41,        ///< The place of an instance is in the space it is made in.
  livesFromMade = 42,     ///< A life begins when the instance is made, or earlier.
  livesToLastUse = 43,    ///< A life ends behind the instance's last use.
  aligned = 44,           ///< Every offset is a multiple of its alignment.
  pinned = 45,            ///< What is pinned is where it is pinned to.
  withinSpace = 46,       ///< Everything ends within the size of its space.
  withinArena = 47,       ///< What a timeline has in the arena ends within the timeline's bytes.
  workspaceIfNeeded = 48, ///< A run has one workspace if its alternative needs one, else none.
  workspaceSize = 49,     ///< A workspace is as large as its alternative needs.
  apart = 50,         ///< Two live things share bytes only where one is run in place of the other.
  inPlaceOffset = 51, ///< Where in place is required, the output begins where the input does.
  inPlaceLast = 52,   ///< Where in place is required, the input is not used afterwards.

  // Totals are those of what is there (ValidateTotals.cpp); looked at when the rest is right.
  arenaIsSpace = 53,    ///< The arena's bytes are those of space 0.
  withinCapacity = 54,  ///< No space is larger than its capacity.
  timelineInArena = 55, ///< No timeline takes more of the arena than the solution.
  maxLiveCovers = 56,   ///< No more bytes are live at once than a timeline reports.
  maxLiveInArena = 57,  ///< What is reported as live at once is within the timeline's bytes.
  peakExists = 58,      ///< The position of the peak is that of an event, if there are any.
  baseCost = 59,        ///< The base cost is that of each operation's first alternative.
  recomputed = 60,      ///< As many runs are reported recomputed as there are beyond the first.
  totalCost = 61,       ///< The cost is the sum of the timelines', by their weights.
  totalBaseCost = 62,   ///< The base cost is the sum of the timelines', by their weights.
  residentBytes = 63,   ///< The bytes of residents are those of the homes in the arena.
  orderBound = 64,      ///< The order's bound is the most live bytes of all timelines.
  planBound = 65,       ///< The bound on all plans is not above this one.
};

inline constexpr int32_t ruleCount = 65;

/// Returns one line for each rule that `solution` breaks as an answer to `problem`, which
/// `checkProblem` must have accepted. Not tested: whether bounds are proven, and the lists of other
/// plans.
std::vector<std::string> validate(const Problem &problem, const Solution &solution);

} // namespace plimsoll::planner
