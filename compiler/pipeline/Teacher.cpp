//===- Teacher.cpp - a frozen second model in the same program ----------------------===//
#include "compiler/pipeline/Teacher.h"
#include "compiler/frontend/FrontEnd.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Random.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/prepare/LossSpec.h"
#include <filesystem>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
namespace fs = std::filesystem;

static constexpr StringLiteral kPrefix = "teacher.";

namespace {

class TeacherMerger {
public:
  TeacherMerger(ModuleOp student, const CompileOptions &options)
      : student(student), options(options), path(options.teacher->model),
        into(student.lookupSymbol<func::FuncOp>("forward")) {}

  LogicalResult run() {
    if (failed(importTeacher()))
      return failure();
    from = teacher->lookupSymbol<func::FuncOp>("forward");
    IRMapping mapping;
    if (failed(mapInputs(mapping)) || failed(moveParameters()))
      return failure();
    FailureOr<unsigned> output = chooseOutput();
    if (failed(output))
      return failure();
    cloneBody(mapping);
    Operation *end = from.getBody().front().getTerminator();
    addResult(mapping.lookup(end->getOperand(*output)));
    return success();
  }

private:
  InFlightDiagnostic error() { return student.emitError("teacher '") << path << "': "; }

  /// True if --input binds the input, in both models.
  bool isBound(StringRef name) {
    return llvm::any_of(options.model.inputs,
                        [&](const auto &entry) { return entry.first == name; });
  }

  /// Fails with an error if the teacher's file has inputs that the student lacks.
  LogicalResult checkInputs(const frontend::ModelOutline &outline) {
    std::string missing;
    for (const frontend::OutlineInput &input : outline.inputs)
      if (!nn::findArgument(into, input.name) && !isBound(input.name))
        missing += "\n  '" + input.name + "'";
    if (missing.empty())
      return success();
    return error() << "the student has no such inputs; both read the same ones:" << missing;
  }

  /// Returns the options for reading the teacher: the student's sizes bind its dynamic dimensions.
  frontend::ModelOptions modelOptions(const frontend::ModelOutline &outline) {
    frontend::ModelOptions result;
    result.path = path;
    result.withoutWeights = options.model.withoutWeights;
    result.alsoOutput = wantedOutput();
    for (const frontend::OutlineInput &input : outline.inputs)
      for (const auto &entry : options.model.inputs)
        if (entry.first == input.name)
          result.inputs.push_back(entry);
    for (const frontend::OutlineInput &input : outline.inputs)
      if (BlockArgument argument = nn::findArgument(into, input.name))
        result.shapes[input.name] =
            llvm::to_vector(cast<RankedTensorType>(argument.getType()).getShape());
    return result;
  }

  LogicalResult importTeacher() {
    const frontend::FrontEnd &frontEnd = frontend::frontEndOf(path);
    // A file that cannot be read has no outline; `read` reports why.
    frontend::ModelOutline outline = frontEnd.outline(path).value_or(frontend::ModelOutline());
    if (failed(checkInputs(outline)))
      return failure();
    std::string problems;
    {
      ScopedDiagnosticHandler collect(student.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
          problems += diagnostic.str();
        return success();
      });
      teacher = frontEnd.read(student.getContext(), modelOptions(outline));
    }
    if (!teacher)
      return error() << problems;
    return success();
  }

  LogicalResult mapInputs(IRMapping &mapping) {
    std::string missing;
    for (BlockArgument argument : from.getArguments()) {
      StringRef name = nn::argumentName(from, argument.getArgNumber());
      Value same;
      for (BlockArgument candidate : into.getArguments())
        if (nn::argumentName(into, candidate.getArgNumber()) == name &&
            candidate.getType() == argument.getType())
          same = candidate;
      std::string type;
      llvm::raw_string_ostream(type) << argument.getType();
      if (same)
        mapping.map(argument, same);
      else
        missing += ("\n  '" + name + "', " + type).str();
    }
    if (missing.empty())
      return success();
    return error() << "the student has no inputs of these types; both read the same ones:"
                   << missing;
  }

