//===- OldOpsets.cpp - older forms of operators, as one table ---------------------===//
//
// Between opset 6 and 13 attributes became operands, Softmax changed to work along one axis, and
// operands to broadcast as in numpy. A node gets its later form when its operands are bound, so the
// graph itself does not change: code that looks at nodes and operands by name (parameters, an
// export) is not affected. Handlers read both forms of operators that changed only in types, or
// after opset 13.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/graph/OldOpsets.h"
#include "compiler/onnx/ops/Node.h"

using namespace plimsoll::import;
using llvm::StringRef;
using llvm::Twine;

// Attributes that became operands -------------------------------------------

/// Makes an attribute with a list of integers operand `i`.
static void listOperand(Node &n, StringRef name, int i) {
  std::optional<Shape> list = n.has(i) ? std::nullopt : n.intsAttr(name);
  if (!list)
    return;
  HostTensor tensor(DType::i64, {int64_t(list->size())});
  tensor.ints.assign(list->begin(), list->end());
  n.setOperand(i, std::move(tensor));
}

/// Makes an attribute with one number operand `i`, in the element type of the first operand.
static void numberOperand(Node &n, StringRef name, int i) {
  bool given = !n.has(i) && n.attr(name, onnx::AttributeProto::FLOAT);
  std::optional<DType> dtype = given ? n.dtype(0) : std::nullopt;
  if (!dtype)
    return;
  HostTensor tensor(*dtype, {});
  double value = n.floatAttr(name, 0);
  tensor.isFloat() ? tensor.setFloat(0, value) : tensor.setInt(0, int64_t(value));
  n.setOperand(i, std::move(tensor));
}

static void clip(Node &n) {
  numberOperand(n, "min", 1);
  numberOperand(n, "max", 2);
}

static void pad(Node &n) {
  listOperand(n, "pads", 1);
  numberOperand(n, "value", 2);
}

static void slice(Node &n) {
  listOperand(n, "starts", 1);
  listOperand(n, "ends", 2);
  listOperand(n, "axes", 3);
}

static void topK(Node &n) {
  if (n.has(1) || !n.attr("k", onnx::AttributeProto::INT))
    return;
  HostTensor k(DType::i64, {1});
  k.ints[0] = n.intAttr("k", 0);
  n.setOperand(1, std::move(k));
}

// Resize --------------------------------------------------------------------

/// Moves the scales from operand 1 to operand 2, as the region of interest now comes before them,
/// and sets the modes of the old form.
static void resize(Node &n) {
  n.moveOperand(1, 2);
  n.setAttr("coordinate_transformation_mode", "asymmetric");
  n.setAttr("nearest_mode", "floor");
}

static void upsample(Node &n) {
  if (const auto *scales = n.has(1) ? nullptr : n.attr("scales", onnx::AttributeProto::FLOATS)) {
    HostTensor tensor(DType::f32, {scales->floats_size()});
    tensor.floats.assign(scales->floats().begin(), scales->floats().end());
    n.setOperand(1, std::move(tensor));
  }
  if (n.stringAttr("mode", "nearest") == "bilinear")
    n.setAttr("mode", "linear");
  resize(n);
}

// One axis ------------------------------------------------------------------

/// Adapts operators for which all dimensions from `axis` on were one, the columns of a matrix. If
/// `axis` is not the last dimension, the operand is reshaped to that matrix.
static void alongRows(Node &n) {
  std::optional<Shape> shape = n.shape(0);
  std::optional<int64_t> axis =
      shape ? n.axis(n.intAttr("axis", 1), std::max<int64_t>(1, shape->size())) : std::nullopt;
  if (!axis)
    return;
  n.setAttr("axis", -1);
  if (*axis + 1 >= int64_t(shape->size()))
    return;
  int64_t rows = *elementCount(llvm::ArrayRef(*shape).take_front(*axis));
  int64_t columns = *elementCount(llvm::ArrayRef(*shape).drop_front(*axis));
  n.reshapeOperand(0, {rows, columns});
  n.resultShape = *shape;
}

// Broadcasting --------------------------------------------------------------

/// Reshapes the second operand, which was aligned with consecutive dimensions of the first, from
/// `axis` on.
static void alignSecond(Node &n, int64_t axis) {
  std::optional<Shape> first = n.shape(0), second = n.shape(1);
  if (!first || !second)
    return;
  int64_t behind = int64_t(first->size()) - axis - int64_t(second->size());
  if (axis < 0 || behind < 0)
    return n.error("its second input " + shapeText(*second) + " does not fit " + shapeText(*first) +
                   " from dimension " + Twine(axis) + " on");
  second->append(behind, 1);
  n.reshapeOperand(1, *second);
}

static void broadcast(Node &n) {
  if (!n.intAttr("broadcast", 0) || !n.attr("axis", onnx::AttributeProto::INT))
    return; // equal shapes, or aligned by numpy's rule
  std::optional<Shape> first = n.shape(0);
  std::optional<int64_t> axis =
      first ? n.axis(n.intAttr("axis", 0), std::max<int64_t>(1, first->size())) : std::nullopt;
  if (axis)
    alignSecond(n, *axis);
}

/// Reshapes a vector of slopes, which was one for each channel.
static void prelu(Node &n) {
  std::optional<Shape> x = n.shape(0), slope = n.shape(1);
  if (x && slope && slope->size() == 1 && (*slope)[0] != 1 && x->size() > 2)
    alignSecond(n, 1);
}

static void batchNorm(Node &n) {
  std::optional<Shape> x = n.shape(0);
  if (x && x->size() > 2 && n.intAttr("spatial", 1) == 0)
    n.unsupported("statistics of single elements of an image (spatial = 0) are not supported");
}

// The table -----------------------------------------------------------------

namespace {
struct OlderForm {
  StringRef op;
  int64_t before; ///< the first opset without this form
  void (*update)(Node &);
};
} // namespace

static llvm::ArrayRef<OlderForm> olderForms() {
  static constexpr OlderForm forms[] = {
      {"Add", 7, broadcast},
      {"Sub", 7, broadcast},
      {"Mul", 7, broadcast},
      {"Div", 7, broadcast},
      {"Pow", 7, broadcast},
      {"And", 7, broadcast},
      {"Or", 7, broadcast},
      {"Xor", 7, broadcast},
      {"Equal", 7, broadcast},
      {"Less", 7, broadcast},
      {"Greater", 7, broadcast},
      {"PRelu", 7, prelu},
      {"BatchNormalization", 9, batchNorm},
      {"Slice", 10, slice},
      {"TopK", 10, topK},
      {"Upsample", 10, upsample},
      {"Resize", 11, resize},
      {"Clip", 11, clip},
      {"Pad", 11, pad},
      {"Softmax", 13, alongRows},
      {"LogSoftmax", 13, alongRows},
      {"Hardmax", 13, alongRows},
  };
  return forms;
}

bool plimsoll::import::hasOlderForm(const onnx::NodeProto &node, int64_t opset) {
  return llvm::any_of(olderForms(), [&](const OlderForm &form) {
    return opset < form.before && form.op == node.op_type();
  });
}

void plimsoll::import::bringUpToDate(Node &n) {
  for (const OlderForm &form : olderForms())
    if (n.opset < form.before && form.op == n.proto.op_type())
      form.update(n);
}
