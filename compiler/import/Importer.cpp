#include "compiler/import/Importer.h"
#include "compiler/import/ExporterRecord.h"
#include "compiler/import/FxArguments.h"
#include "compiler/import/OldOpsets.h"
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Stored.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// How the file has a parameter that is computed in f32.
static Type storedType(MLIRContext *context, DType dtype) {
  return dtype == DType::F16    ? Type(Float16Type::get(context))
         : dtype == DType::BF16 ? Type(BFloat16Type::get(context))
                                : Type(Float64Type::get(context));
}

// Parameters ----------------------------------------------------------------

void Importer::makeParameters() {
  for (const Parameter &parameter : plan.parameters) {
    OperationState state(nn::userLocation(context, parameter.name, ""),
                         nn::ParameterOp::getOperationName());
    auto type = RankedTensorType::get(parameter.shape,
                                      elementType(context, graph.computed(parameter.dtype)));
    state.addAttribute("sym_name", builder.getStringAttr(parameter.name));
    state.addAttribute("type", TypeAttr::get(type));
    state.addAttribute("role", builder.getStringAttr(parameter.role));
    state.addAttribute("reason", builder.getStringAttr(parameter.reason));
    if (parameter.initializer >= 0)
      if (std::optional<ByteRange> range = graph.file.locate(parameter.initializer, problems)) {
        int64_t step = byteSize(parameter.dtype), bytes = type.getNumElements() * step;
        // Of a tensor that repeats in the file, the first time.
        if (parameter.pieces.empty())
          range->size = std::min(range->size, bytes);
        state.addAttribute("source",
                           nn::BytesAttr::get(context, range->file, range->offset, range->size));
        SmallVector<int64_t> pieces;
        for (const Piece &piece : parameter.pieces)
          pieces.append({piece.begin * step, piece.count * step});
        if (!pieces.empty())
          state.addAttribute(nn::kPiecesAttr, builder.getDenseI64ArrayAttr(pieces));
        if (graph.computed(parameter.dtype) != parameter.dtype)
          state.addAttribute(nn::kStoredAttr, TypeAttr::get(storedType(context, parameter.dtype)));
      }
    SmallVector<Attribute> aliases;
    for (const std::string &alias : parameter.aliases)
      aliases.push_back(builder.getStringAttr(alias));
    if (!aliases.empty())
      state.addAttribute("aliases", builder.getArrayAttr(aliases));
    for (auto [flag, name] :
         {std::pair(parameter.transposed, "transposed"),
          std::pair(parameter.trainable, "trainable"), std::pair(parameter.decayed, "decayed")})
      if (flag)
        state.addAttribute(name, builder.getUnitAttr());
    builder.create(state);
  }
  SmallVector<Attribute> kept;
  for (const KeptConstant &constant : plan.constants)
    kept.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", builder.getStringAttr(constant.name)),
         builder.getNamedAttr("shape", builder.getDenseI64ArrayAttr(constant.shape)),
         builder.getNamedAttr("reason", builder.getStringAttr(constant.reason))}));
  if (!kept.empty())
    module->setAttr(kConstantsAttr, builder.getArrayAttr(kept));
  loads.resize(plan.parameters.size());
}

Value Importer::whole(int index) {
  const Parameter &parameter = plan.parameters[index];
  Value &value = loads[index];
  if (!value) {
    auto type = RankedTensorType::get(parameter.shape,
                                      elementType(context, graph.computed(parameter.dtype)));
    value = nn::LoadOp::create(builder, nn::userLocation(context, parameter.name, ""), type,
                               parameter.name);
  }
  return value;
}

