//===- Import.h - from an ONNX file to the nn dialect --------------*- C++ -*-===//
//
// The front door of compiler/import. A file becomes a module with one `nn.parameter` for each
// parameter and a function `forward`. Integer and boolean arithmetic is evaluated on the way, so
// that the ops that remain work on the data of a step.
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

/// A number for the parameters whose names match a regular expression.
struct Group {
  std::string expression;
  double value;
};

struct ImportOptions {
  /// The .onnx file. External data is searched for in its folder.
  std::string path;
  /// Maps an input's name to its sizes, or a dynamic dimension's name to its size.
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes;
  /// Regular expressions (framework names) that override which tensors are trained.
  std::vector<std::string> trainable, freeze;
  /// Regular expressions of parameters without weight decay.
  std::vector<std::string> noDecay;
  /// Weight decay of matching parameters, and factors on their learning rate; the last match
  /// counts.
  std::vector<Group> decay, lrScale;
  /// "model", or, for example, "normal:0.02": then files of weights need not exist.
  std::string init = "model";
  /// For plans only: files of weights need not exist.
  bool withoutWeights = false;
  /// Keep parameters and inputs of f64; otherwise they are computed in f32.
  bool keepDoubles = false;
  /// Larger files are refused, since protobuf fails silently at 2 GiB.
  int64_t maxFileBytes = (int64_t(1) << 31) - 1;
  /// Limit of elements of a tensor that is evaluated at compile time.
  int64_t maxFoldedElements = int64_t(1) << 26;
  /// Limit of elements of all tensors evaluated at compile time.
  int64_t maxFoldedWork = int64_t(1) << 31;
  /// Inputs that are bound here: name, and "zeros", "ones", a number or a list of numbers.
  std::vector<std::pair<std::string, std::string>> inputs;
  /// A safetensors file; inputs that it contains become parameters. "": none.
  std::string weights;
  /// A tensor or node of the graph whose value becomes a result besides the outputs. Nothing
  /// happens if it is "", an output, or not in the file.
  std::string alsoOutput;
};

/// Reads the model and returns its module. If there are problems, reports all of them in one error
/// and returns null. Splits, ties and restored parameters are reported as remarks.
mlir::OwningOpRef<mlir::ModuleOp> importOnnx(mlir::MLIRContext *context,
                                             const ImportOptions &options);

/// One row of the table of parameters.
struct ParameterRow {
  enum class Kind { Trained, Frozen, Constant };
  std::string name;
  /// In the framework.
  std::vector<int64_t> shape;
  Kind kind;
  bool decayed = false;
  /// Its weight decay and its factor on the learning rate, if they are not those of the step.
  std::optional<double> decay, lrScale;
  /// The reason why it is trained, frozen or kept as a constant.
  std::string reason;
  /// "file:offset" of the initial bytes, or "" if they are drawn or inline.
  std::string source;
  std::vector<std::string> aliases;
};

/// Returns the table of an imported module: its parameters, then constants that the importer kept
/// as such.
std::vector<ParameterRow> parameterTable(mlir::ModuleOp module);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_IMPORT_H
