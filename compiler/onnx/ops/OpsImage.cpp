//===- OpsImage.cpp - convolutions and pooling ----------------------------------===//
#include "compiler/onnx/ops/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

// Windows -------------------------------------------------------------------

namespace {
/// The attributes of a window over one to three dimensions.
struct Window {
  Shape kernel, strides, pads, dilations;
  std::string automatic;

  size_t dims() const { return kernel.size(); }
  /// Returns the elements from the first to the last of a window along dimension `d`.
  int64_t span(size_t d) const { return (kernel[d] - 1) * dilations[d] + 1; }
  int64_t padding(size_t d) const { return pads[d] + pads[dims() + d]; }
  /// Sets the pads of dimension `d` to `total` elements, the odd one in front or behind.
  void pad(size_t d, int64_t total, bool oddBehind) {
    pads[d] = oddBehind ? total / 2 : total - total / 2;
    pads[dims() + d] = total - pads[d];
  }
};
} // namespace

/// Returns the attributes of a window of size `kernel` over `x`; nothing after an error.
static std::optional<Window> windowOf(Node &n, ArrayRef<int64_t> x, ArrayRef<int64_t> kernel) {
  size_t dims = x.size() < 2 ? 0 : x.size() - 2;
  if (dims < 1 || dims > 3) {
    n.error("works on [batch, channels, sizes...] with one to three sizes, got " + shapeText(x),
            "reshape its input");
    return std::nullopt;
  }
  Window window;
  window.kernel = Shape(kernel);
  window.strides = n.intsAttr("strides").value_or(Shape(dims, 1));
  window.dilations = n.intsAttr("dilations").value_or(Shape(dims, 1));
  window.pads = n.intsAttr("pads").value_or(Shape(2 * dims, 0));
  window.automatic = n.stringAttr("auto_pad", "NOTSET");
  constexpr int64_t limit = int64_t(1) << 30;
  auto within = [&](ArrayRef<int64_t> values, int64_t least, size_t count) {
    return values.size() == count &&
           llvm::all_of(values, [&](int64_t v) { return v >= least && v < limit; });
  };
  if (!within(window.strides, 1, dims) || !within(window.dilations, 1, dims) ||
      !within(window.pads, 0, 2 * dims) || !within(kernel, 1, dims) ||
      !within(x.drop_front(2), 1, dims)) {
    n.error("strides, dilations, pads, kernel or sizes do not fit a window over the " +
            Twine(dims) + " sizes of " + shapeText(x));
    return std::nullopt;
  }
  if (window.automatic == "VALID")
    window.pads.assign(2 * dims, 0);
  else if (window.automatic != "NOTSET" && !StringRef(window.automatic).starts_with("SAME_"))
    n.unsupported("auto_pad '" + window.automatic + "' is unknown");
  return n.failed() ? std::nullopt : std::optional(window);
}

/// Sets the pads for auto_pad SAME_*: those that give ceil(size / stride) results.
static void padSame(Window &window, ArrayRef<int64_t> x) {
  if (!StringRef(window.automatic).starts_with("SAME_"))
    return;
  for (size_t d = 0; d < window.dims(); ++d) {
    int64_t results = (x[2 + d] + window.strides[d] - 1) / window.strides[d];
    int64_t total = (results - 1) * window.strides[d] + window.span(d) - x[2 + d];
    window.pad(d, std::max<int64_t>(0, total), window.automatic == "SAME_UPPER");
  }
}

/// Returns the number of windows along each size of `x`. With `up`, a last one counts that begins
/// inside but ends behind the padding. Nothing after an error.
static std::optional<Shape> windowCounts(Node &n, const Window &window, ArrayRef<int64_t> x,
                                         bool up) {
  Shape counts;
  for (size_t d = 0; d < window.dims(); ++d) {
    int64_t left = x[2 + d] + window.padding(d) - window.span(d), stride = window.strides[d];
    if (left < 0) {
      n.error("its window is larger than its input " + shapeText(x));
      return std::nullopt;
    }
    int64_t count = left / stride + 1;
    if (up && left % stride != 0 && count * stride < x[2 + d] + window.pads[d])
      ++count;
    counts.push_back(count);
  }
  return counts;
}

static SmallVector<NamedAttribute> windowAttrs(Node &n, const Window &window) {
  return {n.intsNamed("strides", window.strides), n.intsNamed("pads", window.pads),
          n.intsNamed("dilations", window.dilations)};
}

/// Returns the type of a result with the batch of `x`, `channels` and `sizes`; nothing after an
/// error if it is too large.
static std::optional<RankedTensorType> resultType(Node &n, Value x, int64_t channels,
                                                  ArrayRef<int64_t> sizes) {
  Shape shape = {typeOf(x).getDimSize(0), channels};
  llvm::append_range(shape, sizes);
  if (llvm::any_of(sizes, [](int64_t size) { return size < 1; }) || !elementCount(shape)) {
    n.error("its result " + shapeText(shape) + " is empty or too large");
    return std::nullopt;
  }
  return RankedTensorType::get(shape, typeOf(x).getElementType());
}

