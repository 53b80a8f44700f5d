//===- Import.h - from an ONNX file to the nn dialect --------------*- C++ -*-===//
//
// The front door of compiler/import. A file becomes a module with one `nn.parameter` a
// parameter and a function `forward`; integer and boolean arithmetic is evaluated on
// the way, so that what is left works on the data of a step.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_IMPORT_IMPORT_H
#define PLIMSOLL_COMPILER_IMPORT_IMPORT_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::import {

/// A number for the parameters that a regular expression matches.
struct Group {
  std::string expression;
  double value;
};

struct ImportOptions {
  /// The .onnx file. External data is looked up in its folder.
  std::string path;
  /// An input's name and its dimensions, or a dynamic dimension's name and its size.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  /// Regular expressions that correct which tensors are trained, by framework name.
  std::vector<std::string> trainable, freeze;
  /// Regular expressions of parameters that weight decay leaves alone.
  std::vector<std::string> noDecay;
  /// Weight decay of their own, and factors on the learning rate; the last match counts.
  std::vector<Group> decay, lrScale;
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
  /// Inputs that are bound here: a name, and "zeros", "ones", a number or a list of numbers.
  std::vector<std::pair<std::string, std::string>> inputs;
  /// A safetensors file of inputs that are weights: those that it holds are parameters. "": none.
  std::string weights;
  /// A tensor or node of the graph whose value is a result besides the outputs; "" or an output,
  /// or a name that the file does not have: none.
  std::string alsoOutput;
};

/// Reads the model. Every problem of the file is reported, in one error, then null is
/// returned. Splits, ties and restored parameters are reported as remarks.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(mlir::MLIRContext *context,
                                             const ImportOptions &options);

/// One line of the table that says what is trained.
struct ParameterRow {
  enum class Kind { Trained, Frozen, Constant };
  std::string name;
  /// The framework's shape.
  std::vector<int64_t> shape;
  Kind kind;
  bool decayed = false;
  /// Its own weight decay, its factor on the learning rate.
  std::optional<double> decay, lrScale;
  /// Why it is trained, frozen or kept as a constant.
  std::string reason;
  /// "file:offset" of the initial bytes, or "" where they are drawn or inline.
  std::string source;
  std::vector<std::string> aliases;
};

/// The table of an imported module: parameters, then constants kept as constants.
std::vector<ParameterRow> parameterTable(mlir::ModuleOp module);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_IMPORT_H
