//===- Packed.cpp - attention on parts of one tensor ----------------------------===//
#include "dialects/nn/Packed.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll::nn;

/// Returns the sizes of queries, keys and values in one time step if they can be parts of one
/// tensor; otherwise nothing.
static std::optional<std::array<int64_t, 3>> stepSizes(bool headsInner, Value q, Value k, Value v) {
  ArrayRef<int64_t> queries = tensorType(q).getShape(), keys = tensorType(k).getShape(),
                    values = tensorType(v).getShape();
  // [batch, time, heads, features]
  bool fits = headsInner && keys == values && queries.take_front(2) == keys.take_front(2) &&
              queries[3] == keys[3];
  if (!fits)
    return std::nullopt;
  return std::array{queries[2] * queries[3], keys[2] * keys[3], keys[2] * keys[3]};
}

/// True if parts along dimension `axis` of a tensor have `sizes` elements in each of `steps` steps.
static bool isInSteps(TypeRange parts, int64_t axis, int64_t steps, ArrayRef<int64_t> sizes) {
  for (auto [part, size] : llvm::zip_equal(parts, sizes)) {
    auto type = cast<RankedTensorType>(part);
    int64_t outer = 1;
    for (int64_t dimension : type.getShape().take_front(axis))
      outer *= dimension;
    if (outer != steps || type.getNumElements() != steps * size)
      return false;
  }
  return true;
}

SplitOp plimsoll::nn::packedFactors(Operation *attention) {
  auto forward = dyn_cast<AttentionOp>(attention);
  auto backward = dyn_cast<AttentionGradOp>(attention);
  if (!forward && !backward)
    return nullptr;
  Value q = forward ? forward.getQ() : backward.getQ();
  Value k = forward ? forward.getK() : backward.getK();
  Value v = forward ? forward.getV() : backward.getV();
  bool headsInner = forward ? forward.getHeadsInner() : backward.getHeadsInner();
  auto split = viewedValue(q).getDefiningOp<SplitOp>();
  std::optional<std::array<int64_t, 3>> sizes = stepSizes(headsInner, q, k, v);
  if (!split || !sizes || split.getParts().size() != 3 ||
      !llvm::equal(split.getParts(), ArrayRef{viewedValue(q), viewedValue(k), viewedValue(v)}))
    return nullptr;
  int64_t steps = tensorType(q).getDimSize(0) * tensorType(q).getDimSize(1);
  return isInSteps(split.getResultTypes(), split.getAxis(), steps, *sizes) ? split : nullptr;
}

ConcatOp plimsoll::nn::packedGradients(AttentionGradOp gradients) {
  ConcatOp concat;
  SmallVector<Value> viewed;
  for (Value gradient : gradients.getResults()) {
    int readers = 0;
    forEachReader(gradient, [&](Operation *reader) {
      ++readers;
      concat = dyn_cast<ConcatOp>(reader);
    });
    if (readers != 1 || !concat)
      return nullptr;
  }
  for (Value input : concat.getInputs())
    viewed.push_back(viewedValue(input));
  std::optional<std::array<int64_t, 3>> sizes =
      stepSizes(gradients.getHeadsInner(), gradients.getDq(), gradients.getDk(), gradients.getDv());
  if (!sizes || !llvm::equal(viewed, gradients.getResults()))
    return nullptr;
  RankedTensorType q = tensorType(gradients.getQ());
  int64_t steps = q.getDimSize(0) * q.getDimSize(1);
  return isInSteps(concat.getInputs().getTypes(), concat.getAxis(), steps, *sizes) ? concat
                                                                                   : nullptr;
}
