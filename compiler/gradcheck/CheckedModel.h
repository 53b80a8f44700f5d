//===- CheckedModel.h - a compiled model whose parameters can be moved -*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_GRADCHECK_CHECKEDMODEL_H
#define PLIMSOLL_COMPILER_GRADCHECK_CHECKEDMODEL_H

#include "compiler/executor/Timeline.h"
#include "compiler/gradcheck/GradCheck.h"
#include "compiler/gradcheck/InputData.h"
#include "dialects/nn/NNDialect.h"

namespace plimsoll::gradcheck {

/// The loss and its gradients as functions of the parameters, all in f64.
class CheckedModel {
public:
  struct Parameter {
    nn::ParameterOp op;
    std::vector<double> values, gradient; ///< row-major, as in the arena
    double *place;
  };

  /// Prepares a model to run. `compiled` must come from `CompileOptions::checkGradients` and
  /// outlive this; `folder` is that of the model's weights.
  static llvm::Expected<std::unique_ptr<CheckedModel>>
  create(pipeline::Compilation &compiled, llvm::StringRef folder, const CheckOptions &check);

  /// Returns the loss at the parameters that are in the arena.
  double loss();
  /// Returns the loss at the parameters that are in the arena, and sets the gradients of
  /// `parameters`.
  double lossAndGradients();

  std::vector<Parameter> parameters; ///< all trainable ones
  std::vector<std::string> inputTexts;

private:
  CheckedModel(exec::ProgramOp train, exec::ProgramOp evaluate);
  llvm::Error prepare(pipeline::Compilation &compiled, llvm::StringRef folder,
                      const CheckOptions &check);
  llvm::Error prepareInputs(const CheckOptions &check);
  void collectParameters(mlir::ModuleOp module, uint64_t seed);
  double run(exec::ProgramOp program, executor::Program &runnable);

  exec::ProgramOp train, evaluate;
  executor::Arena arena;
  std::optional<executor::Program> trainer, evaluator;
  llvm::StringMap<std::vector<std::byte>> inputs;
};

} // namespace plimsoll::gradcheck

#endif // PLIMSOLL_COMPILER_GRADCHECK_CHECKEDMODEL_H
