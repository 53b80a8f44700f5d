//===- NNNames.h - the user's names in locations and arguments -----*- C++ -*-===//
//
// A location made by an importer is NameLoc(node, NameLoc(module path)): what a
// diagnostic prints, and what comments in the emitted step are made of.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_NNNAMES_H
#define PLIMSOLL_DIALECTS_NN_NNNAMES_H

#include "mlir/IR/Location.h"
#include <string>

namespace plimsoll::nn {

/// Attribute of a function argument: the user's name of an input.
inline constexpr llvm::StringLiteral kNameAttr = "nn.name";
/// Attribute of a function argument: "input", "labels" or "hyper".
inline constexpr llvm::StringLiteral kRoleAttr = "nn.role";
/// Attribute of a function argument of integers: values must be below this.
inline constexpr llvm::StringLiteral kLimitAttr = "nn.limit";
/// Attribute of the module: the file that the model was read from.
inline constexpr llvm::StringLiteral kModelAttr = "nn.model";

/// Location of the user's node `node` inside module `path` (may be empty).
mlir::Location userLocation(mlir::MLIRContext *context, llvm::StringRef node, llvm::StringRef path);
/// The user's node, or "" where the location holds none.
llvm::StringRef nodeName(mlir::Location location);
/// The framework's module path of the node, or "".
llvm::StringRef modulePath(mlir::Location location);
/// "node [module path]", as far as known, for messages and comments.
std::string describe(mlir::Location location);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_NNNAMES_H
