//===- PackBySize.cpp - best fit in the order of sizes, without conflict lists -===//
//
// For instances with too many conflicts to list. In the order of starts a life is a range of
// positions, and two buffers are alive together if their ranges meet. Blocks of positions are the
// leaves of a tree whose nodes hold the bytes that are taken: what meets a range is the union of a
// few sets, in which adjacent bytes are one piece, however many buffers they belong to.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Sequence.h"

#include <array>

namespace plimsoll::planner {

namespace {

constexpr int32_t blockSize = 64; ///< positions

using Range = std::pair<int64_t, int64_t>; ///< of bytes

/// A set of bytes, as ranges that do not touch, ascending.
class ByteSet {
public:
  void add(Range range) {
    auto first = std::lower_bound(ranges.begin(), ranges.end(), range.first,
                                  [](const Range &r, int64_t low) { return r.second < low; });
    auto last = first;
    for (; last != ranges.end() && last->first <= range.second; ++last) {
      range.first = std::min(range.first, last->first);
      range.second = std::max(range.second, last->second);
    }
    if (first == last) {
      ranges.insert(first, range);
      return;
    }
    *first = range;
    ranges.erase(first + 1, last);
  }

  void appendTo(std::vector<Range> &all) const {
    all.insert(all.end(), ranges.begin(), ranges.end());
  }
  int64_t size() const { return std::ssize(ranges); }

private:
  std::vector<Range> ranges;
};

class BySize {
public:
  BySize(std::span<const Buffer> buffers, int64_t work) : buffers(buffers), work(work) {
    for (int32_t i : makeOrder(buffers, OrderKind::Start))
      if (needsPlace(buffers[i]))
        byStart.push_back(i);
    const int32_t count = static_cast<int32_t>(byStart.size());
    std::vector<int64_t> starts;
    for (int32_t i : byStart)
      starts.push_back(buffers[i].lower);
    positionOf.assign(buffers.size(), none);
    for (int32_t p = 0; p < count; ++p) {
      const int32_t i = byStart[p];
      positionOf[i] = p;
      const auto end = std::lower_bound(starts.begin() + p, starts.end(), buffers[i].upper);
      past.push_back(static_cast<int32_t>(end - starts.begin()));
    }
    while (leaves * blockSize < count)
      leaves *= 2;
    nodes.resize(2 * leaves);
    ending.resize(count + 1);
    places.assign(count, {none, none});
  }

  std::vector<int64_t> run(int64_t below) {
    std::vector<int64_t> offsets(buffers.size(), 0);
    int64_t placed = 0;
    for (int32_t i : makeOrder(buffers, OrderKind::Size)) {
      const int32_t position = positionOf[i];
      if (position == none)
        continue;
      findTaken(position);
      const int64_t offset = gapFor(taken, buffers[i].size, buffers[i].alignment, Fit::Best);
      if (offset + buffers[i].size >= below || isTooMuch(++placed))
        return {};
      offsets[i] = offset;
      take(position, {offset, offset + buffers[i].size});
    }
    return offsets;
  }

private:
  /// True once the work is used up, or if, within the first sixteenth of the buffers, the
  /// extrapolated work is more than four times what is allowed. The extrapolation is quadratic:
  /// each buffer meets more others than the one before.
  bool isTooMuch(int64_t placed) const {
    const double rest = double(past.size()) / double(placed);
    return spent > work || (rest < 16 && double(spent) * rest * rest > 4 * double(work));
  }

  struct Node {
    ByteSet whole; ///< of buffers alive in all of its blocks, but not in all of its parent's
    ByteSet any;   ///< of buffers alive in any of them
  };

  /// Returns the blocks that lie wholly within [from, to); a last block that is not full does not
  /// count.
  static std::pair<int32_t, int32_t> filledBlocks(int32_t from, int32_t to) {
    return {(from + blockSize - 1) / blockSize, to / blockSize};
  }

  /// Calls `see` for the nodes that together make up the blocks [from, to).
  template <typename See> void eachPart(int32_t from, int32_t to, See see) {
    for (from += leaves, to += leaves; from < to; from /= 2, to /= 2) {
      if (from & 1)
        see(nodes[from++]);
      if (to & 1)
        see(nodes[--to]);
    }
  }

