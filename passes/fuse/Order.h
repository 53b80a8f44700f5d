//===- Order.h - moving what a launch reads in front of it ------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_ORDER_H
#define PLIMSOLL_PASSES_FUSE_ORDER_H

#include "mlir/IR/Operation.h"

namespace plimsoll::fuse {

/// Makes `value` available before `op`, which may move loads, constants and views that stand behind
/// it; a step stores parameters at its end only. Returns false if a launch behind `op` computes it.
bool makeAvailable(mlir::Value value, mlir::Operation *op);

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_ORDER_H
