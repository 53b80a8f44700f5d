//===- Shape.cpp - ops that move elements, and reductions ---------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include "mlir/IR/Builders.h"
#include <numeric>

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

OpFoldResult ConstantOp::fold(FoldAdaptor) {
  return getValue();
}

LogicalResult ReshapeOp::verify() {
  auto from = getX().getType(), to = getY().getType();
  if (from.getElementType() != to.getElementType())
    return emitOpError("element types differ: ") << from << " and " << to;
  if (from.getNumElements() != to.getNumElements())
    return emitOpError("cannot turn ")
           << from.getNumElements() << " elements into " << to.getNumElements();
  return success();
}

/// Shares the dimensions that stay what they are. Elements of the others are numbered anew.
IndexFactors ReshapeOp::getIndexFactors() {
  FactorBuilder builder(*this);
  ArrayRef<int64_t> from = getX().getType().getShape(), to = getY().getType().getShape();
  FactorLabels x = builder.operand(0) = builder.addAll(from, FactorKind::ordered);
  SmallVector<int64_t> same(to.size(), -1); // the label that a dimension of the result keeps
  for (const ReshapeRun &run : reshapeRuns(from, to))
    if (run.isOneDimension()) {
      same[run.to[0]] = x[run.from[0]];
      builder[x[run.from[0]]].kind = FactorKind::free;
    }
  for (auto [label, size] : llvm::zip(same, to))
    builder.result(0).push_back(label >= 0 ? label : builder.add(size, FactorKind::ordered));
  return builder.finish();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getY().getType())
    return getX();
  if (auto inner = getX().getDefiningOp<ReshapeOp>()) {
    getXMutable().assign(inner.getX());
    return getResult();
  }
  if (auto dense = dyn_cast_or_null<DenseElementsAttr>(adaptor.getX()))
    return dense.reshape(getY().getType());
  return {};
}

// Transpose -----------------------------------------------------------------

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  RankedTensorType type = tensorType(adaptor.getX());
  ArrayRef<int64_t> permutation = adaptor.getPermutation();
  SmallVector<int64_t> sorted(permutation), identity(type.getRank()), shape;
  llvm::sort(sorted);
  std::iota(identity.begin(), identity.end(), 0);
  if (sorted != identity)
    return emitOptionalError(loc, "permutation [", permutation, "] does not name each of the ",
                             type.getRank(), " dimensions once");
  for (int64_t p : permutation)
    shape.push_back(type.getDimSize(p));
  results.push_back(type.clone(shape));
  return success();
}

IndexFactors TransposeOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels y = builder.result(0) = builder.addAll(getY(), FactorKind::free);
  builder.operand(0).resize(y.size());
  for (auto [label, p] : llvm::zip(y, getPermutation()))
    builder.operand(0)[p] = label;
  return builder.finish();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getX();
  auto inner = getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  SmallVector<int64_t> composed;
  for (int64_t p : getPermutation())
    composed.push_back(inner.getPermutation()[p]);
  setPermutation(composed);
  getXMutable().assign(inner.getX());
  return getResult();
}

// Broadcast -----------------------------------------------------------------

LogicalResult BroadcastOp::verify() {
  auto from = getX().getType(), to = getY().getType();
  int64_t missing = to.getRank() - from.getRank();
  bool fits = missing >= 0 && from.getElementType() == to.getElementType();
  for (int64_t d = 0; fits && d < from.getRank(); ++d)
    fits = from.getDimSize(d) == 1 || from.getDimSize(d) == to.getDimSize(d + missing);
  if (!fits)
    return emitOpError("cannot repeat ") << from << " to " << to;
  return success();
}

IndexFactors BroadcastOp::getIndexFactors() {
  return plimsoll::nn::detail::elementwiseFactors(getOperation());
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  return getX().getType() == getY().getType() ? OpFoldResult(getX()) : OpFoldResult();
}

// Concat and split ----------------------------------------------------------

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  if (adaptor.getInputs().empty())
    return emitOptionalError(loc, "nothing to concatenate");
  RankedTensorType first = tensorType(adaptor.getInputs().front());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= first.getRank())
    return emitOptionalError(loc, "axis ", axis, " is not a dimension of ", first);
  SmallVector<int64_t> shape(first.getShape());
  for (Value input : llvm::drop_begin(adaptor.getInputs())) {
    RankedTensorType type = tensorType(input);
    SmallVector<int64_t> others(type.getShape());
    bool fits =
        type.getRank() == first.getRank() && type.getElementType() == first.getElementType();
    if (fits) {
      others[axis] = first.getDimSize(axis);
      fits = others == SmallVector<int64_t>(first.getShape());
    }
    if (!fits)
      return emitOptionalError(loc, "operands must agree in all but dimension ", axis, ": ", first,
                               " and ", type);
    shape[axis] += type.getDimSize(axis);
  }
  results.push_back(first.clone(shape));
  return success();
}

IndexFactors ConcatOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels labels = builder.addAll(getY(), FactorKind::free);
  builder[labels[getAxis()]].kind = FactorKind::ordered;
  builder.result(0) = labels;
  for (auto [index, input] : llvm::enumerate(getInputs())) {
    labels[getAxis()] = builder.add(tensorType(input).getDimSize(getAxis()), FactorKind::ordered);
    builder.operand(index) = labels;
  }
  return builder.finish();
}

IndexFactors SplitOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels labels = builder.addAll(getX(), FactorKind::free);
  builder[labels[getAxis()]].kind = FactorKind::ordered;
  builder.operand(0) = labels;
  for (auto [index, size] : llvm::enumerate(getSizes())) {
    labels[getAxis()] = builder.add(size, FactorKind::ordered);
    builder.result(index) = labels;
  }
  return builder.finish();
}

