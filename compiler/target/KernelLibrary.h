//===- KernelLibrary.h - the runtime's kernels, loaded into the compiler -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TARGET_KERNELLIBRARY_H
#define PLIMSOLL_COMPILER_TARGET_KERNELLIBRARY_H

#include "runtime/include/plimsoll/Kernel.h"
#include <memory>
#include <string>

namespace plimsoll::target {

/// An instruction set that the runtime is built for.
enum class Isa { v3, v4 };

/// "x86-64-v3" or "x86-64-v4"
const char *nameOf(Isa isa);
/// "v3" or "v4", as in the names of libraries.
const char *suffixOf(Isa isa);
/// The largest one that this machine runs, or v3.
Isa hostIsa();

/// The folder of the runtime's libraries: PLIMSOLL_LIBRARY_DIR if set, else `../lib` beside
/// this executable.
std::string libraryFolder();
/// The folder of the runtime's sources, for programs emitted as source.
std::string runtimeSourceFolder();

/// libplimsoll-kernels-<suffix>.so.
class KernelLibrary {
public:
  /// Loads the kernels of `suffix` ("v3", "v4", "emulator"); on failure returns null and sets
  /// `error`. Stays loaded.
  static const KernelLibrary *load(const std::string &suffix, std::string &error);
  /// The kernel called `name`, or null.
  const Kernel *find(const char *name) const { return findInLibrary(name); }

private:
  const Kernel *(*findInLibrary)(const char *) = nullptr;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_KERNELLIBRARY_H
