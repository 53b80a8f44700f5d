//===- CallText.h - the arguments of a kernel's launch --------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_CALLTEXT_H
#define PLIMSOLL_COMPILER_CODEGEN_CALLTEXT_H

#include "dialects/exec/ExecDialect.h"
#include <string>

namespace plimsoll::codegen {

/// Sizes and scalars by their names, without those that a launch need not tell:
/// "{.m = 64, .n = 256, .k = 64, .transposeB = true}". The call is one that exec-verify accepts.
std::string argumentsOf(exec::CallOp call);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_CALLTEXT_H
