//===- Parts.cpp - the parts that a dimension consists of ------------------------===//
#include "passes/dimensions/Parts.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace plimsoll::dimensions;

bool plimsoll::dimensions::changes(ArrayRef<Part> dim) {
  return llvm::any_of(dim, [](const Part &part) { return part.changes(); });
}

int64_t plimsoll::dimensions::sizeBefore(ArrayRef<Part> dim) {
  int64_t size = 1;
  for (const Part &part : dim)
    size *= part.was;
  return size;
}

int64_t plimsoll::dimensions::sizeAfter(ArrayRef<Part> dim) {
  constexpr int64_t kMost = int64_t(1) << 60;
  int64_t size = 1;
  for (const Part &part : dim)
    if (llvm::MulOverflow(size, part.now, size) || size > kMost)
      return kMost;
  return size;
}

// Sources -------------------------------------------------------------------

static int64_t sizeOf(Value value, unsigned dim) {
  return cast<RankedTensorType>(value.getType()).getDimSize(dim);
}

int Sources::find(Value value, unsigned dim, bool isFree) {
  auto [found, isNew] = known.try_emplace({value, dim}, int(list.size()));
  if (isNew)
    list.push_back({value, dim, isFree, {}});
  return found->second;
}

/// Returns the parts that a part consists of by now; a source that it follows may follow others.
Dim Sources::expand(const Part &part, int depth) const {
  const Dim &follows = list[part.source].follows;
  if (part.changes() || follows.empty() || depth > 64)
    return {part};
  Dim result;
  for (const Part &one : follows)
    result.append(expand(one, depth + 1));
  return result;
}

Dim Sources::begin(Value value, unsigned dim, bool isFree) {
  int64_t size = sizeOf(value, dim);
  return expand({size, size, find(value, dim, isFree)});
}

Dim Sources::beginAt(Value value, unsigned dim, int64_t now) {
  return {{sizeOf(value, dim), now, find(value, dim, false)}};
}

bool Sources::isFree(const Dim &dim) const {
  return llvm::all_of(dim, [&](const Part &part) { return list[part.source].isFree; });
}

// Where dimensions meet -----------------------------------------------------

/// Returns the parts of two runs of parts that cover the same elements of both operands.
Dim Sources::resolve(const Dim &a, const Dim &b, Conflict conflict) {
  bool movesA = changes(a), movesB = changes(b);
  if (!movesA && !movesB)
    return isFree(a) ? b : a;
  if (movesA && movesB) {
    if (sizeAfter(a) != sizeAfter(b))
      conflict(a, b.front());
    return a.size() >= b.size() ? a : b;
  }
  const Dim &moving = movesA ? a : b, &still = movesA ? b : a;
  if (still.size() == 1 && isFree(still)) {
    list[still.front().source].follows = moving;
    changed = true;
    return moving;
  }
  const Part *fixed =
      llvm::find_if(still, [&](const Part &part) { return !list[part.source].isFree; });
  conflict(moving, fixed == still.end() ? still.front() : *fixed);
  return moving;
}

Dim Sources::meet(const Dim &a, const Dim &b, Conflict conflict) {
  if (!changes(a) && !changes(b))
    return isFree(a) ? b : a;
  Dim result;
  for (size_t i = 0, j = 0; i < a.size() || j < b.size();) {
    Dim left, right; // shortest runs with equal numbers of elements
    int64_t elementsLeft = 1, elementsRight = 1;
    do {
      bool fromA =
          j == b.size() ||
          (i < a.size() && (left.empty() || (!right.empty() && elementsLeft < elementsRight)));
      const Part &part = fromA ? a[i++] : b[j++];
      (fromA ? left : right).push_back(part);
      (fromA ? elementsLeft : elementsRight) *= part.was;
    } while ((left.empty() || right.empty() || elementsLeft != elementsRight) &&
             (i < a.size() || j < b.size()));
    for (; i < a.size() && a[i].was == 1; ++i)
      left.push_back(a[i]);
    for (; j < b.size() && b[j].was == 1; ++j)
      right.push_back(b[j]);
    if (left.empty() || right.empty())
      result.append(left.empty() ? right : left);
    else
      result.append(resolve(left, right, conflict));
  }
  return result;
}

// Reshapes ------------------------------------------------------------------

namespace {
/// Takes parts from the front of a row-major list.
class Cutter {
public:
  Cutter(ArrayRef<Part> whole, llvm::function_ref<int(unsigned)> made) : made(made) {
    for (const Part &part : whole)
      if (part.was != 1 || part.changes()) // a constant 1 carries no information
        rest.push_back(part);
  }

  /// Returns the parts of dimension `d`, whose size is `size` so far; empty if that is
  /// impossible.
  Dim take(unsigned d, int64_t size) {
    bool one = at < rest.size() && rest[at].was == 1;
    if (size == 1)
      return {one ? rest[at++] : Part{1, 1, made(d)}};
    Dim dim;
    while (size > 1 && at < rest.size()) {
      if (size % rest[at].was == 0) {
        size /= rest[at].was;
        dim.push_back(rest[at++]);
        continue;
      }
      joinUntilDivisible(size, d);
      if (rest[at].changes() || rest[at].was % size != 0)
        return {};
      rest[at] = {rest[at].was / size, rest[at].was / size, made(d)};
      dim.push_back({size, size, made(d)});
      size = 1;
    }
    return size == 1 ? dim : Dim();
  }

  ArrayRef<Part> left() const { return ArrayRef(rest).drop_front(at); }

private:
  /// Merges parts, so that 2 x 3 can be cut into 3 x 2 as 6.
  void joinUntilDivisible(int64_t size, unsigned d) {
    while (!rest[at].changes() && rest[at].was % size != 0 && at + 1 < rest.size() &&
           !rest[at + 1].changes()) {
      int64_t both = rest[at].was * rest[at + 1].was;
      rest[++at] = {both, both, made(d)};
    }
  }

  Dim rest;
  size_t at = 0;
  llvm::function_ref<int(unsigned)> made;
};
} // namespace

std::optional<SmallVector<Dim, 4>> Sources::cut(ArrayRef<Part> whole, ArrayRef<int64_t> sizes,
                                                Value result) {
  auto made = [&](unsigned d) { return find(result, d, false); };
  SmallVector<Dim, 4> dims;
  auto unchanged = [&] {
    dims.clear();
    for (auto [d, size] : llvm::enumerate(sizes))
      dims.push_back({{size, size, made(d)}});
    return dims;
  };
  if (llvm::is_contained(sizes, 0))
    return changes(whole) ? std::nullopt : std::optional(unchanged());
  Cutter cutter(whole, made);
  for (auto [d, size] : llvm::enumerate(sizes)) {
    dims.push_back(cutter.take(d, size));
    if (dims.back().empty())
      return changes(whole) ? std::nullopt : std::optional(unchanged());
  }
  if (!cutter.left().empty() && dims.empty()) // a scalar that would become many elements
    return std::nullopt;
  if (!dims.empty())
    dims.back().append(cutter.left().begin(), cutter.left().end());
  return dims;
}
