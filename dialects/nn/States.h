//===- States.h - the types of optimizer state ----------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_STATES_H
#define PLIMSOLL_DIALECTS_NN_STATES_H

#include "dialects/support/ElementType.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace plimsoll::nn {

/// True if states of this element type are codes, which have scales (plimsoll/StateCodes.h).
bool isCoded(mlir::Type element);
/// Returns the type of a state of `parameter` that is kept in `element`.
mlir::RankedTensorType stateTypeOf(mlir::RankedTensorType parameter, ElementType element);
/// Returns the type of the scales that a state of `parameter` in codes has.
mlir::RankedTensorType scalesTypeOf(mlir::RankedTensorType parameter);

/// Returns the type of the sums of decay that a sparse `parameter` has: one for each row, and one
/// of all steps.
mlir::RankedTensorType decaySumsTypeOf(mlir::RankedTensorType parameter);

/// Returns how many operands of an update are its parameter's alone: the parameter, the gradient,
/// states and their scales. The others, which follow, may be those of other updates too.
unsigned ownOperands(mlir::Operation *update);
/// Returns what an update keeps states in; f32 if it has none.
ElementType storedStates(mlir::Operation *update);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_STATES_H
