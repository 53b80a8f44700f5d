//===- Loads.h - the parameter that a value is made of ---------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_LOADS_H
#define PLIMSOLL_DIALECTS_NN_LOADS_H

#include "dialects/nn/NNDialect.h"

namespace plimsoll::nn {

/// Returns the load that `value` is a reshape or broadcast of, or null.
LoadOp repeatedLoad(mlir::Value value);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_LOADS_H