// Convolution ---------------------------------------------------------------

/// Returns the window of a convolution with the weight `w`; nothing after an error.
static std::optional<Window> convWindow(Node &n, Value x, Value w) {
  ArrayRef<int64_t> xs = typeOf(x).getShape(), ws = typeOf(w).getShape();
  constexpr int64_t limit = int64_t(1) << 30;
  if (ws.size() != xs.size() || xs.size() < 3 || ws[0] < 1 || ws[1] < 1 || ws[1] > limit) {
    n.error("its weight " + shapeText(ws) + " does not fit its input " + shapeText(xs),
            "it needs [batch, channels, sizes...] and [filters, channels / group, sizes...]");
    return std::nullopt;
  }
  std::optional<Shape> given = n.intsAttr("kernel_shape");
  if (given && ArrayRef<int64_t>(*given) != ws.drop_front(2)) {
    n.error("kernel_shape " + shapeText(*given) + " is not that of its weight " + shapeText(ws));
    return std::nullopt;
  }
  int64_t groups = n.intAttr("group", 1);
  if (groups < 1 || groups > limit)
    n.error("has " + Twine(groups) + " groups");
  return n.failed() ? std::nullopt : windowOf(n, xs, ws.drop_front(2));
}

/// Returns `y` plus the bias of operand 2, one number per channel, if there is one.
static Value withBias(Node &n, Value y) {
  if (!y || !n.has(2))
    return y;
  int64_t channels = typeOf(y).getDimSize(1);
  // Exporters write zeros of other shapes if a layer has no bias.
  const HostTensor *known = n.knownOrNull(2);
  if (known && known->shape != Shape{channels} && known->isFloat() &&
      llvm::all_of(known->floats, [](double b) { return b == 0; }))
    return y;
  Value bias = n.data(2);
  if (!bias || typeOf(bias).getShape() != ArrayRef<int64_t>{channels}) {
    n.error("its bias must have one element for each of the " + Twine(channels) + " filters");
    return {};
  }
  Shape shape(typeOf(y).getRank(), 1);
  shape[1] = channels;
  return n.emit<nn::AddOp>({y, n.reshape(bias, shape)});
}

static void conv(Node &n) {
  Value x = n.data(0), w = n.data(1);
  std::optional<Window> window = x && w ? convWindow(n, x, w) : std::nullopt;
  if (!window)
    return;
  ArrayRef<int64_t> xs = typeOf(x).getShape();
  padSame(*window, xs);
  std::optional<Shape> sizes = windowCounts(n, *window, xs, /*up=*/false);
  auto type = sizes ? resultType(n, x, typeOf(w).getDimSize(0), *sizes) : std::nullopt;
  if (!type)
    return;
  SmallVector<NamedAttribute> attrs = windowAttrs(n, *window);
  attrs.push_back(n.intNamed("groups", n.intAttr("group", 1)));
  n.set(withBias(n, n.emitTo<nn::ConvOp>(*type, {x, w}, attrs)));
}

/// Returns the sizes of a transposed convolution's result and completes the pads.
static std::optional<Shape> transposedSizes(Node &n, Window &window, ArrayRef<int64_t> x) {
  size_t dims = window.dims();
  Shape extra = n.intsAttr("output_padding").value_or(Shape(dims, 0)), sizes;
  std::optional<Shape> wanted = n.intsAttr("output_shape");
  bool same = StringRef(window.automatic).starts_with("SAME_");
  if (extra.size() != dims || (wanted && wanted->size() != dims)) {
    n.error("output_padding and output_shape need one number for each size");
    return std::nullopt;
  }
  for (size_t d = 0; d < dims; ++d) {
    bool fits = extra[d] >= 0 && extra[d] < window.strides[d];
    int64_t whole = window.strides[d] * (x[2 + d] - 1) + (fits ? extra[d] : 0) + window.span(d);
    if (wanted || same) {
      int64_t size = wanted ? (*wanted)[d] : x[2 + d] * window.strides[d];
      int64_t beyond = std::max<int64_t>(0, size - whole); // zeros behind what windows reach
      fits &= size >= 0 && extra[d] + beyond < window.strides[d];
      whole += beyond;
      window.pad(d, fits ? whole - size : 0, window.automatic == "SAME_UPPER");
    }
    if (!fits) {
      n.error("its output_padding must be below the stride, and its output_shape within reach");
      return std::nullopt;
    }
    sizes.push_back(whole - window.padding(d));
  }
  return sizes;
}

