//===- StepProblem.h - a training step as a planner's problem ------*- C++ -*-===//
//
// The bridge between IR and planner: which op is which `planner::Op`, which SSA values are which
// `planner::Value` (a reshape is a view of its operand), and back.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PASSES_MEMORY_STEPPROBLEM_H
#define PLIMSOLL_PASSES_MEMORY_STEPPROBLEM_H

#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/planner/Problem.h"

namespace plimsoll::memory {

/// False if every reader of `constant` can have it as a number in its loop body.
bool needsStorage(nn::ConstantOp constant);

/// The planner's problem for the timelines of a module.
class StepProblem {
public:
  /// Makes the problem of at least one timeline, after `choose-kernels`. Fails after diagnostics.
  static mlir::FailureOr<StepProblem> extract(mlir::ArrayRef<mlir::func::FuncOp> timelines);

  const planner::Problem &problem() const { return planned; }
  mlir::func::FuncOp function(unsigned timeline) const { return functions[timeline]; }
  mlir::Operation *operation(unsigned timeline, planner::OpId op) const {
    return operations[timeline][op];
  }
  /// Returns the planner's value for an SSA value (through views), or `planner::none`.
  planner::ValueId valueId(mlir::Value value) const;
  /// Returns where a value that lives within a timeline is from: the launch that writes it, or an
  /// argument.
  mlir::Location location(planner::ValueId value) const;
  /// Returns for each planner value the resident whose gradient it is, according to an update that
  /// reads it, or `planner::none`.
  const std::vector<planner::ValueId> &gradientOf() const { return primals; }
  const std::vector<planner::ValueId> &copyOf() const { return originals; }
  /// Returns the resident value of a symbol, or of a constant's content, or `planner::none`.
  planner::ValueId residentId(mlir::Attribute key) const;

private:
  planner::ValueId addValue(mlir::Type type, llvm::StringRef name, planner::Lifetime lifetime);
  planner::ValueId resident(mlir::Attribute key, mlir::Type type, llvm::StringRef name);
  mlir::LogicalResult addTimeline(mlir::func::FuncOp function);
  mlir::LogicalResult addLaunch(nn::LaunchOp op, planner::Timeline &timeline);
  void addInPlace(nn::LaunchOp op, planner::Op &planned);
  bool readsElsewhere(mlir::Operation *op, planner::ValueId value, unsigned result,
                      mlir::ArrayRef<nn::InPlacePair> pairs) const;

  planner::Problem planned;
  std::vector<planner::ValueId> primals, originals;
  int64_t alignment = 64;
  llvm::SmallVector<mlir::func::FuncOp> functions;
  std::vector<std::vector<mlir::Operation *>> operations;
  llvm::DenseMap<mlir::Value, planner::ValueId> values;
  llvm::DenseMap<mlir::Attribute, planner::ValueId> residents;
};

} // namespace plimsoll::memory

#endif // PLIMSOLL_PASSES_MEMORY_STEPPROBLEM_H
