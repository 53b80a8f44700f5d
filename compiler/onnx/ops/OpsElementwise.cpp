//===- OpsElementwise.cpp - ONNX operators on one element at a time ------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/ops/StableForms.h"
#include "compiler/onnx/parameters/FxArguments.h"
#include <limits>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

template <typename Op> static void unary(Node &n) {
  n.set(n.emit<Op>(n.data(0)));
}

template <typename Op> static void binary(Node &n) {
  Value a = n.data(0), b = n.data(1);
  n.set(n.emit<Op>({a, b}));
}

template <nn::Predicate predicate> static void compare(Node &n) {
  Value a = n.data(0), b = n.data(1);
  auto attr = nn::PredicateAttr::get(n.builder.getContext(), predicate);
  n.set(n.emit<nn::CompareOp>({a, b}, n.builder.getNamedAttr("predicate", attr)));
}

/// Folds any number of operands of Min, Max, Sum or Mean pair by pair.
template <typename Op> static Value pairwise(Node &n) {
  Value result = n.data(0);
  for (int i = 1; i < n.numOperands(); ++i)
    result = n.emit<Op>({result, n.data(i)});
  return result;
}

template <typename Op> static void nary(Node &n) {
  n.set(pairwise<Op>(n));
}

static void mean(Node &n) {
  Value sum = pairwise<nn::AddOp>(n);
  n.set(n.numOperands() > 1 ? Arithmetic(n).mul(sum, 1.0 / n.numOperands()) : sum);
}

/// Sets -1, 0 or 1. For integers it is written by comparisons, as are their negation and absolute
/// value.
static void sign(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  if (!x || isa<FloatType>(typeOf(x).getElementType()))
    return n.set(n.emit<nn::SignOp>(x));
  Value notBelow =
      a.select(a.compare(nn::Predicate::gt, x, 0.0), n.scalar(1.0, x), n.scalar(0.0, x));
  if (typeOf(x).getElementType().isInteger(8))
    return n.set(notBelow);
  n.set(a.select(a.compare(nn::Predicate::lt, x, 0.0), n.scalar(-1.0, x), notBelow));
}

static Value negated(Arithmetic &a, Value x) {
  bool isFloat = !x || isa<FloatType>(typeOf(x).getElementType());
  return isFloat ? a.neg(x) : a.sub(a.n.scalar(0.0, x), x);
}

static void neg(Node &n) {
  Arithmetic a(n);
  n.set(negated(a, n.data(0)));
}

static void absolute(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  if (!x || isa<FloatType>(typeOf(x).getElementType()))
    return n.set(a.abs(x));
  bool isNatural = typeOf(x).getElementType().isInteger(8);
  n.set(isNatural ? x : a.select(a.compare(nn::Predicate::lt, x, 0.0), negated(a, x), x));
}

/// Returns operand `i` with the element type `with`; a known one stays a constant.
static Value operandAs(Node &n, int i, Type with) {
  const HostTensor *known = n.knownOrNull(i);
  std::optional<DType> dtype = dtypeOf(with);
  return known && dtype ? n.constant(known->cast(*dtype)) : n.cast(n.data(i), with);
}

/// Sets the power, in the base's type whatever the exponent's. Integers are raised in f64, which is
/// exact up to 2^53.
static void power(Node &n) {
  Value base = n.data(0);
  if (!base || !n.has(1))
    return n.error("needs a base and an exponent");
  Type type = typeOf(base).getElementType(), with = type;
  if (!isa<FloatType>(type))
    with = n.builder.getF64Type();
  bool same = n.dtype(1) == dtypeOf(with);
  Value exponent = same ? n.data(1) : operandAs(n, 1, with);
  // The last power of torch.norm(p) is a root of a sum, whose gradient at 0 is 0.
  Arithmetic a(n);
  base = n.cast(base, with);
  bool isNorm = StringRef(n.names.fx).contains("aten.linalg_vector_norm.") &&
                isPositive(exponent) && base.getDefiningOp<nn::AbsOp>() == nullptr;
  Value isZero = isNorm ? a.compare(nn::Predicate::eq, base, 0.0) : Value();
  Value safe = isNorm ? a.select(isZero, n.scalar(1.0, base), base) : base;
  Value y = n.emit<nn::PowOp>({safe, exponent});
  if (isNorm)
    y = a.select(isZero, n.scalar(0.0, y), y);
  n.set(n.cast(y, type));
}

