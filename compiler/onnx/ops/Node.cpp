#include "compiler/onnx/ops/Node.h"
#include "compiler/onnx/graph/OldOpsets.h"
#include "compiler/onnx/resize/Rebatch.h"
#include "dialects/nn/NNNames.h"
#include "llvm/ADT/StringSet.h"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

using namespace mlir;
using namespace plimsoll::import;
using llvm::Twine;

Entry Entry::of(Value value) {
  Entry entry;
  entry.kind = value ? Kind::Data : Kind::Failed;
  entry.value = value;
  return entry;
}

Entry Entry::of(HostTensor tensor) {
  Entry entry;
  entry.kind = Kind::Known;
  entry.known = std::make_shared<HostTensor>(std::move(tensor));
  return entry;
}

Node::Node(const Graph &graph, int index, OpBuilder &builder, FoldBudget &budget,
           Problems &problems)
    : own(hasOlderForm(graph.node(index), graph.opset)
              ? std::make_unique<onnx::NodeProto>(graph.node(index))
              : nullptr),
      proto(own ? *own : graph.node(index)), names(graph.names[index]), index(index),
      opset(graph.opset), results(proto.output_size()), builder(builder),
      location(nn::userLocation(builder.getContext(), names.label, names.module)), graph(graph),
      budget(budget), problems(problems) {}

void Node::warn(const Twine &what) {
  warnings.push_back((graph.describe(index) + ": " + what).str());
}

void Node::error(const Twine &what, const Twine &fix) {
  if (!hasFailed)
    problems.add(graph.describe(index), what, fix);
  hasFailed = true;
}

// Operands ------------------------------------------------------------------

std::string Node::operandName(int i) const {
  return i < proto.input_size() ? proto.input(i) : "";
}

std::vector<std::string> Node::inputsBehind(int i) const {
  constexpr size_t kMostNodes = 256;
  std::vector<std::string> names = {operandName(i)}, inputs;
  llvm::StringSet<> seen;
  for (size_t at = 0; at < names.size(); ++at) {
    std::string name = names[at];
    if (name.empty() || !seen.insert(name).second || graph.initializers.count(name))
      continue;
    auto producer = graph.producers.find(name);
    if (seen.size() > kMostNodes)
      return {};
    if (producer == graph.producers.end())
      inputs.push_back(name);
    else
      llvm::append_range(names, graph.node(producer->second).input());
  }
  return inputs;
}

bool Node::has(int i) const {
  return i < numOperands() && operands[i].kind != Entry::Kind::Missing;
}

Value Node::data(int i) {
  if (!has(i)) {
    error("needs at least " + Twine(i + 1) + " inputs");
    return {};
  }
  return data(operands[i]);
}

Value Node::data(Entry &entry) {
  if (entry.kind == Entry::Kind::Sequence) {
    error("takes a tensor, not a sequence");
    return {};
  }
  if (entry.kind == Entry::Kind::Known && !entry.value)
    entry.value = constant(*entry.known);
  return entry.value;
}

const HostTensor *Node::knownOrNull(int i) const {
  return has(i) && operands[i].kind == Entry::Kind::Known ? operands[i].known.get() : nullptr;
}

const HostTensor *Node::known(int i) {
  const HostTensor *tensor = knownOrNull(i);
  if (!tensor)
    error(has(i) ? "its input '" + operandName(i) + "' must be known at compile time"
                 : "needs at least " + std::to_string(i + 1) + " inputs",
          has(i) ? StringRef("compute it from shapes and constants only")
                 : StringRef(kContradiction));
  return tensor;
}

std::optional<Shape> Node::knownInts(int i) {
  const HostTensor *tensor = known(i);
  if (!tensor)
    return std::nullopt;
  if (tensor->isFloat() || tensor->rank() > 1 || tensor->size() > 64) {
    error("its input '" + operandName(i) + "' must be a short list of integers");
    return std::nullopt;
  }
  return Shape(tensor->ints.begin(), tensor->ints.end());
}

std::optional<Shape> Node::shape(int i) {
  if (const HostTensor *tensor = knownOrNull(i))
    return tensor->shape;
  Value value = data(i);
  return value ? std::optional<Shape>(typeOf(value).getShape()) : std::nullopt;
}

std::optional<DType> Node::dtype(int i) {
  if (const HostTensor *tensor = knownOrNull(i))
    return tensor->dtype;
  Value value = data(i);
  return value ? dtypeOf(typeOf(value).getElementType()) : std::nullopt;
}

Type Node::computedType(DType dtype) const {
  return elementType(builder.getContext(), graph.computed(dtype));
}

std::optional<Shape> Node::newShape() const {
  if (!graph.newSizes || proto.output_size() == 0)
    return std::nullopt;
  auto found = graph.newSizes->shapes.find(proto.output(0));
  return found == graph.newSizes->shapes.end() ? std::nullopt : std::optional(found->second);
}

// Attributes ----------------------------------------------------------------

const onnx::AttributeProto *Node::findAttr(StringRef name) const {
  for (const auto &attribute : proto.attribute())
    if (attribute.name() == name)
      return &attribute;
  return nullptr;
}

