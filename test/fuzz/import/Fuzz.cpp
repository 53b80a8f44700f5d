//===- Fuzz.cpp - damaged models must give an error, never a crash -------------===//
//
//   plimsoll-import-fuzz CASES SEED MODEL...
//
// Case i damages one of the models with the random numbers of (SEED, i) and imports it.
// What must hold: no report of a sanitizer where it is built with them, no signal, no case over
// 10 seconds, no allocation over 4 GiB, and a module that verifies or an error. The file of the
// case that fails is kept.
//===----------------------------------------------------------------------===//
#include "Mutate.h"
#include "compiler/onnx/Import.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/resource.h>
#include <unistd.h>
#include <vector>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

using namespace plimsoll;

// The packaged libraries are not instrumented: containers and arenas that they share
// with us would look corrupt.
extern "C" const char *__asan_default_options() {
  return "detect_leaks=0:detect_container_overflow=0:allow_user_poisoning=0:"
         "handle_abort=1:max_allocation_size_mb=4096:allocator_may_return_null=0";
}
extern "C" const char *__ubsan_default_options() {
  return "print_stacktrace=1";
}

static char file[256];
static unsigned long long current, seed;

static void tellCase() {
  std::fprintf(stderr, "plimsoll-import-fuzz: case %llu of seed %llu failed; its file is %s\n",
               current, seed, file);
}

#ifdef __SANITIZE_ADDRESS__
static void watchCrashes() {
  __sanitizer_set_death_callback(tellCase);
}
#else
static void onCrash(int signal) {
  tellCase();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

/// Without sanitizers a crash is a signal, and the system limits what is allocated.
static void watchCrashes() {
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    std::signal(signal, onCrash);
  constexpr rlim_t kBytes = rlim_t(4) << 30;
  rlimit limit = {kBytes, kBytes};
  setrlimit(RLIMIT_AS, &limit);
}
#endif

static void onAlarm(int) {
  static constexpr char text[] = "plimsoll-import-fuzz: over 10 seconds\n";
  [[maybe_unused]] ssize_t written = write(2, text, sizeof(text) - 1);
  tellCase();
  _exit(1);
}

/// True if the import ends in a valid module or in an error that says something.
static bool importCase() {
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  bool told = false;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) {
    told |= diagnostic.getSeverity() == mlir::DiagnosticSeverity::Error;
  });
  frontend::ModelOptions options;
  options.path = file;
  options.shapes["input_ids"] = {2, 8};
  options.maxFoldedElements = 1 << 20;
  options.maxFoldedWork = 1 << 24;
  mlir::OwningOpRef<mlir::ModuleOp> module = import::importOnnx(&context, options);
  if (!module)
    return told;
  return !told && mlir::succeeded(mlir::verify(*module));
}

static std::string readFile(const char *path) {
  std::ifstream stream(path, std::ios::binary);
  std::stringstream bytes;
  bytes << stream.rdbuf();
  return bytes.str();
}

int main(int argc, char **argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: plimsoll-import-fuzz CASES SEED MODEL...\n");
    return 2;
  }
  unsigned long long cases = std::strtoull(argv[1], nullptr, 10);
  seed = std::strtoull(argv[2], nullptr, 10);
  std::vector<std::string> models;
  for (int i = 3; i < argc; ++i)
    models.push_back(readFile(argv[i]));
  const char *folder = std::getenv("TMPDIR");
  std::snprintf(file, sizeof(file), "%s/plimsoll-import-fuzz-%d.onnx", folder ? folder : "/tmp",
                int(getpid()));
  std::signal(SIGALRM, onAlarm);
  watchCrashes();
  for (current = 0; current < cases; ++current) {
    Random random(seed * 1000003 + current);
    std::ofstream(file, std::ios::binary) << mutate(models[random.below(models.size())], random);
    alarm(10);
    if (!importCase()) {
      std::fprintf(stderr, "neither an error nor a valid module\n");
      tellCase();
      return 1;
    }
    alarm(0);
  }
  unlink(file);
  std::printf("%llu cases: no crash, no hang\n", cases);
}