static void convTranspose(Node &n) {
  Value x = n.data(0), w = n.data(1);
  std::optional<Window> window = x && w ? convWindow(n, x, w) : std::nullopt;
  std::optional<Shape> sizes =
      window ? transposedSizes(n, *window, typeOf(x).getShape()) : std::nullopt;
  int64_t groups = n.intAttr("group", 1);
  auto type = sizes ? resultType(n, x, typeOf(w).getDimSize(1) * groups, *sizes) : std::nullopt;
  if (!type)
    return;
  SmallVector<NamedAttribute> attrs = windowAttrs(n, *window);
  attrs.push_back(n.intNamed("groups", groups));
  n.set(withBias(n, n.emitTo<nn::ConvTransposeOp>(*type, {x, w}, attrs)));
}

// Pooling -------------------------------------------------------------------

namespace {
struct Pooling {
  RankedTensorType type;
  SmallVector<NamedAttribute> attrs;
};
} // namespace

/// Returns type and attributes of the windows over `x`; nothing after an error.
static std::optional<Pooling> poolingOf(Node &n, Value x) {
  std::optional<Shape> kernel = n.intsAttr("kernel_shape");
  if (x && !kernel)
    n.error("attribute 'kernel_shape' is missing");
  std::optional<Window> window =
      x && !n.failed() ? windowOf(n, typeOf(x).getShape(), *kernel) : std::nullopt;
  if (!window)
    return std::nullopt;
  ArrayRef<int64_t> xs = typeOf(x).getShape();
  padSame(*window, xs);
  for (size_t d = 0; d < window->dims(); ++d)
    if (std::max(window->pads[d], window->pads[window->dims() + d]) >= window->span(d)) {
      n.error("its padding is not smaller than its window");
      return std::nullopt;
    }
  std::optional<Shape> sizes = windowCounts(n, *window, xs, n.intAttr("ceil_mode", 0) != 0);
  auto type = sizes ? resultType(n, x, xs[1], *sizes) : std::nullopt;
  if (!type)
    return std::nullopt;
  Pooling pooling{*type, windowAttrs(n, *window)};
  pooling.attrs.push_back(n.intsNamed("kernel", window->kernel));
  return pooling;
}

/// Sets the maximum of windows. Bytes are pooled as f32, which holds their values exactly.
static void maxPool(Node &n) {
  Value given = n.data(0), x = given;
  if (x && typeOf(x).getElementType().isInteger(8))
    x = n.cast(x, n.builder.getF32Type());
  std::optional<Pooling> pooling = poolingOf(n, x);
  if (!pooling)
    return;
  n.set(n.cast(n.emitTo<nn::MaxPoolOp>(pooling->type, x, pooling->attrs),
               typeOf(given).getElementType()));
  if (n.results.size() < 2)
    return;
  if (n.intAttr("storage_order", 0) != 0)
    pooling->attrs.push_back(n.unitNamed("column_major"));
  n.set(
      n.emitTo<nn::MaxPoolIndexOp>(pooling->type.clone(n.builder.getI64Type()), x, pooling->attrs),
      1);
}

static void averagePool(Node &n) {
  Value x = n.data(0);
  std::optional<Pooling> pooling = poolingOf(n, x);
  if (!pooling)
    return;
  if (n.intAttr("count_include_pad", 0))
    pooling->attrs.push_back(n.unitNamed("count_padding"));
  n.set(n.emitTo<nn::AvgPoolOp>(pooling->type, x, pooling->attrs));
}

static void globalAveragePool(Node &n) {
  Value x = n.data(0);
  if (!x)
    return;
  Shape shape(typeOf(x).getShape());
  int64_t count = 1, rank = shape.size();
  for (int64_t d = 2; d < rank; ++d) {
    count *= shape[d];
    shape[d] = 1;
  }
  if (rank < 3 || count == 0)
    return n.error("needs [batch, channels, sizes...], got " + shapeText(typeOf(x).getShape()));
  Value sum = n.emit<nn::ReduceSumOp>(x, n.intsNamed("axes", ascending(2, rank)));
  n.set(n.reshape(n.emit<nn::MulOp>({sum, n.scalar(1.0 / double(count), x)}), shape));
}

static void globalMaxPool(Node &n) {
  Value x = n.data(0);
  std::optional<Window> window =
      x ? windowOf(n, typeOf(x).getShape(),
                   typeOf(x).getShape().drop_front(std::min<int64_t>(2, typeOf(x).getRank())))
        : std::nullopt;
  if (!window)
    return;
  auto type = resultType(n, x, typeOf(x).getDimSize(1), Shape(window->dims(), 1));
  SmallVector<NamedAttribute> attrs = windowAttrs(n, *window);
  attrs.push_back(n.intsNamed("kernel", window->kernel));
  if (type)
    n.set(n.emitTo<nn::MaxPoolOp>(*type, x, attrs));
}

void plimsoll::import::addImageOps(llvm::StringMap<OpEntry> &table) {
  table["Conv"].data = conv;
  table["ConvTranspose"].data = convTranspose;
  table["MaxPool"].data = maxPool;
  table["AveragePool"].data = averagePool;
  table["GlobalAveragePool"].data = globalAveragePool;
  table["GlobalMaxPool"].data = globalMaxPool;
}
