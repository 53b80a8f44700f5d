//===- Passes.h - from a loss to a training step -------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_PASSES_H
#define PLIMSOLL_PASSES_AUTODIFF_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/autodiff/Optimizers.h"

namespace plimsoll::autodiff {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/autodiff/Passes.h.inc"

/// Creates `nn-build-step` with an optimizer and clipping that are parsed already.
std::unique_ptr<mlir::Pass> createBuildStepPass(const BuildStepPassOptions &options,
                                                const OptimizerSettings &optimizer,
                                                std::optional<Clipping> clipping);
} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_PASSES_H
