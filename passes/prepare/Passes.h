//===- Passes.h - from an inference graph to a trainable model -----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_PASSES_H
#define PLIMSOLL_PASSES_PREPARE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/prepare/LossSpec.h"
#include "passes/prepare/Recipe.h"

namespace plimsoll::prepare {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/prepare/Passes.h.inc"

/// Creates `nn-attach-loss` with a parsed loss; without one it attaches none.
std::unique_ptr<mlir::Pass> createAttachLossPass(std::optional<LossSpec> loss);
} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_PASSES_H