  LogicalResult moveParameters() {
    OpBuilder builder(student.getContext());
    Operation *last = nullptr;
    for (auto parameter : student.getOps<nn::ParameterOp>()) {
      last = parameter;
      if (parameter.getSymName().starts_with(kPrefix))
        return error() << "the student has a parameter '" << parameter.getSymName()
                       << "' under the teacher's prefix";
    }
    if (last)
      builder.setInsertionPointAfter(last);
    else
      builder.setInsertionPointToStart(student.getBody());
    for (auto parameter : teacher->getOps<nn::ParameterOp>()) {
      auto copy = cast<nn::ParameterOp>(builder.clone(*parameter.getOperation()));
      copy.setSymName((kPrefix + parameter.getSymName()).str());
      copy->setLoc(nn::userLocation(student.getContext(), copy.getSymName(), ""));
      copy.setTrainable(false);
      copy.setDecayed(false);
      copy.removeAliasesAttr();
      copy.setReason("of the teacher");
      copy->setAttr(nn::kTeacherAttr, builder.getUnitAttr());
      copy->setAttr(nn::kUnsavedAttr, builder.getUnitAttr());
      if (nn::BytesAttr source = copy.getSourceAttr())
        copy.setSourceAttr(nn::BytesAttr::get(student.getContext(), fromStudent(source.getFile()),
                                              source.getOffset(), source.getSize()));
    }
    return success();
  }

  /// Returns the path, relative to the student's folder, of a file beside the teacher.
  std::string fromStudent(StringRef file) {
    std::error_code code;
    fs::path ours = fs::absolute(options.model.path, code).parent_path();
    fs::path theirs = fs::absolute(path, code).parent_path();
    return (fs::relative(theirs, ours, code) / file.str()).string();
  }

  /// Returns the output of --teacher, or else of the loss.
  std::string wantedOutput() {
    return options.teacher->output.empty() ? options.loss.output : options.teacher->output;
  }

  /// Returns the teacher's result with the name of the student's, or its only one. Fails with an
  /// error otherwise.
  FailureOr<unsigned> chooseOutput() {
    std::string wanted = wantedOutput(), names;
    for (unsigned i = 0; i < from.getNumResults(); ++i) {
      auto name = from.getResultAttrOfType<StringAttr>(i, nn::kNameAttr);
      if (name && name.getValue() == wanted)
        return i;
      names += (i ? ", '" : "'") + (name ? name.getValue().str() : std::to_string(i)) + "'";
    }
    if (from.getNumResults() == 1)
      return 0u;
    return error() << "it has several outputs; name the one to learn from, as in "
                      "--teacher=MODEL,output=NAME; there are "
                   << names;
  }

  /// Clones the teacher's ops without dropout; other random ops get new streams.
  void cloneBody(IRMapping &mapping) {
    OpBuilder builder(into.getBody().front().getTerminator());
    for (Operation &op : from.getBody().front().without_terminator()) {
      if (auto dropout = dyn_cast<nn::DropoutOp>(op)) {
        mapping.map(dropout.getY(), mapping.lookup(dropout.getX()));
        continue;
      }
      int32_t stream = nn::isDrawing(&op) ? nn::nextStream(into.getBody().front()) : 0;
      Operation *copy = builder.clone(op, mapping);
      if (auto random = dyn_cast<nn::RandomOp>(copy))
        random.setStream(stream);
      copy->setLoc(nn::userLocation(student.getContext(),
                                    (kPrefix + nn::nodeName(op.getLoc())).str(),
                                    nn::modulePath(op.getLoc())));
      if (auto load = dyn_cast<nn::LoadOp>(copy))
        load.setSymbol((kPrefix + load.getSymbol()).str());
    }
  }

  void addResult(Value scores) {
    Builder builder(student.getContext());
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr("teacher")),
         builder.getNamedAttr(nn::kRoleAttr, builder.getStringAttr("teacher"))});
    (void)into.insertResult(into.getNumResults(), scores.getType(), attributes);
    Operation *end = into.getBody().front().getTerminator();
    end->insertOperands(end->getNumOperands(), scores);
  }

  ModuleOp student;
  const CompileOptions &options;
  const std::string &path;
  func::FuncOp into, from;
  OwningOpRef<ModuleOp> teacher;
};

} // namespace

LogicalResult plimsoll::pipeline::addTeacher(ModuleOp module, const CompileOptions &options) {
  return TeacherMerger(module, options).run();
}
