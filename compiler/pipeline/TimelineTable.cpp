//===- TimelineTable.cpp - one line for each timeline of a plan ---------------------===//
#include "compiler/pipeline/TimelineTable.h"
#include "plimsoll/Shown.h"

using namespace plimsoll;
using namespace plimsoll::pipeline;

static TimelineRow row(const planner::Timeline &timeline, const planner::TimelinePlan &plan,
                       nn::TimelineKind kind) {
  TimelineRow row;
  row.name = timeline.name;
  row.kind = nn::stringifyTimelineKind(kind).str();
  row.weight = timeline.weight;
  row.arenaBytes = plan.arenaBytes;
  row.launches = static_cast<int64_t>(plan.events.size());
  row.recomputed = plan.recomputed;
  row.seconds = plan.cost;
  const int32_t peak = std::max(0, plan.peakPosition);
  row.peakLaunch = peak + 1;
  if (peak < std::ssize(plan.events) && plan.events[peak].op >= 0)
    row.peakNode = timeline.ops[plan.events[peak].op].name;
  return row;
}

std::vector<TimelineRow> plimsoll::pipeline::timelineRows(const memory::PlanOutcome &outcome) {
  std::vector<TimelineRow> rows;
  for (auto [timeline, plan, kind] :
       llvm::zip(outcome.problem.timelines, outcome.result.solution.timelines, outcome.kinds))
    rows.push_back(row(timeline, plan, kind));
  return rows;
}

llvm::json::Array plimsoll::pipeline::toJson(const std::vector<TimelineRow> &rows) {
  llvm::json::Array array;
  for (const TimelineRow &row : rows)
    array.push_back(llvm::json::Object{{"name", utf8(row.name)},
                                       {"kind", row.kind},
                                       {"runs_in_a_step", row.weight},
                                       {"arena_bytes", row.arenaBytes},
                                       {"launches", row.launches},
                                       {"recomputed_launches", row.recomputed},
                                       {"peak_launch", row.peakLaunch},
                                       {"peak_node", utf8(row.peakNode)},
                                       {"seconds", row.seconds}});
  return array;
}
