//===- LoopBodies.cpp - the scalar computation of each elementwise op ---------===//
#include "passes/lower/LoopBodies.h"
#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;

namespace {

/// Builds scalar ops at one location.
struct Scalars {
  OpBuilder &builder;
  Location loc;
  Type type; ///< the type of number constants

  Value number(double value) {
    return arith::ConstantOp::create(builder, loc, builder.getFloatAttr(type, value));
  }
  Value add(Value a, Value b) { return arith::AddFOp::create(builder, loc, a, b); }
  Value sub(Value a, Value b) { return arith::SubFOp::create(builder, loc, a, b); }
  Value mul(Value a, Value b) { return arith::MulFOp::create(builder, loc, a, b); }
  Value div(Value a, Value b) { return arith::DivFOp::create(builder, loc, a, b); }
  Value exp(Value x) { return math::ExpOp::create(builder, loc, x); }
  Value tanh(Value x) { return math::TanhOp::create(builder, loc, x); }
  Value erf(Value x) { return math::ErfOp::create(builder, loc, x); }
  Value select(Value c, Value a, Value b) { return arith::SelectOp::create(builder, loc, c, a, b); }
  Value compare(arith::CmpFPredicate predicate, Value a, Value b) {
    return arith::CmpFOp::create(builder, loc, predicate, a, b);
  }

  Value sigmoid(Value x) {
    return div(number(1.0), add(number(1.0), exp(arith::NegFOp::create(builder, loc, x))));
  }

  // sqrt(2/pi) (x + 0.044715 x^3)
  Value geluInner(Value x) {
    Value cube = mul(mul(x, x), x);
    return mul(number(0.79788456080286541), add(x, mul(number(0.044715), cube)));
  }
  Value gelu(Value x, bool approximate) {
    Value inner = approximate ? tanh(geluInner(x)) : erf(mul(x, number(0.70710678118654752)));
    return mul(mul(number(0.5), x), add(number(1.0), inner));
  }
  Value geluGrad(Value dy, Value x, bool approximate) {
    if (!approximate) { // 0.5 (1 + erf(x/sqrt2)) + x phi(x)
      Value half = mul(number(0.5), add(number(1.0), erf(mul(x, number(0.70710678118654752)))));
      Value density = mul(number(0.39894228040143268), exp(mul(number(-0.5), mul(x, x))));
      return mul(dy, add(half, mul(x, density)));
    }
    Value t = tanh(geluInner(x)), square = mul(x, x);
    Value slope = mul(number(0.79788456080286541), add(number(1.0), mul(number(0.134145), square)));
    Value left = mul(number(0.5), add(number(1.0), t));
    Value right = mul(mul(mul(number(0.5), x), sub(number(1.0), mul(t, t))), slope);
    return mul(dy, add(left, right));
  }
};

} // namespace

template <typename FloatOp, typename IntOp> static Value arithmetic(Scalars &s, ValueRange e) {
  if (isa<FloatType>(e[0].getType()))
    return FloatOp::create(s.builder, s.loc, e[0], e[1]);
  return IntOp::create(s.builder, s.loc, e[0], e[1]);
}

static bool isUnsigned(Type type) {
  return type.isInteger(8); // nn has only one type of 8 bits, ui8
}

/// Returns the larger (or smaller) of two elements; NaN if one of them is NaN.
static Value extreme(Scalars &s, ValueRange e, bool larger) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  if (isa<FloatType>(e[0].getType())) {
    Value first = s.compare(larger ? F::OGT : F::OLT, e[0], e[1]);
    Value rest = s.select(s.compare(F::UNO, e[0], e[0]), e[0], e[1]);
    return s.select(first, e[0], rest);
  }
  I predicate = isUnsigned(e[0].getType()) ? (larger ? I::ugt : I::ult) : larger ? I::sgt : I::slt;
  return s.select(arith::CmpIOp::create(s.builder, s.loc, predicate, e[0], e[1]), e[0], e[1]);
}

static Value divide(Scalars &s, ValueRange e) {
  if (isUnsigned(e[0].getType()))
    return arith::DivUIOp::create(s.builder, s.loc, e[0], e[1]);
  return arithmetic<arith::DivFOp, arith::DivSIOp>(s, e);
}

