//===- NNNames.h - the user's names in locations and arguments -----*- C++ -*-===//
//
// A location made by an importer is NameLoc(node, NameLoc(module path)). Diagnostics and the
// comments in emitted code print it.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_NNNAMES_H
#define PLIMSOLL_DIALECTS_NN_NNNAMES_H

#include "mlir/IR/Operation.h"
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
/// Attribute of the argument of labels: rows with this label do not count.
inline constexpr llvm::StringLiteral kIgnoredAttr = "nn.ignored";
/// Attribute of a function argument: each step takes the whole tensor of a data source, not rows of
/// it.
inline constexpr llvm::StringLiteral kWholeAttr = "nn.whole";
/// Attribute of a function argument: the names that its dimensions have in the file, "" if none.
inline constexpr llvm::StringLiteral kDimensionsAttr = "nn.dimensions";
/// Attribute of the module: the model combines several rows of a batch.
inline constexpr llvm::StringLiteral kRowsMixAttr = "nn.rows_mix";
/// Attribute of the argument of labels, and of the module, if there was a choice: the dimension of
/// the output that the classes lie along, as in "dimension 1 of output 'y' (2x3x4x4)".
inline constexpr llvm::StringLiteral kClassesAttr = "nn.classes";
/// Attribute of the module: the file that the model was read from.
inline constexpr llvm::StringLiteral kModelAttr = "nn.model";

/// Attribute of a parameter that checkpoints omit because it keeps its initial value.
inline constexpr llvm::StringLiteral kUnsavedAttr = "nn.unsaved";
/// Attribute of a parameter: its name in the model file, where that is another one.
inline constexpr llvm::StringLiteral kFileNameAttr = "nn.file_name";
/// Attribute of a parameter of a teacher: it is frozen, and its normalisations stay in inference
/// form.
inline constexpr llvm::StringLiteral kTeacherAttr = "nn.teacher";
/// Attribute of a parameter that nn-widen made f64: the range of its initial bytes, which are f32.
inline constexpr llvm::StringLiteral kSingleSourceAttr = "nn.single_source";
/// Attribute of a result of @forward: the weight with which it is mixed with the loss.
inline constexpr llvm::StringLiteral kAddedLossAttr = "nn.added_loss";
/// Name of a result of @forward: the loss without the terms that training adds.
inline constexpr llvm::StringLiteral kOwnLoss = "own_loss";
/// Attribute of the module: floating-point initializers that the importer kept as constants, and
/// why.
inline constexpr llvm::StringLiteral kConstantsAttr = "nn.constants";
/// Attribute of the module: the factor alpha of its low-rank adapters.
inline constexpr llvm::StringLiteral kLoraAlphaAttr = "nn.lora_alpha";
/// The number of f32 scalars that the host computes for a step, the argument with the role "hyper":
/// `Hyper` in runtime/include/plimsoll/Program.h.
inline constexpr int64_t kHyperCount = 16;

/// Returns the location of the user's node `node` inside module `path` (may be empty).
mlir::Location userLocation(mlir::MLIRContext *context, llvm::StringRef node, llvm::StringRef path);
/// Returns the user's node, or "" if the location has none.
llvm::StringRef nodeName(mlir::Location location);
/// Returns the framework's module path of the node, or "".
llvm::StringRef modulePath(mlir::Location location);
/// Returns "node [module path]", as far as known, for messages and comments.
std::string describe(mlir::Location location);
/// Returns the same for an op; if its node is not known, what the op is called, as in "nn.matmul".
std::string describe(mlir::Operation *op);
/// Returns " (node 'NAME')" for messages, where NAME is what `describe` returns for the location;
/// "" if it has no node.
std::string inNode(mlir::Location location);

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_NNNAMES_H
