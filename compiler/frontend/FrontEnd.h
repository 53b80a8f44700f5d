//===- FrontEnd.h - what the compiler asks of a reader of models ----*- C++ -*-===//
//
// A front end makes of a model file a module of `nn`: one `nn.parameter` for each parameter, under
// the framework's name, and a function `forward`. How the parameters are trained is decided on the
// module (passes/prepare/Recipe.h). The pipeline and the tools know front ends by this interface
// alone; `main` registers those that there are.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_FRONTEND_FRONTEND_H
#define PLIMSOLL_COMPILER_FRONTEND_FRONTEND_H

#include "compiler/frontend/ModelOutline.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::frontend {

/// What is read, and at which sizes.
struct ModelOptions {
  /// The model file. External data is looked up in its folder.
  std::string path;
  /// An input's name and its dimensions, or a dynamic dimension's name and its size.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  /// Inputs that are bound here: a name, and "zeros", "ones", a number or a list of numbers.
  std::vector<std::pair<std::string, std::string>> inputs;
  /// Regular expressions of tensors that are parameters, whatever the file makes of them, and of
  /// parameters of which nothing is lost where they are constants, because they are not trained.
  std::vector<std::string> parameters, untrained;
  /// A safetensors file of inputs that are weights: those that it holds are parameters. "": none.
  std::string weights;
  /// A tensor or node of the graph whose value is a result besides the outputs; "" or an output,
  /// or a name that the file does not have: none.
  std::string alsoOutput;
  /// "model", or "normal:0.02": then the files of weights need not exist.
  std::string init = "model";
  /// Plans only: the files of weights need not exist.
  bool withoutWeights = false;
  /// Parameters and inputs of f64 stay so; else they are computed in f32.
  bool keepDoubles = false;
  /// Larger files are refused; protobuf fails silently at 2 GiB.
  int64_t maxFileBytes = (int64_t(1) << 31) - 1;
  /// Elements of the largest tensor that is evaluated at compile time.
  int64_t maxFoldedElements = int64_t(1) << 26;
  /// Elements of all tensors evaluated at compile time together.
  int64_t maxFoldedWork = int64_t(1) << 31;
};

struct ExportOptions {
  ModelOptions model; ///< its shapes need not be bound
  /// A checkpoint, or any safetensors file with the framework's names; empty: the model's own.
  std::string weights;
  std::string adapters;        ///< a checkpoint of adapters to merge, or empty
  std::optional<double> alpha; ///< of the adapters, where their file does not say it
  std::string output;
  bool externalData = false; ///< parameters go to `<output>.data`
  bool keepMissing = false;  ///< parameters that the checkpoint lacks keep their values
};

/// What was written.
struct ExportReport {
  int64_t parameters = 0; ///< taken from the checkpoint
  int64_t kept = 0;       ///< not in it
  int64_t merged = 0;     ///< adapters
  int64_t added = 0;      ///< initializers that the file did not have
};

struct ReduceOptions {
  std::string model, output;
  /// Run by the shell with `{}` replaced by the path of a candidate (or the path behind it);
  /// exit code 0 says that the candidate still fails as the model does.
  std::string check;
};

struct ReduceReport {
  int64_t before = 0, after = 0; ///< nodes
  int64_t trials = 0;            ///< runs of the command
};

/// Reads the models of one format. Objects of it keep no state.
class FrontEnd {
public:
  virtual ~FrontEnd() = default;

  /// Returns the format's name, for people: "ONNX".
  virtual llvm::StringRef format() const = 0;
  /// Returns the endings of its files' names, with their dots; the first front end also gets every
  /// file whose ending none knows.
  virtual llvm::ArrayRef<llvm::StringRef> endings() const = 0;

  /// Reads the model. Every problem of the file is reported, in one error, before null is
  /// returned. What the module will not train as the framework would is reported in warnings.
  virtual mlir::OwningOpRef<mlir::ModuleOp> read(mlir::MLIRContext *context,
                                                 const ModelOptions &options) const = 0;

  /// Returns the names in the file. Nothing where it cannot be read: `read` says why.
  virtual std::optional<ModelOutline> outline(const std::string &path) const = 0;

  /// Writes the model with the parameters of a checkpoint in the place of its own.
  virtual llvm::Expected<ExportReport> exportWeights(const ExportOptions &options) const;

  /// Cuts the model for as long as a command exits with 0, and writes the smallest candidate.
  /// `tell` hears of every cut.
  virtual llvm::Expected<ReduceReport>
  reduce(const ReduceOptions &options, llvm::function_ref<void(const llvm::Twine &)> tell) const;
};

/// Adds a front end. Not to be called while models are read.
void registerFrontEnd(std::unique_ptr<FrontEnd> frontEnd);
/// Returns the front end that reads the file, by the ending of its name, or else the one that was
/// registered first; there is at least one.
const FrontEnd &frontEndOf(llvm::StringRef path);

} // namespace plimsoll::frontend

#endif // PLIMSOLL_COMPILER_FRONTEND_FRONTEND_H
