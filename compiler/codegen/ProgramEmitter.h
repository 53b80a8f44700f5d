//===- ProgramEmitter.h - the tables of a program --------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_PROGRAMEMITTER_H
#define PLIMSOLL_COMPILER_CODEGEN_PROGRAMEMITTER_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace plimsoll::codegen {

/// What a program knows of its optimizer: `OptimizerInfo` of runtime/include/plimsoll/Program.h.
struct OptimizerInfo {
  std::string name;
  double learningRate, weightDecay, beta1, beta2;
};

struct ProgramSettings {
  std::string model;          ///< file name
  std::string info;           ///< JSON, for --info
  std::string instructionSet; ///< "x86-64-v3", "sm_90"
  OptimizerInfo optimizer;
  int64_t microBatches = 1;
  bool accesses = false;                         ///< print what every launch reads and writes
  double flopsPerSecond = 0, bytesPerSecond = 0; ///< the machine's highest rates; 0: unknown
};

/// Returns `program.cpp`, the tables of runtime/include/plimsoll/Program.h. Appends the bytes of
/// constants to `constants`, which becomes the file `constants.bin`.
std::string emitProgram(mlir::ModuleOp module, const ProgramSettings &settings,
                        std::vector<char> &constants);

/// Returns a hex digest of the parameters' names and shapes and of the optimizer's name.
std::string fingerprint(mlir::ModuleOp module, llvm::StringRef optimizer);

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_PROGRAMEMITTER_H