static void isInf(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  bool above = n.intAttr("detect_positive", 1) != 0, below = n.intAttr("detect_negative", 1) != 0;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!x)
    return;
  if (!above && !below)
    return n.set(a.compare(nn::Predicate::lt, x, -infinity)); // false everywhere
  n.set(a.compare(nn::Predicate::eq, above && below ? a.abs(x) : x,
                  below && !above ? -infinity : infinity));
}

/// True for a clamp whose bounds are tensors in PyTorch: an element on such a bound shares its
/// gradient with it, as in a maximum; on a bound that is a number it gets none.
static bool hasTensorBounds(Node &n) {
  StringRef fx = n.names.fx;
  return fx.contains("aten.clamp") && fx.contains(".Tensor](") && !fx.contains("%scalar_tensor");
}

/// Returns `x` limited by operand `i`, from below or from above.
static Value limited(Node &n, Value x, int i, bool below) {
  Arithmetic a(n);
  Value bound = n.data(i);
  if (!x || !bound || !isConstant(bound) || !isa<FloatType>(typeOf(x).getElementType()))
    return below ? a.max(x, bound) : a.min(x, bound);
  return below ? clampBelow(a, x, bound) : clampAbove(a, x, bound);
}

/// Sets min(max(x, low), high); either bound may be absent.
static void clip(Node &n) {
  Arithmetic a(n);
  Value y = n.data(0);
  bool shared = hasTensorBounds(n);
  if (n.has(1))
    y = shared ? a.max(y, n.data(1)) : limited(n, y, 1, true);
  if (n.has(2))
    y = shared ? a.min(y, n.data(2)) : limited(n, y, 2, false);
  n.set(y);
}

/// Sets Max or Min. A clamp by an integer is exported as one with two operands, the number second.
template <typename Op> static void extreme(Node &n) {
  StringRef fx = n.names.fx;
  bool clamps = fx.contains("aten.clamp") && fx.contains("%scalar_tensor");
  if (clamps && n.numOperands() == 2)
    return n.set(limited(n, n.data(0), 1, std::is_same_v<Op, nn::MaxOp>));
  nary<Op>(n);
}

static void mod(Node &n) {
  Value a = n.data(0), b = n.data(1);
  SmallVector<NamedAttribute> attrs;
  if (n.intAttr("fmod", 0))
    attrs.push_back(n.unitNamed("truncated"));
  n.set(n.emit<nn::ModOp>({a, b}, attrs));
}

static void select(Node &n) {
  Arithmetic a(n);
  Value condition = n.data(0), chosen = n.data(1), other = n.data(2);
  n.set(a.select(condition, chosen, withSafeDivisor(a, condition, chosen, other)));
}

static void log(Node &n) {
  Arithmetic a(n);
  n.set(stableLog(a, n.data(0)));
}

static void sqrt(Node &n) {
  Arithmetic a(n);
  n.set(stableRoot(a, n.data(0)));
}

static void gelu(Node &n) {
  std::string approximate = n.stringAttr("approximate", "none");
  if (approximate != "none" && approximate != "tanh")
    return n.unsupported("approximation '" + approximate + "' is unknown, expected none or tanh");
  SmallVector<NamedAttribute> attrs;
  if (approximate == "tanh")
    attrs.push_back(n.unitNamed("tanh_approximation"));
  n.set(n.emit<nn::GeluOp>(n.data(0), attrs));
}

static void castTo(Node &n, std::optional<DType> dtype, llvm::StringRef name) {
  if (!dtype)
    return n.error("a cast to " + name + " is not supported", "export the model in f32");
  Value x = n.data(0);
  n.set(n.cast(x, n.computedType(*dtype)));
}

