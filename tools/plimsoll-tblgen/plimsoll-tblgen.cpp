//===- plimsoll-tblgen.cpp - turns records into C++ ---------------------------===//
#include "Backends.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/TableGen/Main.h"

using namespace llvm;
using namespace plimsoll::tblgen;

using Backend = bool (*)(raw_ostream &, const RecordKeeper &);
enum class Print { gradients, optimizers, signatures, callArguments, arguments, kernelLists };

static cl::opt<Print> print(
    cl::desc("What to print:"),
    cl::values(clEnumValN(Print::gradients, "gen-gradients", "rules of Gradients.td"),
               clEnumValN(Print::optimizers, "gen-optimizers", "the table of OptimizerKinds.td"),
               clEnumValN(Print::signatures, "gen-kernel-signatures", "the table of Kernels.td"),
               clEnumValN(Print::callArguments, "gen-call-arguments", "structs of sizes"),
               clEnumValN(Print::arguments, "gen-kernel-arguments", "the same as a header"),
               clEnumValN(Print::kernelLists, "gen-kernel-lists", "kernels of each library")),
    cl::init(Print::gradients));

static bool run(raw_ostream &os, const RecordKeeper &records) {
  switch (print) {
  case Print::gradients:
    return emitGradients(os, records);
  case Print::optimizers:
    return emitOptimizers(os, records);
  case Print::signatures:
    return emitSignatures(os, records);
  case Print::callArguments:
    return emitCallArguments(os, records);
  case Print::arguments:
    return emitArguments(os, records);
  case Print::kernelLists:
    return emitKernelLists(os, records);
  }
  return true;
}

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  cl::ParseCommandLineOptions(argc, argv);
  return TableGenMain(argv[0], run);
}
