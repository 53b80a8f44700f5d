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

/// The description of a target, as text: the options of `choose-kernels`.
using TargetRequest = ChooseKernelsPassOptions;
/// Returns the target that `request` describes; null, after setting `error`, if there is none.
using MakeTarget =
    std::function<std::shared_ptr<const Target>(const TargetRequest &request, std::string &error)>;

std::unique_ptr<mlir::Pass> createChooseKernelsPass(std::shared_ptr<const Target> target);
/// Registers `choose-kernels` for plimsoll-opt; `makeTarget` makes its targets.
void registerChooseKernelsPass(MakeTarget makeTarget);
} // namespace plimsoll::kernels

#endif // PLIMSOLL_PASSES_KERNELS_PASSES_H
