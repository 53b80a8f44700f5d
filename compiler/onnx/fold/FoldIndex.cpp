//===- FoldIndex.cpp - ranges, running sums and indexing of known tensors ----------===//
#include "compiler/onnx/fold/FoldFormulas.h"
#include "compiler/onnx/ops/OpTable.h"
#include <cmath>

using namespace plimsoll::import;
using llvm::Twine;

/// Folds Range: start, start + delta, ... up to limit, exclusive.
static void range(Node &n) {
  const HostTensor *start = n.known(0), *limit = n.known(1), *delta = n.known(2);
  if (!start || !limit || !delta)
    return;
  if (start->size() != 1 || limit->size() != 1 || delta->size() != 1 ||
      start->dtype != limit->dtype || start->dtype != delta->dtype || delta->number(0) == 0)
    return n.error("needs three scalars of one type, and a step that is not 0");
  // A double holds every count exactly that is small enough to be computed.
  double count = std::ceil((limit->number(0) - start->number(0)) / delta->number(0));
  if (!(count >= 0))
    count = 0;
  if (!n.mayFold({count < 0x1p40 ? int64_t(count) : int64_t(1) << 40}))
    return;
  HostTensor result(start->dtype, {int64_t(count)});
  for (int64_t i = 0; i < result.size(); ++i)
    if (result.isFloat())
      result.setFloat(i, start->floats[0] + double(i) * delta->floats[0]);
    else
      result.setInt(i, int64_t(uint64_t(start->ints[0]) + uint64_t(i) * uint64_t(delta->ints[0])));
  n.set(std::move(result));
}

static void cumSum(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<Shape> given = n.knownInts(1);
  if (!x || !given || !n.mayFold(x->shape))
    return;
  std::optional<int64_t> axis = n.axis(given->size() == 1 ? (*given)[0] : INT64_MIN, x->rank());
  bool exclusive = n.intAttr("exclusive", 0), reverse = n.intAttr("reverse", 0);
  if (!axis)
    return;
  int64_t size = x->shape[*axis], inner = 1;
  for (int64_t d = *axis + 1; d < x->rank(); ++d)
    inner *= x->shape[d];
  HostTensor result = *x;
  for (int64_t lane = 0; size > 0 && lane < x->size() / size; ++lane) {
    int64_t base = lane / inner * inner * size + lane % inner;
    double sum = 0;
    uint64_t intSum = 0;
    for (int64_t step = 0; step < size; ++step) {
      int64_t i = base + (reverse ? size - 1 - step : step) * inner;
      double old = sum;
      uint64_t oldInt = intSum;
      x->isFloat() ? void(sum += x->floats[i]) : void(intSum += uint64_t(x->ints[i]));
      x->isFloat() ? result.setFloat(i, exclusive ? old : sum)
                   : result.setInt(i, int64_t(exclusive ? oldInt : intSum));
    }
  }
  n.set(std::move(result));
}

/// Maps an index to [0, size), counting negative ones from the end. Returns false after an error.
static bool wrapIndex(Node &n, int64_t &index, int64_t size) {
  if (index < -size || index >= size)
    n.error("its index " + Twine(index) + " is outside " + Twine(size) + " elements");
  else if (index < 0)
    index += size;
  return !n.failed();
}

static const HostTensor *indexOperand(Node &n, int i) {
  const HostTensor *indices = n.known(i);
  if (indices && indices->isFloat()) {
    n.error("its indices must be integers");
    return nullptr;
  }
  return indices;
}

static void gather(Node &n) {
  const HostTensor *x = n.known(0), *indices = indexOperand(n, 1);
  std::optional<int64_t> axis =
      x && indices ? n.axis(n.intAttr("axis", 0), x->rank()) : std::nullopt;
  if (!axis)
    return;
  Shape shape(llvm::ArrayRef(x->shape).take_front(*axis));
  llvm::append_range(shape, indices->shape);
  llvm::append_range(shape, llvm::ArrayRef(x->shape).drop_front(*axis + 1));
  if (!n.mayFold(shape))
    return;
  int64_t size = x->shape[*axis], inner = 1, outer = 1;
  for (int64_t d = 0; d < x->rank(); ++d)
    (d < *axis ? outer : inner) *= d == *axis ? 1 : x->shape[d];
  std::vector<int64_t> index;
  for (int64_t row = 0; row < outer; ++row)
    for (int64_t at : indices->ints) {
      if (!wrapIndex(n, at, size))
        return;
      for (int64_t i = 0; i < inner; ++i)
        index.push_back((row * size + at) * inner + i);
    }
  n.set(x->take(shape, index));
}

/// The elements that indices address, whose last dimension selects positions in the leading
/// dimensions of `x`: the first element for each row of indices, and the number of elements per
/// row.
struct Addresses {
  std::vector<int64_t> begin;
  int64_t block = 1;
  Shape shape; ///< of all addressed elements
};

