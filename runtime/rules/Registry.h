//===- Registry.h - kernels by name -----------------------------------------===//
#ifndef PLIMSOLL_RULES_REGISTRY_H
#define PLIMSOLL_RULES_REGISTRY_H

#include "plimsoll/Kernel.h"

#include <cstring>

namespace plimsoll {

/// Returns the one of `kernels` that is called `name`, or null.
template <int count> const Kernel *findIn(const Kernel *const (&kernels)[count], const char *name) {
  for (const Kernel *kernel : kernels)
    if (!std::strcmp(kernel->name, name))
      return kernel;
  return nullptr;
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_REGISTRY_H
