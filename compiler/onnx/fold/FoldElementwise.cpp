//===- FoldElementwise.cpp - elementwise operators on known tensors ---------------===//
#include "compiler/onnx/fold/FoldFormulas.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace plimsoll::import;
using namespace plimsoll::import::formulas;
using llvm::Twine;

/// Returns the first `count` operands, broadcast to their common shape.
static std::optional<std::vector<HostTensor>> broadcastOperands(Node &n, int count) {
  Shape shape;
  for (int i = 0; i < count; ++i) {
    const HostTensor *operand = n.known(i);
    std::optional<Shape> merged = operand ? broadcastShape(shape, operand->shape) : std::nullopt;
    if (!merged) {
      if (operand)
        n.error("shapes do not broadcast: " + shapeText(shape) + " and " +
                shapeText(operand->shape));
      return std::nullopt;
    }
    shape = *merged;
  }
  if (!n.mayFold(shape))
    return std::nullopt;
  std::vector<HostTensor> result;
  for (int i = 0; i < count; ++i) {
    const HostTensor *operand = n.known(i);
    if (operand->shape == shape)
      result.push_back(*operand);
    else
      result.push_back(operand->take(shape, broadcastIndex(operand->shape, shape)));
  }
  return result;
}

/// Converts operands of different types to one. Half precision meets f32 if a type was taken from
/// data, which is computed in f32: then both are f32.
static bool sameTypes(Node &n, HostTensor &a, HostTensor &b) {
  if (a.isFloat() && b.isFloat() && (isHalf(a.dtype) != isHalf(b.dtype)))
    (isHalf(a.dtype) ? a : b) = (isHalf(a.dtype) ? a : b).cast((isHalf(a.dtype) ? b : a).dtype);
  if (a.dtype != b.dtype)
    n.error("its inputs have different element types");
  return a.dtype == b.dtype;
}

/// Folds an operator with two operands and a result of the same type.
template <int64_t (*ints)(int64_t, int64_t), double (*floats)(double, double)>
static void arithmetic(Node &n) {
  auto operands = broadcastOperands(n, 2);
  if (!operands || !sameTypes(n, (*operands)[0], (*operands)[1]))
    return;
  HostTensor &a = (*operands)[0], &b = (*operands)[1];
  for (int64_t i = 0; i < a.size(); ++i)
    a.isFloat() ? a.setFloat(i, floats(a.floats[i], b.floats[i]))
                : a.setInt(i, ints(a.ints[i], b.ints[i]));
  n.set(std::move(a));
}

template <bool (*test)(double, double), bool (*intTest)(int64_t, int64_t)>
static void comparison(Node &n) {
  auto operands = broadcastOperands(n, 2);
  if (!operands || !sameTypes(n, (*operands)[0], (*operands)[1]))
    return;
  HostTensor &a = (*operands)[0], &b = (*operands)[1];
  HostTensor result(DType::boolean, a.shape);
  for (int64_t i = 0; i < a.size(); ++i)
    result.ints[i] = a.isFloat() ? test(a.floats[i], b.floats[i]) : intTest(a.ints[i], b.ints[i]);
  n.set(std::move(result));
}

template <double (*function)(double)> static void unary(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  if (!x->isFloat())
    return n.error("its input must be floating point");
  HostTensor result = *x;
  for (int64_t i = 0; i < x->size(); ++i)
    result.setFloat(i, function(x->floats[i]));
  n.set(std::move(result));
}

/// Folds Pow; the result has the base's type, whatever the exponent's.
static void power(Node &n) {
  auto operands = broadcastOperands(n, 2);
  if (!operands)
    return;
  HostTensor &a = (*operands)[0];
  const HostTensor &b = (*operands)[1];
  for (int64_t i = 0; i < a.size(); ++i)
    if (!a.isFloat() && !b.isFloat())
      a.setInt(i, powInt(a.ints[i], b.ints[i]));
    else
      a.setFloat(i, std::pow(a.number(i), b.number(i)));
  n.set(std::move(a));
}

static void sign(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  HostTensor result = *x;
  for (int64_t i = 0; i < x->size(); ++i)
    if (!x->isFloat())
      result.ints[i] = (x->ints[i] > 0) - (x->ints[i] < 0);
    else if (x->floats[i] > 0 || x->floats[i] < 0) // keeps NaN and 0
      result.floats[i] = x->floats[i] > 0 ? 1 : -1;
  n.set(std::move(result));
}

/// Folds min(max(x, low), high); either bound may be absent.
static void clip(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  HostTensor result = *x;
  for (int bound : {1, 2}) {
    const HostTensor *limit = n.has(bound) ? n.known(bound) : nullptr;
    if (limit && (limit->size() != 1 || limit->dtype != x->dtype))
      return n.error("its bounds must be numbers of the input's type");
    for (int64_t i = 0; limit && i < x->size(); ++i)
      if (x->isFloat())
        result.floats[i] = (bound == 1 ? maxFloat : minFloat)(result.floats[i], limit->floats[0]);
      else
        result.ints[i] = (bound == 1 ? maxInt : minInt)(result.ints[i], limit->ints[0]);
  }
  n.set(std::move(result));
}

static void isInf(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  bool above = n.intAttr("detect_positive", 1) != 0, below = n.intAttr("detect_negative", 1) != 0;
  HostTensor result(DType::boolean, x->shape);
  for (int64_t i = 0; i < x->size(); ++i)
    result.ints[i] = std::isinf(x->number(i)) && (x->number(i) > 0 ? above : below);
  n.set(std::move(result));
}

