//===- OwnLoss.cpp - a loss with a second term in training only -----------------===//
#include "passes/autodiff/OwnLoss.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll;

/// Removes the result called "own_loss" and returns its value; null if there is none.
static Value takeOwnLoss(func::FuncOp function) {
  Operation *terminator = function.getBody().front().getTerminator();
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    if (nn::resultName(function, i) != nn::kOwnLoss)
      continue;
    Value own = terminator->getOperand(i);
    terminator->eraseOperand(i);
    (void)function.eraseResult(i);
    return own;
  }
  return {};
}

void plimsoll::autodiff::separateOwnLoss(func::FuncOp train, func::FuncOp evaluate) {
  takeOwnLoss(train);
  if (Value own = takeOwnLoss(evaluate))
    evaluate.getBody().front().getTerminator()->setOperand(0, own);
}
