//===- PiecewiseFile.h - a file to write, with pieces not read yet ---*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_PIECEWISEFILE_H
#define PLIMSOLL_COMPILER_ONNX_FILE_PIECEWISEFILE_H

#include "compiler/onnx/export/OnnxRewriter.h"
#include "llvm/Support/raw_ostream.h"
#include <variant>

namespace plimsoll::import {

/// The bytes of a file to be written: kept ones, new ones, and tensors.
class PiecewiseFile {
public:
  /// Appends bytes that must outlive this object.
  void keep(llvm::StringRef bytes);
  void put(std::string bytes);
  void put(TensorBytes data);
  void append(PiecewiseFile &&other);
  /// Replaces kept bytes by `data`, which must have the same size.
  void replace(llvm::StringRef kept, TensorBytes data);

  /// Each appends one field in protobuf's wire format.
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
