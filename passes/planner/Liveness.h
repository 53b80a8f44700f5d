//===- Liveness.h - live bytes of a sequence ------------------------------------------===//

#pragma once

#include "passes/planner/RematGraph.h"
#include "passes/planner/Sequence.h"

#include <span>

namespace plimsoll::planner {

/// Replays a sequence of nodes and computes its live bytes. A node may occur several times; a read
/// is of the latest instance. An instance lives from the position that makes it to its last read;
/// an output that takes over its input's bytes counts from the next position on. The arrays keep
/// their storage between runs, so that a repeated run allocates nothing.
class Liveness {
public:
  explicit Liveness(const RematGraph &graph);

  void run(const std::vector<int32_t> &sequence);

  int32_t length() const { return static_cast<int32_t>(sequence.size()); }
  int32_t instances() const { return static_cast<int32_t>(born.size()); }
  /// Returns the positions that read instance `i`, ascending.
  std::span<const int32_t> readsOf(int32_t i) const {
    return {uses.data() + useStart[i], uses.data() + useStart[i + 1]};
  }
  bool isReadAt(int32_t i, int32_t position) const;
  /// Returns the most live bytes at any of the positions [from, to).
  int64_t maxMemory(int32_t from, int32_t to) const;
  /// Returns how many of the positions [from, to) have more than `bytes` live.
  int32_t countAbove(int32_t from, int32_t to, int64_t bytes) const;
  /// Returns the latest instance of `value` made before `position`, or `none`.
  int32_t latestBefore(int32_t value, int32_t position) const;
  /// Returns the instances that `position` reads, in the order of its node's inputs.
  std::span<const int32_t> readBy(int32_t position) const {
    return {readInstance.data() + readStart[position],
            readInstance.data() + readStart[position + 1]};
  }

  std::vector<int32_t> sequence;
  std::vector<int32_t> value, born, last; ///< of each instance; inputs are born at -1
  std::vector<int32_t> previous;          ///< of each instance: its value's one before, or `none`
  std::vector<int32_t> firstOutput;       ///< of each position: instance of its first output
  std::vector<int64_t> memory;            ///< of each position: live bytes, residents included
  std::vector<int64_t> own;               ///< of each position: bytes that are live only there
  std::vector<int32_t> firstRun;          ///< of each node: position of its first instance
  int64_t peak = 0;
  int32_t peakPosition = 0;
  double cost = 0;

private:
  void begin(int32_t v, int32_t position);
  void collectUses();
  void addMemory();

  /// The inputs and outputs of all nodes one behind the other, since replaying is most of the
  /// planner's work.
  struct Flat {
    std::vector<int32_t> inputStart, input, outputStart, output; ///< values
    std::vector<int32_t> slotStart, slot; ///< of each output: inputs whose bytes it may take over,
                                          ///< by their index among the node's
    explicit Flat(const RematGraph &graph);
  };

  const RematGraph &graph;
  const Flat flat;
  std::vector<int32_t> latest; ///< of each value: its latest instance
  std::vector<int32_t> readInstance, readStart, useStart, uses, cursor;
  static constexpr int32_t block = 32; ///< positions for each entry of `blockMax`
  std::vector<int64_t> blockMax;       ///< of each block: the maximum of `memory`
  std::vector<char> taken;             ///< of each instance: an output took over its bytes
};

} // namespace plimsoll::planner