const onnx::AttributeProto *Node::attr(StringRef name, onnx::AttributeProto::AttributeType type) {
  const onnx::AttributeProto *found = findAttr(name);
  if (found && found->type() != type) {
    error("attribute '" + name + "' has the wrong type");
    return nullptr;
  }
  return found;
}

int64_t Node::intAttr(StringRef name, int64_t otherwise) {
  const auto *found = attr(name, onnx::AttributeProto::INT);
  return found ? found->i() : otherwise;
}

double Node::floatAttr(StringRef name, double otherwise) {
  const auto *found = attr(name, onnx::AttributeProto::FLOAT);
  if (!found || !std::isfinite(found->f()))
    return found ? found->f() : otherwise;
  // The shortest decimal of the f32 is the framework's number: 1e-5, not 9.99999975e-6.
  char text[64];
  auto end = std::to_chars(text, std::end(text), found->f());
  return std::strtod(std::string(text, end.ptr).c_str(), nullptr);
}

std::string Node::stringAttr(StringRef name, StringRef otherwise) {
  const auto *found = attr(name, onnx::AttributeProto::STRING);
  return found ? found->s() : otherwise.str();
}

std::optional<Shape> Node::intsAttr(StringRef name) {
  const auto *found = attr(name, onnx::AttributeProto::INTS);
  if (!found)
    return std::nullopt;
  if (found->ints_size() > 64) {
    error("attribute '" + name + "' is too long");
    return std::nullopt;
  }
  return Shape(found->ints().begin(), found->ints().end());
}

std::optional<Shape> Node::intsOperandOrAttr(int i, StringRef name) {
  return has(i) ? knownInts(i) : intsAttr(name);
}

std::optional<int64_t> Node::axis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank) {
    error("axis " + Twine(axis) + " is outside the " + Twine(rank) + " dimensions");
    return std::nullopt;
  }
  return axis < 0 ? axis + rank : axis;
}

std::optional<Shape> Node::axes(ArrayRef<int64_t> list, int64_t rank) {
  Shape result;
  for (int64_t value : list) {
    std::optional<int64_t> one = axis(value, rank);
    if (!one)
      return std::nullopt;
    result.push_back(*one);
  }
  llvm::sort(result);
  if (std::adjacent_find(result.begin(), result.end()) != result.end()) {
    error("an axis is named twice");
    return std::nullopt;
  }
  return result;
}

// Older forms ---------------------------------------------------------------

void Node::setOperand(int i, HostTensor tensor) {
  if (i >= numOperands())
    operands.resize(i + 1);
  operands[i] = Entry::of(std::move(tensor));
}

void Node::moveOperand(int from, int to) {
  if (!has(from))
    return;
  operands.resize(std::max(numOperands(), to + 1));
  std::swap(operands[from], operands[to]);
  if (from >= own->input_size()) // it was an attribute before
    return;
  while (own->input_size() <= to)
    own->add_input();
  std::swap(*own->mutable_input(from), *own->mutable_input(to));
}

void Node::reshapeOperand(int i, ArrayRef<int64_t> shape) {
  if (const HostTensor *tensor = knownOrNull(i))
    operands[i] = Entry::of(tensor->reshaped(shape));
  else
    operands[i] = Entry::of(reshape(data(i), shape));
}

onnx::AttributeProto &Node::newAttr(StringRef name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto *found = nullptr;
  for (auto &attribute : *own->mutable_attribute())
    if (attribute.name() == name)
      found = &attribute;
  onnx::AttributeProto &result = found ? *found : *own->add_attribute();
  result.Clear();
  result.set_name(name.str());
  result.set_type(type);
  return result;
}

void Node::setAttr(StringRef name, int64_t value) {
  newAttr(name, onnx::AttributeProto::INT).set_i(value);
}

void Node::setAttr(StringRef name, StringRef value) {
  newAttr(name, onnx::AttributeProto::STRING).set_s(value.str());
}

// Results -------------------------------------------------------------------

void Node::set(Value value, int i) {
  set(Entry::of(value), i);
}

void Node::set(HostTensor tensor, int i) {
  set(Entry::of(std::move(tensor)), i);
}

void Node::set(Entry entry, int i) {
  if (i < int(results.size()))
    results[i] = std::move(entry);
}

void Node::setTensor(const onnx::TensorProto &tensor) {
  size_t before = problems.size();
  std::optional<HostTensor> read;
  if (isExternal(tensor))
    error("external data in an attribute is not supported",
          "save the model with its attributes inside");
  else
    read = readTensor(tensor, "", budget.largest, graph.describe(index), problems);
  hasFailed |= problems.size() != before;
  if (read)
    set(std::move(*read));
}

bool Node::mayFold(ArrayRef<int64_t> shape) {
  std::optional<int64_t> count = elementCount(shape);
  if (!count || *count > budget.largest || *count > budget.left) {
    error("its result " + shapeText(shape) + " is too large to be computed at compile time",
          "export the model with it as an initializer or an input");
    return false;
  }
  budget.left -= *count;
  return true;
}
