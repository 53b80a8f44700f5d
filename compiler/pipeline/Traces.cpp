//===- Traces.cpp - a plan in the formats of trace viewers ---------------------------===//
#include "compiler/pipeline/Traces.h"
#include "compiler/pipeline/Pickle.h"
#include "compiler/pipeline/ValueKinds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include <map>

using namespace plimsoll;
using namespace plimsoll::pipeline;
namespace json = llvm::json;

static std::string launchName(const memory::PlanOutcome &outcome, const planner::Event &event) {
  return event.op < 0 ? "copy" : outcome.timeline().ops[event.op].name;
}

// Trace events --------------------------------------------------------------

namespace {

class ChromeTrace {
public:
  ChromeTrace(const memory::PlanOutcome &outcome, llvm::StringRef title)
      : outcome(outcome), plan(outcome.plan()), title(title), bytes(liveBytes(outcome)) {}

  std::string print() {
    meta("process_name", 0, title.str());
    meta("thread_name", 1, "launches, at predicted times");
    for (size_t i = 0; i < plan.events.size(); ++i) {
      launch(i);
      counter(i, plan.events[i].begin);
    }
    std::string text;
    llvm::raw_string_ostream(text)
        << json::Value(json::Object{{"traceEvents", std::move(events)}, {"displayTimeUnit", "ms"}});
    return text;
  }

private:
  double seconds(const planner::Event &event) const {
    return event.op < 0 ? event.end - event.begin
                        : outcome.timeline().ops[event.op].alternatives[event.alternative].seconds;
  }

  void meta(const char *what, int thread, const std::string &name) {
    events.push_back(json::Object{{"ph", "M"},
                                  {"pid", 1},
                                  {"tid", thread},
                                  {"name", what},
                                  {"args", json::Object{{"name", name}}}});
  }

  /// Prints a launch. Times are microseconds; `cname` is a colour of the viewers' palettes.
  void launch(size_t position) {
    const planner::Event &event = plan.events[position];
    bool repeated = event.instance > 0;
    json::Object object{{"ph", "X"},
                        {"pid", 1},
                        {"tid", 1 + event.resource},
                        {"ts", event.begin * 1e6},
                        {"dur", seconds(event) * 1e6},
                        {"name", launchName(outcome, event) + (repeated ? " (again)" : "")},
                        {"cat", repeated ? "repeated" : "launch"},
                        {"args", json::Object{{"launch", int64_t(position + 1)},
                                              {"live_bytes", bytes.sum(position)}}}};
    if (repeated)
      object["cname"] = "terrible";
    events.push_back(std::move(object));
  }

  void counter(size_t position, double at) {
    json::Object values;
    for (size_t k = 0; k < bytes.byKind.size(); ++k)
      values[kindName(k)] = bytes.byKind[k][position];
    events.push_back(json::Object{{"ph", "C"},
                                  {"pid", 1},
                                  {"ts", at * 1e6},
                                  {"name", "bytes alive"},
                                  {"args", std::move(values)}});
  }

  const memory::PlanOutcome &outcome;
  const planner::TimelinePlan &plan;
  llvm::StringRef title;
  LiveBytes bytes;
  json::Array events;
};

// PyTorch's snapshot --------------------------------------------------------

/// Addresses begin here, because viewers take 0 for no address.
constexpr int64_t kBase = int64_t(1) << 32;

class Snapshot {
public:
  explicit Snapshot(const memory::PlanOutcome &outcome)
      : outcome(outcome), solution(outcome.result.solution), plan(outcome.plan()) {
    collect();
  }

  std::string print() {
    pickle.beginDict();
    pickle.string("segments");
    segments();
    pickle.string("device_traces");
    pickle.beginList(); // list of devices
    pickle.beginList();
    event("segment_alloc", 0, solution.arenaBytes, "the arena", 0);
    for (const auto &[order, block] : allocations)
      event(order.second == kFree ? "free_completed" : "alloc", block.offset, block.bytes,
            block.name, order.first);
    pickle.endList();
    pickle.endList();
    pickle.endDict();
    return pickle.finish();
  }

private:
  struct Block {
    int64_t offset, bytes;
    std::string name;
  };
  enum Order { kFree, kAllocate }; // frees come before allocations of the same launch

