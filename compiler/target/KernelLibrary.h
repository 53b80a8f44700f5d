//===- KernelLibrary.h - the runtime's kernels, loaded into the compiler -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TARGET_KERNELLIBRARY_H
#define PLIMSOLL_COMPILER_TARGET_KERNELLIBRARY_H

#include "runtime/include/plimsoll/Kernel.h"
#include <memory>
#include <string>

namespace plimsoll::target {

/// An instruction set that the runtime is built for.
enum class Isa { v3, v4 };

/// Returns "x86-64-v3" or "x86-64-v4".
const char *nameOf(Isa isa);
/// Returns "v3" or "v4", as in the names of the runtime's libraries.
const char *suffixOf(Isa isa);
/// Returns the largest instruction set that this machine supports; v3 if none.
Isa hostIsa();

/// Returns the folder of the runtime's libraries: PLIMSOLL_LIBRARY_DIR if set, else `../lib` beside
/// this executable.
std::string libraryFolder();
/// Returns the folder of the runtime's sources, for programs emitted as source.
std::string runtimeSourceFolder();

/// The shared library libplimsoll-kernels-<suffix>.so.
class KernelLibrary {
public:
  /// Loads the kernels of `suffix` ("v3", "v4", "emulator"), which stay loaded. Returns null and
  /// sets `error` on failure.
  static const KernelLibrary *load(const std::string &suffix, std::string &error);
  /// Returns the kernel called `name`, or null.
  const Kernel *find(const char *name) const { return findInLibrary(name); }

private:
  const Kernel *(*findInLibrary)(const char *) = nullptr;
};

} // namespace plimsoll::target

#endif // PLIMSOLL_COMPILER_TARGET_KERNELLIBRARY_H
