//===- OpsControl.cpp - constants and split sequences --------------------------------===//
#include "compiler/onnx/fold/ShapeRules.h"
#include "compiler/onnx/ops/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

// Constants -----------------------------------------------------------------

template <typename Range> static HostTensor listOf(DType dtype, const Range &values, bool isList) {
  HostTensor tensor(dtype, isList ? Shape{int64_t(values.size())} : Shape());
  for (auto [i, value] : llvm::enumerate(values))
    tensor.isFloat() ? tensor.setFloat(i, double(value)) : tensor.setInt(i, int64_t(value));
  return tensor;
}

static void constantOp(Node &n) {
  if (n.proto.attribute_size() != 1)
    return n.error("needs exactly one attribute");
  const onnx::AttributeProto &value = n.proto.attribute(0);
  llvm::StringRef name = value.name();
  if (!n.attr(name, name == "value"          ? onnx::AttributeProto::TENSOR
                    : name == "value_int"    ? onnx::AttributeProto::INT
                    : name == "value_ints"   ? onnx::AttributeProto::INTS
                    : name == "value_float"  ? onnx::AttributeProto::FLOAT
                    : name == "value_floats" ? onnx::AttributeProto::FLOATS
                                             : onnx::AttributeProto::UNDEFINED))
    return n.unsupported("its attribute '" + name + "' is not supported");
  if (name == "value")
    return n.setTensor(value.t());
  if (name == "value_int")
    return n.set(listOf(DType::i64, ArrayRef<int64_t>{value.i()}, false));
  if (name == "value_ints")
    return n.set(listOf(DType::i64, value.ints(), true));
  if (name == "value_float")
    return n.set(listOf(DType::f32, ArrayRef<float>{value.f()}, false));
  n.set(listOf(DType::f32, value.floats(), true));
}

/// Limit of elements of a constant that is one repeated number.
static constexpr int64_t kLargestFill = int64_t(1) << 24;

static void constantOfShape(Node &n) {
  std::optional<Shape> shape = n.knownInts(0);
  if (!shape)
    return;
  HostTensor zero(DType::f32, {});
  if (const auto *value = n.attr("value", onnx::AttributeProto::TENSOR)) {
    n.setTensor(value->t());
    if (n.failed() || n.results.empty() || !n.results[0].known)
      return;
    zero = *n.results[0].known;
  }
  if (zero.size() != 1)
    return n.error("its value must have one element");
  // A tensor the size of weights is not stored: the program repeats the number.
  if (elementCount(*shape).value_or(0) > kLargestFill && zero.isFloat())
    return n.set(n.broadcast(n.constant(zero.reshaped({})), *shape));
  if (n.mayFold(*shape))
    n.set(zero.take(*shape, std::vector<int64_t>(*elementCount(*shape), 0)));
}

// Sequences of parts, see OpsSequence.cpp ------------------------------------

/// Returns the sizes of the parts along the axis: ones by default (which keepdims=0 removes), else
/// a chunk size or a list. Nothing after an error.
static std::optional<Shape> sequenceSizes(Node &n, int64_t total) {
  if (!n.has(1))
    return total <= 4096 ? std::optional(Shape(total, 1)) : std::nullopt;
  const HostTensor *split = n.known(1);
  if (!split || split->isFloat() || split->size() > 4096)
    return std::nullopt;
  if (split->rank() == 1)
    return Shape(split->ints.begin(), split->ints.end());
  int64_t chunk = split->size() == 1 ? split->ints[0] : 0;
  if (chunk <= 0 || total / chunk > 4096)
    return std::nullopt;
  Shape sizes;
  for (int64_t at = 0; at < total; at += chunk)
    sizes.push_back(std::min(chunk, total - at));
  return sizes;
}

static void splitToSequence(Node &n) {
  Value x = n.data(0);
  std::optional<int64_t> axis =
      x ? n.axis(n.intAttr("axis", 0), typeOf(x).getRank()) : std::nullopt;
  if (!axis)
    return;
  int64_t total = typeOf(x).getDimSize(*axis), sum = 0;
  std::optional<Shape> sizes = sequenceSizes(n, total);
  bool fits = sizes.has_value();
  for (int64_t size : fits ? *sizes : Shape())
    fits &= size >= 0 && size <= total - sum && (sum += size, true);
  if (!fits || sum != total)
    return n.error("its split does not fit dimension " + Twine(*axis) + " of " +
                   shapeText(typeOf(x).getShape()));
  if (sizes->empty()) { // the operand has no elements along the axis
    Entry none;
    none.kind = Entry::Kind::Sequence;
    return n.set(std::move(none));
  }
  bool squeeze = !n.has(1) && n.intAttr("keepdims", 1) == 0;
  Operation *split = sizes->size() == 1
                         ? nullptr
                         : n.create(nn::SplitOp::getOperationName(), x,
                                    {n.intNamed("axis", *axis), n.intsNamed("sizes", *sizes)}, {});
  if (n.failed())
    return;
  Entry entry;
  entry.kind = Entry::Kind::Sequence;
  for (size_t i = 0; i < sizes->size(); ++i) {
    Value part = split ? split->getResult(i) : x;
    Shape shape(typeOf(part).getShape());
    if (squeeze)
      shape.erase(shape.begin() + *axis);
    entry.sequence.push_back(Entry::of(n.reshape(part, shape)));
  }
  n.set(std::move(entry));
}

void plimsoll::import::addControlOps(llvm::StringMap<OpEntry> &table) {
  table["Constant"].data = table["Constant"].fold = constantOp;
  table["ConstantOfShape"].data = table["ConstantOfShape"].fold = constantOfShape;
  table["SplitToSequence"].data = splitToSequence;
}
