//===- AddedLoss.h - a second term of the loss ----------------------*- C++ -*-===//
//
// A result of @forward with `nn.added_loss = w` is a scalar that is mixed with the loss: (1 - w)
// loss + w result. The unmixed loss stays as the result "own_loss", for evaluation.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PASSES_PREPARE_ADDEDLOSS_H
#define PLIMSOLL_PASSES_PREPARE_ADDEDLOSS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <optional>

namespace plimsoll::prepare {

struct AddedLoss {
  mlir::Value value; ///< a scalar
  double weight;
};

/// Removes the added loss from the results of `forward` and returns it, if there is one.
std::optional<AddedLoss> takeAddedLoss(mlir::func::FuncOp forward);

/// Mixes `added` with the first result of `forward`. Fails with an error if the types differ.
mlir::LogicalResult mixLoss(mlir::func::FuncOp forward, const AddedLoss &added);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_ADDEDLOSS_H
