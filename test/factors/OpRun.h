//===- OpRun.h - copies of one op on given tensors --------------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FACTORS_OPRUN_H
#define PLIMSOLL_TEST_FACTORS_OPRUN_H

#include "compiler/executor/Executor.h"
#include "compiler/target/Machine.h"
#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::test {

struct Tensor {
  mlir::RankedTensorType type;
  std::vector<char> bytes;

  /// Returns elements `begin` to `end` of dimension `dim`.
  Tensor slice(int64_t dim, int64_t begin, int64_t end) const;
};
/// Returns `a` and, behind it in dimension `dim`, `b`.
Tensor join(const Tensor &a, const Tensor &b, int64_t dim);

/// Holds the types of one copy of an op.
struct OpTypes {
  llvm::SmallVector<mlir::Type> operands, results;
};

/// Runs copies of one op that differ in their types, lowered as the compiler lowers them, each with
/// operands and results of its own.
class OpRun {
public:
  /// Fails, with the compiler's message, where a copy is not valid or nothing runs it.
  static llvm::Expected<OpRun> create(mlir::Operation *op, llvm::ArrayRef<OpTypes> copies,
                                      std::shared_ptr<const target::Machine> target);
  /// Returns the results of all copies.
  std::vector<std::vector<Tensor>> run(llvm::ArrayRef<std::vector<Tensor>> operands);

private:
  /// Holds the places of the operands and results of one copy.
  struct Places {
    llvm::SmallVector<int64_t> operands, results;
  };

  void build(mlir::Operation *op, llvm::ArrayRef<OpTypes> copies);
  void place(mlir::Operation *copy);
  int64_t reserve(int64_t bytes);
  llvm::Error lower();

  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::shared_ptr<const target::Machine> target;
  llvm::SmallVector<OpTypes> types;
  llvm::SmallVector<mlir::Operation *> ops; ///< until they are lowered
  llvm::SmallVector<Places> places;
  int64_t arenaBytes = 0;
  std::unique_ptr<executor::Arena> arena;
  executor::Program program;
};

} // namespace plimsoll::test

#endif // PLIMSOLL_TEST_FACTORS_OPRUN_H
