//===- ProductSums.cpp - what a product adds ----------------------------------===//
#include "passes/fuse/ProductSums.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"
#include "passes/fuse/Order.h"

using namespace mlir;
using namespace plimsoll;
using nn::tensorType;

/// Returns the product whose result is `value`, seen through reshapes, if nothing else reads it.
static nn::MatmulOp productOf(Value value) {
  while (auto reshape = value.getDefiningOp<nn::ReshapeOp>()) {
    if (!value.hasOneUse())
      return nullptr;
    value = reshape.getX();
  }
  auto product = value.getDefiningOp<nn::MatmulOp>();
  bool isFloat = product && isa<FloatType>(product.getType().getElementType());
  return isFloat && value.hasOneUse() ? product : nullptr;
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
    addends.push_back(
        type == result ? other : nn::ReshapeOp::create(builder, other.getLoc(), result, other));
  return nn::MatmulOp::create(builder, add.getLoc(), product.getA(), product.getB(),
                              product.getTransposeA(), product.getTransposeB(), addends);
}

/// Replaces `add` by a product that adds, if it reads one.
static void replaceByProduct(nn::AddOp add) {
  nn::MatmulOp products[] = {productOf(add.getA()), productOf(add.getB())};
  // Of two products the second adds the first one's result.
  unsigned first = products[0] && products[1] && products[0]->isBeforeInBlock(products[1]) ? 1 : 0;
  for (unsigned side : {first, 1 - first}) {
    nn::MatmulOp product = products[side];
    Value sum = product ? addInProduct(product, add, add->getOperand(1 - side)) : Value();
    if (!sum)
      continue;
    if (sum.getType() != add.getType()) {
      OpBuilder builder(add);
      sum = nn::ReshapeOp::create(builder, add.getLoc(), add.getType(), sum);
    }
    Value view = add->getOperand(side);
    add.replaceAllUsesWith(sum);
    add.erase();
    while (auto reshape = view.getDefiningOp<nn::ReshapeOp>()) {
      view = reshape.getX();
      reshape.erase();
    }
    product.erase();
    return;
  }
}

void plimsoll::fuse::addInProducts(Block &block) {
  SmallVector<nn::AddOp> adds(block.getOps<nn::AddOp>());
  for (nn::AddOp add : adds)
    replaceByProduct(add);
}
