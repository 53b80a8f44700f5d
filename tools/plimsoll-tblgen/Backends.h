//===- Backends.h - what plimsoll-tblgen prints --------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_TBLGEN_BACKENDS_H
#define PLIMSOLL_TOOLS_TBLGEN_BACKENDS_H

#include "llvm/TableGen/Record.h"

namespace plimsoll::tblgen {

/// Gradient rules, from Gradients.td.
bool emitGradients(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

// From Kernels.td:

/// The table of signatures, for dialects/exec.
bool emitSignatures(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

/// Structs of arguments, for those who make calls.
bool emitCallArguments(llvm::raw_ostream &os, const llvm::RecordKeeper &records);
/// The header of the same structs, for the runtime.
bool emitArguments(llvm::raw_ostream &os, const llvm::RecordKeeper &records);
/// Lists of the kernels of each library, for the runtime.
bool emitKernelLists(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

} // namespace plimsoll::tblgen

#endif // PLIMSOLL_TOOLS_TBLGEN_BACKENDS_H
