//===- Liveness.h - live bytes of a sequence ------------------------------------------===//

#pragma once

#include "passes/planner/RematGraph.h"
#include "passes/planner/Sequence.h"

#include <span>

namespace plimsoll::planner {

/// Replays a sequence of nodes in which a node may stand several times; a read
/// is of the latest instance. An instance lives from where it is made to its
/// last read; an output that takes its input's bytes counts from the next
/// position on. Arrays are kept between runs: no allocation once warm.
class Liveness {
public:
  explicit Liveness(const RematGraph &graph);

  void run(const std::vector<int32_t> &sequence);

  int32_t length() const { return static_cast<int32_t>(sequence.size()); }
  int32_t instances() const { return static_cast<int32_t>(born.size()); }
  /// Positions that read instance `i`, rising.
  std::span<const int32_t> readsOf(int32_t i) const {
    return {uses.data() + useStart[i], uses.data() + useStart[i + 1]};
  }
  bool isReadAt(int32_t i, int32_t position) const;
  /// The most live bytes at the positions [from, to).
  int64_t maxMemory(int32_t from, int32_t to) const;
  /// How many of the positions [from, to) have more than `bytes` live.
  int32_t countAbove(int32_t from, int32_t to, int64_t bytes) const;
  /// The latest instance of `value` made before `position`, or `none`.
  int32_t latestBefore(int32_t value, int32_t position) const;
  /// Instances that `position` reads, as its node's inputs.
  std::span<const int32_t> readBy(int32_t position) const {
    return {readInstance.data() + readStart[position],
            readInstance.data() + readStart[position + 1]};
  }

  std::vector<int32_t> sequence;
  std::vector<int32_t> value, born, last; ///< of each instance; inputs are born at -1
  std::vector<int32_t> previous;          ///< of each instance: the one before of its value
  std::vector<int32_t> firstOutput;       ///< of each position: instance of its first output
  std::vector<int64_t> memory;            ///< of each position, residents included
  std::vector<int64_t> own;               ///< of each position: what only it adds
  std::vector<int32_t> firstRun;          ///< of each node: position of its first instance
  int64_t peak = 0;
  int32_t peakPosition = 0;
  double cost = 0;

private:
  void begin(int32_t v, int32_t position);
  void collectUses();
  void addMemory();

  const RematGraph &graph;
  std::vector<int32_t> latest; ///< of each value
  std::vector<int32_t> readInstance, readStart, useStart, uses, cursor;
  static constexpr int32_t block = 32; ///< positions
  std::vector<int64_t> blockMax;       ///< of `memory`, by block
  std::vector<char> taken;             ///< of each instance: its bytes were taken over
};

} // namespace plimsoll::planner
