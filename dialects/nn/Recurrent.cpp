//===- Recurrent.cpp - recurrent layers and their gradients ---------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

namespace {

/// The sizes of a layer and the types of its tensors, from its gates (or hidden states) and weight.
struct Layer {
  RankedTensorType states, state; ///< [steps, batch, size], [batch, size]

  /// Refuses `all` unless it is [steps, batch, gates * size], and a weight that does not fit it.
  static FailureOr<Layer> of(std::optional<Location> loc, Value all, Value weight, int64_t gates) {
    RankedTensorType x = tensorType(all), w = tensorType(weight);
    if (x.getRank() != 3)
      return emitOptionalError(loc, "expected [steps, batch, ", gates, " * size], got ", x);
    int64_t size = x.getDimSize(2) / gates;
    if (x.getDimSize(2) != gates * size || w != x.clone({gates * size, size}))
      return emitOptionalError(loc, "weight ", w, " is not [", gates, " * size, size] for ", x);
    return Layer{x.clone({x.getDimSize(0), x.getDimSize(1), size}),
                 x.clone({x.getDimSize(1), size})};
  }
};

struct Expected {
  StringRef name;
  Value value; ///< may be null
  RankedTensorType type;
};

LogicalResult check(std::optional<Location> loc, ArrayRef<Expected> all) {
  for (const Expected &each : all)
    if (each.value && each.value.getType() != each.type)
      return emitOptionalError(loc, each.name, " should be ", each.type, ", got ",
                               each.value.getType());
  return success();
}

} // namespace

LogicalResult LstmOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                       Types &results) {
  FailureOr<Layer> layer = Layer::of(loc, adaptor.getX(), adaptor.getWeight(), 4);
  if (failed(layer) || failed(check(loc, {{"h0", adaptor.getH0(), layer->state},
                                          {"c0", adaptor.getC0(), layer->state}})))
    return failure();
  results.append({layer->states, layer->states, adaptor.getX().getType()});
  return success();
}

LogicalResult LstmGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                           Adaptor adaptor, Types &results) {
  FailureOr<Layer> layer = Layer::of(loc, adaptor.getGates(), adaptor.getWeight(), 4);
  if (failed(layer) || failed(check(loc, {{"dhidden", adaptor.getDhidden(), layer->states},
                                          {"cells", adaptor.getCells(), layer->states},
                                          {"c0", adaptor.getC0(), layer->state},
                                          {"dcells", adaptor.getDcells(), layer->states}})))
    return failure();
  results.append({adaptor.getGates().getType(), layer->state, layer->state});
  return success();
}

LogicalResult GruOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      Types &results) {
  FailureOr<Layer> layer = Layer::of(loc, adaptor.getX(), adaptor.getWeight(), 3);
  if (failed(layer) || failed(check(loc, {{"h0", adaptor.getH0(), layer->state},
                                          {"bias", adaptor.getBias(),
                                           layer->state.clone(layer->state.getShape().back())}})))
    return failure();
  results.append({layer->states, adaptor.getX().getType(), layer->states});
  return success();
}

LogicalResult GruGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                          Adaptor adaptor, Types &results) {
  FailureOr<Layer> layer = Layer::of(loc, adaptor.getGates(), adaptor.getWeight(), 3);
  if (failed(layer) || failed(check(loc, {{"dhidden", adaptor.getDhidden(), layer->states},
                                          {"inner", adaptor.getInner(), layer->states},
                                          {"hidden", adaptor.getHidden(), layer->states},
                                          {"h0", adaptor.getH0(), layer->state}})))
    return failure();
  results.append({adaptor.getGates().getType(), layer->states, layer->state});
  return success();
}

LogicalResult RnnOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc, Adaptor adaptor,
                                      Types &results) {
  FailureOr<Layer> layer = Layer::of(loc, adaptor.getX(), adaptor.getWeight(), 1);
  if (failed(layer) || failed(check(loc, {{"h0", adaptor.getH0(), layer->state}})))
    return failure();
  results.push_back(layer->states);
  return success();
}

LogicalResult RnnGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                          Adaptor adaptor, Types &results) {
  FailureOr<Layer> layer = Layer::of(loc, adaptor.getHidden(), adaptor.getWeight(), 1);
  if (failed(layer) || failed(check(loc, {{"dhidden", adaptor.getDhidden(), layer->states}})))
    return failure();
  results.append({layer->states, layer->state});
  return success();
}

/// Returns the factors of a layer: rows of the batch are free, steps ordered, and all units and
/// gates belong together. Tensors of rank 3 are [steps, batch, units or gates], those of rank 2 but
/// for the weight [batch, units], and a bias [units].
template <typename Op> static IndexFactors layerFactors(Op op) {
  FactorBuilder builder(op);
  unsigned weight = op.getWeightMutable().getOperandNumber();
  ArrayRef<int64_t> sizes = tensorType(op->getResult(0)).getShape();
  ArrayRef<int64_t> matrix = op.getWeight().getType().getShape();
  int64_t steps = builder.add(sizes[0], FactorKind::ordered);
  int64_t batch = builder.add(sizes[1], FactorKind::free);
  int64_t gates = builder.add(matrix[0], FactorKind::whole);
  int64_t units = builder.add(matrix[1], FactorKind::whole);
  auto labelsOf = [&](Value value) {
    ArrayRef<int64_t> shape = tensorType(value).getShape();
    FactorLabels labels = {steps, batch, shape.back() == matrix[1] ? units : gates};
    return FactorLabels(ArrayRef<int64_t>(labels).take_back(shape.size()));
  };
  for (auto [i, operand] : llvm::enumerate(op->getOperands()))
    builder.operand(i) = i == weight ? FactorLabels{gates, units} : labelsOf(operand);
  for (auto [i, result] : llvm::enumerate(op->getResults()))
    builder.result(i) = labelsOf(result);
  return builder.finish();
}

IndexFactors LstmOp::getIndexFactors() {
  return layerFactors(*this);
}
IndexFactors LstmGradOp::getIndexFactors() {
  return layerFactors(*this);
}
IndexFactors GruOp::getIndexFactors() {
  return layerFactors(*this);
}
IndexFactors GruGradOp::getIndexFactors() {
  return layerFactors(*this);
}
IndexFactors RnnOp::getIndexFactors() {
  return layerFactors(*this);
}
IndexFactors RnnGradOp::getIndexFactors() {
  return layerFactors(*this);
}

/// Returns the operations of a layer whose gates have the shape of `all`: the product with the
/// weight, and `each` for every element of `all`.
static int64_t layerFlops(Value all, Value weight, int64_t each) {
  return tensorType(all).getNumElements() * (2 * tensorType(weight).getDimSize(1) + each);
}

int64_t LstmOp::getFlops() {
  return layerFlops(getX(), getWeight(), 12);
}
int64_t LstmGradOp::getFlops() {
  return layerFlops(getGates(), getWeight(), 8);
}
int64_t GruOp::getFlops() {
  return layerFlops(getX(), getWeight(), 12);
}
int64_t GruGradOp::getFlops() {
  return layerFlops(getGates(), getWeight(), 8);
}
int64_t RnnOp::getFlops() {
  return layerFlops(getX(), getWeight(), 12);
}
int64_t RnnGradOp::getFlops() {
  return layerFlops(getHidden(), getWeight(), 4);
}
