//===- Main.cpp - plimsoll-translate: front ends alone, for tests --------------------===//
#include "compiler/onnx/Import.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/Verifier.h"
#include "passes/prepare/ParameterTable.h"
#include "passes/prepare/Recipe.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
namespace cl = llvm::cl;

static cl::OptionCategory category("plimsoll-translate");
static cl::opt<std::string> model(cl::Positional, cl::Required, cl::desc("MODEL.onnx"),
                                  cl::cat(category));
static cl::opt<bool> importOnnx("import-onnx", cl::desc("read an ONNX file, print the nn dialect"),
                                cl::cat(category));
static cl::opt<bool> table("parameter-table", cl::desc("print what is trained, and why, instead"),
                           cl::cat(category));
static cl::opt<int> elide("elide-elements", cl::init(64),
                          cl::desc("print only the type of constants with more elements"),
                          cl::cat(category));
static cl::opt<bool> debugInfo("print-locations", cl::desc("print the user's names as locations"),
                               cl::cat(category));
static cl::list<std::string> shapes("shape", cl::desc("input or dimension: NAME=AxBxC"),
                                    cl::cat(category));
static cl::list<std::string> trainable("trainable", cl::desc("train what matches"),
                                       cl::cat(category));
static cl::list<std::string> freeze("freeze", cl::desc("do not train what matches"),
                                    cl::cat(category));
static cl::list<std::string> noDecay("no-decay", cl::desc("no weight decay on what matches"),
                                     cl::cat(category));
static cl::opt<std::string> init("init", cl::init("model"), cl::desc("model or normal:SIGMA"),
                                 cl::cat(category));

/// "input_ids=4x128" into the options.
static bool addShape(llvm::StringRef text, frontend::ModelOptions &options) {
  auto [name, dims] = text.rsplit('=');
  llvm::SmallVector<llvm::StringRef> parts;
  dims.split(parts, 'x');
  llvm::SmallVector<int64_t> shape;
  for (llvm::StringRef part : parts)
    if (part.getAsInteger(10, shape.emplace_back()))
      return false;
  options.shapes[name] = shape;
  return !name.empty();
}

static llvm::StringRef severity(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  return "";
}

static void printTable(ModuleOp module) {
  static constexpr const char *kinds[] = {"trained", "frozen", "constant"};
  for (const prepare::ParameterRow &row : prepare::parameterTable(module)) {
    llvm::outs() << row.name << " [";
    llvm::interleaveComma(row.shape, llvm::outs());
    llvm::outs() << "] " << kinds[int(row.kind)] << (row.decayed ? " decayed" : "") << ": "
                 << row.reason;
    for (const std::string &alias : row.aliases)
      llvm::outs() << ", also " << alias;
    if (!row.source.empty())
      llvm::outs() << " @ " << row.source;
    llvm::outs() << "\n";
  }
}

int main(int argc, char **argv) {
  llvm::InitLLVM setup(argc, argv);
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "model files to the dialects of plimsoll\n");
  if (!importOnnx) {
    llvm::errs() << "plimsoll-translate: choose what to do: --import-onnx\n";
    return 2;
  }
  MLIRContext context(MLIRContext::Threading::DISABLED);
  context.printOpOnDiagnostic(false);
  context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
    llvm::errs() << nn::nodeName(diagnostic.getLocation()) << ": "
                 << severity(diagnostic.getSeverity()) << ": " << diagnostic << "\n";
  });
  frontend::ModelOptions options;
  prepare::Recipe recipe{trainable, freeze, noDecay, {}, {}};
  options.path = model;
  options.parameters = trainable;
  options.untrained = freeze;
  options.init = init;
  for (const std::string &text : shapes)
    if (!addShape(text, options)) {
      llvm::errs() << "plimsoll-translate: --shape=" << text << " is not NAME=AxBxC\n";
      return 2;
    }
  OwningOpRef<ModuleOp> module = import::importOnnx(&context, options);
  if (!module || failed(prepare::assignRecipe(*module, recipe)) || failed(verify(*module)))
    return 1;
  if (table) {
    printTable(*module);
    return 0;
  }
  OpPrintingFlags flags;
  flags.elideLargeElementsAttrs(elide);
  if (debugInfo)
    flags.enableDebugInfo(true, false);
  module->print(llvm::outs(), flags);
  return 0;
}
