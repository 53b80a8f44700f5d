//===- ModelFile.h - an ONNX file, parsed, and where its weights lie -*- C++ -*-===//
//
// Weights are never copied into the compiler's IR: a parameter says at which offset of
// which file its bytes are. protobuf does not tell offsets, so a small scanner walks the
// wire format of the same bytes for them.
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

/// Bytes of one initializer in the .onnx file itself; `size` 0 if they are not in one
/// piece there.
struct InlineBytes {
  int64_t offset = 0, size = 0;
};

/// Where the dense little-endian bytes of a tensor are.
struct ByteRange {
  std::string file; ///< relative to the model's folder
  int64_t offset, size;
};

struct ModelFile {
  std::string path;   ///< as the user gave it
  std::string folder; ///< of the model, where external data must lie
  std::string name;   ///< file name without the folder
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  onnx::ModelProto model;
  std::vector<InlineBytes> inlineBytes; ///< of each initializer of the main graph
  /// "missing weight files are fine".
  bool weightsOptional = false;
  std::string given; ///< the file of --weights, as seen from the folder; "": none

  const onnx::TensorProto &initializer(int index) const { return model.graph().initializer(index); }
  /// Where initializer `index` is; checks external files. Nothing if its bytes may be
  /// missing and are, or after a problem was added.
  std::optional<ByteRange> locate(int index, Problems &problems) const;
  /// The bytes of initializer `index` as in `locate`, if they can be read.
  std::optional<std::string> read(int index, int64_t limit, Problems &problems) const;
};

/// Opens, sizes and parses `options.path`; null after problems were added.
std::unique_ptr<ModelFile> openModel(const ModelOptions &options, Problems &problems);

/// Makes initializers of floating-point Constant nodes with a dimension or more.
void hoistConstants(ModelFile &file);

/// Offsets of the payloads of every initializer, in file order.
std::vector<InlineBytes> scanInitializers(llvm::StringRef file);

/// The elements of `tensor`, whose external bytes `external` holds if it has such.
std::optional<HostTensor> readTensor(const onnx::TensorProto &tensor, llvm::StringRef external,
                                     int64_t maxElements, const llvm::Twine &where,
                                     Problems &problems);

bool isExternal(const onnx::TensorProto &tensor);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_MODELFILE_H
