//===- OpsRandom.cpp - dropout and random tensors -------------------------------===//
//
// Numbers come from a counter (see nn.dropout and nn.random), so a node's `seed` is not used: a
// step draws the same numbers whenever it runs, and the program's --seed gives other ones.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "dialects/nn/Random.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

static NamedAttribute nextStream(Node &n) {
  int32_t stream = nn::nextStream(*n.builder.getInsertionBlock());
  return n.builder.getNamedAttr("stream", n.builder.getI32IntegerAttr(stream));
}

// Dropout -------------------------------------------------------------------

/// Returns the share that is dropped: 0 unless the node says that it is in training mode.
static std::optional<double> droppedShare(Node &n) {
  const HostTensor *training = n.has(2) ? n.known(2) : nullptr;
  if (n.failed())
    return std::nullopt;
  if (!training || training->size() != 1 || training->number(0) == 0)
    return 0.0;
  const HostTensor *ratio = n.has(1) ? n.known(1) : nullptr;
  double p = ratio && ratio->size() == 1 ? ratio->number(0) : 0.5;
  if (!n.failed() && !(p >= 0 && p < 1))
    n.error("its ratio must be at least 0 and below 1, got " + Twine(std::to_string(p)));
  return n.failed() ? std::nullopt : std::optional(p);
}

static void dropout(Node &n) {
  std::optional<double> p = droppedShare(n);
  Value x = p ? n.data(0) : Value();
  if (!x)
    return;
  SmallVector<NamedAttribute> attrs = {nextStream(n), n.floatNamed("p", p.value_or(0))};
  auto drop = [&](Value value) { return *p == 0 ? value : n.emit<nn::DropoutOp>(value, attrs); };
  n.set(drop(x));
  if (n.results.size() < 2)
    return;
  // The mask, if the graph reads it: where ones are kept by the same stream.
  Value ones = n.broadcast(n.scalar(1.0, x), shapeOf(x));
  n.set(Arithmetic(n).compare(nn::Predicate::gt, drop(ones), 0.0), 1);
}

// Random tensors ------------------------------------------------------------

/// Returns random numbers of `shape`, in f32 or f64; null after an error.
static Value draw(Node &n, nn::Distribution distribution, ArrayRef<int64_t> shape, DType dtype) {
  Type element = n.computedType(dtype);
  if (!isa<FloatType>(element))
    n.error("random numbers of this type are not supported", "draw f32 or f64 and cast them");
  if (n.failed())
    return {};
  MLIRContext *context = n.builder.getContext();
  auto kind = nn::DistributionAttr::get(context, distribution);
  return n.emitTo<nn::RandomOp>(RankedTensorType::get(shape, element), {},
                                {n.builder.getNamedAttr("distribution", kind), nextStream(n)});
}

/// Returns the type that the attribute `dtype` names, or `otherwise` without it.
static std::optional<DType> wantedType(Node &n, std::optional<DType> otherwise) {
  int64_t given = n.intAttr("dtype", 0);
  if (given == 0)
    return otherwise;
  std::optional<DType> dtype = dtypeOf(int(given));
  if (!dtype)
    n.error("random numbers of " + onnxTypeName(int(given)) + " are not supported",
            "export the model in f32");
  return dtype;
}

/// Returns the shape of the result: the operand's, or the attribute `shape`.
template <bool like> static std::optional<Shape> wantedShape(Node &n) {
  if (like)
    return n.shape(0);
  std::optional<Shape> shape = n.intsAttr("shape");
  if (!n.failed() && (!shape || !elementCount(*shape)))
    n.error("attribute 'shape' is missing, negative or too large");
  return n.failed() ? std::nullopt : shape;
}

template <bool like> static std::optional<DType> resultType(Node &n) {
  return wantedType(n, like ? n.dtype(0) : std::optional(DType::f32));
}

/// Returns x * factor + shift.
static Value scaled(Node &n, Value x, double factor, double shift) {
  Arithmetic m(n);
  return m.add(m.mul(x, factor), shift);
}

template <bool like> static void randomNormal(Node &n) {
  std::optional<Shape> shape = wantedShape<like>(n);
  std::optional<DType> dtype = shape ? resultType<like>(n) : std::nullopt;
  double mean = n.floatAttr("mean", 0), scale = n.floatAttr("scale", 1);
  if (dtype)
    n.set(scaled(n, draw(n, nn::Distribution::normal, *shape, *dtype), scale, mean));
}

template <bool like> static void randomUniform(Node &n) {
  std::optional<Shape> shape = wantedShape<like>(n);
  std::optional<DType> dtype = shape ? resultType<like>(n) : std::nullopt;
  double low = n.floatAttr("low", 0), high = n.floatAttr("high", 1);
  if (dtype)
    n.set(scaled(n, draw(n, nn::Distribution::uniform, *shape, *dtype), high - low, low));
}

/// Sets 1 with the operand's probability, else 0.
static void bernoulli(Node &n) {
  Value x = n.data(0);
  std::optional<DType> drawn = x ? n.dtype(0) : std::nullopt;
  std::optional<DType> dtype = drawn ? wantedType(n, drawn) : std::nullopt;
  if (!dtype)
    return;
  Value numbers = draw(n, nn::Distribution::uniform, shapeOf(x), *drawn);
  Value ones = Arithmetic(n).compare(nn::Predicate::lt, numbers, x);
  n.set(n.cast(ones, n.computedType(*dtype)));
}

void plimsoll::import::addRandomOps(llvm::StringMap<OpEntry> &table) {
  table["Dropout"].data = dropout;
  table["RandomNormal"].data = randomNormal<false>;
  table["RandomNormalLike"].data = randomNormal<true>;
  table["RandomUniform"].data = randomUniform<false>;
  table["RandomUniformLike"].data = randomUniform<true>;
  table["Bernoulli"].data = bernoulli;
}
