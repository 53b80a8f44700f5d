//===- BodyPrinter.cpp - the scalar body of a loop nest as C++ ------------------===//
#include "compiler/codegen/BodyPrinter.h"
#include "compiler/codegen/CppText.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;

static std::string number(arith::ConstantOp op) {
  if (auto value = dyn_cast<FloatAttr>(op.getValue()))
    return literal(value.getValueAsDouble(), op.getType());
  if (op.getType().isInteger(1))
    return cast<IntegerAttr>(op.getValue()).getValue().isZero() ? "false" : "true";
  return "INT64_C(" + std::to_string(cast<IntegerAttr>(op.getValue()).getValue().getSExtValue()) +
         ")";
}

static StringRef symbol(arith::CmpFPredicate predicate) {
  switch (predicate) {
  case arith::CmpFPredicate::OEQ:
    return "==";
  case arith::CmpFPredicate::OLT:
    return "<";
  case arith::CmpFPredicate::OLE:
    return "<=";
  case arith::CmpFPredicate::OGT:
    return ">";
  case arith::CmpFPredicate::OGE:
    return ">=";
  default:
    return "!="; // UNE, and UNO, which compares a value with itself
  }
}

static StringRef symbol(arith::CmpIPredicate predicate) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return "==";
  case arith::CmpIPredicate::slt: // C++ types carry the sign: bytes are unsigned, others signed
  case arith::CmpIPredicate::ult:
    return "<";
  case arith::CmpIPredicate::sle:
  case arith::CmpIPredicate::ule:
    return "<=";
  case arith::CmpIPredicate::sgt:
  case arith::CmpIPredicate::ugt:
    return ">";
  case arith::CmpIPredicate::sge:
  case arith::CmpIPredicate::uge:
    return ">=";
  default:
    return "!=";
  }
}

void BodyPrinter::print(Operation &op) {
  std::string text = expression(op);
  if (isa<arith::ConstantOp>(op)) { // constants are printed where they are used
    name(op.getResult(0), text);
    return;
  }
  std::string result = "v" + std::to_string(counter++);
  os << indent << "const " << valueType(op.getResult(0).getType()) << " " << result << " = " << text
     << ";\n";
  name(op.getResult(0), result);
}

std::string BodyPrinter::call(Operation &op, StringRef function) {
  std::string text = function.str() + "(";
  for (auto [i, operand] : llvm::enumerate(op.getOperands()))
    text += (i ? ", " : "") + nameOf(operand);
  return text + ")";
}

std::string BodyPrinter::infix(Operation &op, StringRef symbol) {
  return (nameOf(op.getOperand(0)) + " " + symbol + " " + nameOf(op.getOperand(1))).str();
}

std::string BodyPrinter::convert(Operation &op) {
  return call(op, "static_cast<" + valueType(op.getResult(0).getType()) + ">");
}

std::string BodyPrinter::expression(Operation &op) {
#define SCALAR_SPECIAL(OP)
#define SCALAR_FUNCTION(OP, FUNCTION) .Case([&](OP) { return call(op, #FUNCTION); })
#define SCALAR_FUNCTION2 SCALAR_FUNCTION
#define SCALAR_INFIX(OP, SYMBOL) .Case([&](OP) { return infix(op, #SYMBOL); })
#define SCALAR_INTEGER_INFIX SCALAR_INFIX
#define SCALAR_LOGIC SCALAR_INFIX
#define SCALAR_CONVERSION(OP) .Case([&](OP) { return convert(op); })
  return TypeSwitch<Operation *, std::string>(&op)
#include "dialects/exec/ScalarOps.def"
      .Case([&](arith::ConstantOp c) { return number(c); })
      .Case([&](arith::CmpFOp c) { return infix(op, symbol(c.getPredicate())); })
      .Case([&](arith::CmpIOp c) { return infix(op, symbol(c.getPredicate())); })
      .Case([&](arith::NegFOp) { return "-" + nameOf(op.getOperand(0)); })
      .Case([&](arith::SelectOp) {
        return nameOf(op.getOperand(0)) + " ? " + nameOf(op.getOperand(1)) + " : " +
               nameOf(op.getOperand(2));
      })
      .Default([](Operation *) -> std::string {
        llvm_unreachable("the verifier lets only ops of ScalarOps.def into bodies");
      });
}
