//===- OnnxFrontEnd.cpp - the reader of ONNX files --------------------------------===//
#include "compiler/onnx/OnnxFrontEnd.h"
#include "compiler/onnx/Import.h"
#include "compiler/onnx/export/Export.h"
#include "compiler/onnx/reduce/Reduce.h"

using namespace plimsoll;
using namespace plimsoll::frontend;

namespace {

class OnnxFrontEnd : public FrontEnd {
public:
  llvm::StringRef format() const override { return "ONNX"; }
  llvm::ArrayRef<llvm::StringRef> endings() const override {
    static const llvm::StringRef known[] = {".onnx"};
    return known;
  }
  mlir::OwningOpRef<mlir::ModuleOp> read(mlir::MLIRContext *context,
                                         const ModelOptions &options) const override {
    return import::importOnnx(context, options);
  }
  std::optional<ModelOutline> outline(const std::string &path) const override {
    return import::outlineOf(path);
  }
  llvm::Expected<ExportReport> exportWeights(const ExportOptions &options) const override {
    return import::exportOnnx(options);
  }
  llvm::Expected<ReduceReport>
  reduce(const ReduceOptions &options,
         llvm::function_ref<void(const llvm::Twine &)> tell) const override {
    return import::reduceModel(options, tell);
  }
};

} // namespace

std::unique_ptr<FrontEnd> plimsoll::import::createOnnxFrontEnd() {
  return std::make_unique<OnnxFrontEnd>();
}
