//===- budgets.cpp - the same bits at every budget --------------------------------------===//
//
//   plimsoll-test-budgets COUNT STEPS MODEL [NAME=4x128]... [--loss=mse]
//
// Compiles the model at COUNT budgets from the smallest that has a plan to the
// unconstrained arena, and compares losses, parameters and state after STEPS steps.
//===----------------------------------------------------------------------===//
#include "test/executor/Harness.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

int main(int argc, char **argv) {
  if (argc < 4)
    return llvm::errs()
               << "usage: plimsoll-test-budgets COUNT STEPS MODEL [NAME=4x128]... [--loss=mse]\n",
           2;
  int count = std::stoi(argv[1]), steps = std::stoi(argv[2]), failures = 0;
  pipeline::CompileOptions options = optionsFor(argv[3], {argv + 4, argv + argc});
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  ScopedDiagnosticHandler silent(&context, [](Diagnostic &) { return success(); });

  auto free = pipeline::compileTo(context, options, pipeline::Stage::Exec);
  if (failed(free))
    return llvm::errs() << "the model does not compile\n", 1;
  int64_t largest = free->outcome.result.solution.arenaBytes;
  Bits expected = llvm::cantFail(runSteps(*free->module, options, *free->target, steps));

  int64_t smallest = smallestArena(context, options).value_or(largest);
  double previousCost = std::numeric_limits<double>::infinity();
  for (int i = 0; i < count; ++i) {
    options.memory = smallest + (largest - smallest) * i / std::max(1, count - 1);
    auto compiled = pipeline::compileTo(context, options, pipeline::Stage::Exec);
    std::string problem;
    if (failed(compiled) || compiled->outcome.result.refusal) {
      problem = "has no plan";
    } else {
      const planner::Solution &solution = compiled->outcome.result.solution;
      if (solution.arenaBytes > *options.memory)
        problem = "arena " + std::to_string(solution.arenaBytes) + " is over the budget";
      else if (solution.statistics.cost > previousCost)
        problem = "costs more than a smaller budget";
      else if (!(llvm::cantFail(runSteps(*compiled->module, options, *compiled->target, steps)) ==
                 expected))
        problem = "changes bits";
      previousCost = solution.statistics.cost;
    }
    failures += !problem.empty();
    llvm::outs() << (problem.empty() ? "ok" : "FAIL") << ": budget " << *options.memory << " "
                 << problem << "\n";
  }
  llvm::outs() << count - failures << " passed, " << failures << " failed\n";
  return failures != 0;
}
