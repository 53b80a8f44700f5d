//===- StepEmitter.cpp - programs as readable C++ ------------------------------===//
#include "compiler/codegen/StepEmitter.h"
#include "compiler/codegen/CallText.h"
#include "compiler/codegen/CppText.h"
#include "dialects/nn/NNNames.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;

namespace {

class StepPrinter {
public:
  StepPrinter(const SourceDialect &dialect, StringRef title) : dialect(dialect), title(title) {}

  std::string print(ModuleOp module) {
    for (auto program : module.getOps<exec::ProgramOp>())
      timeline(program);
    std::string text;
    llvm::raw_string_ostream os(text);
    comment(os, title);
    os << dialect.kernelHeaders
       << "#include \"plimsoll/Math.h\"\n#include \"plimsoll/Trigonometry.h\"\n\n"
          "#include <cmath>\n"
          "#include <limits>\n\n"
       << dialect.opening
       << "// Parameters and optimizer state ------------------------------------------------\n\n"
       << residents << "\n// Loop nests "
       << "--------------------------------------------------------------------\n\n"
       << loops << dialect.closing << timelines;
    return text;
  }

private:
  static void comment(llvm::raw_ostream &os, StringRef text) {
    SmallVector<StringRef> lines;
    text.split(lines, '\n');
    for (StringRef line : lines)
      os << (line.empty() ? "//" : "// ") << oneLine(line) << "\n";
  }

  std::string address(Value value) {
    exec::SliceOp slice = exec::sliceOf(value);
    bool resident =
        slice.getKind() == exec::Kind::parameter || slice.getKind() == exec::Kind::state;
    return "at(" + (resident ? residentName(slice) : hex(slice.getOffset())) + ")";
  }

  /// Returns the name of the constant that holds the place of a parameter or state.
  std::string residentName(exec::SliceOp slice) {
    auto [it, isNew] = residentNames.try_emplace(slice.getName());
    if (!isNew)
      return it->second;
    std::string name = "P_" + identifier(slice.getName()); // with P_ it cannot be a keyword or
                                                           // kernel
    while (!usedNames.insert(name).second)
      name += "_";
    it->second = name;
    residents += "constexpr uint64_t " + name + " = " + hex(slice.getOffset()) + "; // " +
                 grouped(slice.getSlice().getType().getBytes()) + " B\n";
    return name;
  }

  std::string loopName(exec::LoopOp loop) {
    auto [it, isNew] = loopNames.try_emplace(dialect.emitLoop(loop, ""));
    if (isNew) {
      it->second = "loop_" + std::to_string(loopNames.size() - 1);
      std::string extents;
      for (int64_t size : loop.getDomain())
        extents += (extents.empty() ? "" : " x ") + std::to_string(size);
      loops += "// " + (extents.empty() ? "one element" : extents) + "\n" +
               dialect.emitLoop(loop, it->second) + "\n";
    }
    return it->second;
  }

  /// Prints a timeline as functions of a few launches each, which the last one calls: compilers
  /// take a time that grows with the square of a function's length.
  void timeline(exec::ProgramOp program) {
    constexpr int kLaunches = 16; // of a function
    std::string name = program.getSymName().str(), module, part, calls;
    int parts = 0, launches = 0;
    llvm::raw_string_ostream os(part);
    auto finishPart = [&] {
      if (part.empty())
        return;
      std::string function = name + "_" + std::to_string(++parts);
      timelines += "\nPLIMSOLL_LAUNCHES void " + function + dialect.timelineHead.str() +
                   "  auto at = [&s](uint64_t offset) { return s.at(offset); };\n" + part + "}\n";
      calls += "  " + function + "(s);\n";
      part.clear();
      launches = 0;
    };
    for (Operation &op : program.getBody().front()) {
      if (auto poison = dyn_cast<exec::PoisonOp>(op))
        os << "  s.poison(" << hex(poison.getOffset()) << ", " << poison.getBytes() << ");\n";
      if (!exec::isLaunch(&op))
        continue;
      if (launches++ == kLaunches) {
        finishPart();
        launches = 1;
      }
      StringRef path = nn::modulePath(op.getLoc());
      if (!path.empty() && path != module) {
        module = path.str();
        os << "\n  // " << oneLine(module) << "\n";
      }
      launch(os, &op);
    }
    finishPart();
    timelines +=
        "\nvoid plimsoll_" + name + dialect.timelineHead.str() + "  s.begin();\n" + calls + "}\n";
  }

  void launch(llvm::raw_ostream &os, Operation *op) {
    os << "  s.run(";
    if (auto loop = dyn_cast<exec::LoopOp>(op))
      loopLaunch(os, loop);
    else
      kernelLaunch(os, cast<exec::CallOp>(op));
    os << "); // " << oneLine(nn::nodeName(op->getLoc()));
    if (std::optional<int64_t> repetition = exec::repetitionOf(op))
      os << ", repeated (" << *repetition << ")";
    int64_t bytes = 0;
    for (Value write : exec::writesOf(op))
      if (exec::sliceOf(write).getKind() != exec::Kind::workspace)
        bytes += cast<exec::SliceType>(write.getType()).getBytes();
    os << ": " << grouped(bytes) << " B\n";
  }

  void loopLaunch(llvm::raw_ostream &os, exec::LoopOp loop) {
    os << loopName(loop) << ", {";
    llvm::interleaveComma(loop.getOperands(), os, [&](Value value) { os << address(value); });
    os << "}";
  }

  void kernelLaunch(llvm::raw_ostream &os, exec::CallOp call) {
    os << dialect.kernelScope << call.getKernel() << ", " << argumentsOf(call) << ", {";
    llvm::interleaveComma(call.getBuffers(), os, [&](int64_t buffer) {
      if (buffer == exec::CallOp::kAbsent)
        os << "nullptr";
      else
        os << address(buffer >= 0 ? call.getReads()[buffer] : call.getWrites()[-1 - buffer]);
    });
    os << "}";
    if (call.getWorkspace())
      os << ", " << cast<exec::SliceType>(call.getWrites().back().getType()).getBytes();
  }

  const SourceDialect &dialect;
  StringRef title;
  std::string residents, loops, timelines;
  llvm::StringMap<std::string> residentNames, loopNames;
  std::set<std::string> usedNames;
};

} // namespace

std::string plimsoll::codegen::emitStep(ModuleOp module, const SourceDialect &dialect,
                                        StringRef title) {
  return StepPrinter(dialect, title).print(module);
}
