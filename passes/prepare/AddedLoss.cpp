//===- AddedLoss.cpp - a second term of the loss --------------------------------===//
#include "passes/prepare/AddedLoss.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

std::optional<AddedLoss> plimsoll::prepare::takeAddedLoss(func::FuncOp forward) {
  Operation *terminator = forward.getBody().front().getTerminator();
  for (unsigned i = 0; i < forward.getNumResults(); ++i) {
    auto weight = forward.getResultAttrOfType<FloatAttr>(i, nn::kAddedLossAttr);
    if (!weight)
      continue;
    AddedLoss added{terminator->getOperand(i), weight.getValueAsDouble()};
    terminator->eraseOperand(i);
    (void)forward.eraseResult(i);
    return added;
  }
  return std::nullopt;
}

LogicalResult plimsoll::prepare::mixLoss(func::FuncOp forward, const AddedLoss &added) {
  Operation *terminator = forward.getBody().front().getTerminator();
  OpBuilder builder(terminator);
  Value own = terminator->getOperand(0);
  Location loc = nn::userLocation(builder.getContext(), "loss", "");
  auto type = cast<RankedTensorType>(own.getType());
  if (added.value.getType() != type)
    return forward.emitError("the added loss must be like the loss, ")
           << type << ", got " << added.value.getType();
  auto weighted = [&](Value value, double weight) -> Value {
    auto attribute =
        DenseElementsAttr::get(type, builder.getFloatAttr(type.getElementType(), weight));
    Value number = nn::ConstantOp::create(builder, loc, attribute);
    return nn::MulOp::create(builder, loc, value, number);
  };
  Value mixed = nn::AddOp::create(builder, loc, weighted(own, 1.0 - added.weight),
                                  weighted(added.value, added.weight));
  terminator->setOperand(0, mixed);
  auto name = builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr(nn::kOwnLoss));
  (void)forward.insertResult(forward.getNumResults(), type, builder.getDictionaryAttr({name}));
  terminator->insertOperands(terminator->getNumOperands(), own);
  return success();
}
