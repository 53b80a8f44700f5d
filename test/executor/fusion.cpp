//===- fusion.cpp - several ops as one launch compute what each alone does ------------------===//
//
//   plimsoll-test-fusion STEPS MODEL...
//
// Compiles each model with and without launches of several ops and compares losses, parameters and
// state after STEPS steps. Bits are the same, but where a sum runs over dimensions that only one of
// the two programs could join: there they agree within the rounding of f32.
//===----------------------------------------------------------------------===//
#include "test/executor/Harness.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

namespace {
struct Run {
  Bits bits;
  size_t launches = 0;
};
} // namespace

static std::optional<Run> run(MLIRContext &context, pipeline::CompileOptions options, bool fuse,
                              int steps) {
  options.fuseLoops = fuse;
  auto compiled = pipeline::compileTo(context, options, pipeline::Stage::Exec);
  if (failed(compiled))
    return std::nullopt;
  Run result;
  result.bits = llvm::cantFail(runSteps(*compiled->module, options, *compiled->target, steps));
  result.launches = compiled->outcome.timeline().ops.size();
  return result;
}

int main(int argc, char **argv) {
  if (argc < 3)
    return llvm::errs() << "usage: plimsoll-test-fusion STEPS MODEL...\n", 2;
  int steps = std::stoi(argv[1]), failures = 0, equal = 0, fewer = 0;
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  for (const char *model : llvm::ArrayRef(argv + 2, argv + argc)) {
    pipeline::CompileOptions options = optionsFor(model, {"--loss=output:loss"});
    options.model.init = "normal:0.5";
    std::optional<Run> alone = run(context, options, false, steps),
                       fused = run(context, options, true, steps);
    std::string problem;
    if (!alone || !fused)
      problem = "does not compile";
    else if (fused->launches > alone->launches)
      problem = "has more launches";
    else if (!areClose(alone->bits, fused->bits))
      problem = "computes other numbers";
    equal += problem.empty() && alone->bits == fused->bits;
    fewer += problem.empty() && fused->launches < alone->launches;
    failures += !problem.empty();
    if (!problem.empty())
      llvm::outs() << "FAIL: " << model << " " << problem << "\n";
  }
  int count = argc - 2;
  llvm::outs() << count << " models, " << equal << " with the same bits, " << fewer
               << " with fewer launches\n"
               << count - failures << " passed, " << failures << " failed\n";
  return failures != 0;
}
