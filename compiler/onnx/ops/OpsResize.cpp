//===- OpsResize.cpp - Resize, as products with constant matrices --------------===//
//
// Resizing is linear and works along one axis at a time: each axis is a product with the matrix of
// its weights, so the gradient is known. If every element is only repeated, it is a broadcast.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/resize/ResizeWeights.h"
#include "dialects/nn/NNDialect.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// Returns how often each element is repeated, if the axis is resized by repetition only.
static std::optional<int64_t> repetition(const ResizeModes &modes, const ResizedAxis &axis) {
  if (modes.mode != "nearest" || axis.in == 0 || axis.out % axis.in != 0)
    return std::nullopt;
  int64_t times = axis.out / axis.in;
  for (int64_t i = 0; i < axis.out; ++i)
    if (weightsAt(modes, axis, i)[0].first != i / times)
      return std::nullopt;
  return times;
}

/// Returns `x` with element i of each dimension repeated times[i] times in place.
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

/// Returns the product of `x` along dimension `d` with the matrix of the axis' weights.
static Value multiplyAlong(Node &n, Value x, int64_t d, const ResizeModes &modes,
                           const ResizedAxis &axis) {
  if (!n.mayFold({axis.out, axis.in}))
    return {};
  HostTensor matrix(*dtypeOf(typeOf(x).getElementType()), {axis.out, axis.in});
  for (int64_t i = 0; i < axis.out; ++i)
    for (auto [index, weight] : weightsAt(modes, axis, i))
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
  ResizeModes modes;
  modes.mode = n.stringAttr("mode", "nearest");
  modes.coordinates = n.stringAttr("coordinate_transformation_mode", "half_pixel");
  modes.nearest = n.stringAttr("nearest_mode", "round_prefer_floor");
  modes.cubic = n.floatAttr("cubic_coeff_a", -0.75);
  modes.excludeOutside = n.intAttr("exclude_outside", 0) != 0;
  modes.antialias = n.intAttr("antialias", 0) != 0;
  if (modes.mode != "nearest" && modes.mode != "linear" && modes.mode != "cubic")
    n.error("mode '" + modes.mode + "' is not supported", "nearest, linear and cubic are");
  if (std::isnan(coordinate(modes.coordinates, {2, 2, 1.0}, 0)))
    n.unsupported("coordinate_transformation_mode '" + modes.coordinates + "' is not supported");
  return n.failed() ? std::nullopt : std::optional(modes);
}

/// Returns the dimensions that are resized, in the order of the operands' entries.
static std::optional<Shape> namedAxes(Node &n, int64_t rank) {
  std::optional<Shape> named = n.intsAttr("axes");
  if (!named)
    return ascending(0, rank);
  Shape result;
  for (int64_t value : *named)
    if (std::optional<int64_t> axis = n.axis(value, rank))
      result.push_back(*axis);
  return n.failed() || !n.axes(*named, rank) ? std::nullopt : std::optional(result);
}

/// Returns the one factor of all `axes` under keep_aspect_ratio_policy; 0 if each has its own.
static double sharedScale(Node &n, ArrayRef<int64_t> x, ArrayRef<int64_t> axes,
                          const HostTensor &sizes) {
  std::string policy = n.stringAttr("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch")
    return 0;
  if (policy != "not_larger" && policy != "not_smaller")
    n.unsupported("keep_aspect_ratio_policy '" + policy + "' is unknown");
  double shared = 0;
  for (auto [i, d] : llvm::enumerate(axes)) {
    double scale = sizes.number(i) / double(std::max<int64_t>(1, x[d]));
    bool takes = policy == "not_larger" ? scale < shared : scale > shared;
    shared = i == 0 || takes ? scale : shared;
  }
  return shared;
}