/// Parts of parameters one after the other, as one vector.
Value Importer::join(ArrayRef<Part> parts) {
  std::map<int, std::map<int64_t, Value>> pieces; // of each parameter, by where they begin
  for (const Part &part : parts)
    pieces[part.parameter][part.begin];
  for (auto &[index, begins] : pieces) {
    Value value = whole(index);
    auto type = typeOf(value);
    int64_t count = type.getNumElements();
    value = nn::ReshapeOp::create(builder, value.getLoc(), type.clone({count}), value);
    SmallVector<int64_t> sizes;
    for (auto piece = begins.begin(); piece != begins.end(); ++piece)
      sizes.push_back((std::next(piece) == begins.end() ? count : std::next(piece)->first) -
                      piece->first);
    if (sizes.size() == 1) {
      begins.begin()->second = value;
      continue;
    }
    OperationState state(value.getLoc(), nn::SplitOp::getOperationName());
    state.addOperands(value);
    for (int64_t size : sizes)
      state.addTypes(type.clone({size}));
    state.addAttribute("axis", builder.getI64IntegerAttr(0));
    state.addAttribute("sizes", builder.getDenseI64ArrayAttr(sizes));
    Operation *split = builder.create(state);
    for (auto [piece, result] : llvm::zip(begins, split->getResults()))
      piece.second = result;
  }
  SmallVector<Value> values;
  int64_t count = 0;
  for (const Part &part : parts) {
    values.push_back(pieces[part.parameter][part.begin]);
    count += part.count;
  }
  if (values.size() == 1)
    return values.front();
  OperationState state(values.front().getLoc(), nn::ConcatOp::getOperationName());
  state.addOperands(values);
  state.addTypes(typeOf(values.front()).clone({count}));
  state.addAttribute("axis", builder.getI64IntegerAttr(0));
  return builder.create(state)->getResult(0);
}

Value Importer::load(const ParameterUse &use) {
  Location location = nn::userLocation(context, plan.parameters[use.parameter].name, "");
  Value value = use.parts.empty() ? whole(use.parameter) : join(use.parts);
  auto type = [&](const Shape &shape) {
    return RankedTensorType::get(shape, typeOf(value).getElementType());
  };
  if (!use.view.empty())
    return nn::ReshapeOp::create(builder, location, type(use.view), value);
  if (!use.repeated.empty())
    return nn::BroadcastOp::create(builder, location, type(use.repeated), value);
  if (!use.transpose)
    return value;
  return nn::TransposeOp::create(builder, location, value, ArrayRef<int64_t>{1, 0});
}

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

/// What the loss reads where that is no output: the value of a tensor, or the first of a node.
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

/// What the use of an initializer sees. A parameter that the exporter repeated is repeated as
/// often as the sizes around it ask for.
Value Importer::loadFor(const std::string &initializer, ParameterUse use) {
  if (use.repeated.empty())
    return load(use);
  if (graph.newSizes)
    if (auto found = graph.newSizes->shapes.find(initializer);
        found != graph.newSizes->shapes.end())
      use.repeated = found->second;
  Value value = load(use);
  if (trace)
    trace->values.push_back({initializer, value});
  return value;
}

Entry Importer::initializerEntry(int index, Use use) {
  ParameterUse parameter = plan.find(index, use);
  if (parameter.parameter >= 0)
    return Entry::of(loadFor(graph.proto.initializer(index).name(), std::move(parameter)));
  const onnx::TensorProto &tensor = graph.proto.initializer(index);
  Entry &entry = values[tensor.name()];
  if (entry.kind != Entry::Kind::Missing)
    return entry;
  std::string where = "initializer '" + tensor.name() + "'", external;
  size_t before = problems.size();
  if (isExternal(tensor)) {
    std::optional<std::string> bytes = graph.file.read(index, int64_t(1) << 30, problems);
    external = bytes.value_or("");
    if (!bytes && problems.size() == before)
      problems.add(where, "its external data is needed at compile time and cannot be read");
  }
  std::optional<HostTensor> known;
  if (problems.size() == before)
    known = readTensor(tensor, external, budget.largest, where, problems);
  if (known)
    entry = Entry::of(std::move(*known));
  else
    entry.kind = Entry::Kind::Failed;
  return entry;
}

/// False if an operand is missing because of an earlier problem.
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
  return complete;
}

