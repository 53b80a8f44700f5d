//===- ImporterParameters.cpp - parameters, and how their uses see them --------------===//
#include "compiler/onnx/Importer.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Stored.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Returns the file's element type of a parameter that is computed in f32.
static Type storedType(MLIRContext *context, DType dtype) {
  return dtype == DType::f16    ? Type(Float16Type::get(context))
         : dtype == DType::bf16 ? Type(BFloat16Type::get(context))
                                : Type(Float64Type::get(context));
}

/// Sets the attributes that say where the numbers of a parameter are, and how they follow from what
/// is there.
void Importer::setSource(OperationState &state, const Parameter &parameter, RankedTensorType type) {
  if (parameter.initializer < 0)
    return;
  std::optional<ByteRange> range = graph.file.locate(parameter.initializer, problems);
  if (!range)
    return;
  int64_t step = byteSize(parameter.dtype), bytes = type.getNumElements() * step;
  // Of a tensor that is repeated in the file, take the first copy.
  if (parameter.pieces.empty())
    range->size = std::min(range->size, bytes);
  state.addAttribute("source",
                     nn::BytesAttr::get(context, range->file, range->offset, range->size));
  SmallVector<int64_t> pieces;
  for (const Piece &piece : parameter.pieces)
    pieces.append({piece.begin * step, piece.count * step});
  if (!pieces.empty())
    state.addAttribute(nn::kPiecesAttr, builder.getDenseI64ArrayAttr(pieces));
  if (parameter.scale != 1)
    state.addAttribute(nn::kScaleAttr, builder.getF64FloatAttr(parameter.scale));
  if (graph.computed(parameter.dtype) != parameter.dtype)
    state.addAttribute(nn::kStoredAttr, TypeAttr::get(storedType(context, parameter.dtype)));
}

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
    setSource(state, parameter, type);
    SmallVector<Attribute> aliases;
    for (const std::string &alias : parameter.aliases)
      aliases.push_back(builder.getStringAttr(alias));
    if (!aliases.empty())
      state.addAttribute("aliases", builder.getArrayAttr(aliases));
    if (parameter.transposed)
      state.addAttribute("transposed", builder.getUnitAttr());
    if (parameter.trainable)
      state.addAttribute("trainable", builder.getUnitAttr());
    if (!parameter.fileName.empty() && parameter.fileName != parameter.name)
      state.addAttribute(nn::kFileNameAttr, builder.getStringAttr(parameter.fileName));
    builder.create(state);
  }
  SmallVector<Attribute> kept;
  for (const KeptConstant &constant : plan.constants)
    kept.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", builder.getStringAttr(constant.name)),
         builder.getNamedAttr("shape", builder.getDenseI64ArrayAttr(constant.shape)),
         builder.getNamedAttr("reason", builder.getStringAttr(constant.reason))}));
  if (!kept.empty())
    module->setAttr(nn::kConstantsAttr, builder.getArrayAttr(kept));
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

/// Returns parts of parameters, one after the other, as one vector.
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

/// Returns the value that a use of an initializer sees. A parameter that the exporter repeated is
/// repeated as often as the sizes around it require.
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
