//===- TensorType.h - values of this dialect are ranked tensors -------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_TENSORTYPE_H
#define PLIMSOLL_DIALECTS_NN_TENSORTYPE_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Value.h"

namespace plimsoll::nn {

inline mlir::RankedTensorType tensorType(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_TENSORTYPE_H
