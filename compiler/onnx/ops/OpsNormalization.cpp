//===- OpsNormalization.cpp - normalisation by statistics of the input ----------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/ops/StableForms.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// Returns `parameter` with exactly the shape of the normalised dimensions, or null after an error.
static Value overDims(Node &n, Value parameter, ArrayRef<int64_t> dims) {
  if (!parameter)
    return {};
  ArrayRef<int64_t> shape = typeOf(parameter).getShape();
  std::optional<Shape> merged = broadcastShape(shape, dims);
  if (!merged || ArrayRef<int64_t>(*merged) != dims) {
    n.error("scale or bias " + shapeText(shape) + " does not broadcast to " + shapeText(dims));
    return {};
  }
  return n.broadcast(parameter, dims);
}

static std::optional<int64_t> normAxis(Node &n, Value x) {
  return n.axis(n.intAttr("axis", -1), typeOf(x).getRank());
}

/// Sets the results for statistics, in which normalised dimensions have size 1.
static void setStatistics(Node &n, Value mean, Value inverse, Value x, int64_t axis) {
  Shape kept(shapeOf(x));
  for (int64_t d = axis; d < typeOf(x).getRank(); ++d)
    kept[d] = 1;
  n.set(n.reshape(mean, kept), 1);
  n.set(n.reshape(inverse, kept), 2);
}

/// Creates nn.layer_norm over the dimensions from `axis` on; returns null after an error.
static Operation *normalize(Node &n, Value x, Value scale, Value bias, int64_t axis,
                            bool uncentered) {
  ArrayRef<int64_t> dims = typeOf(x).getShape().drop_front(axis);
  SmallVector<Value> operands = {x, overDims(n, scale, dims)};
  if (bias)
    operands.push_back(overDims(n, bias, dims));
  if (llvm::is_contained(operands, Value()))
    return nullptr;
  SmallVector<NamedAttribute> attrs = {n.floatNamed("epsilon", n.floatAttr("epsilon", 1e-5))};
  if (uncentered)
    attrs.push_back(n.unitNamed("uncentered"));
  return n.create(nn::LayerNormOp::getOperationName(), operands, attrs, {});
}

/// Sets layer normalisation: in f64 (gradient checks) as a formula, else as one op.
static void layerNorm(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0), scale = n.data(1), bias = n.has(2) ? n.data(2) : Value();
  std::optional<int64_t> axis = x && scale ? normAxis(n, x) : std::nullopt;
  if (!axis || n.failed())
    return;
  if (!typeOf(x).getElementType().isF32()) {
    auto standard =
        a.standardize(x, ascending(*axis, typeOf(x).getRank()), n.floatAttr("epsilon", 1e-5));
    Value y = a.mul(standard.y, scale);
    n.set(bias ? a.add(y, bias) : y);
    return setStatistics(n, standard.mean, standard.inverse, x, *axis);
  }
  Operation *op = normalize(n, x, scale, bias, *axis, /*uncentered=*/false);
  if (!op)
    return;
  n.set(op->getResult(0));
  setStatistics(n, op->getResult(1), op->getResult(2), x, *axis);
}

/// Sets `x / sqrt(mean(x^2) + epsilon) * scale`: in f64 with the ops of the function body in the
/// standard, else as one op.
static void rmsNorm(Node &n) {
  Value x = n.data(0), scale = n.data(1);
  std::optional<int64_t> axis = x && scale ? normAxis(n, x) : std::nullopt;
  if (!axis || n.failed())
    return;
  int64_t rank = typeOf(x).getRank();
  Shape axes = ascending(*axis, rank), kept(typeOf(x).getShape());
  int64_t count = 1;
  for (int64_t d : axes) {
    count *= kept[d];
    kept[d] = 1;
  }
  if (count == 0)
    return n.error("its input " + shapeText(typeOf(x).getShape()) + " is empty");
  if (typeOf(x).getElementType().isF32()) {
    if (Operation *op = normalize(n, x, scale, {}, *axis, /*uncentered=*/true))
      n.set(op->getResult(0));
    return;
  }
  Value sum = n.emit<nn::ReduceSumOp>(n.emit<nn::MulOp>({x, x}), n.intsNamed("axes", axes));
  Value mean = n.emit<nn::MulOp>({n.reshape(sum, kept), n.scalar(1.0 / double(count), x)});
  Value shifted = n.emit<nn::AddOp>({mean, n.scalar(n.floatAttr("epsilon", 1e-5), x)});
  Value inverse = n.emit<nn::ReciprocalOp>(n.emit<nn::SqrtOp>(shifted));
  n.set(n.emit<nn::MulOp>({n.emit<nn::MulOp>({x, inverse}), scale}));
}

