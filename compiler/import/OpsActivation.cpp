//===- OpsActivation.cpp - activation functions as formulas -----------------------===//
#include "compiler/import/Arithmetic.h"
#include "compiler/import/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

using P = nn::Predicate;

/// `f(x)` of the first operand.
template <Value (*formula)(Arithmetic &, Value)> static void activation(Node &n) {
  Arithmetic a(n);
  n.set(formula(a, n.data(0)));
}

static Value leakyRelu(Arithmetic &a, Value x) {
  Value small = a.mul(x, a.n.floatAttr("alpha", 0.01));
  return a.select(a.compare(P::lt, x, 0.0), small, x);
}

/// The exponential only below zero, where it does not overflow.
static Value expBelow(Arithmetic &a, Value x) {
  return a.add(a.exp(a.min(x, 0.0)), -1.0);
}

static Value elu(Arithmetic &a, Value x) {
  Value below = a.mul(expBelow(a, x), a.n.floatAttr("alpha", 1.0));
  return a.select(a.compare(P::lt, x, 0.0), below, x);
}

static Value selu(Arithmetic &a, Value x) {
  Value below = a.mul(expBelow(a, x), a.n.floatAttr("alpha", 1.67326319217681884765625));
  Value y = a.select(a.compare(P::lt, x, 0.0), below, x);
  return a.mul(y, a.n.floatAttr("gamma", 1.05070102214813232421875));
}

static Value swish(Arithmetic &a, Value x) {
  return a.mul(x, a.sigmoid(a.mul(x, a.n.floatAttr("alpha", 1.0))));
}

static Value mish(Arithmetic &a, Value x) {
  return a.mul(x, a.tanh(a.softplus(x)));
}

static Value hardSigmoidOf(Arithmetic &a, Value x, double alpha, double beta) {
  return a.max(a.min(a.add(a.mul(x, alpha), beta), 1.0), 0.0);
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

/// Zero between -lambda and lambda, shifted towards it outside.
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
  return a.select(a.compare(P::lt, x, 0.0), below, x);
}

/// The slope broadcasts to the input, never the other way.
static void prelu(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0), slope = n.data(1);
  n.set(a.select(a.compare(P::lt, x, 0.0), a.mul(x, slope), x));
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
