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

void LaunchOp::build(OpBuilder &builder, OperationState &state, ArrayRef<Operation *> ops,
                     ValueRange inputs, ValueRange outputs) {
  state.addOperands(inputs);
  state.addTypes(outputs.getTypes());
  Block &block = state.addRegion()->emplaceBlock();
  IRMapping mapping;
  for (Value input : inputs)
    mapping.map(input, block.addArgument(input.getType(), input.getLoc()));
  for (Operation *op : ops)
    block.push_back(op->clone(mapping));
  OpBuilder atEnd(state.getContext());
  atEnd.setInsertionPointToEnd(&block);
  YieldOp::create(atEnd, state.location, llvm::map_to_vector(outputs, [&](Value output) {
                    return mapping.lookup(output);
                  }));
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

Operation *LaunchOp::getMainOp() {
  if (Operation *op = getSingleOp())
    return op;
  Operation *main = nullptr;
  for (Operation &op : getOps()) {
    if (isa<ReshapeOp, SplitOp, ConcatOp, CastOp, ReduceSumOp, LayerNormOp>(op))
      continue;
    if (main || !isa<MatmulOp, AttentionOp, AttentionGradOp, LayerNormGradOp>(op))
      return nullptr;
    main = &op;
  }
  return main;
}

/// Returns the operand of the launch that op `op` of its body has as operand `index`.
static unsigned launchOperand(Operation *op, unsigned index) {
  return cast<BlockArgument>(op->getOperand(index)).getArgNumber();
}

bool LaunchOp::isSideBySide() {
  Operation *first = &*getOps().begin();
  auto firstUpdate = dyn_cast<InPlaceOpInterface>(first);
  if (getSingleOp() || !firstUpdate || !firstUpdate.overwritesOperands())
    return false;
  llvm::SmallDenseSet<Value> overwritten;
  for (Operation &op : getOps()) {
    if (op.getName() != first->getName() || op.getAttrDictionary() != first->getAttrDictionary() ||
        op.getNumOperands() != first->getNumOperands() ||
        !llvm::all_of(op.getOperands(), llvm::IsaPred<BlockArgument>))
      return false;
    for (InPlacePair pair : cast<InPlaceOpInterface>(op).getInPlacePairs())
      if (!overwritten.insert(getOperand(launchOperand(&op, pair.operand))).second)
        return false;
  }
  return true;
}

std::string LaunchOp::describeOps() {
  constexpr int kMost = 4;
  if (isSideBySide())
    return std::to_string(llvm::range_size(getOps())) + " " +
           getLastOp()->getName().getStringRef().str();
  std::string text;
  int count = 0;
  auto add = [&](Operation *op) {
    if (!isa<ReshapeOp>(op) && ++count <= kMost)
      text += (text.empty() ? "" : " + ") + op->getName().getStringRef().str();
  };
  Operation *main = getMainOp();
  if (main)
    add(main);
  for (Operation &op : getOps())
    if (&op != main)
      add(&op);
  return count > kMost ? text + " + " + std::to_string(count - kMost) + " more" : text;
}

OpResult LaunchOp::getMaker(unsigned index) {
  return dyn_cast<OpResult>(getBody().front().back().getOperand(index));
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

std::optional<LoopNest> LaunchOp::getLoopNest() {
  SmallVector<Operation *> ops = llvm::map_to_vector(getOps(), [](Operation &op) { return &op; });
  SmallVector<Value> inputs(getBody().getArguments()),
      outputs(getBody().front().back().getOperands());
  return loopNest(ops, inputs, outputs);
}

SmallVector<InPlacePair> LaunchOp::getInPlacePairs() {
  SmallVector<InPlacePair> pairs;
  if (Operation *op = getSingleOp()) {
    auto inPlace = dyn_cast<InPlaceOpInterface>(op);
    return inPlace ? inPlace.getInPlacePairs() : pairs;
  }
  if (isSideBySide() || getMainOp()) {
    for (unsigned result = 0; result < getNumResults(); ++result)
      if (OpResult made = getMaker(result))
        if (auto maker = dyn_cast<InPlaceOpInterface>(made.getOwner()))
          for (InPlacePair pair : maker.getInPlacePairs())
            if (pair.result == made.getResultNumber() &&
                isa<BlockArgument>(maker->getOperand(pair.operand)))
              pairs.push_back({result, launchOperand(maker, pair.operand)});
    return pairs;
  }
  std::optional<LoopNest> nest = getLoopNest();
  if (!nest || !nest->reduced.empty())
    return {};
  // A point reads its elements before it writes any, and no other point touches them.
  for (auto [result, written] : llvm::enumerate(nest->outputs))
    for (auto [operand, read] : llvm::enumerate(nest->inputs))
      if (read == written &&
          getElementTypeOrSelf(getOperand(operand)) == getElementTypeOrSelf(getResult(result)) &&
          cast<RankedTensorType>(getOperand(operand).getType()).getNumElements() == nest->points())
        pairs.push_back({unsigned(result), unsigned(operand)});
  return pairs;
}

bool LaunchOp::overwritesOperands() {
  auto inPlace = dyn_cast_or_null<InPlaceOpInterface>(getSingleOp());
  return inPlace ? inPlace.overwritesOperands() : isSideBySide();
}

SmallVector<GradientPair> LaunchOp::getGradients() {
  if (Operation *op = getSingleOp()) {
    auto inPlace = dyn_cast<InPlaceOpInterface>(op);
    return inPlace ? inPlace.getGradients() : SmallVector<GradientPair>();
  }
  SmallVector<GradientPair> pairs;
  if (isSideBySide())
    for (Operation &op : getOps())
      for (GradientPair pair : cast<InPlaceOpInterface>(op).getGradients())
        pairs.push_back({launchOperand(&op, pair.gradient), launchOperand(&op, pair.of)});
  return pairs;
}

/// True if every element of the results is made of the elements at the same place of the operands.
static bool isElementwise(LaunchOp launch) {
  return llvm::all_of(launch.getOps(), [](Operation &op) { return op.hasTrait<Elementwise>(); });
}

IndexFactors LaunchOp::getIndexFactors() {
  if (Operation *op = getSingleOp())
    return cast<IndexFactorsOpInterface>(op).getIndexFactors();
  if (isElementwise(*this) && getNumResults() == 1)
    return detail::elementwiseFactors(*this);
  return IndexFactors::opaque("its ops have different dimensions");
}
