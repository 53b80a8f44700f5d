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

/// Attribute of a function: a #nn.timeline.
inline constexpr llvm::StringLiteral kTimelineAttr = "nn.timeline";
/// Attribute of a function argument or result: the user's name of an input or output.
inline constexpr llvm::StringLiteral kNameAttr = "nn.name";
/// Attribute of a function argument: "input", "labels" or "hyper"; of a result: "teacher".
inline constexpr llvm::StringLiteral kRoleAttr = "nn.role";
/// Attribute of a function argument of integers: values must be below this.
inline constexpr llvm::StringLiteral kLimitAttr = "nn.limit";
/// Attribute of the argument of labels: the label of rows that do not count.
inline constexpr llvm::StringLiteral kIgnoredAttr = "nn.ignored";
/// Attribute of a function argument: a data source gives it whole in each step, not by rows.
inline constexpr llvm::StringLiteral kWholeAttr = "nn.whole";
/// Attribute of a function argument: the names of its dimensions in the file, "" of others.
inline constexpr llvm::StringLiteral kDimensionsAttr = "nn.dimensions";
/// Attribute of the module: the model computes something from several rows of a batch together.
inline constexpr llvm::StringLiteral kRowsMixAttr = "nn.rows_mix";
/// Attribute of the argument of labels, and of the module: which dimension of the output classes
/// lie along, where it could have been another: "dimension 1 of output 'y' (2x3x4x4)".
inline constexpr llvm::StringLiteral kClassesAttr = "nn.classes";
/// Attribute of the module: the file that the model was read from.
inline constexpr llvm::StringLiteral kModelAttr = "nn.model";

/// Attribute of a parameter that checkpoints leave out: it is always that of the initial weights.
inline constexpr llvm::StringLiteral kUnsavedAttr = "nn.unsaved";
/// The name of a parameter in the model file, where that is another one.
inline constexpr llvm::StringLiteral kFileNameAttr = "nn.file_name";
/// Attribute of a parameter of a teacher: frozen, and used as in inference.
inline constexpr llvm::StringLiteral kTeacherAttr = "nn.teacher";
/// Attribute of a parameter that nn-widen made f64: where its initial bytes are, of f32.
inline constexpr llvm::StringLiteral kSingleSourceAttr = "nn.single_source";
/// Attribute of a result of @forward: its weight in the loss, which it is mixed with.
inline constexpr llvm::StringLiteral kAddedLossAttr = "nn.added_loss";
/// Name of a result of @forward: the loss without what training adds to it.
inline constexpr llvm::StringLiteral kOwnLoss = "own_loss";
/// Attribute of the module: floating-point initializers kept as constants, and why.
inline constexpr llvm::StringLiteral kConstantsAttr = "nn.constants";
/// Attribute of the module: alpha of its low-rank adapters.
inline constexpr llvm::StringLiteral kLoraAlphaAttr = "nn.lora_alpha";
/// Floats in the block of scalars that the host computes for a step, the argument of role
/// "hyper": `Hyper` in runtime/include/plimsoll/Program.h.
inline constexpr int64_t kHyperCount = 16;

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