template <bool absolute> static void signOp(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  HostTensor result = *x;
  for (int64_t i = 0; i < x->size(); ++i) {
    if (x->isFloat())
      result.floats[i] = absolute ? std::fabs(x->floats[i]) : -x->floats[i];
    else if (!absolute || x->ints[i] < 0)
      result.setInt(i, wrap(-uint64_t(x->ints[i])));
  }
  n.set(std::move(result));
}

static void notOp(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  if (x->dtype != DType::boolean)
    return n.error("its input must be boolean");
  HostTensor result = *x;
  for (int64_t &element : result.ints)
    element = !element;
  n.set(std::move(result));
}

static void isNan(Node &n) {
  const HostTensor *x = n.known(0);
  if (!x || !n.mayFold(x->shape))
    return;
  HostTensor result(DType::boolean, x->shape);
  for (int64_t i = 0; i < x->size(); ++i)
    result.ints[i] = std::isnan(x->number(i));
  n.set(std::move(result));
}

static void where(Node &n) {
  auto operands = broadcastOperands(n, 3);
  if (!operands || !sameTypes(n, (*operands)[1], (*operands)[2]))
    return;
  const HostTensor &condition = (*operands)[0], &b = (*operands)[2];
  if (condition.dtype != DType::boolean)
    return n.error("its condition must be boolean");
  HostTensor &a = (*operands)[1];
  for (int64_t i = 0; i < a.size(); ++i)
    if (!condition.ints[i])
      a.isFloat() ? void(a.floats[i] = b.floats[i]) : void(a.ints[i] = b.ints[i]);
  n.set(std::move(a));
}

static void cast(Node &n) {
  const HostTensor *x = n.known(0);
  std::optional<DType> to =
      n.proto.op_type() == "CastLike" ? n.dtype(1) : dtypeOf(int(n.intAttr("to", 0)));
  if (!x || !n.mayFold(x->shape))
    return;
  if (!to)
    return n.error("a cast to " + onnxTypeName(int(n.intAttr("to", 0))) + " is not supported",
                   "export the model in f32");
  n.set(x->cast(*to));
}

/// Folds Min and Max of one or two operands; more are too rare in index arithmetic.
template <void (*handler)(Node &)> static void twoOperands(Node &n) {
  if (n.numOperands() == 1)
    return n.set(n.operands[0]);
  if (n.numOperands() != 2)
    return n.unsupported("more than two inputs are not supported");
  handler(n);
}

static void divide(Node &n) {
  const HostTensor *divisor = n.known(1);
  if (divisor && !divisor->isFloat() && llvm::is_contained(divisor->ints, 0))
    return n.error("divides an integer by zero");
  arithmetic<divInt, divFloat>(n);
}

template <void (*handler)(Node &)> static void booleans(Node &n) {
  const HostTensor *a = n.known(0), *b = n.known(1);
  if (a && b && (a->dtype != DType::boolean || b->dtype != DType::boolean))
    return n.error("its inputs must be boolean");
  handler(n);
}

void plimsoll::import::addElementwiseFolds(llvm::StringMap<OpEntry> &table) {
  table["Add"].fold = arithmetic<addInt, addFloat>;
  table["Sub"].fold = arithmetic<subInt, subFloat>;
  table["Mul"].fold = arithmetic<mulInt, mulFloat>;
  table["Div"].fold = divide;
  table["Mod"].fold = arithmetic<modInt, modFloat>;
  table["Pow"].fold = power;
  table["Min"].fold = twoOperands<arithmetic<minInt, minFloat>>;
  table["Max"].fold = twoOperands<arithmetic<maxInt, maxFloat>>;
  table["And"].fold = booleans<arithmetic<andInt, noFloat>>;
  table["Or"].fold = booleans<arithmetic<orInt, noFloat>>;
  table["Xor"].fold = booleans<arithmetic<xorInt, noFloat>>;
  table["Equal"].fold = comparison<equal<double>, equal<int64_t>>;
  table["Less"].fold = comparison<less<double>, less<int64_t>>;
  table["LessOrEqual"].fold = comparison<lessEqual<double>, lessEqual<int64_t>>;
  table["Greater"].fold = comparison<greater<double>, greater<int64_t>>;
  table["GreaterOrEqual"].fold = comparison<greaterEqual<double>, greaterEqual<int64_t>>;
  table["Neg"].fold = signOp<false>;
  table["Abs"].fold = signOp<true>;
  table["Sign"].fold = sign;
  table["Clip"].fold = clip;
  table["IsInf"].fold = isInf;
  table["Not"].fold = notOp;
  table["IsNaN"].fold = isNan;
  table["Where"].fold = where;
  table["Cast"].fold = table["CastLike"].fold = cast;
  table["Sqrt"].fold = unary<std::sqrt>;
  table["Exp"].fold = unary<std::exp>;
  table["Log"].fold = unary<std::log>;
  table["Sin"].fold = unary<std::sin>;
  table["Cos"].fold = unary<std::cos>;
  table["Tan"].fold = unary<std::tan>;
  table["Asin"].fold = unary<std::asin>;
  table["Acos"].fold = unary<std::acos>;
  table["Atan"].fold = unary<std::atan>;
  table["Sinh"].fold = unary<std::sinh>;
  table["Cosh"].fold = unary<std::cosh>;
  table["Asinh"].fold = unary<std::asinh>;
  table["Acosh"].fold = unary<std::acosh>;
  table["Atanh"].fold = unary<std::atanh>;
  table["Tanh"].fold = unary<std::tanh>;
  table["Erf"].fold = unary<std::erf>;
  table["Floor"].fold = unary<std::floor>;
  table["Round"].fold = unary<std::nearbyint>;
  table["Ceil"].fold = unary<std::ceil>;
  table["Reciprocal"].fold = unary<reciprocal>;
  table["Sigmoid"].fold = unary<sigmoid>;
  table["Relu"].fold = unary<relu>;
}
