//===- Walk.h - sizes followed through a function -------------------*- C++ -*-===//
//
// Arguments get other sizes: what becomes of all other values, and which constants have to follow?
// Each op's index factors say which of its dimensions are one. Reshapes and broadcasts are followed
// by parts, concatenations and windows by their counts, and results with sizes of their own by
// inference. What a size may do that no shape shows (a row that a file counts from the end) is the
// owner's to find.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PASSES_DIMENSIONS_WALK_H
#define PLIMSOLL_PASSES_DIMENSIONS_WALK_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/dimensions/Parts.h"

namespace plimsoll::dimensions {

/// Holds the dimensions of a value.
using Dims = llvm::SmallVector<Dim, 4>;

/// Follows sizes through a function, walk by walk until no source follows any more.
class Walk {
public:
  virtual ~Walk() = default;

protected:
  explicit Walk(mlir::func::FuncOp function) : function(function) {}

  void run();
  llvm::SmallVector<int64_t> after(mlir::Value value);

  /// Called before each walk: problems of the one before do not count.
  virtual void beginWalk() = 0;
  /// Returns the dimensions that an argument begins with.
  virtual Dims dimsOfArgument(mlir::BlockArgument argument) = 0;
  /// Called behind each op, whose results have their dimensions by then.
  virtual void visited(mlir::Operation *) {}
  /// True if the window of `op` is the image, whatever its size.
  virtual bool hasGlobalWindow(mlir::Operation *) { return false; }
  virtual void problem(mlir::Operation *op, const llvm::Twine &what) = 0;
  /// Called where `moving` meets `still`, which keeps its size.
  virtual void conflict(mlir::Operation *op, llvm::ArrayRef<Part> moving, const Part &still) = 0;

  mlir::func::FuncOp function;
  Sources sources;
  llvm::DenseMap<mlir::Value, Dims> dims;
  llvm::DenseSet<mlir::Value> broken; ///< results of ops that have a problem

private:
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
  /// Returns the result types at the new sizes; or fails and sets `message` to the op's diagnostic.
  llvm::FailureOr<llvm::SmallVector<mlir::Type>> infer(mlir::Operation *op, std::string &message);
  void byInference(mlir::Operation *op);
};

} // namespace plimsoll::dimensions

#endif // PLIMSOLL_PASSES_DIMENSIONS_WALK_H