static std::optional<Addresses> addresses(Node &n, const HostTensor &x, const HostTensor &indices) {
  int64_t depth = indices.rank() ? indices.shape.back() : 0;
  if (depth < 1 || depth > x.rank()) {
    n.error("its indices " + shapeText(indices.shape) + " do not address " + shapeText(x.shape));
    return std::nullopt;
  }
  Addresses result;
  result.shape = Shape(llvm::ArrayRef(indices.shape).drop_back());
  for (int64_t d = depth; d < x.rank(); ++d) {
    result.block *= x.shape[d];
    result.shape.push_back(x.shape[d]);
  }
  if (!n.mayFold(result.shape))
    return std::nullopt;
  for (int64_t row = 0; row < indices.size() / depth; ++row) {
    int64_t element = 0;
    for (int64_t d = 0; d < depth; ++d) {
      int64_t at = indices.ints[row * depth + d];
      if (!wrapIndex(n, at, x.shape[d]))
        return std::nullopt;
      element = element * x.shape[d] + at;
    }
    result.begin.push_back(element * result.block);
  }
  return result;
}

static void gatherNd(Node &n) {
  const HostTensor *x = n.known(0), *indices = indexOperand(n, 1);
  if (n.intAttr("batch_dims", 0) != 0)
    return n.unsupported("batch_dims is not supported");
  std::optional<Addresses> rows = x && indices ? addresses(n, *x, *indices) : std::nullopt;
  if (!rows)
    return;
  std::vector<int64_t> index;
  for (int64_t begin : rows->begin)
    for (int64_t i = 0; i < rows->block; ++i)
      index.push_back(begin + i);
  n.set(x->take(rows->shape, index));
}

/// Replaces element `at` of `to` by its combination with element `i` of `from`. Returns false if
/// `reduction` is unknown.
static bool combine(HostTensor &to, int64_t at, const HostTensor &from, int64_t i,
                    llvm::StringRef reduction) {
  auto apply = [&](auto ints, auto floats) {
    to.isFloat() ? to.setFloat(at, floats(to.floats[at], from.floats[i]))
                 : to.setInt(at, ints(to.ints[at], from.ints[i]));
    return true;
  };
  if (reduction == "add")
    return apply(formulas::addInt, formulas::addFloat);
  if (reduction == "mul")
    return apply(formulas::mulInt, formulas::mulFloat);
  if (reduction == "min")
    return apply(formulas::minInt, formulas::minFloat);
  if (reduction == "max")
    return apply(formulas::maxInt, formulas::maxFloat);
  return reduction == "none" &&
         apply([](int64_t, int64_t b) { return b; }, [](double, double b) { return b; });
}

static void scatterNd(Node &n) {
  const HostTensor *x = n.known(0), *indices = indexOperand(n, 1), *updates = n.known(2);
  std::string reduction = n.stringAttr("reduction", "none");
  std::optional<Addresses> rows =
      x && indices && updates && n.mayFold(x->shape) ? addresses(n, *x, *indices) : std::nullopt;
  if (!rows)
    return;
  if (updates->shape != rows->shape || updates->dtype != x->dtype)
    return n.error("its updates are not like what is addressed, " + shapeText(rows->shape));
  HostTensor result = *x;
  for (auto [row, begin] : llvm::enumerate(rows->begin))
    for (int64_t i = 0; i < rows->block; ++i)
      if (!combine(result, begin + i, *updates, row * rows->block + i, reduction))
        return n.unsupported("reduction '" + reduction + "' is unknown");
  n.set(std::move(result));
}

/// Folds GatherElements: every element of the result has its own index along the axis.
static void gatherElements(Node &n) {
  const HostTensor *x = n.known(0), *indices = indexOperand(n, 1);
  std::optional<int64_t> axis =
      x && indices ? n.axis(n.intAttr("axis", 0), x->rank()) : std::nullopt;
  if (!axis || !n.mayFold(indices->shape))
    return;
  if (indices->rank() != x->rank())
    return n.error("its indices must have the rank of its data");
  std::vector<int64_t> index;
  for (int64_t i = 0; i < indices->size(); ++i) {
    int64_t rest = i, element = 0, stride = 1;
    for (int64_t d = x->rank() - 1; d >= 0; --d) {
      int64_t at = d == *axis ? indices->ints[i] : rest % indices->shape[d];
      if (!wrapIndex(n, at, x->shape[d]))
        return;
      rest /= indices->shape[d];
      element += at * stride;
      stride *= x->shape[d];
    }
    index.push_back(element);
  }
  n.set(x->take(indices->shape, index));
}

/// Folds NonZero: the coordinates of elements that are not zero, one row for each dimension.
static void nonZero(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x)
    return;
  Shape found;
  for (int64_t i = 0; i < x->size(); ++i)
    if (x->number(i) != 0)
      found.push_back(i);
  int64_t count = found.size();
  if (!n.mayFold({x->rank(), count}))
    return;
  HostTensor result(DType::i64, {x->rank(), count});
  for (int64_t c = 0; c < count; ++c)
    for (int64_t d = x->rank() - 1, rest = found[c]; d >= 0; rest /= x->shape[d--])
      result.ints[d * count + c] = rest % x->shape[d];
  n.set(std::move(result));
}

void plimsoll::import::addIndexFolds(llvm::StringMap<OpEntry> &table) {
  table["Range"].fold = range;
  table["CumSum"].fold = cumSum;
  table["NonZero"].fold = nonZero;
  table["Gather"].fold = gather;
  table["GatherND"].fold = gatherNd;
  table["GatherElements"].fold = gatherElements;
  table["ScatterND"].fold = scatterNd;
}
