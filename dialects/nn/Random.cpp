//===- Random.cpp - dropout and random tensors -----------------------------------===//
#include "dialects/nn/Random.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll::nn;

int32_t plimsoll::nn::nextStream(Block &block) {
  int32_t next = 0;
  for (Operation &op : block)
    if (auto stream = op.getAttrOfType<IntegerAttr>("stream"); stream && isDrawing(&op))
      next = std::max(next, static_cast<int32_t>(stream.getInt()) + 1);
  return next;
}

bool plimsoll::nn::isDrawing(Operation *op) {
  return isa<DropoutOp, RandomOp>(op);
}

/// Refuses a negative stream, and a `hyper` that is not the step's block of scalars.
template <typename Op> static LogicalResult verifyDrawing(Op op) {
  if (static_cast<int32_t>(op.getStream()) < 0)
    return op.emitOpError("needs a stream that is not negative");
  if (Value hyper = op.getHyper()) {
    auto type = cast<RankedTensorType>(hyper.getType());
    if (type != RankedTensorType::get({kHyperCount}, Float32Type::get(op.getContext())))
      return op.emitOpError("needs the step's ")
             << kHyperCount << " f32 scalars as hyper, got " << type;
  }
  return success();
}

LogicalResult DropoutOp::verify() {
  double p = getP().convertToDouble();
  if (!(p >= 0 && p < 1))
    return emitOpError("needs 0 <= p < 1, got ") << getPAttr();
  return verifyDrawing(*this);
}

LogicalResult RandomOp::verify() {
  return verifyDrawing(*this);
}

/// Takes everything for ordered: an element draws by its number in the whole tensor.
IndexFactors DropoutOp::getIndexFactors() {
  FactorBuilder builder(*this);
  builder.operand(0) = builder.result(0) = builder.addAll(getX(), FactorKind::ordered);
  return builder.finish();
}

IndexFactors RandomOp::getIndexFactors() {
  FactorBuilder builder(*this);
  builder.result(0) = builder.addAll(getY(), FactorKind::ordered);
  return builder.finish();
}
