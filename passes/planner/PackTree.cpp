//===- PackTree.cpp - tree search with sections --------------------------------===//
//
// After Moffitt, "MiniMalloc" (ASPLOS 2023), sec. 4: time is cut into sections between starts and
// ends; a partial packing is abandoned when in one of them the lowest offset still possible plus
// the bytes still to be placed exceeds the capacity. Remaining buffers that share no section are
// solved separately.
//
// There are two ways to branch. `Branch::Lowest` is the paper's: offsets never fall, wherever in
// time. `Branch::Section` makes successive decisions near each other in time, so that a dead end
// follows soon after its cause: the next buffer is one that covers the section whose lowest
// possible offset is the least (the leftmost of equals), and nothing left to be placed may fit
// below it. Supports outside that section are only tried where there is no choice inside, so that
// failing proves nothing.
//
//===----------------------------------------------------------------------===//

#include "passes/planner/PackInternal.h"
#include "passes/planner/Sequence.h"

#include <limits>

namespace plimsoll::planner {

namespace {

struct Piece {
  int32_t from, to; ///< sections
  int64_t size, alignment;
  int32_t rank; ///< preference among equal offsets, the least first
};

class SectionSearch {
public:
  SectionSearch(std::span<const Buffer> buffers, const Conflicts &conflicts, int64_t capacity,
                Branch branch, int64_t &budget)
      : conflicts(conflicts), capacity(capacity), branch(branch), budget(budget),
        offset(buffers.size(), 0), placed(buffers.size(), 0) {
    cutTime(buffers);
  }

  void rank(const std::vector<int32_t> &order) {
    for (int32_t i = 0; i < std::ssize(order); ++i)
      pieces[order[i]].rank = i;
  }

  bool run() {
    std::vector<int32_t> all;
    for (int32_t i = 0; i < std::ssize(pieces); ++i)
      if (pieces[i].size > 0 && pieces[i].to > pieces[i].from)
        all.push_back(i);
    std::sort(all.begin(), all.end(), [&](int32_t a, int32_t b) {
      return std::pair(pieces[a].from, a) < std::pair(pieces[b].from, b);
    });
    const std::vector<std::vector<int32_t>> parts = split(all);
    for (const std::vector<int32_t> &part : parts)
      if (!solve(part, none))
        return false;
    return true;
  }

  const std::vector<int64_t> &offsets() const { return offset; }

private:
  void cutTime(std::span<const Buffer> buffers) {
    // Only a start that follows an end opens a section with a new maximal set.
    std::vector<std::pair<int64_t, int>> edges;
    for (const Buffer &b : buffers)
      if (needsPlace(b)) {
        edges.push_back({b.lower, 1});
        edges.push_back({b.upper, 0});
      }
    std::sort(edges.begin(), edges.end());
    std::vector<int64_t> starts; // first time of each section
    bool ended = true;
    for (const auto &[time, isStart] : edges) {
      if (isStart && ended)
        starts.push_back(time);
      else if (isStart)
        starts.back() = time;
      ended = !isStart;
    }
    load.assign(starts.size(), 0);
    lowest.assign(starts.size(), 0);
    for (const Buffer &b : buffers) {
      auto section = [&](int64_t time) {
        return static_cast<int32_t>(std::lower_bound(starts.begin(), starts.end(), time) -
                                    starts.begin());
      };
      Piece piece{section(b.lower), section(b.upper), b.size, b.alignment, 0};
      for (int32_t s = piece.from; s < piece.to; ++s)
        load[s] += piece.size;
      pieces.push_back(piece);
    }
  }

  /// Splits `ids` (sorted by start) into parts that share no section.
  std::vector<std::vector<int32_t>> split(const std::vector<int32_t> &ids) const {
    std::vector<std::vector<int32_t>> parts;
    int32_t end = -1;
    for (int32_t i : ids) {
      if (pieces[i].from >= end)
        parts.emplace_back();
      parts.back().push_back(i);
      end = std::max(end, pieces[i].to);
    }
    return parts;
  }

  int64_t lowestOffset(int32_t i) const { return alignUp(offset[i], pieces[i].alignment); }

  int32_t endOf(const std::vector<int32_t> &part) const {
    int32_t end = 0;
    for (int32_t i : part)
      end = std::max(end, pieces[i].to);
    return end;
  }

  /// True if no packing of `part` can stay below the capacity.
  bool hopeless(const std::vector<int32_t> &part) {
    const int32_t from = pieces[part[0]].from, to = endOf(part);
    std::fill(lowest.begin() + from, lowest.begin() + to, std::numeric_limits<int64_t>::max());
    for (int32_t i : part) {
      const int64_t o = lowestOffset(i);
      if (o + pieces[i].size > capacity)
        return true;
      int64_t *section = lowest.data();
      for (int32_t s = pieces[i].from; s < pieces[i].to; ++s)
        section[s] = std::min(section[s], o);
      budget -= 1 + (pieces[i].to - pieces[i].from) / 16;
    }
    for (int32_t s = from; s < to; ++s)
      if (load[s] > 0 && lowest[s] + load[s] > capacity)
        return true;
    return false;
  }

  bool solve(const std::vector<int32_t> &part, int32_t last) {
    if (part.empty())
      return true;
    if (budget <= 0 || hopeless(part))
      return false;
    for (const Choice &choice : choices(part, last)) {
      if (tryPlace(part, choice.id, choice.offset))
        return true;
      if (budget <= 0)
        return false;
    }
    return false;
  }

  struct Choice {
    int64_t offset;
    int32_t rank, id;
    auto operator<=>(const Choice &) const = default;
  };

