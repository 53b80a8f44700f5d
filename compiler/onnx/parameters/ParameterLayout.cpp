//===- ParameterLayout.cpp - how a constant was made from a parameter -------------===//
#include "compiler/onnx/parameters/ParameterLayout.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include <set>

using namespace plimsoll::import;
using llvm::StringRef;
using Kind = Layout::Kind;

namespace {
/// The kind of call that made a value, according to the value's name.
enum class Step { Copy, Transpose, Reshape, Expand, Select, Other };
} // namespace

static Step stepOf(StringRef value) {
  return llvm::StringSwitch<Step>(callKind(value))
      .Cases({"alias", "clone", "contiguous", "_to_copy", "to", "type_as", "detach", "detach_",
              "lift_fresh_copy"},
             Step::Copy)
      .Cases({"t", "permute", "transpose", "numpy_T", "mT", "swapaxes", "movedim"}, Step::Transpose)
      .Cases({"view", "reshape", "_unsafe_view", "unsqueeze", "squeeze", "flatten", "unflatten",
              "view_as", "reshape_as"},
             Step::Reshape)
      .Cases({"expand", "expand_as", "repeat", "tile"}, Step::Expand)
      .Cases(
          {"slice", "select", "split", "split_with_sizes", "chunk", "getitem", "unbind", "narrow"},
          Step::Select)
      .Default(Step::Other);
}

/// True for the result of a look-up, whose indices the exporter knew.
static bool isLookUp(StringRef value) {
  return llvm::is_contained({"embedding", "index_select", "index", "gather"}, callKind(value));
}

static Shape shapeOf(const Graph &graph, int index) {
  const onnx::TensorProto &tensor = graph.proto.initializer(index);
  return Shape(tensor.dims().begin(), tensor.dims().end());
}

/// True if a look-up was made without operations by which tables are computed; indices are only
/// added, counted and masked.
static bool isPlainTable(const Origin &origin) {
  return llvm::none_of(origin.values, [](StringRef value) {
    return llvm::is_contained({"exp", "log",    "sigmoid", "tanh", "relu", "softmax", "softplus",
                               "div", "sqrt",   "rsqrt",   "pow",  "neg",  "abs",     "mean",
                               "sum", "norm",   "var",     "sin",  "cos",  "matmul",  "mm",
                               "bmm", "linear", "max",     "min"},
                              callKind(value));
  });
}

/// True if arithmetic went into a look-up, on its indices or on its table.
static bool hasArithmetic(const Origin &origin) {
  return llvm::any_of(origin.values, [](StringRef value) {
    return llvm::is_contained({"add", "sub", "mul", "rsub"}, callKind(value).rtrim('_'));
  });
}

/// True for a part of a split, false for one of several results of another function.
static bool isPartOfSplit(const Origin &origin) {
  return llvm::none_of(origin.values, [](StringRef value) {
    return !value.starts_with("val_") && stepOf(value) == Step::Other;
  });
}

/// Returns the only dimension whose size is not 1 as a shape, if there is exactly one.
static std::optional<Shape> onlyDimension(const Shape &shape) {
  Shape others;
  llvm::copy_if(shape, std::back_inserter(others), [](int64_t size) { return size != 1; });
  return others.size() == 1 ? std::optional(others) : std::nullopt;
}

bool plimsoll::import::isTransposedGemm(const onnx::NodeProto &node) {
  return node.op_type() == "Gemm" && llvm::any_of(node.attribute(), [](const auto &attribute) {
           return attribute.name() == "transB" && attribute.i() != 0;
         });
}

/// Returns the layout of a weight of `x W^T`, which the exporter may store either way.
static Layout linearLayout(const Graph &graph, int index, const RoleUse &use) {
  const onnx::NodeProto &node = graph.node(use.consumer.node);
  if (use.role != Role::Matrix || use.consumer.operand != 1 || use.moved)
    return {Kind::Moved, shapeOf(graph, index)};
  return {isTransposedGemm(node) ? Kind::Same : Kind::Transposed};
}