/// Sets the part of each dimension that tf_crop_and_resize samples, from operand 1.
static void setRegion(Node &n, ArrayRef<int64_t> axes, SmallVector<ResizedAxis> &resized) {
  const HostTensor *region = n.known(1);
  if (!region)
    return;
  if (region->size() != int64_t(2 * axes.size()))
    return n.error("its region needs a beginning and an end for " + Twine(axes.size()) +
                   " dimensions");
  for (auto [i, d] : llvm::enumerate(axes)) {
    resized[d].begin = region->number(i);
    resized[d].end = region->number(axes.size() + i);
  }
}

/// Returns every dimension of the operand with its new size; nothing after an error.
static std::optional<SmallVector<ResizedAxis>> axesOf(Node &n, const ResizeModes &modes,
                                                      ArrayRef<int64_t> x) {
  SmallVector<ResizedAxis> result;
  for (int64_t size : x)
    result.push_back({size, size, 1.0});
  std::optional<Shape> axes = namedAxes(n, x.size());
  const HostTensor *sizes = n.has(3) ? n.known(3) : nullptr;
  const HostTensor *scales = !sizes && n.has(2) ? n.known(2) : nullptr;
  const HostTensor *given = sizes ? sizes : scales;
  if (!axes || n.failed())
    return std::nullopt;
  if (!given || given->size() != int64_t(axes->size())) {
    n.error("needs scales or sizes for " + Twine(axes->size()) + " dimensions");
    return std::nullopt;
  }
  double shared = sizes ? sharedScale(n, x, *axes, *sizes) : 0;
  for (auto [i, d] : llvm::enumerate(*axes)) {
    double wanted = given->number(i), in = double(x[d]);
    double out = shared > 0 ? std::floor(in * shared + 0.5)
                 : sizes    ? wanted
                            : std::floor(in * wanted);
    if (!(wanted > 0) || !(out >= 1) || out > double(int64_t(1) << 30) || x[d] < 1) {
      n.error("cannot resize dimension " + Twine(d) + " of " + shapeText(x));
      return std::nullopt;
    }
    if (!n.mayFold({static_cast<int64_t>(out)})) // weights are computed one by one
      return std::nullopt;
    double scale = shared > 0 ? shared : sizes ? out / in : wanted;
    result[d] = {x[d], static_cast<int64_t>(out), scale};
  }
  if (modes.coordinates == kCrop)
    setRegion(n, *axes, result);
  return n.failed() ? std::nullopt : std::optional(result);
}

/// Returns `y` with the extrapolation value where one of the coordinates lies outside of the
/// operand.
static Value extrapolate(Node &n, Value y, const ResizeModes &modes, ArrayRef<ResizedAxis> axes) {
  double value = n.floatAttr("extrapolation_value", 0);
  for (auto [d, axis] : llvm::enumerate(axes)) {
    Shape shape(axes.size(), 1);
    shape[d] = axis.out;
    HostTensor inside(DType::boolean, shape);
    bool all = true;
    for (int64_t i = 0; i < axis.out; ++i) {
      double at = coordinate(modes.coordinates, axis, i);
      inside.setInt(i, at >= 0 && at <= double(axis.in - 1));
      all &= inside.ints[i] != 0;
    }
    if (y && !all)
      y = n.emit<nn::SelectOp>({n.constant(inside), y, n.scalar(value, y)});
  }
  return y;
}

static void resize(Node &n) {
  Value x = n.data(0);
  std::optional<ResizeModes> modes = x ? modesOf(n) : std::nullopt;
  auto axes = modes ? axesOf(n, *modes, typeOf(x).getShape()) : std::nullopt;
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
    else if (x && times[d] == 1 && !repetition(*modes, axis) && !axis.isKept())
      x = multiplyAlong(n, x, d, *modes, axis);
  Value y = x ? repeat(n, x, times) : x;
  n.set(modes->coordinates == kCrop ? extrapolate(n, y, *modes, *axes) : y);
}

void plimsoll::import::addResizeOps(llvm::StringMap<OpEntry> &table) {
  table["Resize"].data = table["Upsample"].data = resize;
}
