//===- RebatchFollower.h - sizes followed through a model -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_REBATCHFOLLOWER_H
#define PLIMSOLL_COMPILER_IMPORT_REBATCHFOLLOWER_H

#include "compiler/onnx/resize/Rebatch.h"
#include "passes/dimensions/Walk.h"

namespace plimsoll::import {

using dimensions::Dim;
using dimensions::Dims;
using dimensions::Part;
using dimensions::Sources;

/// The walk over what a file was imported as, which says by the names of the file what cannot
/// follow; the problems are those of the last walk.
class Follower : dimensions::Walk {
public:
  Follower(const Graph &graph, const ImportTrace &trace, int64_t maxElements, Problems &problems)
      : Walk(trace.function), graph(graph), trace(trace), maxElements(maxElements),
        problems(problems) {}

  NewSizes followSizes();

private:
  static constexpr llvm::StringLiteral kFix = "export the model with a dynamic dimension there";

  // Rebatch.cpp: problems, and the result.
  std::string nodeText(mlir::Operation *op) const;
  std::string sourceText(const Sources::Source &source) const;
  void problem(mlir::Operation *op, const llvm::Twine &what, const llvm::Twine &fix);
  void problem(mlir::Operation *op, const llvm::Twine &what) override { problem(op, what, kFix); }
  void conflict(mlir::Operation *op, llvm::ArrayRef<Part> moving, const Part &still) override;
  void beginWalk() override { found.clear(); }
  Dims dimsOfArgument(mlir::BlockArgument argument) override;
  bool hasGlobalWindow(mlir::Operation *op) override;
  NewSizes answer();
  void resize(const ImportTrace::Constant &constant, mlir::Operation *op, NewSizes &result);

  // RebatchChecks.cpp: numbers of the file that stand for a size
  void visited(mlir::Operation *op) override;
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
  std::vector<Found> found;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHFOLLOWER_H
