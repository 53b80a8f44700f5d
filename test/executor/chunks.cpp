//===- chunks.cpp - losses in chunks of rows compute what all rows at once do ---------------===//
//
//   plimsoll-test-chunks ROWS STEPS MODEL [NAME=4x128]... [--loss=...] [--teacher=...]
//
// Compiles the model with losses in chunks of ROWS rows, of which the step must have some, and
// without chunks or fused launches. Losses, parameters and state after STEPS steps agree within the
// rounding of f32; and those with chunks have the same bits in the smallest arena.
//===----------------------------------------------------------------------===//
#include "dialects/exec/ExecDialect.h"
#include "test/executor/Harness.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

namespace {
struct Run {
  Bits bits;
  int parts = 0;       ///< calls that compute a part of a loss
  int wholeLosses = 0; ///< calls that compute a loss of all rows, or its gradient
  int64_t arena = 0;
};
} // namespace

static Run run(MLIRContext &context, const pipeline::CompileOptions &options, int steps) {
  auto compiled = pipeline::compileTo(context, options, pipeline::Stage::Exec);
  if (failed(compiled))
    llvm::report_fatal_error("the model does not compile");
  Run result;
  result.bits = llvm::cantFail(runSteps(*compiled->module, options, *compiled->target, steps));
  result.arena = compiled->outcome.result.solution.arenaBytes;
  compiled->module->walk([&](exec::CallOp call) {
    constexpr unsigned kRows = 0, kBefore = 2, kBehind = 3, kBatch = 2; // among the sizes
    ArrayRef<int64_t> sizes = call.getSizes();
    bool entropy = call.getKernel().starts_with("cross_entropy");
    if (!entropy && !call.getKernel().starts_with("kl_divergence"))
      return;
    bool isPart = entropy ? sizes[kBefore] || sizes[kBehind] : sizes[kRows] < sizes[kBatch];
    (isPart ? result.parts : result.wholeLosses)++;
  });
  return result;
}

int main(int argc, char **argv) {
  if (argc < 4)
    return llvm::errs()
               << "usage: plimsoll-test-chunks ROWS STEPS MODEL [NAME=4x128]... [--loss=...] "
                  "[--teacher=...]\n",
           2;
  int steps = std::stoi(argv[2]), passed = 0, failed = 0;
  pipeline::CompileOptions options = optionsFor(argv[3], {argv + 4, argv + argc});
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  ScopedDiagnosticHandler silent(&context, [](Diagnostic &) { return success(); });
  auto check = [&](bool holds, const char *what) {
    (holds ? passed : failed)++;
    llvm::outs() << (holds ? "ok" : "FAIL") << ": " << what << "\n";
  };

  options.fuseLoops = false;
  Run whole = run(context, options, steps);
  options.fuseLoops = true;
  options.chunkRows = std::stoi(argv[1]);
  Run chunks = run(context, options, steps);
  check(whole.parts == 0 && chunks.parts > 2 && chunks.wholeLosses == 0,
        "the losses are computed in chunks");
  check(areClose(whole.bits, chunks.bits), "losses and parameters are those of all rows at once");

  options.memory = smallestArena(context, options).value_or(chunks.arena);
  check(run(context, options, steps).bits == chunks.bits, "the smallest plan has the same bits");
  llvm::outs() << passed << " passed, " << failed << " failed\n";
  return failed != 0;
}
