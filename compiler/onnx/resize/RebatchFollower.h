//===- RebatchFollower.h - sizes followed through a function --------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHFOLLOWER_H
#define PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHFOLLOWER_H

#include "compiler/onnx/resize/Rebatch.h"
#include "compiler/onnx/resize/RebatchDims.h"
#include "dialects/nn/NNDialect.h"

namespace plimsoll::import {

/// Follows sizes through the function, walk by walk until no source follows any more. Problems of
/// the last walk are reported.
class Follower {
public:
  Follower(const Graph &graph, const ImportTrace &trace, int64_t maxElements, Problems &problems)
      : graph(graph), trace(trace), maxElements(maxElements), problems(problems) {}

  NewSizes run();

private:
  using Dims = llvm::SmallVector<Dim, 4>;
  static constexpr llvm::StringLiteral kFix = "export the model with a dynamic dimension there";

  // Rebatch.cpp: problems, and the result.
  std::string nodeText(mlir::Operation *op) const;
  std::string sourceText(const Sources::Source &source) const;
  void problem(mlir::Operation *op, const llvm::Twine &what, const llvm::Twine &fix = kFix);
  void conflict(mlir::Operation *op, llvm::ArrayRef<Part> moving, const Part &still);
  void walk();
  Shape after(mlir::Value value);
  NewSizes answer();
  void resize(const ImportTrace::Constant &constant, mlir::Operation *op, NewSizes &result);

  // RebatchRules.cpp: from the operands' dimensions to the results'.
  void visit(mlir::Operation *op);
  Dims begin(mlir::Value value, bool isFree);
  Dim meet(mlir::Operation *op, const Dim &a, const Dim &b);
  /// Excludes what depends on this op.
  void fail(mlir::Operation *op);
  void reshape(nn::ReshapeOp op);
  void broadcast(nn::BroadcastOp op);
  void byFactors(mlir::Operation *op, const nn::IndexFactors &factors);
  void concat(nn::ConcatOp op);
  void split(nn::SplitOp op);
  void window(mlir::Operation *op, llvm::ArrayRef<int64_t> strides, bool isTransposed);
  bool isGlobal(mlir::Operation *op) const;
  /// Returns the result types at the new sizes; or fails and sets `message` to the op's diagnostic.
  llvm::FailureOr<llvm::SmallVector<mlir::Type>> infer(mlir::Operation *op, std::string &message);
  void byInference(mlir::Operation *op);

  // RebatchChecks.cpp: numbers of the file that depend on a size.
  void checkRows(nn::GatherOp op);
  void checkCount(nn::ReduceSumOp op);
  bool isCount(const ImportTrace::Constant &constant, int64_t count) const;
  bool dependsOnShapes(llvm::StringRef name) const;

  struct Found {
    std::string where, what, fix;
  };

  const Graph &graph;
  const ImportTrace &trace;
  int64_t maxElements;
  Problems &problems;
  Sources sources;
  llvm::DenseMap<mlir::Value, Dims> dims;
  llvm::DenseSet<mlir::Value> broken; ///< results of ops with problems
  std::vector<Found> found;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHFOLLOWER_H
