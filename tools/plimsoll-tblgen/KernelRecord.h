//===- KernelRecord.h - a record of Kernels.td ----------------------*- C++ -*-===//
#ifndef PLIMSOLL_TOOLS_TBLGEN_KERNELRECORD_H
#define PLIMSOLL_TOOLS_TBLGEN_KERNELRECORD_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/TableGen/Record.h"
#include <string>
#include <vector>

namespace plimsoll::tblgen {

using Records = std::vector<const llvm::Record *>;

/// Returns all records of a class in the order of the file.
inline Records recordsOf(const llvm::RecordKeeper &records, llvm::StringRef type) {
  Records all(records.getAllDerivedDefinitions(type));
  llvm::sort(all,
             [](const llvm::Record *a, const llvm::Record *b) { return a->getID() < b->getID(); });
  return all;
}

/// Returns the concatenation of the lists `first` and `second` of a kernel.
inline Records both(const llvm::Record &kernel, llvm::StringRef first, llvm::StringRef second) {
  Records all = kernel.getValueAsListOfDefs(first);
  llvm::append_range(all, kernel.getValueAsListOfDefs(second));
  return all;
}

inline Records kernelsOf(const llvm::RecordKeeper &records) {
  return recordsOf(records, "Kernel");
}

/// Returns the kernel's name in camel case ("LayerNormGrad" for "layer_norm_grad"), unless the
/// record has another name for its arguments.
inline std::string argumentsOf(const llvm::Record &kernel) {
  std::string name = kernel.getValueAsString("arguments").str();
  bool upper = true;
  if (name.empty())
    for (char c : kernel.getName()) {
      if (c != '_')
        name += upper ? llvm::toUpper(c) : c;
      upper = c == '_';
    }
  return name + "Arguments";
}

} // namespace plimsoll::tblgen

#endif // PLIMSOLL_TOOLS_TBLGEN_KERNELRECORD_H