  void add(int32_t from, int32_t to, Block block) {
    if (block.bytes == 0)
      return;
    allocations.insert({{from, kAllocate}, block});
    if (to < int32_t(plan.events.size()))
      allocations.insert({{to, kFree}, block});
    else
      remaining.push_back(std::move(block));
  }

  void collect() {
    std::map<int64_t, bool> seen; // versions of one resident are one allocation
    for (const planner::Placement &p : solution.residents)
      if (seen.insert({p.offset, true}).second)
        add(-1, INT32_MAX, block(p));
    for (auto [p, end] : llvm::zip(plan.placements, countedEnds(plan)))
      add(p.from, end, block(p));
    for (const planner::WorkspacePlacement &w : plan.workspaces)
      add(w.position, w.position + 1,
          {w.offset, w.bytes, "workspace of " + launchName(outcome, plan.events[w.position])});
  }

  Block block(const planner::Placement &p) const {
    const planner::Value &value = outcome.problem.values[p.value];
    return {p.offset, value.bytes, value.name + (p.instance > 0 ? " (again)" : "")};
  }

  void frames(const std::string &name, int32_t position) {
    pickle.string("frames");
    pickle.beginList();
    pickle.beginDict();
    pickle.entry("name", name);
    pickle.entry("filename", "launch");
    pickle.entry("line", position + 1);
    pickle.endDict();
    pickle.endList();
  }

  void event(const char *action, int64_t offset, int64_t bytes, const std::string &name,
             int32_t position) {
    pickle.beginDict();
    pickle.entry("action", action);
    pickle.entry("addr", kBase + offset);
    pickle.entry("size", bytes);
    pickle.entry("stream", 0);
    frames(name, position);
    pickle.endDict();
  }

  /// Writes the arena as it is after the step.
  void segments() {
    llvm::sort(remaining, [](const Block &a, const Block &b) { return a.offset < b.offset; });
    int64_t allocated = 0, end = 0;
    for (const Block &block : remaining)
      allocated += block.bytes;
    pickle.beginList();
    pickle.beginDict();
    for (auto [key, value] : {std::pair("device", int64_t(0)),
                              {"address", kBase},
                              {"total_size", solution.arenaBytes},
                              {"stream", 0},
                              {"allocated_size", allocated},
                              {"active_size", allocated}})
      pickle.entry(key, value);
    pickle.entry("segment_type", "large");
    pickle.string("blocks");
    pickle.beginList();
    for (const Block &block : remaining) {
      if (block.offset > end)
        this->block(end, block.offset - end, "inactive", "");
      this->block(block.offset, block.bytes, "active_allocated", block.name);
      end = block.offset + block.bytes;
    }
    if (end < solution.arenaBytes)
      this->block(end, solution.arenaBytes - end, "inactive", "");
    pickle.endList();
    pickle.endDict();
    pickle.endList();
  }

  void block(int64_t offset, int64_t bytes, const char *state, const std::string &name) {
    pickle.beginDict();
    pickle.entry("address", kBase + offset);
    pickle.entry("size", bytes);
    pickle.entry("requested_size", bytes);
    pickle.entry("state", state);
    frames(name, -1);
    pickle.endDict();
  }

  const memory::PlanOutcome &outcome;
  const planner::Solution &solution;
  const planner::TimelinePlan &plan;
  std::multimap<std::pair<int32_t, int>, Block> allocations; ///< by launch; frees first
  std::vector<Block> remaining;
  Pickle pickle;
};

} // namespace

std::string plimsoll::pipeline::chromeTrace(const memory::PlanOutcome &outcome,
                                            llvm::StringRef title) {
  return ChromeTrace(outcome, title).print();
}

std::string plimsoll::pipeline::memorySnapshot(const memory::PlanOutcome &outcome) {
  return Snapshot(outcome).print();
}
