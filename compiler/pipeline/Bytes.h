//===- Bytes.h - sizes as text ------------------------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_BYTES_H
#define PLIMSOLL_COMPILER_PIPELINE_BYTES_H

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace plimsoll::pipeline {

/// Returns `bytes` as in "19.7 MiB", with `digits` decimals.
inline std::string mebibytes(int64_t bytes, int digits = 1) {
  std::string text;
  llvm::raw_string_ostream(text) << llvm::format("%.*f MiB", digits, bytes / 1048576.0);
  return text;
}

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_BYTES_H
