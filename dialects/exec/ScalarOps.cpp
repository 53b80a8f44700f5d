//===- ScalarOps.cpp - the ops that the body of a loop may contain ------------===//
#include "dialects/exec/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace plimsoll;

bool plimsoll::exec::isElementType(Type type) {
  return type.isF32() || type.isF64() || type.isBF16() || type.isSignlessInteger(64) ||
         type.isSignlessInteger(32) || type.isSignlessInteger(8) || type.isSignlessInteger(1);
}

static bool isKnown(Operation *op) {
#define SCALAR_SPECIAL(OP)                                                                         \
  if (isa<OP>(op))                                                                                 \
    return true;
#include "dialects/exec/ScalarOps.def"
  return false;
}

/// True for the logical ops on booleans.
static bool isLogic(Operation *op) {
#define SCALAR_LOGIC(OP, SYMBOL)                                                                   \
  if (isa<OP>(op))                                                                                 \
    return true;
#include "dialects/exec/ScalarOps.def"
  return false;
}

/// True for ops that accept bf16: they move or convert it.
static bool takesNarrow(Operation *op) {
#define SCALAR_CONVERSION(OP)                                                                      \
  if (isa<OP>(op))                                                                                 \
    return true;
#include "dialects/exec/ScalarOps.def"
  return isa<arith::ConstantOp, arith::SelectOp>(op);
}

/// True for sums, differences, products and quotients.
static bool isArithmetic(Operation *op) {
#define SCALAR_INFIX(OP, SYMBOL)                                                                   \
  if (isa<OP>(op))                                                                                 \
    return true;
#define SCALAR_INTEGER_INFIX SCALAR_INFIX
#include "dialects/exec/ScalarOps.def"
  return false;
}

static bool hasType(Operation *op, function_ref<bool(Type)> is) {
  return llvm::any_of(op->getOperandTypes(), is) || llvm::any_of(op->getResultTypes(), is);
}

/// True if the op treats its integers by their type: i8 and i1 as unsigned, others as signed.
static bool agreesOnSign(Operation *op) {
  if (op->getNumOperands() == 0)
    return true;
  Type type = op->getOperand(0).getType();
  bool isNatural = type.isInteger(8) || type.isInteger(1);
  if (isa<arith::DivSIOp, arith::RemSIOp, arith::SIToFPOp, arith::ExtSIOp>(op))
    return !isNatural;
  if (isa<arith::DivUIOp, arith::RemUIOp, arith::UIToFPOp, arith::ExtUIOp>(op))
    return isNatural;
  auto compare = dyn_cast<arith::CmpIOp>(op);
  if (!compare)
    return true;
  using P = arith::CmpIPredicate;
  switch (compare.getPredicate()) {
  case P::slt:
  case P::sle:
  case P::sgt:
  case P::sge:
    return !type.isInteger(8); // signed comparison of i1 is allowed: printed as bool, false < true
  case P::ult:
  case P::ule:
  case P::ugt:
  case P::uge:
    return isNatural;
  default:
    return true;
  }
}

/// True if C++ has an operator for the comparison. UNO of a value with itself, a test for NaN, is x
/// != x.
static bool isPrintable(arith::CmpFOp op) {
  using P = arith::CmpFPredicate;
  if (op.getPredicate() == P::UNO)
    return op.getLhs() == op.getRhs();
  return llvm::is_contained({P::OEQ, P::OLT, P::OLE, P::OGT, P::OGE, P::UNE}, op.getPredicate());
}

LogicalResult plimsoll::exec::verifyScalarOp(Operation *op) {
  auto refuse = [&](const Twine &why) {
    return op->emitOpError("cannot stand in the body of a loop: ") << why;
  };
  if (!isKnown(op))
    return refuse("no target prints it");
  for (Value operand : op->getOperands())
    if (operand.getParentBlock() != op->getBlock())
      return refuse("an operand comes from outside of the body");
  if (hasType(op, [](Type type) { return !isElementType(type); }))
    return refuse("values are f32, f64, bf16, i64, i32, i8 or i1");
  if (!takesNarrow(op) && hasType(op, [](Type type) { return type.isBF16(); }))
    return refuse("bf16 is moved and converted only");
  if (isLogic(op) && !op->getResult(0).getType().isInteger(1))
    return refuse("its operands must be i1");
  if (isArithmetic(op) && op->getResult(0).getType().isInteger(1))
    return refuse("of bools there are andi, ori, xori and comparisons");
  if (!agreesOnSign(op))
    return refuse("i8 and i1 are unsigned, i32 and i64 are signed");
  if (isa<arith::TruncIOp, arith::FPToSIOp>(op) && op->getResult(0).getType().isInteger(1))
    return refuse("a bool is made by a comparison");
  if (auto compare = dyn_cast<arith::CmpFOp>(op); compare && !isPrintable(compare))
    return refuse("comparisons are oeq, olt, ole, ogt, oge, une, and uno of a value with itself");
  return success();
}
