//===- CheckCpu.cpp - checks that this CPU can run the program --------------===//
//
// This file is compiled for any x86-64 and runs before code that needs more.
//===----------------------------------------------------------------------===//
#include "CheckCpu.h"

#include "Failure.h"

#include <cstring>

namespace plimsoll {

std::string missingFeatures(const char *instructionSet) {
  std::string missing;
  auto need = [&](bool has, const char *name) {
    if (!has)
      missing += (missing.empty() ? "" : ", ") + std::string(name);
  };
  __builtin_cpu_init();
  bool v4 = !std::strcmp(instructionSet, "x86-64-v4");
  if (!v4 && std::strcmp(instructionSet, "x86-64-v3"))
    return missing;
  need(__builtin_cpu_supports("avx2"), "avx2");
  need(__builtin_cpu_supports("fma"), "fma");
  need(__builtin_cpu_supports("bmi"), "bmi1");
  need(__builtin_cpu_supports("bmi2"), "bmi2");
  need(__builtin_cpu_supports("f16c"), "f16c");
  need(__builtin_cpu_supports("lzcnt"), "lzcnt");
  need(__builtin_cpu_supports("movbe"), "movbe");
  if (!v4)
    return missing;
  need(__builtin_cpu_supports("avx512f"), "avx512f");
  need(__builtin_cpu_supports("avx512bw"), "avx512bw");
  need(__builtin_cpu_supports("avx512cd"), "avx512cd");
  need(__builtin_cpu_supports("avx512dq"), "avx512dq");
  need(__builtin_cpu_supports("avx512vl"), "avx512vl");
  return missing;
}

void checkCpu(const char *instructionSet) {
  std::string missing = missingFeatures(instructionSet);
  if (!missing.empty())
    throw Failure(format("this program was compiled for %s, and this CPU lacks %s; compile it "
                         "again with --target=cpu:%s",
                         instructionSet, missing.c_str(),
                         missing.starts_with("avx512") ? "x86-64-v3" : "native on this machine"));
}

} // namespace plimsoll
