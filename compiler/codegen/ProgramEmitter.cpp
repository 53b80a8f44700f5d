//===- ProgramEmitter.cpp - the tables of a program -----------------------------===//
#include "compiler/codegen/ProgramEmitter.h"
#include "compiler/codegen/ConstantBytes.h"
#include "compiler/codegen/CppText.h"
#include "dialects/exec/ExecDialect.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/plan/PlanDialect.h"
#include "dialects/support/OptimizerKinds.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Format.h"
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
    llvm::append_range(timelines, module.getOps<exec::ProgramOp>());
    train = exec::firstTimeline(module, exec::TimelineKind::train);
    llvm::StringMap<nn::StateOp> all;
    for (auto state : module.getOps<nn::StateOp>())
      all[state.getSymName()] = state;
    for (auto state : module.getOps<nn::StateOp>())
      if (state.getScales())
        scales[state.getSymName()] = all.lookup(*state.getScales());
    llvm::StringSet<> ofOthers;
    for (const auto &entry : scales)
      ofOthers.insert(nn::StateOp(entry.second).getSymName());
    for (auto state : module.getOps<nn::StateOp>())
      if (!state.getTransient() && !ofOthers.contains(state.getSymName()))
        states[state.getOf()].push_back(state);
  }

  std::string print() {
    os << "// What this program is: see plimsoll/Program.h.\n#include \"plimsoll/Program.h\"\n\n"
          "using namespace plimsoll;\n\n";
    for (exec::ProgramOp timeline : timelines)
      os << "void plimsoll_" << timeline.getSymName() << "(Stepper &s);\n";
    os << "\nnamespace {\n\n";
    parameters();
    inputs();
    constantTable();
    for (exec::ProgramOp timeline : timelines) {
      writes(timeline);
      work(timeline);
    }
    if (settings.accesses)
      for (exec::ProgramOp timeline : timelines)
        accesses(timeline);
    timelineTable();
    os << "} // namespace\n\n";
    program();
    return text;
  }