/// The exporter's optimizer drops the Identity that detach() is. The call of a node still reads
/// "%detach", which nothing makes any more.
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
  bool supported = isSupported(node.proto); // others were told at the start
  if (complete && supported)
    bringUpToDate(node);
  if (complete && supported && !node.failed())
    stopDetached(node);
  if (complete && supported && !node.failed())
    dispatch(node);
  if (node.resultShape && node.results[0].kind == Entry::Kind::Data)
    node.set(node.reshape(node.results[0].value, *node.resultShape));
  if (node.decision)
    decisions.push_back(*node.decision);
  llvm::append_range(warnings, node.warnings);
  // A constant that was made is there for later uses.
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

/// Data that the model rounds to half precision.
void Importer::noteRounding(const Node &node) {
  std::optional<DType> to;
  if (node.proto.op_type() == "Cast")
    for (const auto &attribute : node.proto.attribute())
      if (attribute.name() == "to")
        to = dtypeOf(static_cast<int>(attribute.i()));
  if (to && isHalf(*to) && node.results[0].kind == Entry::Kind::Data)
    roundings.push_back(graph.describe(node.index));
}

// Other sizes than the exported ones ----------------------------------------

/// What an import at other sizes will ask about this one.
void Importer::note(const Node &node, Operation *before) {
  for (auto [i, name] : llvm::enumerate(node.proto.input())) {
    const Entry &entry = node.operands[i];
    if (entry.kind == Entry::Kind::Known && entry.value)
      trace->constants[entry.value.getDefiningOp()] = {name, entry.known};
  }
  for (const std::string &name : node.proto.output())
    if (Entry entry = values.lookup(name); entry.kind == Entry::Kind::Data)
      trace->values.push_back({name, entry.value});
  Block &body = function.getBody().front();
  for (Operation *op = before         ? before->getNextNode()
                       : body.empty() ? nullptr
                                      : &body.front();
       op; op = op->getNextNode())
    trace->nodes[op] = node.index;
}

/// Constants that meet data whose size has changed. What was computed from shapes has its
/// new size already.
void Importer::resizeConstants(Node &node) {
  if (!graph.newSizes)
    return;
  for (auto [i, name] : llvm::enumerate(node.proto.input())) {
    Entry &entry = node.operands[i];
    auto resized = graph.newSizes->constants.find(name);
    if (entry.kind == Entry::Kind::Known && resized != graph.newSizes->constants.end() &&
        entry.known->shape == resized->second.from)
      entry.known = resized->second.tensor;
  }
}

/// What this import infers must be what was followed through the one at the exported sizes.
bool Importer::hasNewShape(Node &node, const std::string &name, Value value) {
  if (!graph.newSizes) {
    compareShape(name, value);
    return true;
  }
  auto expected = graph.newSizes->shapes.find(name);
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  if (expected == graph.newSizes->shapes.end() || shape == ArrayRef<int64_t>(expected->second))
    return true;
  node.error("its result '" + name + "' would have the shape " + shapeText(shape) +
                 " at the new sizes, and the model around it needs " + shapeText(expected->second) +
                 ": the node counts a dimension that changes",
             "export the model with a dynamic dimension there");
  return false;
}

/// Our inference against the file's own shapes.
void Importer::compareShape(const std::string &name, Value value) {
  auto found = graph.valueInfo.find(name);
  if (found == graph.valueInfo.end() || !found->second->type().tensor_type().has_shape())
    return;
  const auto &shape = found->second->type().tensor_type().shape();
  ArrayRef<int64_t> ours = typeOf(value).getShape();
  bool same = int(ours.size()) == shape.dim_size();
  std::string theirs;
  for (auto [d, dim] : llvm::enumerate(shape.dim())) {
    auto bound = graph.dimensions.find(dim.dim_param());
    int64_t size = dim.has_dim_value()               ? dim.dim_value()
                   : bound != graph.dimensions.end() ? bound->second
                                                     : -1;
    if (same && size >= 0)
      same = ours[d] == size;
    theirs += (d ? "x" : "") + (size >= 0 ? std::to_string(size) : std::string("?"));
  }
  if (!same)
    remarks.push_back("'" + name + "' has the shape " + shapeText(ours) + ", the file says " +
                      theirs);
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

// Known tensors are dropped after their last use: masks can be large.
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
