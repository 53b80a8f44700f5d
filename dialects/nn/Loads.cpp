//===- Loads.cpp - the parameter that a value is made of --------------------------===//
#include "dialects/nn/Loads.h"

using namespace plimsoll::nn;

LoadOp plimsoll::nn::repeatedLoad(mlir::Value value) {
  mlir::Operation *op = value.getDefiningOp();
  while (op && mlir::isa<ReshapeOp, BroadcastOp>(op))
    op = op->getOperand(0).getDefiningOp();
  return mlir::dyn_cast_or_null<LoadOp>(op);
}
