//===- calls.cpp - the verifier refuses every call that leaves its slices -------------===//
//
//   plimsoll-test-calls TARGET COUNT SEED MODEL [NAME=4x128]...
//
// Compiles the model, takes single calls out of its programs, and breaks them in COUNT random
// ways: sizes, buffers, scalars, slices, types and kernels. Each broken call is run alone
// (GuardedRun.h); if it touches a byte outside its slices, or crashes, exec-verify must refuse it.
//===----------------------------------------------------------------------===//
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "passes/lower/Passes.h"
#include "test/executor/CallMutator.h"
#include "test/executor/GuardedRun.h"
#include "test/executor/Harness.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

/// Returns a program that has only `call`.
static OwningOpRef<ModuleOp> isolate(exec::CallOp call) {
  auto program = call->getParentOfType<exec::ProgramOp>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(call.getLoc());
  OpBuilder builder = OpBuilder::atBlockBegin(module->getBody());
  auto alone = exec::ProgramOp::create(
      builder, call.getLoc(), "call", exec::TimelineKind::train, program.getArena(),
      /*threads=*/1, /*results=*/nullptr, /*result_offsets=*/nullptr, program.getAlignment());
  builder.setInsertionPointToStart(&alone.getBody().emplaceBlock());
  IRMapping mapping;
  SmallVector<Value> given;
  for (Value value : call->getOperands()) {
    if (mapping.contains(value))
      continue;
    // Only the workspace stays what it is; others may get another size and type.
    exec::SliceOp slice = exec::sliceOf(value);
    bool isWorkspace = slice.getKind() == exec::Kind::workspace;
    mapping.map(value, exec::SliceOp::create(
                           builder, call.getLoc(), cast<exec::SliceType>(value.getType()),
                           slice.getName(), isWorkspace ? slice.getKind() : exec::Kind::activation,
                           int64_t(slice.getOffset())));
    if (llvm::is_contained(call.getReads(), value))
      given.push_back(mapping.lookup(value));
  }
  exec::GivenOp::create(builder, call.getLoc(), given);
  builder.clone(*call, mapping);
  return module;
}

static exec::CallOp callOf(ModuleOp module) {
  auto program = cast<exec::ProgramOp>(module.getBody()->front());
  return *program.getBody().front().getOps<exec::CallOp>().begin();
}

static bool isAccepted(ModuleOp module, const target::Machine &target, std::string &why) {
  PassManager manager(module.getContext());
  manager.addNestedPass<exec::ProgramOp>(lower::createVerifyPlanPass(&target));
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    why += diagnostic.str() + "\n";
    return success();
  });
  return succeeded(verify(module)) && succeeded(manager.run(module));
}

static bool isEmulated(const target::Machine &target) {
  return target.origins() & exec::kCuda;
}

/// Returns `call` for the oracle; its kernel is null if the library has none of that name.
static GuardedLaunch launchOf(exec::CallOp call, const target::Machine &target) {
  GuardedLaunch launch;
  std::string name = call.getKernel().str();
  launch.kernel =
      isEmulated(target) ? emulatedKernel(name.c_str()) : target.kernels().find(name.c_str());
  for (Value value : call->getOperands()) {
    exec::SliceOp slice = exec::sliceOf(value);
    uint64_t bytes = cast<exec::SliceType>(value.getType()).getBytes();
    bool written = launch.slices.size() >= call.getReads().size();
    launch.slices.push_back({slice.getOffset(), bytes, written});
  }
  int reads = call.getReads().size();
  for (int64_t buffer : call.getBuffers())
    launch.buffers.push_back(buffer == exec::CallOp::kAbsent ? -1
                             : buffer >= 0                   ? int(buffer)
                                                             : reads + int(-1 - buffer));
  launch.sizes = std::vector<int64_t>(call.getSizes());
  launch.scalars = std::vector<double>(call.getScalars());
  launch.arenaBytes = call->getParentOfType<exec::ProgramOp>().getArena();
  launch.workspaceBytes = call.getWorkspace() ? launch.slices.back().bytes : 0;
  KernelKey key = call.getKey();
  launch.type = key.type;
  launch.precision = key.precision;
  return launch;
}