/// Returns the remainder of a division, with the sign of the dividend if `truncated`, else of the
/// divisor.
static Value remainder(Scalars &s, ValueRange e, bool truncated) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  OpBuilder &b = s.builder;
  Type type = e[0].getType();
  if (isUnsigned(type))
    return arith::RemUIOp::create(b, s.loc, e[0], e[1]);
  Value rest = arithmetic<arith::RemFOp, arith::RemSIOp>(s, e);
  if (truncated)
    return rest;
  Value zero = arith::ConstantOp::create(b, s.loc, b.getZeroAttr(type));
  auto isNegative = [&](Value x) -> Value {
    if (isa<FloatType>(type))
      return s.compare(F::OLT, x, zero);
    return arith::CmpIOp::create(b, s.loc, I::slt, x, zero);
  };
  Value differ = arith::XOrIOp::create(b, s.loc, isNegative(rest), isNegative(e[1]));
  Value some = isa<FloatType>(type) ? s.compare(F::UNE, rest, zero)
                                    : Value(arith::CmpIOp::create(b, s.loc, I::ne, rest, zero));
  Value moved = arithmetic<arith::AddFOp, arith::AddIOp>(s, {rest, e[1]});
  return s.select(arith::AndIOp::create(b, s.loc, differ, some), moved, rest);
}

static Value sign(Scalars &s, Value x) {
  using F = arith::CmpFPredicate;
  Value zero = s.number(0.0);
  Value negative = s.select(s.compare(F::OLT, x, zero), s.number(-1.0), x); // keeps NaN and 0
  return s.select(s.compare(F::OGT, x, zero), s.number(1.0), negative);
}

static Value compareElements(Scalars &s, nn::Predicate predicate, ValueRange e) {
  using F = arith::CmpFPredicate;
  using I = arith::CmpIPredicate;
  static constexpr F floats[] = {F::OEQ, F::OLT, F::OLE, F::OGT, F::OGE};
  static constexpr I ints[] = {I::eq, I::slt, I::sle, I::sgt, I::sge};
  static constexpr I naturals[] = {I::eq, I::ult, I::ule, I::ugt, I::uge};
  auto index = static_cast<size_t>(predicate);
  if (isa<FloatType>(e[0].getType()))
    return s.compare(floats[index], e[0], e[1]);
  I chosen = isUnsigned(e[0].getType()) ? naturals[index] : ints[index];
  return arith::CmpIOp::create(s.builder, s.loc, chosen, e[0], e[1]);
}

static Value castElement(Scalars &s, Value x, Type to) {
  Type from = x.getType();
  OpBuilder &b = s.builder;
  if (to.isUnsignedInteger())
    to = b.getIntegerType(to.getIntOrFloatBitWidth());
  if (from == to)
    return x;
  bool fromFloat = isa<FloatType>(from), toFloat = isa<FloatType>(to);
  if (to.isInteger(1)) {
    Value zero = arith::ConstantOp::create(b, s.loc, b.getZeroAttr(from));
    if (fromFloat)
      return s.compare(arith::CmpFPredicate::UNE, x, zero);
    return arith::CmpIOp::create(b, s.loc, arith::CmpIPredicate::ne, x, zero);
  }
  if (fromFloat && toFloat)
    return from.getIntOrFloatBitWidth() < to.getIntOrFloatBitWidth()
               ? Value(arith::ExtFOp::create(b, s.loc, to, x))
               : Value(arith::TruncFOp::create(b, s.loc, to, x));
  bool isNatural = from.isInteger(1) || isUnsigned(from);
  if (toFloat)
    return isNatural ? Value(arith::UIToFPOp::create(b, s.loc, to, x))
                     : Value(arith::SIToFPOp::create(b, s.loc, to, x));
  if (fromFloat)
    return arith::FPToSIOp::create(b, s.loc, to, x);
  if (from.getIntOrFloatBitWidth() > to.getIntOrFloatBitWidth())
    return arith::TruncIOp::create(b, s.loc, to, x);
  return isNatural ? Value(arith::ExtUIOp::create(b, s.loc, to, x))
                   : Value(arith::ExtSIOp::create(b, s.loc, to, x));
}

