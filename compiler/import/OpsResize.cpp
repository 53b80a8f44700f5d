//===- OpsResize.cpp - Resize, as products with constant matrices --------------===//
//
// Resizing is linear and works along one axis at a time: each axis is a product with the
// matrix of its weights, whose gradient is known. Where every element is only repeated, it
// is a broadcast.
//===----------------------------------------------------------------------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

namespace {
struct ResizeModes {
  std::string mode, coordinates, nearest;
  double cubic;
  bool excludeOutside;
};

/// One axis: from `in` to `out` elements, by `scale`.
struct Axis {
  int64_t in, out;
  double scale;
};

/// Index and weight of the elements that one result is made of.
using Weights = llvm::SmallVector<std::pair<int64_t, double>, 4>;
} // namespace

/// Where result `i` lies among the operand's elements; NaN for modes that are not known.
static double coordinate(StringRef mode, const Axis &axis, int64_t i) {
  double at = double(i), half = (at + 0.5) / axis.scale - 0.5;
  if (mode == "half_pixel")
    return half;
  if (mode == "pytorch_half_pixel")
    return axis.out > 1 ? half : 0;
  if (mode == "align_corners") { // of the length that the scale gives, which need not be whole
    double last = axis.scale * double(axis.in) - 1;
    return axis.out > 1 && last > 0 ? at * double(axis.in - 1) / last : 0;
  }
  if (mode == "asymmetric")
    return at / axis.scale;
  if (mode == "half_pixel_symmetric") {
    double adjustment = double(axis.out) / (axis.scale * double(axis.in));
    return double(axis.in) / 2 * (1 - adjustment) + half;
  }
  return NAN;
}

static double roundNearest(StringRef mode, double x) {
  if (mode == "floor")
    return std::floor(x);
  if (mode == "ceil")
    return std::ceil(x);
  if (mode == "round_prefer_ceil")
    return std::floor(x + 0.5);
  return std::ceil(x - 0.5); // round_prefer_floor
}

