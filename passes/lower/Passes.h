//===- Passes.h - from a planned step to a program -----------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_PASSES_H
#define PLIMSOLL_PASSES_LOWER_PASSES_H

#include "dialects/exec/ExecDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace plimsoll::lower {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "passes/lower/Passes.h.inc"

class CallLibrary;
/// Creates exec-verify for programs whose kernels come from `library`, which must outlive the pass.
/// With null, workspaces and the kernels that a library has are not checked.
std::unique_ptr<mlir::Pass> createVerifyPlanPass(const CallLibrary *library);
} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_PASSES_H
