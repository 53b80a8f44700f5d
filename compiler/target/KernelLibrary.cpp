//===- KernelLibrary.cpp - the runtime's kernels, loaded into the compiler -----===//
#include "compiler/target/KernelLibrary.h"
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <map>

using namespace plimsoll::target;

const char *plimsoll::target::nameOf(Isa isa) {
  return isa == Isa::v4 ? "x86-64-v4" : "x86-64-v3";
}

const char *plimsoll::target::suffixOf(Isa isa) {
  return isa == Isa::v4 ? "v4" : "v3";
}

Isa plimsoll::target::hostIsa() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("x86-64-v4") ? Isa::v4 : Isa::v3;
}

static std::filesystem::path executableFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::string plimsoll::target::libraryFolder() {
  if (const char *folder = std::getenv("PLIMSOLL_LIBRARY_DIR"))
    return folder;
  return (executableFolder().parent_path() / "lib").string();
}

std::string plimsoll::target::runtimeSourceFolder() {
  if (const char *folder = std::getenv("PLIMSOLL_RUNTIME_DIR"))
    return folder;
  std::filesystem::path installed =
      executableFolder().parent_path() / "share" / "plimsoll" / "runtime";
  return std::filesystem::exists(installed) ? installed.string() : PLIMSOLL_RUNTIME_SOURCE_DIR;
}

const KernelLibrary *KernelLibrary::load(const std::string &suffix, std::string &error) {
  static std::map<std::string, KernelLibrary> libraries;
  KernelLibrary &library = libraries[suffix];
  if (library.findInLibrary)
    return &library;
  std::string path = libraryFolder() + "/libplimsoll-kernels-" + suffix + ".so";
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void *symbol = handle ? dlsym(handle, "plimsoll_find_kernel") : nullptr;
  if (!symbol) {
    error = "cannot load the kernels: " + std::string(dlerror());
    return nullptr;
  }
  library.findInLibrary = reinterpret_cast<const Kernel *(*)(const char *)>(symbol);
  return &library;
}