private:
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

  /// True if the optimizer's state `slot` is never negative.
  bool isSquare(StringRef slot) {
    const OptimizerKind *kind = findOptimizer(settings.optimizer.name);
    return kind && (llvm::is_contained(kind->rule.squares, slot) ||
                    (kind->momentumRule && llvm::is_contained(kind->momentumRule->squares, slot)));
  }

  /// Returns a tensor of the tables for a state, whose shape is the constant `shapeName`.
  std::string stateTensor(nn::StateOp state, const std::string &shapeName) {
    auto type = cast<RankedTensorType>(state.getType());
    return "{" + quoted(state.getSlot()) + ", " + elementType(type.getElementType()) + ", " +
           std::to_string(type.getRank()) + ", " + shapeName + ", " + hex(placeOf(state)) + "}";
  }

  /// The table of what parameter number `n` has in the optimizer. Codes have the arena's layout,
  /// because that is the order of their blocks.
  void stateTable(nn::ParameterOp parameter, ArrayRef<nn::StateOp> own, const std::string &n) {
    std::string rows;
    llvm::raw_string_ostream row(rows);
    for (size_t i = 0; i < own.size(); ++i) {
      nn::StateOp state = own[i], ofBlocks = scales.lookup(state.getSymName());
      auto type = cast<RankedTensorType>(state.getType());
      bool alike = type.getShape() == parameter.getTensorType().getShape() &&
                   !(ofBlocks && parameter.getTransposed());
      std::string place = n + "_" + std::to_string(i), shapeName = "shape" + n;
      if (!alike)
        shape(shapeName = "state_shape" + place, type.getShape());
      row << "    {.tensor = " << stateTensor(state, shapeName)
          << (alike && parameter.getTransposed() ? ", .transposed = true" : "");
      if (ofBlocks) {
        shape("scales_shape" + place, cast<RankedTensorType>(ofBlocks.getType()).getShape());
        os << "const TensorInfo scales" << place << " = "
           << stateTensor(ofBlocks, "scales_shape" + place) << ";\n";
        row << ", .scales = &scales" << place;
      }
      row << (isSquare(state.getSlot()) ? ", .nonnegative = true" : "") << "},\n";
    }
    os << "const StateInfo states" << n << "[] = {\n" << rows << "};\n";
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
        stateTable(parameter, own, n);
      }
      RankedTensorType type = parameter.getTensorType();
      row << "    {.tensor = {" << quoted(parameter.getSymName()) << ", "
          << elementType(type.getElementType()) << ", " << type.getRank() << ", shape" << n << ", "
          << hex(placeOf(parameter))
          << "},\n     .transposed = " << (parameter.getTransposed() ? "true" : "false")
          << ", .trainable = " << (parameter.getTrainable() ? "true" : "false")
          << ", .decayed = " << (parameter.getDecayed() ? "true" : "false")
          << ",\n     .aliases = " << (aliases && !aliases.empty() ? "aliases" + n : "nullptr")
          << ", .aliasCount = " << (aliases ? aliases.size() : 0)
          << ", .states = " << (own.empty() ? "nullptr" : "states" + n)
          << ", .stateCount = " << own.size()
          << ",\n     .gradientOffset = " << gradientOffset(parameter)
          << ", .unsaved = " << (parameter->hasAttr(nn::kUnsavedAttr) ? "true" : "false") << "},\n";
    }
    os << "\nconst ParameterInfo parameters[] = {\n" << rows << "};\n\n";
  }

  /// Returns the slices that the host fills before `program` runs.
  static SmallVector<exec::SliceOp> inputSlices(exec::ProgramOp program) {
    SmallVector<exec::SliceOp> slices;
    for (auto slice : program.getBody().front().getOps<exec::SliceOp>())
      if (slice.getRole())
        slices.push_back(slice);
    return slices;
  }

  static exec::SliceOp inputNamed(exec::ProgramOp timeline, StringRef name) {
    for (exec::SliceOp slice : inputSlices(timeline))
      if (slice.getName() == name)
        return slice;
    return {};
  }

  /// Returns the block of scalars that the host writes for `timeline`, or null if it reads none.
  static exec::SliceOp hyperOf(exec::ProgramOp timeline) {
    for (exec::SliceOp slice : inputSlices(timeline))
      if (slice.getRole() == "hyper")
        return slice;
    return {};
  }

  static ArrayRef<int64_t> shapeOf(exec::SliceOp slice) { return *slice.getShape(); }

  /// Returns the inputs of all timelines, each from the first timeline that has it; the training
  /// timeline comes first.
  SmallVector<exec::SliceOp> allInputs() {
    SmallVector<exec::SliceOp> all;
    std::set<StringRef> seen;
    SmallVector<exec::ProgramOp> order{train};
    llvm::append_range(order, timelines);
    for (exec::ProgramOp timeline : order)
      for (exec::SliceOp slice : inputSlices(timeline))
        if (slice.getRole() != "hyper" && seen.insert(slice.getName()).second)
          all.push_back(slice);
    return all;
  }

  void inputs() {
    allInputSlices = allInputs();
    for (auto [i, slice] : llvm::enumerate(allInputSlices))
      shape("input_shape" + std::to_string(i), shapeOf(slice));
    os << "\nconst InputInfo inputs[] = {\n";
    for (exec::SliceOp slice : allInputSlices)
      inputRow(slice);
    os << "};\n\n";
    tokenLabels = labelsAreTokens();
    for (exec::ProgramOp timeline : timelines)
      inputTable(timeline);
  }

  void inputRow(exec::SliceOp slice) {
    IntegerAttr limit = slice.getLimitAttr(), ignored = slice.getIgnoredAttr();
    StringAttr classes = slice.getClassesAttr();
    os << "    {.labels = " << (slice.getRole() == "labels" ? "true" : "false")
       << ", .limit = " << (limit ? limit.getInt() : -1);
    if (ignored)
      os << ", .ignored = " << ignored.getInt();
    if (slice.getWhole())
      os << ", .whole = true";
    if (classes)
      os << ", .classes = " << quoted(classes.getValue());
    os << "}, // " << oneLine(slice.getName()) << "\n";
  }

  /// Prints type, shape and place of every input in `timeline`.
  void inputTable(exec::ProgramOp timeline) {
    std::string name = timeline.getSymName().str(), rows;
    llvm::raw_string_ostream row(rows);
    for (auto [i, any] : llvm::enumerate(allInputSlices)) {
      exec::SliceOp own = inputNamed(timeline, any.getName());
      exec::SliceOp slice = own ? own : any;
      std::string shapeName = "input_shape" + std::to_string(i);
      if (shapeOf(slice) != shapeOf(any)) {
        shapeName = name + "_" + shapeName;
        shape(shapeName, shapeOf(slice));
      }
      row << "    {" << quoted(any.getName()) << ", "
          << elementType(slice.getSlice().getType().getElement()) << ", " << shapeOf(slice).size()
          << ", " << shapeName << ", " << (own ? hex(own.getOffset()) : "kNoPlace") << "},\n";
    }
    os << "const TensorInfo " << name << "_inputs[] = {\n" << rows << "};\n\n";
  }

  /// True if the labels have the shape of the only integer input.
  bool labelsAreTokens() {
    std::optional<ArrayRef<int64_t>> labels, integers;
    int integerInputs = 0;
    for (exec::SliceOp slice : inputSlices(train)) {
      if (slice.getRole() == "labels")
        labels = shapeOf(slice);
      else if (slice.getSlice().getType().getElement().isInteger(64) && ++integerInputs == 1)
        integers = shapeOf(slice);
    }
    return labels && integerInputs == 1 && *labels == *integers;
  }

  void constantTable() {
    std::string rows;
    llvm::raw_string_ostream row(rows);
    std::set<int64_t> seen;
    for (exec::ProgramOp program : timelines)
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
              << quoted(nn::describe(op.getLoc())) << ", " << elementType(element) << ", "
              << hex(slice.getOffset()) << ", " << slice.getSlice().getType().getCount() << "},\n";
      }
      ++launch;
    }
    os << "const WriteInfo " << program.getSymName() << "_writes[] = {\n" << rows << "};\n\n";
    launches[program.getSymName()] = launch;
    writeCounts[program.getSymName()] = StringRef(rows).count('\n');
  }

  /// Prints what each launch of `program` does, if that is known of all.
  void work(exec::ProgramOp program) {
    std::string rows;
    llvm::raw_string_ostream row(rows);
    for (Operation &op : program.getBody().front()) {
      if (!exec::isLaunch(&op))
        continue;
      exec::WorkAttr work = exec::workOf(&op);
      if (!work)
        return;
      auto call = dyn_cast<exec::CallOp>(op);
      row << "    {" << quoted(call ? call.getKey().text() : "loop nest") << ", " << work.getFlops()
          << ", " << work.getBytes() << ", "
          << llvm::format("%.4g", work.getSeconds().getValueAsDouble()) << "},\n";
    }
    os << "const LaunchInfo " << program.getSymName() << "_launches[] = {\n" << rows << "};\n\n";
    described.insert(program.getSymName());
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

  void timelineTable() {
    os << "const Timeline timelines[] = {\n";
    for (exec::ProgramOp timeline : timelines)
      timelineRow(timeline);
    os << "};\n\n";
  }

  void timelineRow(exec::ProgramOp timeline) {
    StringRef name = timeline.getSymName();
    exec::SliceOp hyper = hyperOf(timeline);
    os << "    {.name = " << quoted(name)
       << ",\n     .kind = TimelineKind::" << exec::stringifyTimelineKind(timeline.getKind())
       << ",\n     .run = plimsoll_" << name << ",\n     .launchCount = " << launches[name]
       << ",\n     .inputs = " << name
       << "_inputs,\n     .hyperOffset = " << (hyper ? int64_t(hyper.getOffset()) : -1)
       << ",\n     .lossOffset = " << timeline.resultOffset("loss")
       << ",\n     .accuracyOffset = " << timeline.resultOffset("accuracy")
       << ",\n     .writes = " << name << "_writes,\n     .writeCount = " << writeCounts[name]
       << ",\n     .gradientNormOffset = " << timeline.resultOffset("gradient_norm");
    if (settings.accesses)
      os << ",\n     .accesses = " << name
         << "_accesses,\n     .accessCount = " << accessCounts[name];
    if (described.contains(name))
      os << ",\n     .launches = " << name << "_launches";
    os << "},\n";
  }

  /// Prints a check that compiler and runtime agree on the scalars that the host computes.
  void checkHyper() {
    for (exec::ProgramOp timeline : timelines)
      if (exec::SliceOp hyper = hyperOf(timeline)) {
        os << "static_assert(kHyperCount * sizeof(float) == "
           << hyper.getSlice().getType().getBytes() << ");\n\n";
        return;
      }
  }

  void program() {
    checkHyper();
    os << "extern \"C\" const Program plimsoll_program = {\n    .model = " << quoted(settings.model)
       << ",\n    .fingerprint = " << quoted(fingerprint(module, settings.optimizer.name))
       << ",\n    .info = " << quoted(settings.info)
       << ",\n    .instructionSet = " << quoted(settings.instructionSet)
       << ",\n    .arenaBytes = " << train.getArena() << ",\n    .threads = " << train.getThreads()
       << ",\n    .parameters = parameters,\n    .parameterCount = " << parameterCount
       << ",\n    .inputs = inputs,\n    .inputCount = " << allInputSlices.size()
       << ",\n    .constants = " << (constantCount ? "constants" : "nullptr")
       << ",\n    .constantCount = " << constantCount;
    optimizer(settings.optimizer);
    os << ",\n    .timelines = timelines,\n    .timelineCount = " << timelines.size()
       << ",\n    .tokenLabels = " << (tokenLabels ? "true" : "false")
       << ",\n    .loraAlpha = " << number(loraAlpha())
       << ",\n    .microBatches = " << settings.microBatches
       << ",\n    .rowsMix = " << (module->hasAttr(nn::kRowsMixAttr) ? "true" : "false")
       << ",\n    .rates = {" << number(settings.flopsPerSecond) << ", "
       << number(settings.bytesPerSecond) << "}};\n";
  }

  void optimizer(const OptimizerInfo &o) {
    os << ",\n    .optimizer = {.name = " << quoted(o.name)
       << ",\n                  .learningRate = " << number(o.learningRate)
       << ",\n                  .weightDecay = " << number(o.weightDecay)
       << ",\n                  .beta1 = " << number(o.beta1)
       << ",\n                  .beta2 = " << number(o.beta2) << "}";
  }

  std::string number(double value) { return literal(value, Float64Type::get(module.getContext())); }

  double loraAlpha() {
    auto alpha = module->getAttrOfType<FloatAttr>(nn::kLoraAlphaAttr);
    return alpha ? alpha.getValueAsDouble() : 0.0;
  }

  ModuleOp module;
  const ProgramSettings &settings;
  std::vector<char> &constants;
  SmallVector<exec::ProgramOp> timelines;
  exec::ProgramOp train;                            ///< the first one that trains
  SmallVector<exec::SliceOp> allInputSlices;        ///< in the order of the table of inputs
  llvm::StringMap<SmallVector<nn::StateOp>> states; ///< by parameter; scales are not among them
  llvm::StringMap<nn::StateOp> scales;              ///< of states that are codes, by their name
  llvm::StringMap<int> launches, writeCounts, accessCounts;
  llvm::StringSet<> described; ///< timelines of whose launches it is known what they do
  int parameterCount = 0, constantCount = 0;
  bool tokenLabels = false;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

std::string plimsoll::codegen::emitProgram(ModuleOp module, const ProgramSettings &settings,
                                           std::vector<char> &constants) {
  return ProgramPrinter(module, settings, constants).print();
}

std::string plimsoll::codegen::fingerprint(ModuleOp module, StringRef optimizer) {
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
  hash.update(optimizer);
  return llvm::toHex(hash.final(), /*LowerCase=*/true).substr(0, 32);
}
