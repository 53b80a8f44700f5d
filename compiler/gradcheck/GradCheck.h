//===- GradCheck.h - a model's gradients against differences of its loss -*- C++ -*-===//
//
// The model is compiled in f64, as for training but without updates, and runs in the executor.
// Gradients of the loss are compared with central differences, along random directions over
// all parameters, along one over each parameter, and at random elements of it. Docs:
// docs/design.md, "Gradients".
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_GRADCHECK_GRADCHECK_H
#define PLIMSOLL_COMPILER_GRADCHECK_GRADCHECK_H

#include "compiler/gradcheck/Probe.h"
#include "compiler/pipeline/Pipeline.h"
#include "llvm/Support/Error.h"

namespace plimsoll::gradcheck {

struct CheckOptions {
  int64_t samples = 3;    ///< elements probed in each parameter
  int64_t directions = 3; ///< directions probed over all parameters together
  uint64_t seed = 0;      ///< of directions, elements, drawn inputs, dropout
  std::string data;       ///< "safetensors:FILE", whose first rows are the inputs; empty: draw
};

struct CheckedParameter {
  std::string name;
  int64_t count; ///< number of elements
  Tally tally;
};

struct CheckReport {
  double loss = 0;
  std::vector<std::string> inputs; ///< one description each: "input_ids: integers below 256"
  Tally together;
  std::vector<CheckedParameter> parameters;
  bool passed() const;
};

/// Compiles the model of `options` and checks its gradients. On failure, the error's message is
/// empty if the compiler has already reported diagnostics.
llvm::Expected<CheckReport> checkGradients(mlir::MLIRContext &context,
                                           pipeline::CompileOptions options,
                                           const CheckOptions &check);

} // namespace plimsoll::gradcheck

#endif // PLIMSOLL_COMPILER_GRADCHECK_GRADCHECK_H
