#include "compiler/onnx/Importer.h"
#include "compiler/onnx/graph/OldOpsets.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/parameters/ExporterRecord.h"
#include "compiler/onnx/parameters/FxArguments.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

// The function --------------------------------------------------------------

void Importer::makeFunction() {
  SmallVector<Type> types;
  for (const BoundInput &input : graph.inputs)
    types.push_back(RankedTensorType::get(
        graph.isTraced ? input.exported : input.shape,
        elementType(context,
                    graph.computed(*dtypeOf(input.info->type().tensor_type().elem_type())))));
  function = func::FuncOp::create(builder, file, "forward", FunctionType::get(context, types, {}));
  Block *body = function.addEntryBlock();
  for (auto [i, input] : llvm::enumerate(graph.inputs)) {
    const std::string &name = input.info->name();
    function.setArgAttr(i, nn::kNameAttr, builder.getStringAttr(name));
    function.setArgAttr(i, nn::kRoleAttr, builder.getStringAttr("input"));
    SmallVector<StringRef> names;
    for (const auto &dim : input.info->type().tensor_type().shape().dim())
      names.push_back(dim.dim_param());
    if (llvm::any_of(names, [](StringRef name) { return !name.empty(); }))
      function.setArgAttr(i, nn::kDimensionsAttr, builder.getStrArrayAttr(names));
    body->getArgument(i).setLoc(nn::userLocation(context, name, ""));
    values[name] = Entry::of(body->getArgument(i));
  }
  for (const KnownInput &known : graph.known) {
    const std::string &name = known.input.info->name();
    const Shape &shape = graph.isTraced ? known.input.exported : known.input.shape;
    HostTensor tensor = known.tensor(shape);
    values[name] = Entry::of(tensor.cast(graph.computed(tensor.dtype)));
    remarks.push_back("input '" + name + "' (" + shapeText(shape) + ") is bound to " + known.text);
  }
  builder.setInsertionPointToStart(body);
}

/// Returns the tensor that the loss reads although it is no output: the tensor of that name, or the
/// first result of the node of that name; "" if there is none.
std::string Importer::furtherResult() const {
  const std::string &name = options.alsoOutput;
  if (name.empty() || graph.outputs.count(name))
    return "";
  if (graph.producers.count(name))
    return name;
  for (auto [node, names] : llvm::zip(graph.proto.node(), graph.names))
    if (names.label == name && node.output_size() > 0)
      return node.output(0);
  return "";
}

void Importer::finish() {
  SmallVector<Value> results;
  for (const auto &output : graph.proto.output()) {
    Entry entry = values.lookup(output.name());
    auto initializer = graph.initializers.find(output.name());
    if (initializer != graph.initializers.end())
      entry = initializerEntry(initializer->second, {-1, 0});
    if (entry.kind == Entry::Kind::Known)
      entry.value = nn::ConstantOp::create(
          builder, file,
          denseElements(context, entry.known->cast(graph.computed(entry.known->dtype))));
    if (!entry.value && entry.kind != Entry::Kind::Failed)
      problems.add("output '" + output.name() + "'", "is not a tensor");
    if (!entry.value)
      continue;
    results.push_back(entry.value);
  }
  Entry further = values.lookup(furtherResult());
  if (further.kind == Entry::Kind::Data)
    results.push_back(further.value);
  func::ReturnOp::create(builder, file, results);
  if (!problems.empty() || !decisions.empty())
    return;
  function.setType(
      FunctionType::get(context, function.getArgumentTypes(), TypeRange(ValueRange(results))));
  for (auto [i, output] : llvm::enumerate(graph.proto.output()))
    function.setResultAttr(i, nn::kNameAttr, builder.getStringAttr(output.name()));
  if (further.kind == Entry::Kind::Data)
    function.setResultAttr(results.size() - 1, nn::kNameAttr,
                           builder.getStringAttr(options.alsoOutput));
}

// Nodes ---------------------------------------------------------------------

