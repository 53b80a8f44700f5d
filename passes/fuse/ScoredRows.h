//===- ScoredRows.h - the ops between a last product and its losses ---*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_FUSE_SCOREDROWS_H
#define PLIMSOLL_PASSES_FUSE_SCOREDROWS_H

#include "mlir/IR/Operation.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace plimsoll::fuse {

/// The size of a tensor's last dimension, and how often it has as many elements.
int64_t columnsOf(mlir::Value value);
int64_t rowsOf(mlir::Value value);

/// True for nn.cross_entropy and nn.kl_divergence.
bool isLossOfScores(mlir::Operation *op);

/// The ops that compute the rows of a loss's scores, each from the same row of other values, and
/// those that compute its gradients from them: last products (of the model and of its teacher),
/// what is elementwise or a softmax, losses that read the same scores, and their gradients.
///
/// Nothing else reads what they make but *ends*, which give what is not made of scores: products
/// that make the input's gradient, and sums over rows.
class ScoredRows {
public:
  /// For the scores of `loss`, an op for which isLossOfScores() holds.
  explicit ScoredRows(mlir::Operation *loss);

  /// Finds the ops. Returns false if the scores of the loss are no product that only these read.
  bool find();

  int64_t rows() const { return count; }
  int64_t classes() const { return columns; }
  bool isMember(mlir::Operation *op) const { return op && members.contains(op); }
  /// True for rows that a member makes.
  bool isMember(mlir::Value value) const {
    return isMember(value.getDefiningOp()) && !isLossOfScores(value.getDefiningOp());
  }
  bool isInputGradient(mlir::Operation *op) const { return inputGradients.contains(op); }
  bool isSum(mlir::Operation *op) const { return sums.contains(op); }
  bool isEnd(mlir::Operation *op) const { return isInputGradient(op) || isSum(op); }

  /// True for a value with one row of all classes for each row of the scores.
  bool isRows(mlir::Value value) const;

private:
  bool isLastProduct(mlir::Operation *op) const;
  bool isRowwise(mlir::Operation *op) const;
  bool computesRows(mlir::Operation *op) const;
  void add(mlir::Operation *op);
  void addNeighbours(mlir::Operation *op);
  bool belongs(mlir::Operation *op) const;
  void keepConnected();
  void findEnds();

  mlir::Operation *loss;
  int64_t count;   ///< rows
  int64_t columns; ///< classes
  llvm::SetVector<mlir::Operation *> members;
  llvm::DenseSet<mlir::Operation *> inputGradients, sums;
};

} // namespace plimsoll::fuse

#endif // PLIMSOLL_PASSES_FUSE_SCOREDROWS_H
