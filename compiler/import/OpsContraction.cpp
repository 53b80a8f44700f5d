//===- OpsContraction.cpp - matrix products and convolutions -------------------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// Gives `x` the leading dimensions `batch` unless it has none.
static Value broadcastBatch(Node &n, Value x, ArrayRef<int64_t> batch) {
  if (typeOf(x).getRank() == 2)
    return x;
  Shape shape(batch);
  llvm::append_range(shape, typeOf(x).getShape().take_back(2));
  return n.broadcast(x, shape);
}

/// numpy's matmul: vectors become matrices and back, leading dimensions broadcast.
static void matmul(Node &n) {
  Value a = n.data(0), b = n.data(1);
  if (!a || !b)
    return;
  int64_t rankA = typeOf(a).getRank(), rankB = typeOf(b).getRank();
  if (rankA == 0 || rankB == 0)
    return n.error("a product of matrices takes no scalars");
  if (rankA == 1)
    a = n.reshape(a, {1, typeOf(a).getDimSize(0)});
  if (rankB == 1)
    b = n.reshape(b, {typeOf(b).getDimSize(0), 1});
  if (!a || !b)
    return;
  std::optional<Shape> batch =
      broadcastShape(typeOf(a).getShape().drop_back(2), typeOf(b).getShape().drop_back(2));
  if (!batch)
    return n.error("leading dimensions of " + shapeText(typeOf(a).getShape()) + " and " +
                   shapeText(typeOf(b).getShape()) + " do not broadcast");
  a = broadcastBatch(n, a, *batch);
  b = a ? broadcastBatch(n, b, *batch) : Value();
  Value y = n.emit<nn::MatmulOp>({a, b});
  if (y && (rankA == 1 || rankB == 1)) {
    Shape shape(*batch);
    if (rankA > 1)
      shape.push_back(typeOf(y).getDimSize(typeOf(y).getRank() - 2));
    if (rankB > 1)
      shape.push_back(typeOf(y).getShape().back());
    y = n.reshape(y, shape);
  }
  n.set(y);
}

static Value scaled(Node &n, Value x, double factor) {
  return factor == 1.0 || !x ? x : n.emit<nn::MulOp>({x, n.scalar(factor, x)});
}

static void gemm(Node &n) {
  Value a = n.data(0), b = n.data(1);
  SmallVector<NamedAttribute> attrs;
  if (n.intAttr("transA", 0))
    attrs.push_back(n.unitNamed("transpose_a"));
  if (n.intAttr("transB", 0))
    attrs.push_back(n.unitNamed("transpose_b"));
  if (a && b && (typeOf(a).getRank() != 2 || typeOf(b).getRank() != 2))
    return n.error("takes matrices, got " + shapeText(typeOf(a).getShape()) + " and " +
                   shapeText(typeOf(b).getShape()));
  Value y = scaled(n, n.emit<nn::MatmulOp>({a, b}, attrs), n.floatAttr("alpha", 1));
  if (y && n.has(2)) {
    Type product = y.getType();
    y = n.emit<nn::AddOp>({y, scaled(n, n.data(2), n.floatAttr("beta", 1))});
    if (y && y.getType() != product)
      return n.error("its third input is larger than the product");
  }
  n.set(y);
}

// Convolution ---------------------------------------------------------------

namespace {
struct Window {
  Shape strides, pads, dilations;
  int64_t groups = 1;
};
} // namespace

/// auto_pad SAME_*: as many zeros as keep ceil(size / stride) results.
static void padSame(Window &window, ArrayRef<int64_t> x, ArrayRef<int64_t> w, bool upper) {
  for (int d = 0; d < 2; ++d) {
    int64_t results = (x[2 + d] + window.strides[d] - 1) / window.strides[d];
    int64_t kernel = (w[2 + d] - 1) * window.dilations[d] + 1;
    int64_t total = std::max<int64_t>(0, (results - 1) * window.strides[d] + kernel - x[2 + d]);
    window.pads[d] = upper ? total / 2 : total - total / 2;
    window.pads[2 + d] = total - window.pads[d];
  }
}

static std::optional<Window> windowOf(Node &n, ArrayRef<int64_t> x, ArrayRef<int64_t> w) {
  Window window;
  window.strides = n.intsAttr("strides").value_or(Shape{1, 1});
  window.dilations = n.intsAttr("dilations").value_or(Shape{1, 1});
  window.pads = n.intsAttr("pads").value_or(Shape{0, 0, 0, 0});
  window.groups = n.intAttr("group", 1);
  std::string automatic = n.stringAttr("auto_pad", "NOTSET");
  constexpr int64_t limit = int64_t(1) << 31;
  auto within = [&](ArrayRef<int64_t> values, int64_t least, size_t count) {
    return values.size() == count &&
           llvm::all_of(values, [&](int64_t v) { return v >= least && v < limit; });
  };
  bool sizes = within(x.drop_front(2), 1, 2) && within(w.drop_front(2), 1, 2) && w[1] <= x[1];
  if (!within(window.strides, 1, 2) || !within(window.dilations, 1, 2) ||
      !within(window.pads, 0, 4) || !sizes || window.groups < 1 || window.groups >= limit) {
    n.error("strides, dilations, pads, group or sizes do not fit a two-dimensional convolution");
    return std::nullopt;
  }
  if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER")
    padSame(window, x, w, automatic == "SAME_UPPER");
  else if (automatic == "VALID")
    window.pads.assign(4, 0);
  else if (automatic != "NOTSET")
    n.error("auto_pad '" + automatic + "' is unknown");
  return n.failed() ? std::nullopt : std::optional(window);
}

static void conv(Node &n) {
  Value x = n.data(0), w = n.data(1);
  if (!x || !w)
    return;
  ArrayRef<int64_t> xs = typeOf(x).getShape(), ws = typeOf(w).getShape();
  if (xs.size() != 4 || ws.size() != 4)
    return n.error("only convolutions over two dimensions are supported yet, got " + shapeText(xs),
                   "reshape the input to [batch, channels, height, width]");
  std::optional<Window> window = windowOf(n, xs, ws);
  if (!window)
    return;
  Shape shape = {xs[0], ws[0]};
  for (int d = 0; d < 2; ++d) {
    int64_t padded = xs[2 + d] + window->pads[d] + window->pads[2 + d];
    int64_t kernel = (ws[2 + d] - 1) * window->dilations[d] + 1;
    if (kernel > padded)
      return n.error("its window is larger than its input " + shapeText(xs));
    shape.push_back((padded - kernel) / window->strides[d] + 1);
  }
  if (!elementCount(shape))
    return n.error("its result is too large");
  Value y = n.emitTo<nn::ConvOp>(
      RankedTensorType::get(shape, typeOf(x).getElementType()), {x, w},
      {n.intsNamed("strides", window->strides), n.intsNamed("pads", window->pads),
       n.intsNamed("dilations", window->dilations), n.intNamed("groups", window->groups)});
  if (y && n.has(2)) {
    Value bias = n.data(2);
    if (!bias || typeOf(bias).getShape() != ArrayRef<int64_t>{ws[0]})
      return n.error("its bias must have one element for each of the " + Twine(ws[0]) + " filters");
    y = n.emit<nn::AddOp>({y, n.reshape(bias, {1, ws[0], 1, 1})});
  }
  n.set(y);
}

void plimsoll::import::addContractionOps(llvm::StringMap<OpEntry> &table) {
  table["MatMul"].data = matmul;
  table["Gemm"].data = gemm;
  table["Conv"].data = conv;
}
