//===- Registry.cpp - kernels by name ---------------------------------------===//
//
// Used by the compiler, which loads the kernels as a shared library, and by tests.
// It is a separate file, because an emitted program names its kernels as objects and must not
// have to link the others (oneDNN among them).
//===----------------------------------------------------------------------===//
#include "../../rules/Registry.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {

const Kernel *findKernel(const char *name) {
  static const Kernel *const kernels[] = {
#define PLIMSOLL_CPU_KERNEL(name, Arguments) &name,
#ifdef PLIMSOLL_HAVE_ONEDNN
#define PLIMSOLL_ONEDNN_KERNEL(name, Arguments) &name,
#endif
#include "plimsoll/Kernels.inc"
  };
  return findIn(kernels, name);
}

} // namespace plimsoll

/// The only exported symbol of libplimsoll-kernels-*.so.
extern "C" __attribute__((visibility("default"))) const plimsoll::Kernel *
plimsoll_find_kernel(const char *name) {
  return plimsoll::findKernel(name);
}
