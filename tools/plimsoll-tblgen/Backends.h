//===- Backends.h - the generators of plimsoll-tblgen ---------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_TBLGEN_BACKENDS_H
#define PLIMSOLL_TOOLS_TBLGEN_BACKENDS_H

#include "llvm/TableGen/Record.h"

namespace plimsoll::tblgen {

/// Prints gradient rules, from Gradients.td.
bool emitGradients(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

/// Prints the table of optimizers, from OptimizerKinds.td.
bool emitOptimizers(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

// From Kernels.td:

/// Prints the table of signatures, for dialects/exec.
bool emitSignatures(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

/// Prints structs of arguments, for the passes that make calls.
bool emitCallArguments(llvm::raw_ostream &os, const llvm::RecordKeeper &records);
/// Prints the header of the same structs, for the runtime.
bool emitArguments(llvm::raw_ostream &os, const llvm::RecordKeeper &records);
/// Prints the lists of each library's kernels, for the runtime.
bool emitKernelLists(llvm::raw_ostream &os, const llvm::RecordKeeper &records);

} // namespace plimsoll::tblgen

#endif // PLIMSOLL_TOOLS_TBLGEN_BACKENDS_H
