//===- SparseTables.h - tables whose gradients are kept by rows -------*- C++ -*-===//
//
// A parameter that is `sparse` is read by lookups of its rows alone. Its gradient is that of the
// looked up rows and their numbers, which nn.gather_grad_rows turns into the sum for each row; no
// tensor of the table's size is made.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_SPARSETABLES_H
#define PLIMSOLL_PASSES_AUTODIFF_SPARSETABLES_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/autodiff/Optimizers.h"

namespace plimsoll::autodiff {

class SparseTables {
public:
  /// `microBatches`: of a step.
  SparseTables(const OptimizerSettings &settings, int64_t microBatches)
      : settings(settings), microBatches(microBatches) {}

  /// Finds the lookups of the sparse ones among `parameters`, which `loads` load, and records how
  /// many rows a step may touch. Reports each that cannot be sparse: another op reads it, it is not
  /// trained, or the optimizer does not update rows. Warns of those that a dense gradient would
  /// suit better.
  mlir::LogicalResult find(mlir::ModuleOp module, llvm::ArrayRef<nn::ParameterOp> parameters,
                           llvm::ArrayRef<mlir::Value> loads);

  /// Returns the values whose gradients are needed: `loads`, for a sparse table its lookups.
  llvm::SmallVector<mlir::Value> leaves(llvm::ArrayRef<mlir::Value> loads) const;
  /// Returns one gradient for each parameter, given those of `leaves`: of a sparse table the rows
  /// of all lookups, [count, ...], whose numbers `numbersOf` returns from then on. Null where no
  /// gradient reaches.
  llvm::SmallVector<mlir::Value> join(mlir::OpBuilder &builder, llvm::ArrayRef<mlir::Value> loads,
                                      llvm::ArrayRef<mlir::Value> gradients);

  /// Returns the numbers of the rows of a table's gradient, i64 [count]; null for other parameters.
  mlir::Value numbersOf(nn::ParameterOp table) const;
  /// Makes the states for the lookups of all micro-batches of a step but the last, each like
  /// `gradient`.
  void makeSums(nn::ParameterOp table, mlir::Value gradient);
  /// Puts the lookups of a micro-batch into these states.
  void keep(mlir::OpBuilder &builder, nn::ParameterOp table, mlir::Value gradient,
            mlir::Value numbers, mlir::Value hyper);
  /// Returns the sum of `gradient`, and of what was kept in the step before, for each row that the
  /// step touched. `numbersOf` returns the rows from then on.
  mlir::Value sumRows(mlir::OpBuilder &builder, nn::ParameterOp table, mlir::Value gradient);

private:
  struct Table {
    llvm::SmallVector<nn::GatherOp> lookups;
    mlir::Value numbers;
  };

  bool collect(nn::ParameterOp parameter, mlir::Value load);
  bool checkUpdate(nn::ParameterOp parameter);
  void checkSize(nn::ParameterOp parameter);
  /// Loads the state `slot`, whose slices are like `part`.
  mlir::Value kept(mlir::OpBuilder &builder, nn::ParameterOp table, llvm::StringRef slot,
                   mlir::Value part);

  const OptimizerSettings &settings;
  int64_t microBatches;
  llvm::DenseMap<mlir::Operation *, Table> tables;            ///< by parameter
  llvm::DenseMap<mlir::Value, mlir::Operation *> parameterOf; ///< of a sparse table's load
};

} // namespace plimsoll::autodiff

#endif // PLIMSOLL_PASSES_AUTODIFF_SPARSETABLES_H
