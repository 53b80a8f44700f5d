//===- ProductSums.cpp - what a product or a gradient adds ----------------------===//
#include "passes/fuse/ProductSums.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Phases.h"
#include "dialects/nn/TensorType.h"
#include "passes/fuse/Order.h"

using namespace mlir;
using namespace plimsoll;
using nn::tensorType;

/// Returns the op that makes `value`, seen through reshapes, if it can add to it and nothing else
/// reads it: a product of floats, or the gradients of a layer normalisation.
static Operation *adderOf(Value value) {
  while (auto reshape = value.getDefiningOp<nn::ReshapeOp>()) {
    if (!value.hasOneUse())
      return nullptr;
    value = reshape.getX();
  }
  if (!value.hasOneUse())
    return nullptr;
  if (auto product = value.getDefiningOp<nn::MatmulOp>())
    return isa<FloatType>(product.getType().getElementType()) ? product : nullptr;
  auto gradients = value.getDefiningOp<nn::LayerNormGradOp>();
  return gradients && value == gradients.getDx() ? gradients : nullptr;
}

/// Returns `value`, of as many elements, with the type `type`.
static Value viewAs(OpBuilder &builder, Value value, RankedTensorType type) {
  if (value.getType() == type)
    return value;
  return nn::ReshapeOp::create(builder, value.getLoc(), type, value);
}

/// Lets `product` add `other`, an operand of `add`. Returns its sum, which has the product's shape;
/// null if it cannot.
static Value addInProduct(nn::MatmulOp product, nn::AddOp add, Value other) {
  RankedTensorType sum = add.getType(), type = tensorType(other), result = product.getType();
  bool isBias = type.getRank() == 1 && type.getDimSize(0) == result.getShape().back() &&
                sum.getShape().back() == result.getShape().back() &&
                sum.getNumElements() == result.getNumElements();
  if (isBias ? bool(product.getBias()) : type != sum || product.getAddend())
    return nullptr;
  if (sum.getNumElements() != result.getNumElements() || !fuse::makeAvailable(other, product))
    return nullptr;
  OpBuilder builder(product);
  SmallVector<Value> addends(product.getAddends());
  if (isBias)
    addends.insert(addends.begin(), other);
  else
    addends.push_back(viewAs(builder, other, result));
  return nn::MatmulOp::create(builder, add.getLoc(), product.getA(), product.getB(),
                              product.getTransposeA(), product.getTransposeB(), addends);
}

/// Lets `gradients` add `other`, an operand of `add`. Returns the sum, which has the shape of x;
/// null if they cannot.
static Value addInGradients(nn::LayerNormGradOp gradients, nn::AddOp add, Value other) {
  RankedTensorType sum = add.getType(), x = tensorType(gradients.getX());
  if (gradients.getAddend() || other.getType() != sum ||
      sum.getNumElements() != x.getNumElements() || !fuse::makeAvailable(other, gradients))
    return nullptr;
  SmallVector<nn::GradientOf> parameters(nn::gradientsOf(gradients.getLoc()));
  llvm::erase_if(parameters, [](const nn::GradientOf &of) { return of.result == 0; });
  OpBuilder builder(gradients);
  auto both = nn::LayerNormGradOp::create(builder, nn::withGradients(add.getLoc(), parameters),
                                          gradients.getDy(), gradients.getX(), gradients.getScale(),
                                          gradients.getMean(), gradients.getRstd(),
                                          viewAs(builder, other, x), gradients.getUncenteredAttr());
  gradients.getDscale().replaceAllUsesWith(both.getDscale());
  gradients.getDbias().replaceAllUsesWith(both.getDbias());
  return both.getDx();
}

/// Replaces `add` by an operand's op that adds, if it reads one.
static void addInOperand(nn::AddOp add) {
  Operation *adders[] = {adderOf(add.getA()), adderOf(add.getB())};
  // Of two the second adds the first one's result.
  unsigned first = adders[0] && adders[1] && adders[0]->isBeforeInBlock(adders[1]) ? 1 : 0;
  for (unsigned side : {first, 1 - first}) {
    Operation *adder = adders[side];
    Value other = add->getOperand(1 - side), sum;
    if (auto product = dyn_cast_or_null<nn::MatmulOp>(adder))
      sum = addInProduct(product, add, other);
    else if (auto gradients = dyn_cast_or_null<nn::LayerNormGradOp>(adder))
      sum = addInGradients(gradients, add, other);
    if (!sum)
      continue;
    OpBuilder builder(add);
    Value view = add->getOperand(side);
    add.replaceAllUsesWith(viewAs(builder, sum, add.getType()));
    add.erase();
    while (auto reshape = view.getDefiningOp<nn::ReshapeOp>()) {
      view = reshape.getX();
      reshape.erase();
    }
    adder->erase();
    return;
  }
}

void plimsoll::fuse::addInProducts(Block &block) {
  SmallVector<nn::AddOp> adds(block.getOps<nn::AddOp>());
  for (nn::AddOp add : adds)
    addInOperand(add);
}
