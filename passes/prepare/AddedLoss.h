//===- AddedLoss.h - a second term of the loss ----------------------*- C++ -*-===//
//
// A result of @forward with `nn.added_loss = w` is a scalar that the loss is mixed with:
// (1 - w) loss + w result. The loss without it stays a result, "own_loss", for evaluation.
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

/// Takes the added loss out of the results of `forward`, if there is one.
std::optional<AddedLoss> takeAddedLoss(mlir::func::FuncOp forward);

/// Mixes it with the first result of `forward`; an error if that has another type.
mlir::LogicalResult mixLoss(mlir::func::FuncOp forward, const AddedLoss &added);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_ADDEDLOSS_H
