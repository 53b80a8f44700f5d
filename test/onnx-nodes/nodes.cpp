//===- nodes.cpp - small models through the compiler and the executor ------------------===//
//
//   plimsoll-test-nodes [--debug-scale-rule=OP] < FOLDERS
//
// Reads one folder a line, `forward FOLDER` or `gradients FOLDER`. A folder holds model.onnx,
// inputs.txt (one name a line) and the bytes of each input, one or several sets of them one
// after the other: input_0.bin, ... With shapes.txt (lines `NAME 8x128`, as --shape has them) the
// inputs get other sizes than the file's. The model is compiled as a forward pass (with the
// gradients of a weighted sum of its results, see nn-build-forward) and run once for each set.
// Results come as result_0.bin, ... and as lines of the output:
//
//   begin FOLDER
//   uses nn.add nn.mul     (with gradients: the operations of both passes)
//   result 0 NAME f32 2x3
//   ok FOLDER              (or: refused FOLDER MESSAGE)
//
//===----------------------------------------------------------------------===//
#include "compiler/FrontEnds.h"
#include "compiler/executor/Timeline.h"
#include "compiler/pipeline/Pipeline.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Timelines.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>

using namespace mlir;
using namespace plimsoll;

namespace {

struct Result {
  std::string name;
  RankedTensorType type;
  std::vector<char> bytes; ///< of all sets
};

/// One folder.
class Case {
public:
  Case(MLIRContext &context, std::string folder, bool gradients, const std::string &scaledRule)
      : context(context), folder(std::move(folder)) {
    options.model.path = this->folder + "/model.onnx";
    options.threads = 1;
    options.planning.effort = planner::Effort::Fast;
    options.planning.recompute = false;
    options.model.keepDoubles = true; // cases say what f64 gives
    options.forwardOnly = true;
    options.inputGradients = gradients;
    options.scaleRule = scaledRule;
    readShapes();
  }

  /// An error message, or "".
  std::string run() {
    std::string message;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && message.empty())
        message = diagnostic.str();
      return success();
    });
    auto compiled = pipeline::compileTo(context, options, pipeline::Stage::Plan);
    if (failed(compiled) || failed(lower(*compiled)))
      return message.empty() ? "it does not compile" : message;
    if (llvm::Error error = execute(*compiled))
      return llvm::toString(std::move(error));
    writeResults();
    return "";
  }

