//===- FoldShape.cpp - known tensors moved, repeated, cut and joined --------------===//
//
// Each of these operators computes a list of element numbers: element `i` of the result is element
// `index[i]` of the operand.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/ShapeRules.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace plimsoll::import;
using llvm::Twine;

/// Returns the row-major strides of a shape.
static Shape stridesOf(llvm::ArrayRef<int64_t> shape) {
  Shape strides(shape.size(), 1);
  for (int64_t d = int64_t(shape.size()) - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * shape[d + 1];
  return strides;
}

/// Returns `base + sum position[d] * strides[d]` for every position in `shape`, in row-major order.
static std::vector<int64_t> stridedIndex(llvm::ArrayRef<int64_t> shape,
                                         llvm::ArrayRef<int64_t> strides, int64_t base) {
  std::vector<int64_t> index(elementCount(shape).value_or(0));
  Shape position(shape.size(), 0);
  for (int64_t &element : index) {
    element = base;
    for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
      base += strides[d];
      if (++position[d] < shape[d])
        break;
      base -= strides[d] * shape[d];
      position[d] = 0;
    }
  }
  return index;
}

static void transpose(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<Shape> permutation = x ? permutationOf(n, x->rank()) : std::nullopt;
  if (!permutation || !n.mayFold(x->shape))
    return;
  Shape from = stridesOf(x->shape), shape, strides;
  for (int64_t p : *permutation) {
    shape.push_back(x->shape[p]);
    strides.push_back(from[p]);
  }
  n.set(x->take(shape, stridedIndex(shape, strides, 0)));
}

static void expand(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<Shape> shape = x ? expandedShape(n) : std::nullopt;
  if (shape && n.mayFold(*shape))
    n.set(x->take(*shape, broadcastIndex(x->shape, *shape)));
}

static void slice(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<SlicePlan> plan = x ? slicePlan(n) : std::nullopt;
  if (!plan || !n.mayFold(plan->size))
    return;
  Shape strides = stridesOf(x->shape);
  int64_t base = 0;
  for (auto [d, stride] : llvm::enumerate(strides)) {
    // A step beyond the dimension is taken at most once, so its stride does not matter.
    if (plan->size[d] == 0)
      return n.set(x->take(plan->size, {}));
    base += plan->begin[d] * stride;
    stride *= plan->size[d] == 1 ? 0 : plan->step[d];
  }
  n.set(x->take(plan->size, stridedIndex(plan->size, strides, base)));
}

/// Returns the elements [begin, begin + size) along `axis`.
static HostTensor part(const HostTensor &x, int64_t axis, int64_t begin, int64_t size) {
  Shape shape = x.shape, strides = stridesOf(x.shape);
  shape[axis] = size;
  return x.take(shape, stridedIndex(shape, strides, begin * strides[axis]));
}

static void split(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<SplitPlan> plan = x ? splitPlan(n, n.results.size()) : std::nullopt;
  if (!plan || !n.mayFold(x->shape))
    return;
  int64_t begin = 0;
  for (auto [i, size] : llvm::enumerate(plan->sizes)) {
    n.set(part(*x, plan->axis, begin, size), i);
    begin += size;
  }
}

/// Joins blocks, since everything from the axis on is contiguous in every operand.
static void concat(Node &n) {
  const HostTensor *first = n.known(0);
  const auto *given = n.attr("axis", onnx::AttributeProto::INT);
  if (!first || !given)
    return n.error("attribute 'axis' is missing");
  std::optional<int64_t> axis = n.axis(given->i(), first->rank());
  if (!axis)
    return;
  Shape shape = first->shape;
  shape[*axis] = 0;
  for (int i = 0; i < n.numOperands(); ++i) {
    const HostTensor *x = n.known(i);
    if (!x)
      return;
    Shape rest = x->shape;
    if (int64_t(rest.size()) > *axis)
      rest[*axis] = first->shape[*axis];
    if (rest != first->shape || x->dtype != first->dtype)
      return n.error("its inputs must agree in all but dimension " + Twine(*axis));
    shape[*axis] += x->shape[*axis];
  }
  if (!n.mayFold(shape))
    return;
  HostTensor result;
  result.dtype = first->dtype;
  result.shape = shape;
  int64_t outer = *elementCount(llvm::ArrayRef(shape).take_front(*axis));
  for (int64_t row = 0; row < outer; ++row)
    for (int i = 0; i < n.numOperands(); ++i) {
      const HostTensor *x = n.known(i);
      int64_t block = x->size() / std::max<int64_t>(1, outer);
      if (x->isFloat())
        result.floats.insert(result.floats.end(), x->floats.begin() + row * block,
                             x->floats.begin() + (row + 1) * block);
      else
        result.ints.insert(result.ints.end(), x->ints.begin() + row * block,
                           x->ints.begin() + (row + 1) * block);
    }
  n.set(std::move(result));
}

/// Keeps the upper or lower triangle of the last two dimensions.
static void trilu(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<Shape> shift = n.has(1) ? n.knownInts(1) : Shape{0};
  if (!x || !shift || !n.mayFold(x->shape))
    return;
  if (x->rank() < 2 || shift->size() != 1)
    return n.error("needs matrices and one number k");
  bool upper = n.intAttr("upper", 1) != 0;
  HostTensor result = *x;
  int64_t rows = x->shape[x->rank() - 2], columns = x->shape.back();
  int64_t k = std::clamp((*shift)[0], -rows, columns);
  for (int64_t i = 0; i < x->size(); ++i) {
    int64_t row = i / columns % rows, column = i % columns;
    if (upper ? column < row + k : column > row + k)
      result.isFloat() ? result.setFloat(i, 0) : result.setInt(i, 0);
  }
  n.set(std::move(result));
}

void plimsoll::import::addShapeFolds(llvm::StringMap<OpEntry> &table) {
  table["Transpose"].fold = transpose;
  table["Expand"].fold = expand;
  table["Slice"].fold = slice;
  table["Split"].fold = split;
  table["Concat"].fold = concat;
  table["Trilu"].fold = trilu;
}
