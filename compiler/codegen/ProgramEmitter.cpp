//===- ProgramEmitter.cpp - what a program says about itself --------------------===//
#include "compiler/codegen/ProgramEmitter.h"
#include "compiler/codegen/ConstantBytes.h"
#include "compiler/codegen/CppText.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/plan/PlanDialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/SHA256.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;

namespace {

class ProgramPrinter {
public:
  ProgramPrinter(ModuleOp module, const ProgramSettings &settings, std::vector<char> &constants)
      : module(module), settings(settings), constants(constants), os(text) {
    train = module.lookupSymbol<exec::ProgramOp>("train");
    accumulate = module.lookupSymbol<exec::ProgramOp>("accumulate");
    evaluate = module.lookupSymbol<exec::ProgramOp>("evaluate");
    for (auto state : module.getOps<nn::StateOp>())
      if (!state.getTransient())
        states[state.getOf()].push_back(state);
  }

  std::string print() {
    os << "// What this program is: see plimsoll/Program.h.\n#include \"plimsoll/Program.h\"\n\n"
          "using namespace plimsoll;\n\nvoid plimsoll_train(Stepper &s);\n"
       << (accumulate ? "void plimsoll_accumulate(Stepper &s);\n" : "")
       << "void plimsoll_evaluate(Stepper &s);\n\nnamespace {\n\n";
    parameters();
    inputs();
    constantTable();
    for (exec::ProgramOp program : programs())
      writes(program);
    if (settings.accesses)
      for (exec::ProgramOp program : programs())
        accesses(program);
    os << "} // namespace\n\n";
    program();
    return text;
  }

private:
  SmallVector<exec::ProgramOp> programs() const {
    return accumulate ? SmallVector<exec::ProgramOp>{train, accumulate, evaluate}
                      : SmallVector<exec::ProgramOp>{train, evaluate};
  }

  void shape(StringRef name, ArrayRef<int64_t> dims) {
    os << "const int64_t " << name << "[] = {";
    if (dims.empty())
      os << "1";
    llvm::interleaveComma(dims, os);
    os << "};\n";
  }

  static int64_t placeOf(Operation *op) {
    auto place = op->getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr);
    return place ? place.getOffset() : -1;
  }

  int64_t gradientOffset(nn::ParameterOp parameter) {
    return train.resultOffset(("gradient:" + parameter.getSymName()).str());
  }

  void parameters() {
    std::string rows;
    llvm::raw_string_ostream row(rows);
    for (auto parameter : module.getOps<nn::ParameterOp>()) {
      if (placeOf(parameter) < 0)
        continue; // nothing reads it
      std::string n = std::to_string(parameterCount++);
      shape("shape" + n, parameter.getFrameworkShape());
      ArrayAttr aliases = parameter.getAliasesAttr();
      if (aliases && !aliases.empty()) {
        os << "const char *const aliases" << n << "[] = {";
        llvm::interleaveComma(aliases, os, [&](Attribute alias) {
          os << quoted(cast<StringAttr>(alias).getValue());
        });
        os << "};\n";
      }
      ArrayRef<nn::StateOp> own = states[parameter.getSymName()];
      if (!own.empty()) {
        os << "const StateInfo states" << n << "[] = {";
        llvm::interleaveComma(own, os, [&](nn::StateOp state) {
          os << "{" << quoted(state.getSlot()) << ", " << hex(placeOf(state)) << "}";
        });
        os << "};\n";
      }
      RankedTensorType type = parameter.getTensorType();
      row << "    {{" << quoted(parameter.getSymName()) << ", " << dtype(type.getElementType())
          << ", " << type.getRank() << ", shape" << n << ", " << hex(placeOf(parameter)) << "}, "
          << (parameter.getTransposed() ? "true" : "false") << ", "
          << (parameter.getTrainable() ? "true" : "false") << ", "
          << (parameter.getDecayed() ? "true" : "false") << ", "
          << (aliases && !aliases.empty() ? "aliases" + n : "nullptr") << ", "
          << (aliases ? aliases.size() : 0) << ", " << (own.empty() ? "nullptr" : "states" + n)
          << ", " << own.size() << ", " << gradientOffset(parameter) << ", "
          << (parameter->hasAttr(nn::kUnsavedAttr) ? "true" : "false") << "},\n";
    }
    os << "\nconst ParameterInfo parameters[] = {\n" << rows << "};\n\n";
  }

  /// The slices that the host fills before `program` runs.
  static SmallVector<exec::SliceOp> inputSlices(exec::ProgramOp program) {
    SmallVector<exec::SliceOp> slices;
    for (auto slice : program.getBody().front().getOps<exec::SliceOp>())
      if (slice.getRole())
        slices.push_back(slice);
    return slices;
  }