private:
  LogicalResult lower(pipeline::Compilation &compiled) {
    auto function = nn::firstTimeline(*compiled.module, nn::TimelineKind::evaluate);
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      results.push_back({function.getResultAttrOfType<StringAttr>(i, nn::kNameAttr).str(),
                         cast<RankedTensorType>(function.getResultTypes()[i]),
                         {}});
    std::set<StringRef> operations;
    function.walk([&](Operation *op) { operations.insert(op->getName().getStringRef()); });
    llvm::outs() << "uses " << llvm::join(operations, " ") << "\n";
    PassManager manager(&context);
    pipeline::addPasses(manager, options, pipeline::Stage::Plan, pipeline::Stage::Exec,
                        compiled.target, nullptr);
    return success(succeeded(manager.run(*compiled.module)) && succeeded(verify(*compiled.module)));
  }

  void readShapes() {
    std::ifstream file(folder + "/shapes.txt");
    std::string name, text;
    while (file >> name >> text) {
      SmallVector<StringRef> sizes;
      StringRef(text).split(sizes, 'x');
      for (StringRef size : sizes)
        options.model.shapes[name].push_back(std::stoll(size.str()));
    }
  }

  static std::vector<char> read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  llvm::Error execute(pipeline::Compilation &compiled) {
    auto program = exec::firstTimeline(*compiled.module, exec::TimelineKind::evaluate);
    executor::Arena arena(program.getArena());
    auto runnable = executor::Program::create(program, compiled.target->kernels(), arena);
    if (!runnable)
      return runnable.takeError();
    if (llvm::Error error = executor::initialise(*compiled.module, folder, arena))
      return error;
    llvm::StringMap<std::vector<char>> inputs = readInputs();
    ArrayRef<int64_t> offsets = *program.getResultOffsets();
    for (size_t set = 0; set < 1 || hasSet(program, inputs, set); ++set) {
      if (llvm::Error error = fill(program, inputs, set, arena))
        return error;
      runnable->run();
      for (auto [result, offset] : llvm::zip(results, offsets)) {
        auto *begin = reinterpret_cast<const char *>(arena.data() + offset);
        result.bytes.insert(result.bytes.end(), begin, begin + nn::tensorBytes(result.type));
      }
    }
    return llvm::Error::success();
  }

  llvm::StringMap<std::vector<char>> readInputs() {
    llvm::StringMap<std::vector<char>> inputs;
    std::ifstream names(folder + "/inputs.txt");
    std::string name;
    for (int i = 0; std::getline(names, name); ++i)
      inputs[name] = read(folder + "/input_" + std::to_string(i) + ".bin");
    return inputs;
  }

  /// True if every input has bytes for set `set`, and some input has bytes at all.
  static bool hasSet(exec::ProgramOp program, llvm::StringMap<std::vector<char>> &inputs,
                     size_t set) {
    bool any = false;
    for (const executor::Input &input : executor::inputsOf(program)) {
      if (input.bytes == 0)
        continue;
      any = true;
      if (inputs[input.name].size() < (set + 1) * input.bytes)
        return false;
    }
    return any;
  }

  static llvm::Error fill(exec::ProgramOp program, llvm::StringMap<std::vector<char>> &inputs,
                          size_t set, executor::Arena &arena) {
    for (const executor::Input &input : executor::inputsOf(program)) {
      auto given = inputs.find(input.name);
      if (given == inputs.end() || given->second.size() < (set + 1) * input.bytes)
        return llvm::createStringError("input '" + input.name + "' is missing or too short");
      std::memcpy(arena.data() + input.offset, given->second.data() + set * input.bytes,
                  input.bytes);
    }
    return llvm::Error::success();
  }

  void writeResults() {
    for (auto [i, result] : llvm::enumerate(results)) {
      std::ofstream file(folder + "/result_" + std::to_string(i) + ".bin", std::ios::binary);
      file.write(result.bytes.data(), result.bytes.size());
      std::string shape = "scalar";
      if (result.type.getRank() > 0)
        shape = llvm::join(
            llvm::map_range(result.type.getShape(), [](int64_t d) { return std::to_string(d); }),
            "x");
      llvm::outs() << "result " << i << " " << result.name << " " << result.type.getElementType()
                   << " " << shape << "\n";
    }
  }

  MLIRContext &context;
  std::string folder;
  pipeline::CompileOptions options;
  std::vector<Result> results;
};

} // namespace

int main(int argc, char **argv) {
  StringRef scaled = argc > 1 ? argv[1] : "";
  if (argc > 2 || (argc == 2 && !scaled.consume_front("--debug-scale-rule=")))
    return 2;
  registerFrontEnds();
  DialectRegistry registry;
  pipeline::registerDialects(registry);
  std::string line;
  while (std::getline(std::cin, line)) {
    auto [kind, folder] = StringRef(line).split(' ');
    llvm::outs() << "begin " << folder << "\n";
    llvm::outs().flush();
    MLIRContext context(registry, MLIRContext::Threading::DISABLED);
    context.loadAllAvailableDialects();
    std::string message = Case(context, folder.str(), kind == "gradients", scaled.str()).run();
    std::replace(message.begin(), message.end(), '\n', ' ');
    llvm::outs() << (message.empty() ? "ok " : "refused ") << folder << " " << message << "\n";
    llvm::outs().flush();
  }
  return 0;
}