static void castOp(Node &n) {
  int64_t to = n.intAttr("to", 0);
  castTo(n, dtypeOf(int(to)), onnxTypeName(int(to)));
}

static void castLike(Node &n) {
  std::optional<DType> dtype = n.dtype(1);
  const HostTensor *known = n.knownOrNull(0);
  if (dtype && known && n.mayFold(known->shape))
    return n.set(known->cast(*dtype)); // only the type of the other operand matters
  if (dtype)
    castTo(n, dtype, "");
}

static void identity(Node &n) {
  if (!n.has(0))
    return n.error("needs an input");
  bool isDetached = !fxArguments(n.names.fx, "aten.detach").empty() ||
                    !fxArguments(n.names.fx, "aten.detach_").empty();
  if (isDetached && n.operands[0].kind == Entry::Kind::Data &&
      isa<FloatType>(typeOf(n.operands[0].value).getElementType()))
    return n.set(n.emit<nn::StopGradientOp>({n.data(0)}));
  n.set(n.operands[0]);
}

void plimsoll::import::addElementwiseOps(llvm::StringMap<OpEntry> &table) {
  table["Neg"].data = neg;
  table["Abs"].data = absolute;
  table["Exp"].data = unary<nn::ExpOp>;
  table["Log"].data = log;
  table["Sqrt"].data = sqrt;
  table["Reciprocal"].data = unary<nn::ReciprocalOp>;
  table["Sign"].data = sign;
  table["Floor"].data = unary<nn::FloorOp>;
  table["Ceil"].data = unary<nn::CeilOp>;
  table["Round"].data = unary<nn::RoundOp>;
  table["Sin"].data = unary<nn::SinOp>;
  table["Cos"].data = unary<nn::CosOp>;
  table["Tan"].data = unary<nn::TanOp>;
  table["Asin"].data = unary<nn::AsinOp>;
  table["Acos"].data = unary<nn::AcosOp>;
  table["Atan"].data = unary<nn::AtanOp>;
  table["Sinh"].data = unary<nn::SinhOp>;
  table["Cosh"].data = unary<nn::CoshOp>;
  table["Asinh"].data = unary<nn::AsinhOp>;
  table["Acosh"].data = unary<nn::AcoshOp>;
  table["Atanh"].data = unary<nn::AtanhOp>;
  table["Tanh"].data = unary<nn::TanhOp>;
  table["Erf"].data = unary<nn::ErfOp>;
  table["Sigmoid"].data = unary<nn::SigmoidOp>;
  table["Relu"].data = unary<nn::ReluOp>;
  table["IsInf"].data = isInf;
  table["IsNaN"].data = unary<nn::IsNanOp>;
  table["Not"].data = unary<nn::NotOp>;
  table["Add"].data = binary<nn::AddOp>;
  table["Sub"].data = binary<nn::SubOp>;
  table["Mul"].data = binary<nn::MulOp>;
  table["Div"].data = binary<nn::DivOp>;
  table["And"].data = binary<nn::AndOp>;
  table["Or"].data = binary<nn::OrOp>;
  table["Equal"].data = compare<nn::Predicate::eq>;
  table["Less"].data = compare<nn::Predicate::lt>;
  table["LessOrEqual"].data = compare<nn::Predicate::le>;
  table["Greater"].data = compare<nn::Predicate::gt>;
  table["GreaterOrEqual"].data = compare<nn::Predicate::ge>;
  table["Xor"].data = binary<nn::XorOp>;
  table["Sum"].data = nary<nn::AddOp>;
  table["Min"].data = extreme<nn::MinOp>;
  table["Max"].data = extreme<nn::MaxOp>;
  table["Mean"].data = mean;
  table["Clip"].data = clip;
  table["Mod"].data = mod;
  table["Pow"].data = power;
  table["Where"].data = select;
  table["Gelu"].data = gelu;
  table["Cast"].data = castOp;
  table["CastLike"].data = castLike;
  table["Identity"].data = table["Identity"].fold = identity;
}