/// The piecewise cubic of Keys (1981).
static double cubicWeight(double a, double distance) {
  double d = std::abs(distance);
  if (d <= 1)
    return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

static Weights weightsAt(const ResizeModes &modes, const Axis &axis, double x) {
  auto clamp = [&](double i) {
    return static_cast<int64_t>(std::min(std::max(i, 0.0), double(axis.in - 1)));
  };
  if (modes.mode == "nearest")
    return {{clamp(roundNearest(modes.nearest, x)), 1.0}};
  double base = std::floor(x), rest = x - base;
  if (modes.mode == "linear")
    return {{clamp(base), 1 - rest}, {clamp(base + 1), rest}};
  Weights weights;
  double sum = 0;
  for (int i = -1; i <= 2; ++i) {
    bool outside = base + i < 0 || base + i > double(axis.in - 1);
    double weight =
        outside && modes.excludeOutside ? 0 : cubicWeight(modes.cubic, double(i) - rest);
    weights.push_back({clamp(base + i), weight});
    sum += weight;
  }
  for (auto &[index, weight] : weights)
    weight /= modes.excludeOutside ? sum : 1.0;
  return weights;
}

/// How often each element is repeated in its place, if that is all that happens.
static std::optional<int64_t> repetition(const ResizeModes &modes, const Axis &axis) {
  if (modes.mode != "nearest" || axis.in == 0 || axis.out % axis.in != 0)
    return std::nullopt;
  int64_t times = axis.out / axis.in;
  for (int64_t i = 0; i < axis.out; ++i)
    if (weightsAt(modes, axis, coordinate(modes.coordinates, axis, i))[0].first != i / times)
      return std::nullopt;
  return times;
}

/// Repeats element i of each dimension times[i] times in its place.
static Value repeat(Node &n, Value x, ArrayRef<int64_t> times) {
  Shape split, wide, merged;
  for (auto [size, count] : llvm::zip(typeOf(x).getShape(), times)) {
    split.push_back(size);
    wide.push_back(size);
    if (count > 1) {
      split.push_back(1);
      wide.push_back(count);
    }
    merged.push_back(size * count);
  }
  return n.reshape(n.broadcast(n.reshape(x, split), wide), merged);
}

/// The product of `x` along dimension `d` with the matrix of the weights.
static Value multiplyAlong(Node &n, Value x, int64_t d, const ResizeModes &modes,
                           const Axis &axis) {
  if (!n.mayFold({axis.out, axis.in}))
    return {};
  HostTensor matrix(*dtypeOf(typeOf(x).getElementType()), {axis.out, axis.in});
  for (int64_t i = 0; i < axis.out; ++i)
    for (auto [index, weight] : weightsAt(modes, axis, coordinate(modes.coordinates, axis, i)))
      matrix.setFloat(i * axis.in + index, matrix.number(i * axis.in + index) + weight);
  Shape shape(typeOf(x).getShape());
  int64_t before = 1, behind = 1;
  for (int64_t i = 0; i < int64_t(shape.size()); ++i)
    (i < d ? before : behind) *= i == d ? 1 : shape[i];
  shape[d] = axis.out;
  Value weights = n.constant(matrix);
  if (behind == 1) {
    Value rows = n.reshape(x, {before, axis.in});
    return n.reshape(n.emit<nn::MatmulOp>({rows, weights}, n.unitNamed("transpose_b")), shape);
  }
  Value planes = n.reshape(x, {before, axis.in, behind});
  return n.reshape(n.emit<nn::MatmulOp>({weights, planes}), shape);
}

static std::optional<ResizeModes> modesOf(Node &n) {
  ResizeModes modes{n.stringAttr("mode", "nearest"),
                    n.stringAttr("coordinate_transformation_mode", "half_pixel"),
                    n.stringAttr("nearest_mode", "round_prefer_floor"),
                    n.floatAttr("cubic_coeff_a", -0.75), n.intAttr("exclude_outside", 0) != 0};
  if (modes.mode != "nearest" && modes.mode != "linear" && modes.mode != "cubic")
    n.error("mode '" + modes.mode + "' is not supported", "nearest, linear and cubic are");
  if (std::isnan(coordinate(modes.coordinates, {2, 2, 1.0}, 0)))
    n.error("coordinate_transformation_mode '" + modes.coordinates + "' is not supported");
  if (n.intAttr("antialias", 0))
    n.error("antialiasing is not supported", "export the model without it");
  if (n.stringAttr("keep_aspect_ratio_policy", "stretch") != "stretch")
    n.error("keep_aspect_ratio_policy is not supported", "give each size");
  return n.failed() ? std::nullopt : std::optional(modes);
}

/// Every dimension of the operand with its new size.
static std::optional<SmallVector<Axis>> axesOf(Node &n, ArrayRef<int64_t> x) {
  SmallVector<Axis> result;
  for (int64_t size : x)
    result.push_back({size, size, 1.0});
  std::optional<Shape> named = n.intsAttr("axes");
  std::optional<Shape> axes =
      named ? n.axes(*named, x.size()) : std::optional(ascending(0, x.size()));
  const HostTensor *sizes = n.has(3) ? n.known(3) : nullptr;
  const HostTensor *scales = !sizes && n.has(2) ? n.known(2) : nullptr;
  const HostTensor *given = sizes ? sizes : scales;
  if (!axes || n.failed())
    return std::nullopt;
  if (named && !llvm::is_sorted(*named)) {
    n.error("its axes must be counted from the front and rise");
    return std::nullopt;
  }
  if (!given || given->size() != int64_t(axes->size())) {
    n.error("needs scales or sizes for " + Twine(axes->size()) + " dimensions");
    return std::nullopt;
  }
  for (auto [i, d] : llvm::enumerate(*axes)) {
    double wanted = given->number(i), in = double(x[d]);
    double out = sizes ? wanted : std::floor(in * wanted);
    if (!(wanted > 0) || !(out >= 1) || out > double(int64_t(1) << 30) || x[d] < 1) {
      n.error("cannot resize dimension " + Twine(d) + " of " + shapeText(x));
      return std::nullopt;
    }
    if (!n.mayFold({static_cast<int64_t>(out)})) // its weights are computed one by one
      return std::nullopt;
    result[d] = {x[d], static_cast<int64_t>(out), sizes ? out / in : wanted};
  }
  return result;
}

static void resize(Node &n) {
  Value x = n.data(0);
  std::optional<ResizeModes> modes = x ? modesOf(n) : std::nullopt;
  auto axes = modes ? axesOf(n, typeOf(x).getShape()) : std::nullopt;
  if (!axes)
    return;
  Shape times(axes->size(), 1), shape;
  for (auto [d, axis] : llvm::enumerate(*axes)) {
    times[d] = repetition(*modes, axis).value_or(1);
    shape.push_back(axis.out);
  }
  if (!elementCount(shape))
    return n.error("its result is too large");
  for (auto [d, axis] : llvm::enumerate(*axes))
    if (x && axis.out != axis.in * times[d])
      x = multiplyAlong(n, x, d, *modes, axis);
    else if (x && times[d] == 1 && !repetition(*modes, axis) && axis.scale != 1.0)
      x = multiplyAlong(n, x, d, *modes, axis);
  n.set(x ? repeat(n, x, times) : x);
}

void plimsoll::import::addResizeOps(llvm::StringMap<OpEntry> &table) {
  table["Resize"].data = resize;
}
