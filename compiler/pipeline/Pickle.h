//===- Pickle.h - writes Python's pickle format, protocol 2 -----------------*- C++ -*-===//
//
// Writes only plain data: dicts, lists, strings and integers. Opcodes are those of pickletools.py
// in Python's library.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_PICKLE_H
#define PLIMSOLL_COMPILER_PIPELINE_PICKLE_H

#include "plimsoll/Shown.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <string>

namespace plimsoll::pipeline {

/// Writes one object. Between beginDict and endDict keys and values alternate.
class Pickle {
public:
  Pickle() : bytes("\x80\x02", 2) {}
  void beginDict() { bytes += "}("; }
  void endDict() { bytes += 'u'; }
  void beginList() { bytes += "]("; }
  void endList() { bytes += 'e'; }
  void string(llvm::StringRef any) {
    std::string text = utf8(any);
    bytes += 'X'; // BINUNICODE: length in four bytes, UTF-8
    little(text.size(), 4);
    bytes += text;
  }
  void integer(int64_t value) {
    bytes += "\x8a\x08"; // LONG1: eight bytes, two's complement
    little(static_cast<uint64_t>(value), 8);
  }
  void entry(llvm::StringRef key, int64_t value) {
    string(key);
    integer(value);
  }
  void entry(llvm::StringRef key, llvm::StringRef value) {
    string(key);
    string(value);
  }
  std::string finish() { return std::move(bytes += '.'); }

private:
  void little(uint64_t value, int count) {
    for (int i = 0; i < count; ++i)
      bytes += static_cast<char>(value >> (8 * i));
  }

  std::string bytes;
};

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_PICKLE_H