  /// Calls `see` for the nodes of the first and the last block of [from, to) and all nodes above
  /// them.
  template <typename See> void eachAbove(int32_t from, int32_t to, See see) {
    int32_t a = leaves + from / blockSize, b = leaves + (to - 1) / blockSize;
    for (; a != b; a /= 2, b /= 2) {
      see(nodes[a]);
      see(nodes[b]);
    }
    for (; a > 0; a /= 2)
      see(nodes[a]);
  }

  void take(int32_t position, Range range) {
    while (range.first >> shift > 255)
      ++shift;
    const int32_t end = past[position];
    places[position] = range;
    const auto [first, last] = filledBlocks(position, end);
    eachPart(first, last, [&](Node &node) {
      node.whole.add(range);
      node.any.add(range);
    });
    eachAbove(position, end, [&](Node &node) { node.any.add(range); });
    if (end % blockSize != 0 && end / blockSize != position / blockSize)
      ending[end].add(range);
  }

  /// Sets `taken` to the bytes of placed buffers that are alive with the one at `position`, sorted.
  void findTaken(int32_t position) {
    const int32_t end = past[position];
    taken.clear();
    const auto [first, last] = filledBlocks(position, end);
    eachPart(first, last, [&](Node &node) { node.any.appendTo(taken); });
    eachAbove(position, end, [&](Node &node) { node.whole.appendTo(taken); });
    const int32_t begin = position / blockSize * blockSize;
    const int32_t positions = static_cast<int32_t>(places.size());
    addBlock(begin, std::min(begin + blockSize, positions), position, end);
    if ((end - 1) / blockSize * blockSize != begin) {
      const int32_t next = (end - 1) / blockSize * blockSize;
      addBlock(next, std::min(next + blockSize, positions), position, end);
    }
    sortTaken();
    spent += std::ssize(taken) + blockSize;
  }

  /// Sorts `taken` by counting offsets in 1/256 of the height so far, which leaves few ranges out
  /// of order.
  void sortTaken() {
    std::array<uint32_t, 257> from{};
    for (const Range &range : taken)
      ++from[(range.first >> shift) + 1];
    for (size_t b = 1; b < from.size(); ++b)
      from[b] += from[b - 1];
    sorted.resize(taken.size());
    for (const Range &range : taken)
      sorted[from[range.first >> shift]++] = range;
    for (size_t k = 1; k < sorted.size(); ++k) {
      const Range range = sorted[k];
      size_t to = k;
      for (; to > 0 && range.first < sorted[to - 1].first; --to)
        sorted[to] = sorted[to - 1];
      sorted[to] = range;
    }
    std::swap(sorted, taken);
  }

  /// Adds to `taken` the placed buffers of [from, to), which lies within one block, that meet
  /// [position, end).
  void addBlock(int32_t from, int32_t to, int32_t position, int32_t end) {
    for (int32_t p = from; p < std::min(to, end); ++p)
      if (places[p].first != none && past[p] > position)
        taken.push_back(places[p]);
    for (int32_t p = std::max(from, position) + 1; p <= to && p % blockSize != 0; ++p)
      ending[p].appendTo(taken);
  }

  std::span<const Buffer> buffers;
  int64_t work, spent = 0;                  ///< ranges that may be, and were, examined
  std::vector<int32_t> byStart, positionOf; ///< `positionOf`: index of a buffer in `byStart`
  std::vector<int32_t> past; ///< of each position: the first that starts after its end
  int32_t leaves = 1;
  std::vector<Node> nodes;     ///< a heap: the parts of node n are 2n and 2n + 1
  std::vector<ByteSet> ending; ///< by `past`: bytes of buffers from earlier blocks that end there
  std::vector<Range> places;   ///< of each position: the bytes of its buffer
  std::vector<Range> taken, sorted;
  int32_t shift = 0; ///< of an offset, to get its 256th of the height so far
};

} // namespace

std::vector<int64_t> packBySize(std::span<const Buffer> buffers, int64_t below, int64_t work) {
  return BySize(buffers, work).run(below);
}

} // namespace plimsoll::planner