LogicalResult SplitOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                        Types &results) {
  RankedTensorType type = tensorType(adaptor.getX());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= type.getRank())
    return emitOptionalError(loc, "axis ", axis, " is not a dimension of ", type);
  int64_t total = 0;
  for (int64_t size : adaptor.getSizes()) {
    SmallVector<int64_t> shape(type.getShape());
    shape[axis] = size;
    total += size;
    if (size < 0)
      return emitOptionalError(loc, "sizes must not be negative");
    results.push_back(type.clone(shape));
  }
  if (total != type.getDimSize(axis))
    return emitOptionalError(loc, "sizes sum to ", total, ", dimension ", axis, " has ",
                             type.getDimSize(axis));
  return success();
}

// Reductions ----------------------------------------------------------------

LogicalResult ReduceSumOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  RankedTensorType type = tensorType(adaptor.getX());
  ArrayRef<int64_t> axes = adaptor.getAxes();
  for (auto [i, axis] : llvm::enumerate(axes))
    if (axis < 0 || axis >= type.getRank() || (i > 0 && axes[i - 1] >= axis))
      return emitOptionalError(loc, "axes [", axes, "] are not ascending dimensions of ", type);
  SmallVector<int64_t> shape;
  for (int64_t d = 0; d < type.getRank(); ++d)
    if (!llvm::is_contained(axes, d))
      shape.push_back(type.getDimSize(d));
  results.push_back(type.clone(shape));
  return success();
}

IndexFactors ReduceSumOp::getIndexFactors() {
  FactorBuilder builder(*this);
  for (int64_t label : builder.operand(0) = builder.addAll(getX(), FactorKind::free)) {
    if (llvm::is_contained(getAxes(), label)) // labels are dimensions here
      builder[label].kind = FactorKind::reduced;
    else
      builder.result(0).push_back(label);
  }
  return builder.finish();
}

// Gather --------------------------------------------------------------------

/// Returns the type of gathering `indices` from dimension `axis` of `table`.
static RankedTensorType gathered(RankedTensorType table, Value indices, int64_t axis) {
  SmallVector<int64_t> shape(table.getShape().take_front(axis));
  llvm::append_range(shape, tensorType(indices).getShape());
  llvm::append_range(shape, table.getShape().drop_front(axis + 1));
  return table.clone(shape);
}

int64_t GatherOp::getTraffic() {
  return 2 * tensorBytes(getY().getType()) + tensorBytes(getIndices().getType());
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  RankedTensorType table = tensorType(adaptor.getTable());
  int64_t axis = adaptor.getAxis();
  if (axis < 0 || axis >= table.getRank())
    return emitOptionalError(loc, "axis ", axis, " is not a dimension of ", table);
  results.push_back(gathered(table, adaptor.getIndices(), axis));
  return success();
}

/// Returns the labels of what is gathered, given those of the table and of the indices.
static FactorLabels gathered(ArrayRef<int64_t> table, ArrayRef<int64_t> indices, int64_t axis) {
  FactorLabels labels(table.take_front(axis));
  llvm::append_range(labels, indices);
  llvm::append_range(labels, table.drop_front(axis + 1));
  return labels;
}

IndexFactors GatherOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels table = builder.operand(0) = builder.addAll(getTable(), FactorKind::free);
  FactorLabels indices = builder.operand(1) = builder.addAll(getIndices(), FactorKind::free);
  builder[table[getAxis()]].kind = FactorKind::data;
  builder.result(0) = gathered(table, indices, getAxis());
  return builder.finish();
}

IndexFactors GatherGradOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels table = builder.result(0) = builder.addAll(getDtable(), FactorKind::free);
  FactorLabels indices = builder.operand(1) = builder.addAll(getIndices(), FactorKind::reduced);
  builder[table[getAxis()]].kind = FactorKind::data;
  builder.operand(0) = gathered(table, indices, getAxis());
  return builder.finish();
}

LogicalResult GatherGradRowsOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                 Adaptor adaptor, Types &results) {
  RankedTensorType dy = tensorType(adaptor.getDy()), indices = tensorType(adaptor.getIndices());
  results.append({indices, dy});
  if (indices.getRank() != 1 || dy.getRank() == 0 || dy.getDimSize(0) != indices.getDimSize(0))
    return emitOptionalError(loc, "expected a list of indices and a slice of dy for each, got ",
                             indices, " and ", dy);
  if (int64_t rows = adaptor.getTableRows(); rows < 0 || rows >= int64_t(INT32_MAX))
    return emitOptionalError(loc, "table_rows must be from 0 to 2147483646, got ", rows);
  return success();
}

IndexFactors GatherGradRowsOp::getIndexFactors() {
  FactorBuilder builder(*this);
  FactorLabels dy = builder.operand(0) = builder.result(1) =
      builder.addAll(getDy(), FactorKind::free);
  builder[dy[0]].kind = FactorKind::whole;
  builder.operand(1) = builder.result(0) = {dy[0]};
  return builder.finish();
}

LogicalResult GatherGradOp::verify() {
  RankedTensorType table = getDtable().getType();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= table.getRank())
    return emitOpError("axis ") << axis << " is not a dimension of " << table;
  if (RankedTensorType expected = gathered(table, getIndices(), axis);
      getDy().getType() != expected)
    return emitOpError("dy should be ") << expected << ", got " << getDy().getType();
  return success();
}