/// True for calls that read their tensors with all elements in order, so that a constant in the
/// place of a tensor is the tensor.
static bool keepsElements(const FxCall &call) {
  StringRef op = call.op;
  op.consume_front("aten.");
  op = op.take_until([](char c) { return c == '.'; });
  bool isScaled =
      call.text.contains("alpha:") || call.text.contains("beta:") || call.text.contains("value:");
  if (op.starts_with("index") && call.text.contains("[None"))
    return false; // the indexed dimension comes first
  return !isScaled && (op.starts_with("conv") || op.contains("norm") ||
                       llvm::is_contained({"linear",
                                           "mm",
                                           "bmm",
                                           "matmul",
                                           "addmm",
                                           "baddbmm",
                                           "embedding",
                                           "embedding_bag",
                                           "_embedding_bag",
                                           "index",
                                           "index_select",
                                           "gather",
                                           "add",
                                           "sub",
                                           "mul",
                                           "div",
                                           "pow",
                                           "where",
                                           "maximum",
                                           "minimum",
                                           "prelu",
                                           "_prelu_kernel",
                                           "cat",
                                           "stack",
                                           "rsub"},
                                          op));
}

/// Returns the layout of a constant that a call made of a tensor it reads directly.
static Layout directLayout(const Graph &graph, const FxCall &call, int index, const RoleUse &use) {
  Shape shape = shapeOf(graph, index);
  if (call.op.starts_with("aten.linear") && shape.size() == 2)
    return linearLayout(graph, index, use);
  if (call.op.contains("instance_norm"))
    return {Kind::Computed}; // it is repeated for each image
  std::optional<Shape> only = onlyDimension(shape);
  if (only && shape.size() > 1 && (call.op.contains("norm") || call.op.contains("prelu")))
    return {Kind::Reshaped, *only};
  return {keepsElements(call) ? Kind::Same : Kind::Computed};
}

/// Returns the elements of an initializer as the file stores them, or nothing if they cannot be
/// read.
static std::optional<std::string> bytesOf(const Graph &graph, int index) {
  Problems ignored; // reported when the bytes are located
  std::optional<std::string> bytes = graph.file.read(index, int64_t(1) << 28, ignored);
  return bytes && !bytes->empty() ? bytes : std::nullopt;
}

static size_t elementSize(const Graph &graph, int index) {
  return byteSize(*dtypeOf(graph.proto.initializer(index).data_type()));
}

/// Returns the shape with leading dimensions set to 1 as long as all bytes repeat along them.
static Shape unrepeated(StringRef bytes, const Shape &shape) {
  Shape result = shape;
  for (int64_t &size : llvm::MutableArrayRef(result).drop_back(shape.empty() ? 0 : 1)) {
    size_t slice = bytes.size() / std::max<int64_t>(size, 1);
    if (slice == 0 || bytes.drop_front(slice) != bytes.drop_back(slice))
      break;
    size = 1;
    bytes = bytes.take_front(slice);
  }
  return result;
}

bool plimsoll::import::isConstant(StringRef bytes, size_t step) {
  // The bytes are equal to themselves, moved by one element.
  return bytes.size() < step || bytes.drop_front(step) == bytes.drop_back(step);
}

/// True if the first two slices along some further dimension are equal.
static bool repeatsInside(StringRef bytes, const Shape &shape, size_t step) {
  size_t slice = step;
  for (int64_t size : shape)
    slice *= size;
  for (int64_t size : llvm::ArrayRef(shape).drop_back()) {
    slice /= std::max<int64_t>(size, 1);
    if (size > 1 && slice > 0 && bytes.take_front(slice) == bytes.substr(slice, slice))
      return true;
  }
  return false;
}

/// Returns the layout of a tensor that was expanded along leading dimensions, which its values
/// show. A constant fill does not show them, but then the batch is the one that modules expand to.
static Layout expandedLayout(const Graph &graph, int index, const Shape &shape) {
  std::optional<std::string> bytes = bytesOf(graph, index);
  if (!bytes || shape.empty())
    return {Kind::Computed};
  size_t step = elementSize(graph, index);
  Shape once = unrepeated(*bytes, shape);
  bool isOnce = once != shape && !repeatsInside(*bytes, once, step);
  if (isConstant(*bytes, step)) {
    // [batch, 1, ..., n]: nothing but the batch can have been expanded.
    once[0] = 1;
    isOnce = llvm::all_of(llvm::ArrayRef(shape).drop_front().drop_back(shape.size() > 1),
                          [](int64_t size) { return size == 1; });
  }
  // A tensor that repeats in another dimension, too, may have size 1 there.
  return {isOnce ? Kind::Repeated : Kind::Computed, once, {}, false, /*isGuess=*/true};
}

