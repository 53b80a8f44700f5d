//===- corrupt.cpp - the verifier refuses every broken plan that changes a bit -------===//
//
//   plimsoll-test-corrupt COUNT SEED MODEL [NAME=4x128]...
//
// Compiles the model with --poison, checks that poison changes nothing, then breaks the
// program in COUNT random ways. A broken program that the verifier accepts must give the
// same bits. Prints a line for each that does not, and how many were refused.
//===----------------------------------------------------------------------===//
#include "mlir/Pass/PassManager.h"
#include "passes/lower/Passes.h"
#include "test/executor/Harness.h"
#include "llvm/Support/raw_ostream.h"
#include <random>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

namespace {

/// Breaks a program in one random way.
class Corruptor {
public:
  Corruptor(exec::ProgramOp program, uint64_t seed)
      : block(program.getBody().front()), random(seed) {
    for (Operation &op : llvm::make_early_inc_range(block))
      if (isa<exec::SliceOp>(op))
        op.moveBefore(&block, block.begin()); // so that launches can go anywhere
  }

  /// Returns what was done, or "" if this program offers no place for it.
  std::string apply() {
    switch (random() % 4) {
    case 0:
      return shiftOffset();
    case 1:
      return swapOrder();
    case 2:
      return shortenLife();
    default:
      return moveUpdate();
    }
  }

private:
  template <typename Filter> SmallVector<Operation *> collect(Filter filter) {
    SmallVector<Operation *> found;
    for (Operation &op : block)
      if (filter(op))
        found.push_back(&op);
    return found;
  }
  Operation *pick(ArrayRef<Operation *> from) {
    return from.empty() ? nullptr : from[random() % from.size()];
  }

  std::string shiftOffset() {
    auto slice =
        cast<exec::SliceOp>(pick(collect([](Operation &op) { return isa<exec::SliceOp>(op); })));
    // Usually by a little; sometimes onto another slice.
    auto other =
        cast<exec::SliceOp>(pick(collect([](Operation &op) { return isa<exec::SliceOp>(op); })));
    int64_t shift = (int64_t(random() % 64) - 32) * 64;
    slice.setOffset(random() % 3 == 0 ? other.getOffset() : slice.getOffset() + shift);
    return "offset of '" + slice.getName().str() + "' changed";
  }

  std::string swapOrder() {
    auto launches = collect([](Operation &op) { return exec::isLaunch(&op); });
    size_t i = random() % launches.size();
    size_t distance = 1 + random() % 8, j = std::min(launches.size() - 1, i + distance);
    launches[i]->moveAfter(launches[j]);
    return "launch " + std::to_string(i) + " moved behind launch " + std::to_string(j);
  }

  /// Ends the life of a value's bytes before its last reader.
  std::string shortenLife() {
    Operation *poison = pick(collect([](Operation &op) { return isa<exec::PoisonOp>(op); }));
    if (!poison)
      return "";
    Operation *launch = poison->getPrevNode();
    while (launch && !exec::isLaunch(launch))
      launch = launch->getPrevNode();
    if (!launch)
      return "";
    poison->moveBefore(launch);
    return "a life ends one launch early";
  }

  /// Moves an update before a launch that reads the old weight.
  std::string moveUpdate() {
    auto updates = collect([](Operation &op) {
      auto call = dyn_cast<exec::CallOp>(op);
      return call && call.getOverwrites();
    });
    auto update = cast<exec::CallOp>(pick(updates));
    SmallVector<Operation *> readers;
    for (Operation *user : update.getReads()[0].getUsers())
      if (user != update && exec::isLaunch(user))
        readers.push_back(user);
    Operation *reader = pick(readers);
    if (!reader)
      return "";
    update->moveBefore(reader);
    return "an update runs before a reader of the old weight";
  }

  Block &block;
  std::mt19937_64 random;
};

} // namespace

static bool isAccepted(ModuleOp module) {
  PassManager manager(module.getContext());
  manager.enableVerifier(false);
  manager.addNestedPass<exec::ProgramOp>(lower::createVerifyPlanPass());
  ScopedDiagnosticHandler silent(module.getContext(), [](Diagnostic &) { return success(); });
  return succeeded(manager.run(module));
}

int main(int argc, char **argv) {
  if (argc < 4)
    return llvm::errs() << "usage: plimsoll-test-corrupt COUNT SEED MODEL [NAME=4x128]...\n", 2;
  int count = std::stoi(argv[1]), steps = 2;
  uint64_t seed = std::stoull(argv[2]);
  pipeline::CompileOptions options = optionsFor(argv[3], {argv + 4, argv + argc});
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  auto run = [&](pipeline::Compilation &c) {
    return llvm::cantFail(runSteps(*c.module, options, *c.target, steps));
  };
  auto compile = [&](bool poison) {
    options.poison = poison;
    return *pipeline::compileTo(context, options, pipeline::Stage::Exec);
  };
  pipeline::Compilation plain = compile(false), poisoned = compile(true);
  Bits expected = run(plain);
  int failures = run(poisoned) == expected ? 0 : 1;
  llvm::outs() << (failures ? "FAIL" : "ok") << ": poison changes no bit\n";

  int refused = 0, harmless = 0, done = 0;
  for (uint64_t number = seed; done < count; ++number) {
    OwningOpRef<ModuleOp> broken = poisoned.module->clone();
    std::string what =
        Corruptor(exec::firstTimeline(*broken, exec::TimelineKind::train), number).apply();
    if (what.empty())
      continue;
    ++done;
    if (!isAccepted(*broken)) {
      ++refused;
      continue;
    }
    auto bits = runSteps(*broken, options, *poisoned.target, steps);
    bool same = bits && *bits == expected;
    llvm::consumeError(bits.takeError());
    harmless += same;
    failures += !same;
    if (!same)
      llvm::outs() << "FAIL: corruption " << number << " (" << what
                   << ") changes bits and was accepted\n";
  }
  llvm::outs() << refused << " of " << count << " corruptions refused, " << harmless
               << " accepted without effect\n";
  llvm::outs() << count + 1 - failures << " passed, " << failures << " failed\n";
  return failures != 0;
}
