#include "compiler/onnx/fold/ShapeRules.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace plimsoll::import;
using llvm::Twine;

/// Returns the second operand, a shape, adapted to --shape. Nothing after an error.
static std::optional<Shape> literalShape(Node &n) {
  std::optional<Shape> changed = n.newShape();
  return changed ? changed : n.knownInts(1);
}

std::optional<Shape> plimsoll::import::reshapedShape(Node &n) {
  std::optional<Shape> from = n.shape(0), to = literalShape(n);
  if (!from || !to)
    return std::nullopt;
  bool allowZero = n.intAttr("allowzero", 0) != 0;
  auto impossible = [&] {
    n.error("cannot turn " + shapeText(*from) + " into " + shapeText(*to));
    return std::nullopt;
  };
  int64_t count = *elementCount(*from), open = -1;
  Shape known;
  for (size_t d = 0; d < to->size(); ++d) {
    int64_t &size = (*to)[d];
    if (size == 0 && !allowZero) {
      if (d >= from->size())
        return impossible();
      size = (*from)[d];
    }
    if (size == -1 && open < 0)
      open = d;
    else
      known.push_back(size);
  }
  std::optional<int64_t> rest = elementCount(known);
  if (!rest)
    return impossible();
  if (open >= 0) {
    if (*rest == 0 || count % *rest != 0)
      return impossible();
    (*to)[open] = count / *rest;
  } else if (*rest != count) {
    return impossible();
  }
  return to;
}

std::optional<Shape> plimsoll::import::squeezedShape(Node &n) {
  std::optional<Shape> from = n.shape(0), result = Shape();
  if (!from)
    return std::nullopt;
  std::optional<Shape> given = n.intsOperandOrAttr(1, "axes");
  std::optional<Shape> axes = given ? n.axes(*given, from->size()) : std::nullopt;
  if (n.failed())
    return std::nullopt;
  for (auto [d, size] : llvm::enumerate(*from)) {
    bool named = axes && llvm::is_contained(*axes, int64_t(d));
    if (named && size != 1) {
      n.error("dimension " + Twine(d) + " of " + shapeText(*from) + " is not 1");
      return std::nullopt;
    }
    if (!named && (axes || size != 1))
      result->push_back(size);
  }
  return result;
}

std::optional<Shape> plimsoll::import::unsqueezedShape(Node &n) {
  std::optional<Shape> from = n.shape(0), given = n.intsOperandOrAttr(1, "axes");
  if (!from || n.failed())
    return std::nullopt;
  if (!given) {
    n.error("its axes are missing");
    return std::nullopt;
  }
  int64_t rank = from->size() + given->size();
  std::optional<Shape> axes = n.axes(*given, rank), result = Shape();
  if (!axes)
    return std::nullopt;
  for (int64_t d = 0, next = 0; d < rank; ++d)
    result->push_back(llvm::is_contained(*axes, d) ? 1 : (*from)[next++]);
  return result;
}

std::optional<Shape> plimsoll::import::flattenedShape(Node &n) {
  std::optional<Shape> from = n.shape(0);
  if (!from)
    return std::nullopt;
  int64_t axis = n.intAttr("axis", 1), rank = from->size();
  if (axis < -rank || axis > rank) {
    n.error("axis " + Twine(axis) + " is outside the " + Twine(rank) + " dimensions");
    return std::nullopt;
  }
  axis = axis < 0 ? axis + rank : axis;
  llvm::ArrayRef<int64_t> dims(*from);
  // elementCount accepted the whole shape, and a part without zeros is smaller.
  std::optional<int64_t> rows = elementCount(dims.take_front(axis));
  std::optional<int64_t> columns = elementCount(dims.drop_front(axis));
  if (!rows || !columns) {
    n.error("its shape " + shapeText(*from) + " overflows");
    return std::nullopt;
  }
  return Shape{*rows, *columns};
}

std::optional<Shape> plimsoll::import::expandedShape(Node &n) {
  std::optional<Shape> from = n.shape(0), to = literalShape(n);
  if (!from || !to)
    return std::nullopt;
  std::optional<Shape> result = broadcastShape(*from, *to);
  if (!result || !elementCount(*result)) {
    n.error("cannot expand " + shapeText(*from) + " to " + shapeText(*to));
    return std::nullopt;
  }
  return result;
}