/// Returns the distinct rows (of the last dimension) of one copy of the tensor. Returns nothing if
/// two are equal, since a row that was selected twice is one row in the module.
static std::vector<std::string> distinctRows(StringRef bytes, const Shape &once, size_t step) {
  std::optional<int64_t> count = elementCount(once);
  if (!count || once.empty() || isConstant(bytes, step))
    return {};
  size_t row = once.back() * step, size = *count * step;
  std::set<std::string> rows;
  for (size_t at = 0; row > 0 && at + row <= size; at += row)
    if (!rows.insert(bytes.substr(at, row).str()).second)
      return {};
  return {rows.begin(), rows.end()};
}

/// Returns the layout of rows of the tensor, or of its elements in another order. They become a
/// tensor of their own if nothing occurs twice.
static Layout movedLayout(const Graph &graph, int index, const Shape &shape, bool isSelected) {
  std::optional<std::string> bytes = bytesOf(graph, index);
  if (!bytes)
    return {Kind::Computed};
  Shape once = unrepeated(*bytes, shape);
  std::vector<std::string> rows = distinctRows(*bytes, once, elementSize(graph, index));
  if (rows.empty() && (isSelected || once != shape))
    return {Kind::Computed};
  return {Kind::Moved, once, isSelected ? std::move(rows) : std::vector<std::string>()};
}

Layout plimsoll::import::layoutOf(const Graph &graph, const ExporterRecord &record, int index,
                                  const UseTarget &target, const RoleUse &use) {
  const onnx::TensorProto &tensor = graph.proto.initializer(index);
  Shape shape = shapeOf(graph, index);
  int own = record.find(tensor.name());
  bool isCopy = target.direct || target.via.empty() || stepOf(target.via) == Step::Copy;
  if (own >= 0 && (own == target.tensor || isCopy))
    return {Kind::Same};
  const FxCall *call = record.call(use.use.node);
  if (target.direct && call)
    return directLayout(graph, *call, index, use);
  std::set<Step> steps;
  // A look-up was made from a table and from the arithmetic of its indices.
  StringRef last = target.via.empty() ? StringRef(tensor.name()) : target.via;
  if (isLookUp(last)) {
    Origin origin = record.origin(index);
    if (!isPlainTable(origin))
      return {Kind::Computed};
    Layout layout = movedLayout(graph, index, shape, true);
    layout.isDoubtful = hasArithmetic(origin);
    return layout;
  }
  if (callKind(last) == "getitem")
    return isPartOfSplit(record.origin(index)) ? Layout{Kind::Moved, shape, {}, true}
                                               : Layout{Kind::Computed};
  llvm::StringSet<> transposes;
  std::vector<std::string> values = record.origin(index).values;
  values.push_back(last.str());
  for (StringRef value : values) {
    if (value.empty() || value.starts_with("val_"))
      continue;
    steps.insert(stepOf(value));
    if (stepOf(value) == Step::Transpose)
      transposes.insert(value);
  }
  steps.erase(Step::Copy);
  if (steps.count(Step::Other) || steps.empty())
    return {Kind::Computed};
  if (steps == std::set{Step::Transpose} && shape.size() == 2 && transposes.size() == 1)
    return {Kind::Transposed};
  if (steps == std::set{Step::Expand})
    return expandedLayout(graph, index, shape);
  std::optional<Shape> only = onlyDimension(shape);
  if (steps == std::set{Step::Reshape} && only && shape.size() > 1)
    return {Kind::Reshaped, *only, {}, false, /*isGuess=*/true};
  Layout layout = movedLayout(graph, index, shape, steps.count(Step::Select) != 0);
  layout.rows.clear(); // parts of rows may overlap
  return layout;
}
