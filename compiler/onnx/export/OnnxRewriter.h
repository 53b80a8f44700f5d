//===- OnnxRewriter.h - an ONNX file with some of its bytes replaced -*- C++ -*-===//
//
// Writes the given parts anew and copies every other byte of the file: unknown fields, metadata and
// the order of everything stay as they are.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_ONNXREWRITER_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_ONNXREWRITER_H

#include "compiler/onnx/file/ModelFile.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <map>

namespace plimsoll::import {

/// The elements of a tensor, read when they are written: `read` writes `bytes` bytes to `into`.
struct TensorBytes {
  int64_t bytes = 0;
  std::function<llvm::Error(char *into)> read;
};

/// A tensor to add to the file.
struct NewTensor {
  std::string name;
  /// If empty, shape, type and everything else are those of the tensor before it.
  std::optional<std::pair<DType, Shape>> type;
  TensorBytes data;
};

struct FileEdits {
  /// New elements of initializers, by their numbers.
  std::map<int, TensorBytes> initializers;
  /// Tensors to add behind an initializer.
  std::map<int, std::vector<NewTensor>> added;
  /// New names of operands, by (node, operand); the operand behind the last one is appended.
  std::map<std::pair<int, int>, std::string> operands;
  /// Write initializers with new elements, and added ones, to the file of external data. External
  /// ones always stay external, and all go there if the file would be too large.
  bool external = false;
};

/// Writes `file` with `edits` to `output`, and external data, if there is any, to `<output>.data`.
/// Leaves nothing partial on failure. `maxFileBytes` is the limit for a file with its tensors
/// inside.
llvm::Error writeEdited(const ModelFile &file, const FileEdits &edits, const std::string &output,
                        int64_t maxFileBytes);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_EXPORT_ONNXREWRITER_H
