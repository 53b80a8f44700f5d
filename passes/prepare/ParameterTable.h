//===- ParameterTable.h - what is trained, what is not, and why -----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_PARAMETERTABLE_H
#define PLIMSOLL_PASSES_PREPARE_PARAMETERTABLE_H

#include "mlir/IR/BuiltinOps.h"
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::prepare {

/// One line of the table that says what is trained.
struct ParameterRow {
  enum class Kind { Trained, Frozen, Constant };
  std::string name;
  /// The framework's shape.
  std::vector<int64_t> shape;
  Kind kind;
  bool decayed = false, sparse = false;
  /// Its own weight decay, its factor on the learning rate.
  std::optional<double> decay, lrScale;
  /// Why it is trained, frozen or kept as a constant.
  std::string reason;
  /// "file:offset" of the initial bytes, or "" where they are drawn or inline.
  std::string source;
  std::vector<std::string> aliases;
};

/// Returns the table of a model: its parameters, then what the front end kept as constants.
std::vector<ParameterRow> parameterTable(mlir::ModuleOp module);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_PARAMETERTABLE_H
