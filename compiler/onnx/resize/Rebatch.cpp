#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/resize/RebatchConstants.h"
#include "compiler/onnx/resize/RebatchFollower.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

// Problems ------------------------------------------------------------------

std::string Follower::nodeText(Operation *op) const {
  auto node = trace.nodes.find(op);
  return node == trace.nodes.end() ? op->getName().getStringRef().str()
                                   : graph.describe(node->second);
}

std::string Follower::sourceText(const Sources::Source &source) const {
  std::string shape = " (" + shapeText(shapeOf(source.value)) + ")";
  if (auto argument = dyn_cast<BlockArgument>(source.value))
    return "input '" + graph.inputs[argument.getArgNumber()].info->name() + "'" + shape;
  Operation *op = source.value.getDefiningOp();
  if (auto load = dyn_cast<nn::LoadOp>(op))
    return "parameter '" + load.getSymbol().str() + "'" + shape;
  auto constant = trace.constants.find(op);
  if (constant != trace.constants.end())
    return "constant '" + constant->second.name + "'" + shape;
  return "the result of " + nodeText(op) + shape;
}

void Follower::problem(Operation *op, const Twine &what, const Twine &fix) {
  found.push_back({nodeText(op), what.str(), fix.str()});
}

void Follower::conflict(Operation *op, ArrayRef<Part> moving, const Part &still) {
  const Sources::Source &source = sources[still.source];
  std::string fix = kFix.str();
  if (auto argument = dyn_cast<BlockArgument>(source.value))
    fix = "give --shape=" + graph.inputs[argument.getArgNumber()].info->name() +
          " the same sizes, or leave it out";
  problem(op,
          "its dimension of " + Twine(sizeBefore(moving)) + " would become " +
              Twine(sizeAfter(moving)) + ", but " + sourceText(source) + " keeps its " +
              Twine(still.now),
          fix);
}

// The walk ------------------------------------------------------------------

Dims Follower::dimsOfArgument(BlockArgument argument) {
  const auto &input = graph.inputs[argument.getArgNumber()];
  Dims dims;
  for (auto [d, now] : llvm::enumerate(input.shape))
    dims.push_back(input.isFree[d] ? sources.begin(argument, d, true)
                                   : sources.beginAt(argument, d, now));
  return dims;
}

/// GlobalMaxPool and its like.
bool Follower::hasGlobalWindow(Operation *op) {
  auto node = trace.nodes.find(op);
  return node != trace.nodes.end() &&
         StringRef(graph.node(node->second).op_type()).starts_with("Global");
}

NewSizes Follower::followSizes() {
  run();
  llvm::StringSet<> told; // a node that stands for many ops, as an LSTM does, is told once
  for (const auto &[where, what, fix] : found)
    if (told.insert(where).second)
      problems.add(where, what, fix);
  return answer();
}

// The answer ----------------------------------------------------------------

NewSizes Follower::answer() {
  NewSizes result;
  func::FuncOp function = trace.function;
  for (Value argument : function.getArguments())
    result.inputs.push_back(after(argument));
  for (const auto &[name, value] : trace.values)
    if (!broken.contains(value))
      result.shapes[name] = after(value);
  for (const auto &[op, constant] : trace.constants)
    if (llvm::any_of(dims[op->getResult(0)], [](const Dim &dim) { return changes(dim); }))
      resize(constant, op, result);
  return result;
}

void Follower::resize(const ImportTrace::Constant &constant, Operation *op, NewSizes &result) {
  std::string refusal;
  std::optional<HostTensor> resized =
      resizedConstant(*constant.tensor, dims[op->getResult(0)], maxElements, refusal);
  if (resized)
    result.constants[constant.name] = {constant.tensor->shape,
                                       std::make_shared<HostTensor>(std::move(*resized))};
  else
    problems.add("constant '" + constant.name + "' (" + shapeText(constant.tensor->shape) + ")",
                 refusal, kFix);
}

NewSizes plimsoll::import::followSizes(const Graph &graph, const ImportTrace &trace,
                                       int64_t maxElements, Problems &problems) {
  return Follower(graph, trace, maxElements, problems).followSizes();
}
