//===- Passes.h - the choice of kernels ----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_KERNELS_PASSES_H
#define PLIMSOLL_PASSES_KERNELS_PASSES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"
#include "passes/kernels/Target.h"
#include <functional>
#include <memory>

namespace plimsoll::kernels {
#define GEN_PASS_DECL
#include "passes/kernels/Passes.h.inc"

/// What `choose-kernels` is told of its target in text.
using TargetRequest = ChooseKernelsPassOptions;
/// The target of a request; null with `error` where there is none.
using MakeTarget =
    std::function<std::shared_ptr<const Target>(const TargetRequest &request, std::string &error)>;

std::unique_ptr<mlir::Pass> createChooseKernelsPass(std::shared_ptr<const Target> target);
/// Registers `choose-kernels` for plimsoll-opt, with the targets that `makeTarget` gives.
void registerChooseKernelsPass(MakeTarget makeTarget);
} // namespace plimsoll::kernels

#endif // PLIMSOLL_PASSES_KERNELS_PASSES_H
