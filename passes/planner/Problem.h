//===- Problem.h - the planner's input --------------------------------------===//
//
// A Problem is plain data: values with sizes, operations that read and write them, and timelines
// (train, evaluate) that run operations. It states what must hold for a plan, not how one is found.
// Solution.h is the answer.
//
// Words used here:
//   value      bytes that an operation writes and others read (a tensor)
//   instance   one life of a value in one place; a recomputed or copied value has several
//   resident   a value that lives across steps (parameter, optimizer state,
//              constant): it has one home, the same in every timeline
//   version    residents that follow one another in the same bytes (W, then W'
//              after the update); see Overwrite
//   resource   what does one thing after another (a stream, a copy engine); see Resource
//
// Views of one another (a reshape, a slice that copies nothing) are one value here.
// Bytes are int64. Where nothing is copied, seconds may be any unit of cost.
//
//===----------------------------------------------------------------------===//

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::planner {

using ValueId = int32_t;    ///< index into Problem::values
using OpId = int32_t;       ///< index into Timeline::ops
using SpaceId = int32_t;    ///< index into Problem::spaces
using ResourceId = int32_t; ///< index into Problem::resources

inline constexpr int32_t none = -1;

/// A memory that values can be in. Space 0 is the arena whose bytes are budgeted.
struct Space {
  std::string name = "arena";
  int64_t capacity = none; ///< bytes, `none` for unlimited
};

/// A direction in which a resource copies.
struct Route {
  SpaceId from = 0;
  SpaceId to = 0;
  double bytesPerSecond = 0;
};

/// Something that does one thing after another, on a clock that starts at 0 with the timeline.
/// Resource 0 is the main stream. The others (copy engines, a network) run beside it; their work
/// counts as finished only when the main stream waits for it.
struct Resource {
  std::string name = "main";
  SpaceId space = 0;         ///< where its operations read, write and have their workspace
  std::vector<Route> routes; ///< what it can copy; none for a resource that only computes
};

enum class Lifetime : uint8_t {
  Transient, ///< lives from its writer to its last reader
  Resident,  ///< lives always, and survives from step to step
};

struct Value {
  std::string name; ///< for messages: the user's node
  int64_t bytes = 0;
  int64_t alignment = 64; ///< bytes, a power of two
  Lifetime lifetime = Lifetime::Transient;
  SpaceId space = 0;             ///< home of a resident; where a transient value is made
  std::optional<int64_t> pinned; ///< the offset it must have in `space`, if any
};

/// One way to run an operation. All alternatives of an operation compute the same bits and trade
/// seconds for workspace. They are sorted by seconds, the fastest first.
struct Alternative {
  int64_t workspaceBytes = 0; ///< scratch that lives while the operation runs
  int64_t workspaceAlignment = 64;
  double seconds = 0;
};

/// Lets `output` take over the bytes of `input` if this operation is the last reader of `input`; if
/// `required`, it must. Both start at the same offset; `output` is not larger than `input`.
struct InPlacePair {
  ValueId input = none;
  ValueId output = none;
  bool required = false;
};

/// Turns the resident `before`, which the operation reads, into `after`, in the bytes of the
/// instance read. Every instance of every other reader of `before` runs earlier, recomputed ones
/// included. `after` is a resident of the same size that this operation writes, or `none` if
/// nothing in this timeline reads the new content. If the bytes are not those of the resident's
/// home, the home is stale until they are stored.
struct Overwrite {
  ValueId before = none;
  ValueId after = none;
};

struct Op {
  std::string name;
  std::vector<ValueId> reads;  ///< each value once
  std::vector<ValueId> writes; ///< each value is written by one operation
  std::vector<Alternative> alternatives = {Alternative{}};
  std::vector<InPlacePair> inPlace;
  std::vector<Overwrite> overwrites;
  std::vector<OpId> after; ///< operations whose first instance runs before any instance of this one
  bool recomputable = true;
  bool asSoonAsPossible = false; ///< moves up to where its last input is made (updates)
  ResourceId resource = 0;       ///< what runs it
};

/// Operations in program order: every value is written before it is read. Operations that are
/// `asSoonAsPossible` or overwrite something may come before other readers of what they overwrite:
/// the planner moves them.
struct Timeline {
  std::string name;
  double weight = 1; ///< how often a training step runs it; 0: its time does not count
  std::vector<Op> ops;
  std::vector<ValueId> liveAtStart; ///< transient values that nothing here writes (inputs)
  std::vector<ValueId> liveAtEnd;   ///< values that must be live after the last operation (loss)
};

/// Timelines never run at the same time: the arena is as large as the largest of them needs, and
/// the cost of a plan is the sum of the timelines' costs, each times its weight. A transient value
/// belongs to one timeline.
struct Problem {
  std::string name;
  std::vector<Space> spaces = {Space{}};
  std::vector<Resource> resources = {Resource{}};
  std::vector<Value> values;
  std::vector<Timeline> timelines;
};

/// Returns one line for each defect of `problem`, none if it can be planned. Accepts any content,
/// malformed ids and sizes included.
std::vector<std::string> checkProblem(const Problem &problem);

} // namespace plimsoll::planner
