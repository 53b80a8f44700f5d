//===- CallText.h - the arguments of a kernel's launch --------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CALLTEXT_H
#define PLIMSOLL_COMPILER_CODEGEN_CALLTEXT_H

#include "dialects/exec/ExecDialect.h"
#include <string>

namespace plimsoll::codegen {

/// Returns the sizes and scalars of a call by name, without those that have their default: "{.m =
/// 64, .n = 256, .k = 64, .transposeB = true}". exec-verify must have accepted the call.
std::string argumentsOf(exec::CallOp call);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CALLTEXT_H
