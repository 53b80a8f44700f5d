//===- VerifyCalls.h - calls against the signatures of kernels -----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_LOWER_VERIFYCALLS_H
#define PLIMSOLL_PASSES_LOWER_VERIFYCALLS_H

#include "dialects/exec/ExecDialect.h"
#include "passes/lower/CallLibrary.h"

namespace plimsoll::lower {

/// Reports every part of `call` that does not match its kernel's signature, and every buffer that
/// the kernel would overrun. Without a `library`, workspaces are not checked.
void verifyCall(exec::CallOp call, int64_t threads, const CallLibrary *library,
                llvm::function_ref<void(const llvm::Twine &)> report);

} // namespace plimsoll::lower

#endif // PLIMSOLL_PASSES_LOWER_VERIFYCALLS_H
