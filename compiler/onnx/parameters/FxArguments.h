//===- FxArguments.h - the arguments of a call of the module --------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_FXARGUMENTS_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_FXARGUMENTS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

namespace plimsoll::import {

/// Returns the positional arguments in torch's line `fx` for a call of `op` ("aten.embedding"), as
/// text: "%x", "[8]", "1e-05". Returns nothing if `fx` is no such line.
llvm::SmallVector<llvm::StringRef> fxArguments(llvm::StringRef fx, llvm::StringRef op);

/// Returns the names of the values that a call of the module reads, in order, without "%".
llvm::SmallVector<llvm::StringRef> fxValues(llvm::StringRef fx);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_FXARGUMENTS_H
