//===- Harness.h - programs in the executor, compared bit by bit ---------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_EXECUTOR_HARNESS_H
#define PLIMSOLL_TEST_EXECUTOR_HARNESS_H

#include "compiler/executor/Executor.h"
#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::test {

/// The results of a run: loss bits of each step, and parameters and state at the end, in an
/// order that does not depend on their places.
struct Bits {
  std::vector<uint32_t> losses;
  std::vector<std::byte> residents;
  bool operator==(const Bits &) const = default;
};

/// Runs `steps` training steps and one evaluation on inputs drawn from a fixed seed.
llvm::Expected<Bits> runSteps(mlir::ModuleOp module, const pipeline::CompileOptions &options,
                              const target::Machine &target, int steps);

/// True if the numbers of both runs, all of them f32, agree within the rounding of some steps.
bool areClose(const Bits &a, const Bits &b);

/// Returns the bytes of the smallest plan, which the refusal of a budget of 0 reports; nothing if
/// the model is refused for another reason.
std::optional<int64_t> smallestArena(mlir::MLIRContext &context, pipeline::CompileOptions options);

/// Returns the options for `MODEL [NAME=4x128]... [--loss=...] [--optimizer=...] [--teacher=...]`
/// of a test's command line.
pipeline::CompileOptions optionsFor(const std::string &model,
                                    const std::vector<std::string> &arguments);

} // namespace plimsoll::test

#endif // PLIMSOLL_TEST_EXECUTOR_HARNESS_H