namespace {

struct Counts {
  int done = 0, refused = 0, outside = 0, clean = 0, undecided = 0, unrunnable = 0, failures = 0;
};

class Trial {
public:
  Trial(const target::Machine &target, Counts &counts) : target(target), counts(counts) {}

  /// Breaks one call and compares the results of the verifier and the oracle.
  void run(exec::CallOp call, uint64_t number) {
    OwningOpRef<ModuleOp> module = isolate(call);
    std::string what = CallMutator(callOf(*module), number).apply(), why;
    if (what.empty())
      return;
    ++counts.done;
    std::string text;
    llvm::raw_string_ostream(text) << *module;
    bool accepted = isAccepted(*module, target, why);
    counts.refused += !accepted;
    Outcome outcome = failed(verify(*module)) ? Outcome::refused : runOracle(callOf(*module));
    counts.outside += outcome == Outcome::outside;
    counts.clean += outcome == Outcome::clean;
    counts.undecided += outcome == Outcome::undecided;
    counts.unrunnable += outcome == Outcome::refused;
    if (outcome != Outcome::outside || !accepted)
      return;
    ++counts.failures;
    llvm::outs() << "FAIL: corruption " << number << " (" << what
                 << ") leaves its slices and was accepted:\n"
                 << text << "\n";
  }

  /// Checks that a call that was not broken is accepted and stays within its slices.
  void checkWhole(exec::CallOp call) {
    OwningOpRef<ModuleOp> module = isolate(call);
    std::string why;
    bool accepted = isAccepted(*module, target, why);
    Outcome outcome = runOracle(callOf(*module));
    if (accepted && (outcome == Outcome::clean || outcome == Outcome::undecided))
      return;
    ++counts.failures;
    llvm::outs() << "FAIL: a call as it is " << (accepted ? "leaves its slices" : "is refused: ")
                 << why << "\n"
                 << *module << "\n";
  }

private:
  Outcome runOracle(exec::CallOp call) {
    GuardedLaunch launch = launchOf(call, target);
    if (!launch.kernel)
      return Outcome::refused;
    return isEmulated(target) ? runEmulated(launch) : runGuarded(launch);
  }

  const target::Machine &target;
  Counts &counts;
};

} // namespace

/// Returns the calls by the names of their kernels, so that all kernels can be chosen equally
/// often.
static std::map<std::string, std::vector<exec::CallOp>> callsOf(ModuleOp module) {
  std::map<std::string, std::vector<exec::CallOp>> calls;
  module.walk([&](exec::CallOp call) { calls[call.getKernel().str()].push_back(call); });
  return calls;
}

int main(int argc, char **argv) {
  if (argc < 5)
    return llvm::errs() << "usage: plimsoll-test-calls TARGET COUNT SEED MODEL [NAME=4x128]...\n",
           2;
  int count = std::stoi(argv[2]);
  uint64_t seed = std::stoull(argv[3]);
  pipeline::CompileOptions options = optionsFor(argv[4], {argv + 5, argv + argc});
  options.target = argv[1];
  options.threads = 1;
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  pipeline::Compilation compiled = *pipeline::compileTo(context, options, pipeline::Stage::Exec);
  auto calls = callsOf(*compiled.module);
  Counts counts;
  Trial trial(*compiled.target, counts);
  for (auto &[kernel, all] : calls)
    trial.checkWhole(all.front());
  std::mt19937_64 random(seed);
  for (uint64_t number = seed; counts.done < count; ++number) {
    auto &all = std::next(calls.begin(), random() % calls.size())->second;
    trial.run(all[random() % all.size()], number);
  }
  llvm::outs() << counts.done << " corruptions of calls of " << calls.size()
               << " kernels: " << counts.refused << " refused; " << counts.outside
               << " leave their slices, " << counts.clean << " do not, " << counts.undecided
               << " undecided, " << counts.unrunnable << " cannot run\n"
               << counts.done + int(calls.size()) - counts.failures << " passed, "
               << counts.failures << " failed\n";
  return counts.failures != 0;
}
