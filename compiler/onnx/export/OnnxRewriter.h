//===- OnnxRewriter.h - an ONNX file with some of its bytes replaced -*- C++ -*-===//
//
// Writes what is given anew and copies every other byte of the file: unknown fields,
// metadata and the order of everything stay as they are.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_EXPORT_ONNXREWRITER_H
#define PLIMSOLL_COMPILER_ONNX_EXPORT_ONNXREWRITER_H

#include "compiler/onnx/file/ModelFile.h"
#include "llvm/Support/Error.h"
#include <functional>
#include <map>

namespace plimsoll::import {

/// The elements of a tensor, read when they are written: `read` fills `bytes` bytes.
struct TensorBytes {
  int64_t bytes = 0;
  std::function<llvm::Error(char *into)> read;
};

/// A tensor that the file lacks.
struct NewTensor {
  std::string name;
  /// Of a scalar type; empty: shape, type and all else are those of the tensor before it.
  std::optional<std::pair<DType, Shape>> type;
  TensorBytes data;
};

struct FileEdits {
  /// New elements of initializers, by their number.
  std::map<int, TensorBytes> initializers;
  /// Tensors that follow an initializer.
  std::map<int, std::vector<NewTensor>> added;
  /// New names of operands, by (node, operand); one operand more than there are is appended.
  std::map<std::pair<int, int>, std::string> operands;
  /// Initializers with new elements, and added ones, go to the file of external data. Those
  /// that were external stay so in any case, and so do all where the file would be too large.
  bool external = false;
};

/// Writes `file` with `edits` to `output`, and external data, if there is any, to
/// `<output>.data`. Nothing partial is left behind. `maxFileBytes`: what an ONNX file may have
/// with its tensors inside.
llvm::Error writeEdited(const ModelFile &file, const FileEdits &edits, const std::string &output,
                        int64_t maxFileBytes);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_EXPORT_ONNXREWRITER_H
