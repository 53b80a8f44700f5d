//===- Random.h - streams of random numbers ------------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_RANDOM_H
#define PLIMSOLL_DIALECTS_NN_RANDOM_H

#include "mlir/IR/Operation.h"

namespace plimsoll::nn {

/// Returns a stream that no op of `block` draws from.
int32_t nextStream(mlir::Block &block);
/// True for ops that draw random numbers.
bool isDrawing(mlir::Operation *op);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_RANDOM_H