std::optional<Shape> plimsoll::import::permutationOf(Node &n, int64_t rank) {
  std::optional<Shape> permutation = n.intsAttr("perm");
  if (n.failed())
    return std::nullopt;
  if (!permutation) {
    Shape reversed = ascending(0, rank);
    std::reverse(reversed.begin(), reversed.end());
    return reversed;
  }
  Shape sorted(*permutation);
  llvm::sort(sorted);
  if (!llvm::equal(sorted, llvm::seq<int64_t>(0, rank))) {
    n.error("'perm' does not name each of the " + Twine(rank) + " dimensions once, got " +
            llvm::join(llvm::map_range(*permutation, [](int64_t d) { return std::to_string(d); }),
                       ", "));
    return std::nullopt;
  }
  return permutation;
}

std::optional<SplitPlan> plimsoll::import::splitPlan(Node &n, int64_t parts) {
  std::optional<Shape> shape = n.shape(0);
  if (!shape)
    return std::nullopt;
  std::optional<int64_t> axis = n.axis(n.intAttr("axis", 0), shape->size());
  std::optional<Shape> sizes = n.intsOperandOrAttr(1, "split");
  if (!axis || n.failed())
    return std::nullopt;
  int64_t total = (*shape)[*axis];
  if (!sizes) { // equal parts, the last one may be smaller
    int64_t part = parts > 0 ? llvm::divideCeil(uint64_t(total), uint64_t(parts)) : 0;
    sizes = Shape(parts, part);
    if (parts > 0)
      sizes->back() = total - part * (parts - 1);
  }
  int64_t sum = 0;
  bool fits = int64_t(sizes->size()) == parts;
  for (int64_t size : *sizes) {
    fits &= size >= 0 && size <= total;
    sum += fits ? size : 0;
  }
  if (!fits || sum != total) {
    n.error("its " + Twine(parts) + " parts of sizes " + shapeText(*sizes) + " do not add up to " +
            Twine(total) + ", dimension " + Twine(*axis) + " of " + shapeText(*shape));
    return std::nullopt;
  }
  return SplitPlan{*axis, *sizes};
}

std::optional<SlicePlan> plimsoll::import::slicePlan(Node &n) {
  std::optional<Shape> shape = n.shape(0), starts = n.knownInts(1), ends = n.knownInts(2), axes,
                       steps;
  if (n.has(3))
    axes = n.knownInts(3);
  if (n.has(4))
    steps = n.knownInts(4);
  if (n.failed() || !shape || !starts || !ends)
    return std::nullopt;
  int64_t rank = shape->size(), count = starts->size();
  if (!axes)
    axes = ascending(0, count);
  if (!steps)
    steps = Shape(count, 1);
  if (int64_t(ends->size()) != count || int64_t(axes->size()) != count ||
      int64_t(steps->size()) != count || !n.axes(*axes, rank)) {
    n.error("its starts, ends, axes and steps differ in length");
    return std::nullopt;
  }
  SlicePlan plan{Shape(rank, 0), Shape(rank, 1), *shape};
  for (int64_t i = 0; i < count; ++i) {
    int64_t d = *n.axis((*axes)[i], rank), size = (*shape)[d], step = (*steps)[i];
    if (step == 0 || step == INT64_MIN) {
      n.error("has a step of " + Twine(step));
      return std::nullopt;
    }
    auto clamp = [&](int64_t at, int64_t low, int64_t high) {
      return std::max(low, std::min(at < 0 ? at + size : at, high));
    };
    int64_t begin = step > 0 ? clamp((*starts)[i], 0, size) : clamp((*starts)[i], 0, size - 1);
    int64_t end = step > 0 ? clamp((*ends)[i], 0, size) : clamp((*ends)[i], -1, size - 1);
    int64_t span = step > 0 ? end - begin : begin - end;
    plan.begin[d] = begin;
    plan.step[d] = step;
    plan.size[d] = span <= 0 ? 0 : (span - 1) / std::abs(step) + 1;
  }
  return plan;
}
