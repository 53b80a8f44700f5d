//===- Order.cpp - moving what a launch reads in front of it --------------------===//
#include "passes/fuse/Order.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;

bool plimsoll::fuse::makeAvailable(Value value, Operation *op) {
  Operation *maker = value.getDefiningOp();
  if (!maker || maker->isBeforeInBlock(op))
    return true;
  bool moves = isa<nn::LoadOp, nn::ConstantOp>(maker) ||
               (isa<nn::ReshapeOp>(maker) && makeAvailable(maker->getOperand(0), op));
  if (moves)
    maker->moveBefore(op);
  return moves;
}
