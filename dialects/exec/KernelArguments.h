//===- KernelArguments.h - sizes and scalars of calls, by name ------*- C++ -*-===//
//
// The structs that the runtime has too (runtime/include/plimsoll/KernelArguments.h), for those who
// make calls.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_EXEC_KERNELARGUMENTS_H
#define PLIMSOLL_DIALECTS_EXEC_KERNELARGUMENTS_H

#include "dialects/exec/KernelSignature.h"
#include <iterator>
#include <optional>

namespace plimsoll::exec {

using plimsoll::ElementType;
using plimsoll::Precision;

/// What arguments tell, in the order of the kernel, and the rest of its key.
struct LaunchNumbers {
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<double> scalars;
  ElementType type = ElementType::f32;
  Precision precision = Precision::stored;

  template <typename... Values> void addSizes(const Values &...values) { (addSize(values), ...); }
  template <typename... Values> void addScalars(Values... values) {
    (scalars.push_back(values), ...);
  }

private:
  template <typename T> void addSize(const T &value) {
    if constexpr (requires { std::begin(value); }) // of a window, or a list
      sizes.append(std::begin(value), std::end(value));
    else
      sizes.push_back(static_cast<int64_t>(value));
  }
};

#include "dialects/exec/KernelArguments.h.inc"

} // namespace plimsoll::exec

#endif // PLIMSOLL_DIALECTS_EXEC_KERNELARGUMENTS_H
