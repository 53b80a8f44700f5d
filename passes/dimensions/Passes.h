//===- Passes.h - passes that show dimensions -----------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_DIMENSIONS_PASSES_H
#define PLIMSOLL_PASSES_DIMENSIONS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace plimsoll::dimensions {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/dimensions/Passes.h.inc"
} // namespace plimsoll::dimensions

#endif // PLIMSOLL_PASSES_DIMENSIONS_PASSES_H