/// Sets the node's operands. Returns false if one is missing because of an earlier problem.
bool Importer::bindOperands(Node &node) {
  bool complete = true;
  for (auto [i, name] : llvm::enumerate(node.proto.input())) {
    Entry entry;
    auto initializer = graph.initializers.find(name);
    if (!name.empty() && initializer != graph.initializers.end())
      entry = initializerEntry(initializer->second, {node.index, int(i)});
    else if (!name.empty())
      entry = values.lookup(name);
    complete &=
        entry.kind != Entry::Kind::Failed && (name.empty() || entry.kind != Entry::Kind::Missing);
    node.operands.push_back(std::move(entry));
  }
  auto bias = plan.restoredBiases.find(node.index);
  if (bias != plan.restoredBiases.end()) {
    node.operands.resize(3);
    node.operands[2] = Entry::of(load({bias->second, false}));
  }
  if (auto norm = plan.restoredNorms.find(node.index); norm != plan.restoredNorms.end()) {
    node.operands.resize(3);
    node.operands[2] = norm->second.before < 0 ? Entry() : Entry::of(load({norm->second.before}));
  }
  return complete;
}

/// Inserts nn.stop_gradient for a dropped detach(). The exporter's optimizer drops the Identity for
/// it, but the call of a node still reads "%detach", which no node makes any more.
void Importer::stopDetached(Node &node) {
  llvm::SmallVector<llvm::StringRef> values = fxValues(node.names.fx);
  auto isDropped = [&](llvm::StringRef value) {
    return (callKind(value) == "detach" || callKind(value) == "detach_") &&
           !graph.producers.count(value);
  };
  if (llvm::none_of(values, isDropped))
    return;
  if (values.size() != size_t(node.proto.input_size()))
    return node.warn("reads a value behind detach(), which the exporter dropped in a way that the "
                     "file does not tell: a gradient may flow where the module stops it; export "
                     "with optimize=False");
  for (auto [operand, value] : llvm::zip(node.operands, values))
    if (isDropped(value) && operand.kind == Entry::Kind::Data &&
        isa<FloatType>(typeOf(operand.value).getElementType()))
      operand = Entry::of(node.emit<nn::StopGradientOp>({operand.value}));
}

/// Adds the batch normalisation behind a node that the exporter folded into the node's weights.
void Importer::normalize(Node &node, const RestoredNorm &norm) {
  if (node.failed() || node.results[0].kind != Entry::Kind::Data)
    return;
  Value x = node.results[0].value;
  auto channels = [&](int parameter, double otherwise) {
    return parameter < 0 ? node.broadcast(node.scalar(otherwise, x), {typeOf(x).getDimSize(1)})
                         : load({parameter});
  };
  node.set(node.emit<nn::BatchNormInferenceOp>(
      {x, channels(norm.gain, 1), channels(norm.bias, 0), load({norm.mean}), load({norm.variance})},
      {node.floatNamed("epsilon", norm.epsilon), node.floatNamed("momentum", norm.momentum)}));
}

bool plimsoll::import::isStandard(const onnx::NodeProto &node) {
  return node.domain().empty() || node.domain() == "ai.onnx";
}

bool plimsoll::import::isSupported(const onnx::NodeProto &node) {
  auto found = opTable().find(node.op_type());
  return isStandard(node) && found != opTable().end() && !found->second.refusal;
}

void Importer::dispatch(Node &node) {
  const OpEntry &op = opTable().find(node.proto.op_type())->second;
  bool known = llvm::all_of(node.operands, [](const Entry &entry) {
    return entry.kind == Entry::Kind::Known || entry.kind == Entry::Kind::Missing;
  });
  if (op.fold && known)
    return op.fold(node);
  resizeConstants(node);
  if (op.data)
    return op.data(node);
  for (int i = 0; op.fold && i < node.numOperands(); ++i)
    if (node.has(i) && !node.known(i))
      return;
}

