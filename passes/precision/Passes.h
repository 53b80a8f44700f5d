//===- Passes.h - in which type values are kept ---------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PRECISION_PASSES_H
#define PLIMSOLL_PASSES_PRECISION_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace plimsoll::precision {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/precision/Passes.h.inc"
} // namespace plimsoll::precision

#endif // PLIMSOLL_PASSES_PRECISION_PASSES_H
