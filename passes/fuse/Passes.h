//===- Passes.h - forming kernels ----------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_PASSES_H
#define PLIMSOLL_PASSES_FUSE_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace plimsoll::fuse {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/fuse/Passes.h.inc"
} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_PASSES_H
