//===- ModelFile.h - a parsed ONNX file, and the places of its weights -*- C++ -*-===//
//
// Weights are never copied into the compiler's IR: a parameter records the file and offset of its
// bytes. protobuf does not report offsets, so a small scanner walks the wire format of the same
// bytes.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_MODELFILE_H
#define PLIMSOLL_COMPILER_ONNX_FILE_MODELFILE_H

#include "compiler/onnx/Import.h"
#include "compiler/onnx/file/onnx.pb.h"
#include "compiler/onnx/fold/HostTensor.h"
#include "compiler/onnx/graph/Problems.h"
#include "llvm/Support/MemoryBuffer.h"
#include <memory>

namespace plimsoll::import {

/// The bytes of one initializer in the .onnx file itself; `size` is 0 if they are not in one piece.
struct InlineBytes {
  int64_t offset = 0, size = 0;
};

/// The place of a tensor's dense little-endian bytes.
struct ByteRange {
  std::string file; ///< relative to the model's folder
  int64_t offset, size;
};

struct ModelFile {
  std::string path;   ///< as the user wrote it
  std::string folder; ///< of the model; external data must lie in it
  std::string name;   ///< of the file, without the folder
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  onnx::ModelProto model;
  std::vector<InlineBytes> inlineBytes; ///< of each initializer of the main graph
  /// Missing files of weights are no problem.
  bool weightsOptional = false;
  std::string given; ///< the file of --weights, relative to `folder`; "": none

  const onnx::TensorProto &initializer(int index) const { return model.graph().initializer(index); }
  /// Returns the place of initializer `index`, after checking external files. Returns nothing if
  /// its bytes are missing although they may be, or after adding a problem.
  std::optional<ByteRange> locate(int index, Problems &problems) const;
  /// Returns the bytes of initializer `index`; nothing if `locate` fails, they exceed `limit`, or
  /// they cannot be read.
  std::optional<std::string> read(int index, int64_t limit, Problems &problems) const;
};

/// Opens and parses `options.path`. Returns null after adding problems.
std::unique_ptr<ModelFile> openModel(const ModelOptions &options, Problems &problems);

/// Turns floating-point Constant nodes with at least one dimension into initializers.
void hoistConstants(ModelFile &file);

/// Returns the offsets and sizes of the payloads of all initializers, in file order.
std::vector<InlineBytes> scanInitializers(llvm::StringRef file);

/// Returns the elements of `tensor`; `external` holds its bytes if they are external. Returns
/// nothing after adding a problem.
std::optional<HostTensor> readTensor(const onnx::TensorProto &tensor, llvm::StringRef external,
                                     int64_t maxElements, const llvm::Twine &where,
                                     Problems &problems);

bool isExternal(const onnx::TensorProto &tensor);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_MODELFILE_H