  /// Where input `name` of `program`, which may be null, lies; -1: it has no such input.
  static int64_t inputOffset(exec::ProgramOp program, StringRef name) {
    if (program)
      for (exec::SliceOp slice : inputSlices(program))
        if (slice.getName() == name)
          return slice.getOffset();
    return -1;
  }

  void inputs() {
    std::string rows;
    llvm::raw_string_ostream row(rows);
    std::optional<ArrayRef<int64_t>> labels, integers;
    int integerInputs = 0;
    for (exec::SliceOp slice : inputSlices(train)) {
      if (slice.getRole() == "hyper") {
        hyperOffset = slice.getOffset();
        accumulateHyperOffset = inputOffset(accumulate, slice.getName());
        hyperBytes = slice.getSlice().getType().getBytes();
        continue;
      }
      ArrayRef<int64_t> dims = *slice.getShape();
      Type element = slice.getSlice().getType().getElement();
      IntegerAttr limit = slice.getLimitAttr(), ignored = slice.getIgnoredAttr();
      bool isLabels = slice.getRole() == "labels";
      if (isLabels)
        labels = dims;
      else if (element.isInteger(64) && ++integerInputs == 1)
        integers = dims;
      shape("input_shape" + std::to_string(inputCount), dims);
      row << "    {{" << quoted(slice.getName()) << ", " << dtype(element) << ", " << dims.size()
          << ", input_shape" << inputCount << ", " << hex(slice.getOffset()) << "}, "
          << inputOffset(evaluate, slice.getName()) << ", " << (isLabels ? "true" : "false") << ", "
          << (limit ? limit.getInt() : -1) << ", " << (ignored ? ignored.getInt() : -100) << ", "
          << inputOffset(accumulate, slice.getName());
      StringAttr classes = slice.getClassesAttr();
      if (bool whole = slice.getWhole(); whole || classes)
        row << ", " << (whole ? "true" : "false") << ", "
            << (classes ? quoted(classes.getValue()) : "nullptr");
      row << "},\n";
      ++inputCount;
    }
    tokenLabels = labels && integers && integerInputs == 1 && *labels == *integers;
    os << "\nconst InputInfo inputs[] = {\n" << rows << "};\n\n";
  }

  void constantTable() {
    std::string rows;
    llvm::raw_string_ostream row(rows);
    std::set<int64_t> seen;
    for (exec::ProgramOp program : programs())
      for (auto slice : program.getBody().front().getOps<exec::SliceOp>()) {
        DenseElementsAttr value = slice.getValueAttr();
        if (!value || !seen.insert(slice.getOffset()).second)
          continue;
        size_t begin = constants.size();
        llvm::append_range(constants, constantBytes(value));
        row << "    {" << hex(slice.getOffset()) << ", " << constants.size() - begin
            << ", plimsoll_constants + " << begin << "},\n";
        constants.resize((constants.size() + 63) / 64 * 64);
        ++constantCount;
      }
    if (constantCount == 0)
      return;
    os << "// The bytes of constants.bin, as they are.\n"
          "asm(\".section .rodata\\n.balign 64\\nplimsoll_constants:\\n\"\n"
          "    \".incbin \\\"constants.bin\\\"\\n.previous\\n\");\n"
          "extern \"C\" const char plimsoll_constants[] "
          "__attribute__((visibility(\"hidden\")));\n\n"
       << "const ConstantInfo constants[] = {\n"
       << rows << "};\n\n";
  }

  void writes(exec::ProgramOp program) {
    int launch = 0;
    std::string rows;
    llvm::raw_string_ostream row(rows);
    for (Operation &op : program.getBody().front()) {
      if (!exec::isLaunch(&op))
        continue;
      for (Value write : exec::writesOf(&op)) {
        exec::SliceOp slice = exec::sliceOf(write);
        Type element = slice.getSlice().getType().getElement();
        if (isa<FloatType>(element))
          row << "    {" << launch << ", " << quoted(slice.getName()) << ", "
              << quoted(nn::describe(op.getLoc())) << ", " << dtype(element) << ", "
              << hex(slice.getOffset()) << ", " << slice.getSlice().getType().getCount() << "},\n";
      }
      ++launch;
    }
    os << "const WriteInfo " << program.getSymName() << "_writes[] = {\n" << rows << "};\n\n";
    launches[program.getSymName()] = launch;
    writeCounts[program.getSymName()] = StringRef(rows).count('\n');
  }

  void accesses(exec::ProgramOp program) {
    int launch = 0, count = 0;
    os << "const AccessInfo " << program.getSymName() << "_accesses[] = {\n";
    for (Operation &op : program.getBody().front()) {
      if (!exec::isLaunch(&op))
        continue;
      auto row = [&](Value value, bool written) {
        exec::SliceOp slice = exec::sliceOf(value);
        os << "    {" << launch << ", " << (written ? "true" : "false") << ", "
           << hex(slice.getOffset()) << ", " << slice.getSlice().getType().getBytes() << "},\n";
        ++count;
      };
      for (Value value : exec::readsOf(&op))
        row(value, false);
      for (Value value : exec::writesOf(&op))
        row(value, true);
      ++launch;
    }
    os << "};\n\n";
    accessCounts[program.getSymName()] = count;
  }