  /// True if no buffer left to be placed fits below buffer `i` at offset `at`.
  bool isLowest(int32_t i, int64_t at) const {
    const std::span<const int32_t> others = conflicts.of(i);
    return std::none_of(others.begin(), others.end(), [&](int32_t j) {
      return !placed[j] && lowestOffset(j) + pieces[j].size <= at;
    });
  }

  std::vector<Choice> choices(const std::vector<int32_t> &part, int32_t last) const {
    return branch == Branch::Lowest ? lowestChoices(part, last) : sectionChoices(part);
  }

  std::vector<Choice> lowestChoices(const std::vector<int32_t> &part, int32_t last) const {
    int64_t lowestTop = std::numeric_limits<int64_t>::max();
    for (int32_t i : part)
      lowestTop = std::min(lowestTop, lowestOffset(i) + pieces[i].size);
    std::vector<Choice> result;
    for (int32_t i : part)
      if (const int64_t at = lowestOffset(i); at < lowestTop && !mirrored(i, at, last))
        result.push_back({at, pieces[i].rank, i});
    std::sort(result.begin(), result.end());
    return result;
  }

  /// True if `i` at offset `at` is the mirror of a packing already searched: it has the offset of
  /// `last`, shares no time with it, and comes first in `order`.
  bool mirrored(int32_t i, int64_t at, int32_t last) const {
    return last != none && at == offset[last] && pieces[i].rank < pieces[last].rank &&
           (pieces[i].to <= pieces[last].from || pieces[last].to <= pieces[i].from);
  }

  std::vector<Choice> sectionChoices(const std::vector<int32_t> &part) const {
    const int32_t section = lowestSection(part);
    std::vector<Choice> inside, below;
    auto add = [&](std::vector<Choice> &to, int32_t i) {
      if (const int64_t at = lowestOffset(i); isLowest(i, at))
        to.push_back({at, pieces[i].rank, i});
    };
    for (int32_t i : part)
      if (pieces[i].from <= section && section < pieces[i].to)
        add(inside, i);
    std::vector<Choice> &result = inside.empty() ? below : inside;
    if (inside.empty())
      for (int32_t i : part)
        if (pieces[i].from <= section && section < pieces[i].to)
          for (int32_t j : conflicts.of(i))
            if (!placed[j])
              add(below, j);
    std::sort(result.begin(), result.end());
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  /// Returns the section whose lowest possible offset is the least, from the `lowest` that
  /// `hopeless` computed.
  int32_t lowestSection(const std::vector<int32_t> &part) const {
    int32_t best = none;
    for (int32_t s = pieces[part[0]].from, to = endOf(part); s < to; ++s)
      if (load[s] > 0 && (best == none || lowest[s] < lowest[best]))
        best = s;
    return best;
  }

  bool tryPlace(const std::vector<int32_t> &part, int32_t id, int64_t at) {
    const Piece &piece = pieces[id];
    const size_t mark = trail.size();
    change(id, at);
    placed[id] = 1;
    for (int32_t j : conflicts.of(id))
      if (!placed[j] && offset[j] < at + piece.size)
        change(j, at + piece.size);
    if (branch == Branch::Lowest)
      for (int32_t i : part) // offsets never fall
        if (!placed[i] && offset[i] < at)
          change(i, at);
    for (int32_t s = piece.from; s < piece.to; ++s)
      load[s] -= piece.size;
    std::vector<int32_t> rest;
    for (int32_t i : part)
      if (i != id)
        rest.push_back(i);
    bool solved = true;
    const std::vector<std::vector<int32_t>> parts = split(rest);
    for (const std::vector<int32_t> &p : parts)
      if (tooHigh(p) || !solve(p, id)) {
        solved = false;
        break;
      }
    if (solved)
      return true;
    undo(part, mark);
    return false;
  }

  bool tooHigh(const std::vector<int32_t> &part) const {
    return std::any_of(part.begin(), part.end(),
                       [&](int32_t i) { return lowestOffset(i) + pieces[i].size > capacity; });
  }

  void change(int32_t i, int64_t to) {
    trail.push_back({i, offset[i]});
    offset[i] = to;
  }

  /// Takes back what was placed of `part` since `mark`.
  void undo(const std::vector<int32_t> &part, size_t mark) {
    for (int32_t i : part)
      if (placed[i]) {
        placed[i] = 0;
        for (int32_t s = pieces[i].from; s < pieces[i].to; ++s)
          load[s] += pieces[i].size;
      }
    for (; trail.size() > mark; trail.pop_back())
      offset[trail.back().first] = trail.back().second;
  }

  const Conflicts &conflicts;
  int64_t capacity;
  Branch branch;
  int64_t &budget;
  std::vector<Piece> pieces;
  std::vector<int64_t> offset; ///< final if placed, else the lowest offset still possible
  std::vector<char> placed;
  std::vector<int64_t> load;   ///< of each section: bytes not placed yet
  std::vector<int64_t> lowest; ///< of each section: lowest offset still possible
  std::vector<std::pair<int32_t, int64_t>> trail;
};

} // namespace

bool packTree(std::span<const Buffer> buffers, const Conflicts &conflicts,
              const std::vector<int32_t> &order, int64_t capacity, Branch branch, int64_t &budget,
              std::vector<int64_t> &offsets) {
  SectionSearch search(buffers, conflicts, capacity, branch, budget);
  search.rank(order);
  if (!search.run())
    return false;
  offsets = search.offsets();
  return true;
}

} // namespace plimsoll::planner
