//===- Matching.cpp - patterns that the raising passes share --------------------===//
#include "passes/prepare/Matching.h"
#include "mlir/IR/Matchers.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

std::optional<double> plimsoll::prepare::constantNumber(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<nn::ReshapeOp, nn::BroadcastOp>(op))
      break;
    value = op->getOperand(0);
  }
  DenseFPElementsAttr dense;
  if (!matchPattern(value, m_Constant(&dense)) || !dense.isSplat())
    return std::nullopt;
  return dense.getSplatValue<APFloat>().convertToDouble();
}

bool plimsoll::prepare::isNear(double value, double expected) {
  return std::abs(value - expected) <= 1e-5 * std::abs(expected);
}

/// No pattern has products of more factors; and n nested squares have 2^n.
static constexpr size_t kMostFactors = 16;

static void collect(Value value, double sign, Product &product) {
  if (product.factors.size() >= kMostFactors) {
    product.factors.push_back(value);
    return;
  }
  if (auto number = constantNumber(value)) {
    product.number *= sign > 0 ? *number : 1.0 / *number;
    return;
  }
  if (auto mul = value.getDefiningOp<nn::MulOp>(); mul && sign > 0) {
    collect(mul.getA(), 1, product);
    collect(mul.getB(), 1, product);
    return;
  }
  auto div = value.getDefiningOp<nn::DivOp>();
  if (div && sign > 0 && constantNumber(div.getB())) {
    collect(div.getA(), 1, product);
    collect(div.getB(), -1, product);
    return;
  }
  product.factors.push_back(value);
}

Product plimsoll::prepare::takeApart(Value value) {
  Product product;
  collect(value, 1, product);
  return product;
}

Value plimsoll::prepare::addendBesides(Value sum, double number) {
  auto add = sum.getDefiningOp<nn::AddOp>();
  if (!add)
    return {};
  if (auto a = constantNumber(add.getA()); a && isNear(*a, number))
    return add.getB();
  if (auto b = constantNumber(add.getB()); b && isNear(*b, number))
    return add.getA();
  return {};
}

bool plimsoll::prepare::isFixed(Value value) {
  SmallVector<Value> pending = {value};
  DenseSet<Operation *> seen;
  while (!pending.empty()) {
    Value next = pending.pop_back_val();
    Operation *op = next.getDefiningOp();
    if (!op || !nn::detail::isFloat(next.getType()) || !seen.insert(op).second)
      continue;
    if (isa<nn::LoadOp>(op))
      return false;
    llvm::append_range(pending, op->getOperands());
  }
  return true;
}

Value plimsoll::prepare::asFourDimensions(OpBuilder &builder, Value value, int64_t last) {
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() > 4 || type.getRank() == 0 || type.getShape().back() != last)
    return {};
  if (type.getRank() == 4)
    return value;
  SmallVector<int64_t> shape(4 - type.getRank(), 1);
  llvm::append_range(shape, type.getShape());
  return nn::ReshapeOp::create(builder, value.getLoc(), type.clone(shape), value);
}