  std::string timeline(exec::ProgramOp program) {
    StringRef name = program.getSymName();
    std::string accessed;
    if (settings.accesses)
      accessed = (", " + name + "_accesses, " + Twine(accessCounts[name])).str();
    return ("{plimsoll_" + name + ", " + Twine(launches[name]) + ", " +
            Twine(program.resultOffset("loss")) + ", " + Twine(program.resultOffset("accuracy")) +
            ", " + name + "_writes, " + Twine(writeCounts[name]) + ", " +
            Twine(program.resultOffset("gradient_norm")) + accessed + "}")
        .str();
  }

  void program() {
    const OptimizerSettings &o = settings.optimizer;
    // The compiler and the runtime agree on what the host computes before each step.
    os << "static_assert(kHyperCount * sizeof(float) == " << hyperBytes << ");\n\n"
       << "extern \"C\" const Program plimsoll_program = {\n"
       << "    /*model=*/" << quoted(settings.model) << ",\n    /*fingerprint=*/"
       << quoted(fingerprint(module, o)) << ",\n    /*info=*/" << quoted(settings.info)
       << ",\n    /*instructionSet=*/" << quoted(settings.instructionSet)
       << ",\n    /*arenaBytes=*/" << train.getArena() << ",\n    /*threads=*/"
       << train.getThreads() << ",\n    /*hyperOffset=*/" << hex(hyperOffset)
       << ",\n    parameters, " << parameterCount << ",\n    inputs, " << inputCount << ",\n    "
       << (constantCount ? "constants" : "nullptr") << ", " << constantCount
       << ",\n    /*optimizer=*/{" << quoted(o.name);
    Type f64 = Float64Type::get(module.getContext());
    for (double value : {o.learningRate, o.weightDecay, o.beta1, o.beta2, o.epsilon, o.momentum})
      os << ", " << literal(value, f64);
    os << ", " << (o.nesterov ? "true" : "false") << "},\n    /*train=*/" << timeline(train)
       << ",\n    /*evaluate=*/" << timeline(evaluate) << ",\n    /*tokenLabels=*/"
       << (tokenLabels ? "true" : "false") << ",\n    /*loraAlpha=*/" << literal(loraAlpha(), f64);
    os << ",\n    /*evaluateHyperOffset=*/" << inputOffset(evaluate, "hyper");
    bool mix = module->hasAttr(nn::kRowsMixAttr);
    if (accumulate || mix)
      os << ",\n    /*microBatches=*/" << settings.microBatches << ",\n    /*accumulate=*/"
         << (accumulate ? timeline(accumulate) : "{}") << ",\n    /*accumulateHyperOffset=*/"
         << hex(accumulateHyperOffset);
    if (mix)
      os << ",\n    /*rowsMix=*/true";
    os << "};\n";
  }

  double loraAlpha() {
    auto alpha = module->getAttrOfType<FloatAttr>(nn::kLoraAlphaAttr);
    return alpha ? alpha.getValueAsDouble() : 0.0;
  }

  ModuleOp module;
  const ProgramSettings &settings;
  std::vector<char> &constants;
  exec::ProgramOp train, accumulate, evaluate; ///< accumulate may be null
  llvm::StringMap<SmallVector<nn::StateOp>> states;
  llvm::StringMap<int> launches, writeCounts, accessCounts;
  int parameterCount = 0, inputCount = 0, constantCount = 0;
  int64_t hyperOffset = 0, hyperBytes = 0, accumulateHyperOffset = 0;
  bool tokenLabels = false;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

std::string plimsoll::codegen::emitProgram(ModuleOp module, const ProgramSettings &settings,
                                           std::vector<char> &constants) {
  return ProgramPrinter(module, settings, constants).print();
}

std::string plimsoll::codegen::fingerprint(ModuleOp module, const OptimizerSettings &optimizer) {
  llvm::SHA256 hash;
  for (auto parameter : module.getOps<nn::ParameterOp>()) {
    std::string row;
    llvm::raw_string_ostream os(row);
    os << parameter.getSymName() << parameter.getTensorType() << parameter.getTransposed()
       << parameter.getTrainable() << parameter.getDecayed();
    for (FloatAttr own : {parameter.getDecayAttr(), parameter.getLrScaleAttr()})
      if (own)
        os << own;
    os << ";";
    hash.update(row);
  }
  hash.update(optimizer.name);
  return llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 32);
}
