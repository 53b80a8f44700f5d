//===- ProgramEmitter.h - the tables of a program --------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_PROGRAMEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_PROGRAMEMITTER_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// The optimizer's settings, which are defaults of the program's command line.
struct OptimizerSettings {
  std::string name = "adamw";
  double learningRate = 1e-3, weightDecay = 0.01;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, momentum = 0, alpha = 0.99;
  bool nesterov = false;
};

struct ProgramSettings {
  std::string model;          ///< file name
  std::string info;           ///< JSON, for --info
  std::string instructionSet; ///< "x86-64-v3", "sm_90"
  OptimizerSettings optimizer;
  int64_t microBatches = 1;
  bool accesses = false; ///< print what every launch reads and writes
};

/// Returns `program.cpp`, the tables of runtime/include/plimsoll/Program.h. Appends the bytes of
/// constants to `constants`, which becomes the file `constants.bin`.
std::string emitProgram(mlir::ModuleOp module, const ProgramSettings &settings,
                        std::vector<char> &constants);

/// Returns a hex digest of the parameters' names and shapes and of the optimizer.
std::string fingerprint(mlir::ModuleOp module, const OptimizerSettings &optimizer);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_PROGRAMEMITTER_H