void Importer::importNode(int index) {
  Node node(graph, index, builder, budget, problems);
  Block &body = function.getBody().front();
  Operation *before = body.empty() ? nullptr : &body.back();
  bool complete = bindOperands(node);
  bool supported = isSupported(node.proto); // unsupported ones were reported at the start
  if (complete && supported)
    bringUpToDate(node);
  if (complete && supported && !node.failed())
    stopDetached(node);
  if (complete && supported && !node.failed())
    dispatch(node);
  if (auto norm = plan.restoredNorms.find(index); norm != plan.restoredNorms.end())
    normalize(node, norm->second);
  if (node.resultShape && node.results[0].kind == Entry::Kind::Data)
    node.set(node.reshape(node.results[0].value, *node.resultShape));
  if (node.decision)
    decisions.push_back(*node.decision);
  llvm::append_range(warnings, node.warnings);
  // Later uses share constants that were made for this node.
  for (auto [i, name] : llvm::enumerate(node.proto.input()))
    if (node.operands[i].kind == Entry::Kind::Known && values.contains(name))
      values[name].value = node.operands[i].value;
  for (auto [i, name] : llvm::enumerate(node.proto.output())) {
    if (name.empty())
      continue;
    Entry &entry = node.results[i];
    if (supported && complete && !node.failed() && !node.decision &&
        entry.kind == Entry::Kind::Missing)
      node.unsupported("its result '" + name + "' is not supported");
    if (node.failed() || !complete || entry.kind == Entry::Kind::Missing)
      entry.kind = Entry::Kind::Failed;
    if (entry.kind == Entry::Kind::Data && !hasNewShape(node, name, entry.value))
      entry.kind = Entry::Kind::Failed;
    values[name] = std::move(entry);
  }
  noteRounding(node);
  if (trace)
    note(node, before);
  release(index);
}

/// Records that a node rounds data to half precision.
void Importer::noteRounding(const Node &node) {
  std::optional<DType> to;
  if (node.proto.op_type() == "Cast")
    for (const auto &attribute : node.proto.attribute())
      if (attribute.name() == "to")
        to = dtypeOf(static_cast<int>(attribute.i()));
  if (to && isHalf(*to) && node.results[0].kind == Entry::Kind::Data)
    roundings.push_back(graph.describe(node.index));
}

void Importer::emitRemarks() const {
  for (const std::string &remark : remarks)
    emitRemark(file) << remark;
  for (const std::string &warning : warnings)
    emitWarning(file) << warning;
  if (!roundings.empty() && !graph.isHalf)
    emitWarning(file) << roundings.front()
                      << (roundings.size() > 1 ? " and others round" : " rounds")
                      << " numbers to float16 or bfloat16, which is left out: all is computed in "
                         "f32; --precision=bf16 rounds factors of products";
}

// Known tensors are dropped after their last use, since masks can be large.
void Importer::findLastUses() {
  for (int i = 0; i < graph.proto.node_size(); ++i)
    for (const std::string &name : graph.node(i).input())
      lastUse[name] = i;
  for (const auto &output : graph.outputs)
    lastUse[output.getKey()] = graph.proto.node_size();
}

void Importer::release(int index) {
  for (const std::string &name : graph.node(index).input()) {
    auto entry = values.find(name);
    if (entry != values.end() && lastUse.lookup(name) == index &&
        entry->second.kind == Entry::Kind::Known)
      values.erase(entry);
  }
}

OwningOpRef<ModuleOp> Importer::run() {
  OwningOpRef<ModuleOp> result = ModuleOp::create(file);
  module = *result;
  module->setAttr(nn::kModelAttr, builder.getStringAttr(graph.file.name));
  builder.setInsertionPointToEnd(module.getBody());
  makeParameters();
  makeFunction();
  findLastUses();
  for (int i = 0; i < graph.proto.node_size(); ++i)
    importNode(i);
  finish();
  if (trace)
    trace->function = function;
  return problems.empty() && decisions.empty() ? std::move(result) : nullptr;
}