FailureOr<Value> plimsoll::lower::buildBody(OpBuilder &builder, Operation *op, ValueRange e) {
  Type type = e.empty() ? getElementTypeOrSelf(op->getResult(0).getType()) : e[0].getType();
  Scalars s{builder, op->getLoc(), type};
  auto unary = [&](auto tag) -> Value {
    using Op = typename decltype(tag)::type;
    return Op::create(builder, s.loc, e[0]);
  };
  Value body =
      TypeSwitch<Operation *, Value>(op)
          .Case([&](nn::NegOp) { return unary(std::type_identity<arith::NegFOp>()); })
          .Case([&](nn::AbsOp) { return unary(std::type_identity<math::AbsFOp>()); })
          .Case([&](nn::ExpOp) { return unary(std::type_identity<math::ExpOp>()); })
          .Case([&](nn::LogOp) { return unary(std::type_identity<math::LogOp>()); })
          .Case([&](nn::SqrtOp) { return unary(std::type_identity<math::SqrtOp>()); })
          .Case([&](nn::SinOp) { return unary(std::type_identity<math::SinOp>()); })
          .Case([&](nn::CosOp) { return unary(std::type_identity<math::CosOp>()); })
          .Case([&](nn::TanOp) { return unary(std::type_identity<math::TanOp>()); })
          .Case([&](nn::AsinOp) { return unary(std::type_identity<math::AsinOp>()); })
          .Case([&](nn::AcosOp) { return unary(std::type_identity<math::AcosOp>()); })
          .Case([&](nn::AtanOp) { return unary(std::type_identity<math::AtanOp>()); })
          .Case([&](nn::SinhOp) { return unary(std::type_identity<math::SinhOp>()); })
          .Case([&](nn::CoshOp) { return unary(std::type_identity<math::CoshOp>()); })
          .Case([&](nn::AsinhOp) { return unary(std::type_identity<math::AsinhOp>()); })
          .Case([&](nn::AcoshOp) { return unary(std::type_identity<math::AcoshOp>()); })
          .Case([&](nn::AtanhOp) { return unary(std::type_identity<math::AtanhOp>()); })
          .Case([&](nn::TanhOp) { return unary(std::type_identity<math::TanhOp>()); })
          .Case([&](nn::ErfOp) { return unary(std::type_identity<math::ErfOp>()); })
          .Case([&](nn::FloorOp) { return unary(std::type_identity<math::FloorOp>()); })
          .Case([&](nn::CeilOp) { return unary(std::type_identity<math::CeilOp>()); })
          .Case([&](nn::RoundOp) { return unary(std::type_identity<math::RoundEvenOp>()); })
          .Case([&](nn::SignOp) { return sign(s, e[0]); })
          .Case([&](nn::ReciprocalOp) { return s.div(s.number(1.0), e[0]); })
          .Case([&](nn::SigmoidOp) { return s.sigmoid(e[0]); })
          .Case([&](nn::ReluOp) {
            // NaN is not below zero, so it is kept.
            Value negative = s.compare(arith::CmpFPredicate::OLT, e[0], s.number(0.0));
            return s.select(negative, s.number(0.0), e[0]);
          })
          .Case([&](nn::GeluOp op) { return s.gelu(e[0], op.getTanhApproximation()); })
          .Case([&](nn::IsNanOp) { return s.compare(arith::CmpFPredicate::UNO, e[0], e[0]); })
          .Case([&](nn::NotOp) {
            Value one = arith::ConstantOp::create(builder, s.loc, builder.getBoolAttr(true));
            return Value(arith::XOrIOp::create(builder, s.loc, e[0], one));
          })
          .Case([&](nn::CastOp op) { return castElement(s, e[0], op.getTo()); })
          .Case(
              [&](nn::TanhGradOp) { return s.mul(e[0], s.sub(s.number(1.0), s.mul(e[1], e[1]))); })
          .Case([&](nn::SigmoidGradOp) {
            return s.mul(e[0], s.mul(e[1], s.sub(s.number(1.0), e[1])));
          })
          .Case([&](nn::ReluGradOp) {
            Value positive = s.compare(arith::CmpFPredicate::OGT, e[1], s.number(0.0));
            return s.select(positive, e[0], s.number(0.0));
          })
          .Case(
              [&](nn::GeluGradOp op) { return s.geluGrad(e[0], e[1], op.getTanhApproximation()); })
          .Case([&](nn::AddOp) { return arithmetic<arith::AddFOp, arith::AddIOp>(s, e); })
          .Case([&](nn::SubOp) { return arithmetic<arith::SubFOp, arith::SubIOp>(s, e); })
          .Case([&](nn::MulOp) { return arithmetic<arith::MulFOp, arith::MulIOp>(s, e); })
          .Case([&](nn::DivOp) { return divide(s, e); })
          .Case([&](nn::ModOp op) { return remainder(s, e, op.getTruncated()); })
          .Case([&](nn::MinOp) { return extreme(s, e, false); })
          .Case([&](nn::MaxOp) { return extreme(s, e, true); })
          .Case([&](nn::MatmulOp) { return s.mul(e[0], e[1]); })
          .Case([&](nn::PowOp) { return Value(math::PowFOp::create(builder, s.loc, e[0], e[1])); })
          .Case([&](nn::AndOp) { return Value(arith::AndIOp::create(builder, s.loc, e[0], e[1])); })
          .Case([&](nn::OrOp) { return Value(arith::OrIOp::create(builder, s.loc, e[0], e[1])); })
          .Case([&](nn::XorOp) { return Value(arith::XOrIOp::create(builder, s.loc, e[0], e[1])); })
          .Case([&](nn::CompareOp op) { return compareElements(s, op.getPredicate(), e); })
          .Case([&](nn::SelectOp) { return s.select(e[0], e[1], e[2]); })
          .Case<nn::TransposeOp, nn::BroadcastOp, nn::ReshapeOp, nn::ReduceSumOp>(
              [&](auto) { return e[0]; })
          .Default([](Operation *) { return Value(); });
  if (!body)
    return op->emitError("'") << op->getName() << "' has neither a kernel nor a loop body";
  return body;
}