/// Returns one number per channel in a shape that broadcasts over [batch, channels, ...].
static Value overChannels(Node &n, Value parameter, Value x) {
  if (!parameter || !x)
    return {};
  Shape shape(typeOf(x).getRank(), 1);
  shape[1] = shapeOf(x)[1];
  if (shapeOf(parameter) != ArrayRef<int64_t>{shape[1]}) {
    n.error("scale and bias need one number for each of the " + Twine(shape[1]) + " channels");
    return {};
  }
  return n.reshape(parameter, shape);
}

/// Returns `x`, of more than two dimensions, normalised over those from the third on: in f64
/// (gradient checks) as a formula, else as one op, whose scale is 1. Null after an error.
static Value standardizeRows(Node &n, Value x) {
  if (!typeOf(x).getElementType().isF32())
    return Arithmetic(n)
        .standardize(x, ascending(2, typeOf(x).getRank()), n.floatAttr("epsilon", 1e-5))
        .y;
  HostTensor ones(DType::f32, shapeOf(x).drop_front(2));
  for (int64_t i = 0; i < ones.size(); ++i)
    ones.setFloat(i, 1.0);
  Operation *op = normalize(n, x, n.constant(ones), {}, 2, /*uncentered=*/false);
  return op ? op->getResult(0) : Value();
}

/// Normalises by mean and variance over groups of channels and all following dimensions.
static void normalizeGroups(Node &n, int64_t groups) {
  Arithmetic a(n);
  Value x = n.data(0), scale = n.data(1), bias = n.data(2);
  if (!x || !scale || !bias)
    return;
  Shape shape(shapeOf(x)), grouped = shape;
  if (groups <= 0 || shape[1] % groups != 0)
    return n.error(Twine(groups) + " groups do not divide the " + Twine(shape[1]) + " channels");
  grouped[1] = shape[1] / groups;
  grouped.insert(grouped.begin() + 1, groups);
  Value standard = standardizeRows(n, n.reshape(x, grouped));
  if (!standard)
    return;
  Value y = n.reshape(standard, shape);
  // Before opset 21 scale and bias have one element per group, not per channel.
  auto parameter = [&](Value value) {
    if (shapeOf(value) == ArrayRef<int64_t>{groups} && groups != shape[1])
      value =
          n.reshape(n.broadcast(a.unsqueeze(value, 1), {groups, shape[1] / groups}), {shape[1]});
    return overChannels(n, value, x);
  };
  n.set(a.add(a.mul(y, parameter(scale)), parameter(bias)));
}

static bool hasChannels(Node &n, Value x) {
  if (x && typeOf(x).getRank() < 2)
    n.error("needs an input of two dimensions or more");
  return x && !n.failed();
}

static void groupNorm(Node &n) {
  if (hasChannels(n, n.data(0)))
    normalizeGroups(n, n.intAttr("num_groups", 0));
}

static void instanceNorm(Node &n) {
  if (hasChannels(n, n.data(0)))
    normalizeGroups(n, shapeOf(n.data(0))[1]);
}

/// Sets x / |x| along one axis, and zero where the norm is zero.
static void lpNorm(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  int64_t p = n.intAttr("p", 2);
  std::optional<int64_t> axis = x ? normAxis(n, x) : std::nullopt;
  if (!axis)
    return;
  if (p != 1 && p != 2)
    return n.unsupported("p = " + Twine(p) + " is unknown");
  Value norm = p == 1 ? a.sum(a.abs(x), *axis) : rootOfSquares(a, a.sum(a.mul(x, x), *axis));
  Value isZero = a.compare(nn::Predicate::eq, norm, 0.0);
  Value divisor = a.select(isZero, n.scalar(1.0, x), norm);
  n.set(a.select(isZero, n.scalar(0.0, x), a.div(x, divisor)));
}

/// Sets (x - mean) / standard deviation over `axes`.
static void meanVariance(Node &n) {
  Value x = n.data(0);
  std::optional<Shape> axes =
      x ? n.axes(n.intsAttr("axes").value_or(Shape{0, 2, 3}), typeOf(x).getRank()) : std::nullopt;
  if (axes)
    n.set(Arithmetic(n).standardize(x, *axes, 1e-9).y);
}

void plimsoll::import::addNormalizationOps(llvm::StringMap<OpEntry> &table) {
  table["LayerNormalization"].data = layerNorm;
  table["RMSNormalization"].data = rmsNorm;
  table["GroupNormalization"].data = groupNorm;
  table["InstanceNormalization"].data = instanceNorm;
  table["LpNormalization"].data = lpNorm;
  table["MeanVarianceNormalization"].data = meanVariance;
}
