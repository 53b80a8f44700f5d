//===- Run.cpp - the command line of an emitted program ---------------------===//
#include "plimsoll/Run.h"

#include "CheckCpu.h"
#include "Failure.h"
#include "Trainer.h"
#include "plimsoll/Shown.h"

#include <cstdio>
#include <cstring>
#include <new>
#include <omp.h>

namespace plimsoll {
namespace {

const char *baseName(const char *path) {
  const char *slash = std::strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int report(const char *program, const char *what) {
  std::fflush(stdout);
  std::fprintf(stderr, "%s: error: %s\n", shown(program).c_str(), shownLines(what).c_str());
  return 1;
}

} // namespace

int runTraining(const Program &program, int argc, char **argv) {
  const char *name = argc > 0 ? baseName(argv[0]) : "train";
  try {
    checkCpu(program.instructionSet);
    Options options = parseOptions(program, argc, argv);
    if (options.help || options.info) {
      std::string text = options.help ? helpText(name) : std::string(program.info) + "\n";
      return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) ? 1 : 0;
    }
    // Only here, where the process is the program's: a library must not change its host's settings.
    omp_set_dynamic(0);
    omp_set_num_threads(program.threads);
    Trainer trainer(program, options);
    trainer.run();
    return 0;
  } catch (const UsageError &error) {
    report(name, error.what());
    std::fprintf(stderr, "%s --help lists the options\n", shown(name).c_str());
    return 2;
  } catch (const std::bad_alloc &) {
    return report(name, "out of memory before the first step");
  } catch (const std::exception &error) {
    return report(name, error.what());
  }
}

} // namespace plimsoll
