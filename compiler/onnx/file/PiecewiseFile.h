//===- PiecewiseFile.h - a file in pieces, some not read yet ---------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_PIECEWISEFILE_H
#define PLIMSOLL_COMPILER_ONNX_FILE_PIECEWISEFILE_H

#include "compiler/onnx/export/OnnxRewriter.h"
#include "llvm/Support/raw_ostream.h"
#include <variant>

namespace plimsoll::import {

/// Bytes of a file that is to be written: kept ones, new ones, and tensors.
class PiecewiseFile {
public:
  /// Bytes that outlive the file.
  void keep(llvm::StringRef bytes);
  void put(std::string bytes);
  void put(TensorBytes data);
  void append(PiecewiseFile &&other);
  /// Puts `data` in the place of kept bytes of the same number.
  void replace(llvm::StringRef kept, TensorBytes data);

  /// One field of protobuf's wire format.
  void number(unsigned field, uint64_t value);
  void text(unsigned field, llvm::StringRef value);
  void tensor(unsigned field, TensorBytes data);
  void message(unsigned field, PiecewiseFile &&content);

  int64_t size() const { return bytes; }
  llvm::Error write(llvm::raw_ostream &os) const;

private:
  std::vector<std::variant<llvm::StringRef, std::string, TensorBytes>> pieces;
  int64_t bytes = 0;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_PIECEWISEFILE_H
