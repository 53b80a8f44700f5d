//===- Launch.cpp - what a launch gets from its body ----------------------------===//
#include "dialects/nn/NNDialect.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace plimsoll::nn;

void LaunchOp::build(OpBuilder &builder, OperationState &state, Operation *op) {
  state.addOperands(op->getOperands());
  state.addTypes(op->getResultTypes());
  Block &block = state.addRegion()->emplaceBlock();
  IRMapping mapping;
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    block.addArgument(operand.getType(), op->getLoc());
  Operation *copy = op->cloneWithoutRegions(mapping);
  copy->setOperands(block.getArguments()); // one argument for each operand, also of equal ones
  block.push_back(copy);
  OpBuilder atEnd(op->getContext()); // the region has no op yet that would know the context
  atEnd.setInsertionPointToEnd(&block);
  YieldOp::create(atEnd, op->getLoc(), copy->getResults());
}

LogicalResult LaunchOp::verify() {
  Block &block = getBody().front();
  if (block.getArgumentTypes() != getOperandTypes())
    return emitOpError("has operands of other types than its body's arguments");
  auto yield = dyn_cast<YieldOp>(block.getTerminator());
  if (!yield || yield.getOperandTypes() != getResultTypes())
    return emitOpError("must end in an nn.yield of values that have its results' types");
  if (block.without_terminator().empty())
    return emitOpError("computes nothing");
  for (Operation &op : block.without_terminator())
    if (!isa<CostOpInterface>(op) || op.getNumRegions() > 0)
      return op.emitOpError("cannot be part of a launch");
  return success();
}

Operation *LaunchOp::getSingleOp() {
  return llvm::hasSingleElement(getOps()) ? &*getOps().begin() : nullptr;
}

int64_t LaunchOp::getFlops() {
  int64_t flops = 0;
  for (Operation &op : getOps())
    flops += cast<CostOpInterface>(op).getFlops();
  return flops;
}

int64_t LaunchOp::getTraffic() {
  // One op may read less than its operands, as a gather does; what passes between ops is free.
  if (Operation *op = getSingleOp())
    return cast<CostOpInterface>(op).getTraffic();
  return detail::operandAndResultBytes(*this);
}

/// True if every element of the results is made of the elements at the same place of the operands
/// that have the results' shape.
static bool isElementwise(LaunchOp launch) {
  return llvm::all_of(launch.getOps(), [](Operation &op) { return op.hasTrait<Elementwise>(); });
}

SmallVector<InPlacePair> LaunchOp::getInPlacePairs() {
  if (Operation *op = getSingleOp()) {
    auto inPlace = dyn_cast<InPlaceOpInterface>(op);
    return inPlace ? inPlace.getInPlacePairs() : SmallVector<InPlacePair>();
  }
  if (!isElementwise(*this) || getNumResults() != 1)
    return {}; // several results are not all written before the last operand is read
  return detail::elementwiseInPlacePairs(*this);
}

bool LaunchOp::overwritesOperands() {
  auto inPlace = dyn_cast_or_null<InPlaceOpInterface>(getSingleOp());
  return inPlace && inPlace.overwritesOperands();
}

std::optional<unsigned> LaunchOp::getGradientOperand() {
  auto inPlace = dyn_cast_or_null<InPlaceOpInterface>(getSingleOp());
  return inPlace ? inPlace.getGradientOperand() : std::nullopt;
}

IndexFactors LaunchOp::getIndexFactors() {
  if (Operation *op = getSingleOp())
    return cast<IndexFactorsOpInterface>(op).getIndexFactors();
  if (isElementwise(*this) && getNumResults() == 1)
    return detail::elementwiseFactors(*this);
  return IndexFactors::opaque("its ops have different dimensions");
}
