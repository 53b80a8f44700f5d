#include "compiler/onnx/file/ModelFile.h"
#include "compiler/onnx/file/NamesUtf8.h"
#include "plimsoll/Shown.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace plimsoll::import;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Removes marks of dimensions without a name: sizes of -1, and question marks.
static void forgetMarks(onnx::GraphProto &graph) {
  for (auto *list : {graph.mutable_input(), graph.mutable_output(), graph.mutable_value_info()})
    for (auto &info : *list) {
      if (!info.type().tensor_type().has_shape())
        continue;
      for (auto &dim : *info.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim())
        if (dim.dim_value() == -1 || dim.dim_param() == "?" || dim.dim_param() == "-1")
          dim.clear_value();
    }
}

std::unique_ptr<ModelFile> plimsoll::import::openModel(const ModelOptions &options,
                                                       Problems &problems) {
  uint64_t size = 0;
  if (std::error_code code = fs::file_size(options.path, size)) {
    problems.add(options.path, "cannot be opened: " + code.message());
    return nullptr;
  }
  if (int64_t(size) > options.maxFileBytes) {
    problems.add("",
                 "the file has " + llvm::Twine(size) + " bytes; files from 2 GiB cannot be read",
                 "save it with its weights in a file of their own: onnx.save(model, path, "
                 "save_as_external_data=True)");
    return nullptr;
  }
  auto result = std::make_unique<ModelFile>();
  auto buffer = llvm::MemoryBuffer::getFile(options.path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer) {
    problems.add(options.path, "cannot be read: " + buffer.getError().message());
    return nullptr;
  }
  result->path = options.path;
  result->folder = path::parent_path(options.path).str();
  result->name = utf8(path::filename(options.path));
  result->buffer = std::move(*buffer);
  result->weightsOptional = options.init != "model" || options.withoutWeights;
  llvm::StringRef bytes = result->buffer->getBuffer();
  if (bytes.empty() || !result->model.ParseFromArray(bytes.data(), int(bytes.size()))) {
    problems.add("",
                 bytes.empty() ? "the file is empty"
                               : "this is not an ONNX file, or a part of it is missing",
                 "export the model again, or copy the whole file");
    return nullptr;
  }
  if (!result->model.has_graph() || result->model.opset_import_size() == 0) {
    problems.add("", "the file holds no ONNX graph",
                 "export the model again, or copy the whole file");
    return nullptr;
  }
  makeNamesUtf8(result->model);
  forgetMarks(*result->model.mutable_graph());
  result->inlineBytes = scanInitializers(bytes);
  result->inlineBytes.resize(result->model.graph().initializer_size());
  hoistConstants(*result);
  return result;
}
