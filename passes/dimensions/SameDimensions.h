//===- SameDimensions.h - which dimensions of a function are one ----*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_DIMENSIONS_SAMEDIMENSIONS_H
#define PLIMSOLL_PASSES_DIMENSIONS_SAMEDIMENSIONS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include <vector>

namespace plimsoll::dimensions {

/// Groups the dimensions of a function's values: two are in one group if an op uses them as the
/// same index, directly or through a chain of ops. Dimensions that one reshape merges and another
/// takes apart are followed through both. Ops that are not understood unite nothing.
class SameDimensions {
public:
  explicit SameDimensions(mlir::func::FuncOp function);

  /// Returns the group of dimension `dim` of `value`.
  int group(mlir::Value value, int64_t dim) { return find(idOf(value, dim)); }
  void unite(mlir::Value a, int64_t dimA, mlir::Value b, int64_t dimB) {
    unite(idOf(a, dimA), idOf(b, dimB));
  }

private:
  int idOf(mlir::Value value, int64_t dim);
  int find(int id);
  void unite(int a, int b);
  void visit(mlir::Operation *op);
  void byFactors(mlir::Operation *op);
  void reshape(mlir::Value from, mlir::Value to);
  void merge(mlir::ArrayRef<int> parts, int whole);

  llvm::DenseMap<mlir::Value, int> first; ///< id of a value's dimension 0; the others follow
  std::vector<int> parent;
  std::vector<int64_t> sizes;
  std::vector<std::vector<int>> parts; ///< of a group: the dimensions that it consists of, if known
};

} // namespace plimsoll::dimensions

#endif // PLIMSOLL_PASSES_DIMENSIONS_SAMEDIMENSIONS_H
