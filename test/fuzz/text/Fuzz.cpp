//===- Fuzz.cpp - damaged text must give an error, never a crash ---------------===//
//
//   plimsoll-text-fuzz CASES SEED NAME.STAGE.mlir...
//
// The files are what `plimsoll compile --emit=STAGE` prints. Case i damages one of them with the
// random numbers of (SEED, i) and runs passes on it: a single one, fitting its stage or not, or
// all remaining ones up to a verified program, whose code is printed. Each case runs in a separate
// process, with 4 GiB and 20 seconds of processor time. It must end by itself, with a valid module
// or an error with a message. The text of each case that fails is kept; its first line is the
// command of plimsoll-opt that reproduces it.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/ProgramEmitter.h"
#include "compiler/codegen/StepEmitter.h"
#include "compiler/executor/LoopInterpreter.h"
#include "compiler/pipeline/Pipeline.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "test/fuzz/text/MutateModule.h"
#include "test/fuzz/text/MutateText.h"
#include "test/fuzz/text/Pipelines.h"
#include "llvm/Support/raw_ostream.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace plimsoll;

namespace {

struct Case {
  std::string text, pipeline;
};

/// The exit codes of the process of a case; it may also end by a signal.
enum Ending { kGood = 0, kSilent = 10, kUnknownPipeline = 11 };

/// Counts the errors that are reported while it exists, and prints none.
class ErrorCounter {
public:
  explicit ErrorCounter(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) {
          count += diagnostic.getSeverity() == DiagnosticSeverity::Error;
          std::string text; // what a message prints is read, too
          llvm::raw_string_ostream(text) << diagnostic;
          return success();
        }) {}
  int count = 0;

private:
  ScopedDiagnosticHandler handler;
};

std::string print(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os, OpPrintingFlags().printGenericOpForm());
  return text;
}

/// Damages text: half of the cases change its letters, the others the module parsed from it.
std::string damage(MLIRContext &context, const std::string &text, Random &random) {
  if (random.chance(50))
    return mutateText(text, random);
  ErrorCounter quiet(context);
  OwningOpRef<ModuleOp> module =
      parseSourceString<ModuleOp>(text, ParserConfig(&context, /*verifyAfterParse=*/false));
  if (!module)
    return text;
  mutateModule(*module, random);
  return print(*module);
}

/// Prints the code of a verified program in both languages, and makes the interpreter's form of its
/// loops.
void generate(ModuleOp module) {
  constexpr int64_t kLargestArena = 1 << 30;
  for (auto program : module.getOps<exec::ProgramOp>())
    if (int64_t(program.getArena()) > kLargestArena)
      return;
  for (const codegen::SourceDialect *dialect : {&codegen::kCppSource, &codegen::kCudaSource})
    codegen::emitStep(module, *dialect, "fuzz");
  module.walk([](exec::LoopOp loop) { executor::interpretLoop(loop); });
  std::vector<char> constants;
  if (exec::firstTimeline(module, exec::TimelineKind::train))
    codegen::emitProgram(module, {}, constants);
}

bool runPasses(ModuleOp module, const std::string &pipeline) {
  PassManager manager(module->getContext());
  return succeeded(parsePassPipeline(pipeline, manager)) && succeeded(manager.run(module));
}

/// Runs the case in this process.
Ending run(MLIRContext &context, const Case &one) {
  PassManager manager(&context);
  if (failed(parsePassPipeline(one.pipeline, manager)))
    return kUnknownPipeline;
  ErrorCounter errors(context);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(one.text, &context);
  if (!module || failed(manager.run(*module)))
    return errors.count > 0 ? kGood : kSilent;
  if (failed(verify(*module)))
    return kSilent;
  std::string printed = print(*module);
  if (runPasses(*module, "exec.program(exec-verify)"))
    generate(*module);
  return kGood;
}

[[noreturn]] void runChild(MLIRContext &context, const Stage &stage, Random &random,
                           const std::string &file) {
  constexpr rlim_t kBytes = rlim_t(4) << 30, kSeconds = 20;
  rlimit memory{kBytes, kBytes}, time{kSeconds, kSeconds}, core{0, 0};
  setrlimit(RLIMIT_CPU, &time);
  setrlimit(RLIMIT_CORE, &core);
#ifndef __SANITIZE_ADDRESS__ // whose shadow has terabytes of addresses
  setrlimit(RLIMIT_AS, &memory);
#endif
  Case one{"", choosePipeline(stage.name, random)};
  one.text = damage(context, stage.text, random);
  std::ofstream(file) << "// plimsoll-opt --pass-pipeline='builtin.module(" << one.pipeline
                      << ")'\n"
                      << one.text;
  _exit(run(context, one));
}

/// Returns what went wrong, or "".
std::string describe(int status) {
  if (WIFSIGNALED(status))
    return std::string("signal ") + strsignal(WTERMSIG(status));
  switch (WEXITSTATUS(status)) {
  case kGood:
    return "";
  case kSilent:
    return "neither an error nor a valid module";
  case kUnknownPipeline:
    return "the fuzzer names a pass that there is not";
  default:
    return "exit code " + std::to_string(WEXITSTATUS(status));
  }
}

Stage readStage(const std::string &path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  llvm::StringRef name = llvm::StringRef(path).rsplit('/').second;
  return {name.split('.').second.split('.').first.str(), text.str()};
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: plimsoll-text-fuzz CASES SEED NAME.STAGE.mlir...\n");
    return 2;
  }
  unsigned long long cases = std::strtoull(argv[1], nullptr, 10);
  unsigned long long seed = std::strtoull(argv[2], nullptr, 10), failures = 0;
  std::vector<Stage> stages;
  for (int i = 3; i < argc; ++i)
    stages.push_back(readStage(argv[i]));
  pipeline::registerPasses();
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  const char *folder = std::getenv("TMPDIR");
  std::string file = std::string(folder ? folder : "/tmp") + "/plimsoll-text-fuzz-" +
                     std::to_string(seed) + "-" + std::to_string(getpid());
  for (unsigned long long i = 0; i < cases; ++i) {
    Random random(seed * 1000003 + i);
    const Stage &stage = random.of(stages);
    pid_t child = fork();
    if (child == 0)
      runChild(context, stage, random, file);
    int status = 0;
    waitpid(child, &status, 0);
    std::string wrong = describe(status);
    if (wrong.empty())
      continue;
    ++failures;
    std::string kept = file + "-" + std::to_string(i) + ".mlir";
    std::rename(file.c_str(), kept.c_str());
    std::fprintf(stderr, "plimsoll-text-fuzz: case %llu of seed %llu: %s; its text is %s\n", i,
                 seed, wrong.c_str(), kept.c_str());
  }
  unlink(file.c_str());
  std::printf("%llu cases, %llu failures\n", cases, failures);
  return failures > 0;
}
