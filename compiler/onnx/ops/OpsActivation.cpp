//===- OpsActivation.cpp - activation functions as formulas -----------------------===//
//
// At a kink the gradient depends on the side to which the point belongs. PyTorch's choice is
// followed: 0 has the slope from below, the bounds of clamps have slope 0.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/ops/StableForms.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

using P = nn::Predicate;

/// Returns `above` where x > 0, else `below`.
static Value bySign(Arithmetic &a, Value x, Value above, Value below) {
  return a.select(a.compare(P::gt, x, 0.0), above, below);
}

/// Sets the result to `formula` of the first operand.
template <Value (*formula)(Arithmetic &, Value)> static void activation(Node &n) {
  Arithmetic a(n);
  n.set(formula(a, n.data(0)));
}

static Value leakyRelu(Arithmetic &a, Value x) {
  return bySign(a, x, x, a.mul(x, a.n.floatAttr("alpha", 0.01)));
}

/// Returns e^x - 1 where x <= 0, else 0: there the exponential cannot overflow.
static Value expBelow(Arithmetic &a, Value x) {
  return a.add(a.exp(bySign(a, x, a.n.scalar(0.0, x), x)), -1.0);
}

static Value elu(Arithmetic &a, Value x) {
  Value below = a.mul(expBelow(a, x), a.n.floatAttr("alpha", 1.0));
  return bySign(a, x, x, below);
}

static Value selu(Arithmetic &a, Value x) {
  Value below = a.mul(expBelow(a, x), a.n.floatAttr("alpha", 1.67326319217681884765625));
  Value y = bySign(a, x, x, below);
  return a.mul(y, a.n.floatAttr("gamma", 1.05070102214813232421875));
}

static Value swish(Arithmetic &a, Value x) {
  return a.mul(x, a.sigmoid(a.mul(x, a.n.floatAttr("alpha", 1.0))));
}

static Value mish(Arithmetic &a, Value x) {
  return a.mul(x, a.tanh(a.softplus(x)));
}

static Value hardSigmoidOf(Arithmetic &a, Value x, double alpha, double beta) {
  Value y = a.add(a.mul(x, alpha), beta);
  return clampBelow(a, clampAbove(a, y, a.n.scalar(1.0, x)), a.n.scalar(0.0, x));
}

static Value hardSigmoid(Arithmetic &a, Value x) {
  return hardSigmoidOf(a, x, a.n.floatAttr("alpha", 0.2), a.n.floatAttr("beta", 0.5));
}

static Value hardSwish(Arithmetic &a, Value x) {
  return a.mul(x, hardSigmoidOf(a, x, 1.0 / 6, 0.5));
}

static Value softplus(Arithmetic &a, Value x) {
  return a.softplus(x);
}

static Value softsign(Arithmetic &a, Value x) {
  return a.div(x, a.add(a.abs(x), 1.0));
}

static Value thresholdedRelu(Arithmetic &a, Value x) {
  Value above = a.compare(P::gt, x, a.n.floatAttr("alpha", 1.0));
  return x ? a.select(above, x, a.n.scalar(0.0, x)) : Value();
}

/// Returns 0 between -lambda and lambda, and x shifted towards 0 by the bias elsewhere.
static Value shrink(Arithmetic &a, Value x) {
  if (!x)
    return {};
  double lambda = a.n.floatAttr("lambd", 0.5), bias = a.n.floatAttr("bias", 0.0);
  Value above = a.select(a.compare(P::gt, x, lambda), a.add(x, -bias), a.n.scalar(0.0, x));
  return a.select(a.compare(P::lt, x, -lambda), a.add(x, bias), above);
}

static void swiGlu(Node &n) {
  Arithmetic a(n);
  Value gate = n.data(0), x = n.data(1);
  if (gate && x && shapeOf(gate) != shapeOf(x))
    return n.error("its inputs must have one shape, got " + shapeText(shapeOf(gate)) + " and " +
                   shapeText(shapeOf(x)));
  n.set(a.mul(swish(a, gate), x));
}

static Value celu(Arithmetic &a, Value x) {
  double alpha = a.n.floatAttr("alpha", 1.0);
  Value below = a.mul(expBelow(a, a.mul(x, 1.0 / alpha)), alpha);
  return bySign(a, x, x, below);
}

/// Sets x or slope * x. The slope broadcasts to the input, never the other way.
static void prelu(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0), slope = n.data(1);
  n.set(bySign(a, x, x, a.mul(x, slope)));
}

void plimsoll::import::addActivationOps(llvm::StringMap<OpEntry> &table) {
  table["LeakyRelu"].data = activation<leakyRelu>;
  table["Elu"].data = activation<elu>;
  table["Celu"].data = activation<celu>;
  table["Selu"].data = activation<selu>;
  table["Swish"].data = activation<swish>;
  table["Mish"].data = activation<mish>;
  table["HardSigmoid"].data = activation<hardSigmoid>;
  table["HardSwish"].data = activation<hardSwish>;
  table["Softplus"].data = activation<softplus>;
  table["Softsign"].data = activation<softsign>;
  table["ThresholdedRelu"].data = activation<thresholdedRelu>;
  table["Shrink"].data = activation<shrink>;
  table["SwiGLU"].data = swiGlu;
  table["PRelu"].data = prelu;
}
