//===- ExecDialect.cpp - programs on an arena ---------------------------------===//
#include "dialects/exec/ExecDialect.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll::exec;

/// An integer without its type.
static void printInteger(OpAsmPrinter &p, Operation *, IntegerAttr value) {
  p << value.getValue().getSExtValue();
}
static ParseResult parseInteger(OpAsmParser &parser, IntegerAttr &value) {
  int64_t number;
  if (parser.parseInteger(number))
    return failure();
  value = parser.getBuilder().getI64IntegerAttr(number);
  return success();
}

#include "dialects/exec/ExecDialect.cpp.inc"
#include "dialects/exec/ExecEnums.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/exec/ExecTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.cpp.inc"

void ExecDialect::initialize() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/exec/ExecTypes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/exec/ExecOps.cpp.inc"
      >();
}

int64_t SliceType::getBytes() const {
  return getCount() * ((getElement().getIntOrFloatBitWidth() + 7) / 8);
}

LogicalResult CallOp::verify() {
  for (int64_t buffer : getBuffers()) {
    bool read = buffer >= 0 && buffer < int64_t(getReads().size());
    bool write = buffer < 0 && -1 - buffer < int64_t(getWrites().size());
    if (!read && !write && buffer != kAbsent)
      return emitOpError("buffer ") << buffer << " names no read or write";
  }
  if (getMayAlias().size() % 2 != 0)
    return emitOpError("may_alias must hold pairs");
  return success();
}

LogicalResult LoopOp::verify() {
  size_t operands = getReads().size() + getWrites().size();
  if (getStrides().size() != operands)
    return emitOpError("has ") << operands << " operands and strides for " << getStrides().size();
  for (unsigned i = 0; i < operands; ++i) {
    if (stridesOf(i).size() != getDomain().size())
      return emitOpError("operand ") << i << " has " << stridesOf(i).size() << " strides for "
                                     << getDomain().size() << " dimensions";
    int64_t last = 0;
    for (auto [size, stride] : llvm::zip(getDomain(), stridesOf(i)))
      last += (size - 1) * stride;
    auto type = cast<SliceType>(getOperand(i).getType());
    if (last >= type.getCount() && !llvm::is_contained(getDomain(), 0))
      return emitOpError("operand ")
             << i << " is read or written at element " << last << " of " << type.getCount();
  }
  if (getBody().getNumArguments() != getReads().size())
    return emitOpError("body must have one argument for each read");
  auto yield = dyn_cast<YieldOp>(getBody().front().back());
  if (!yield || yield.getValues().size() != getWrites().size())
    return emitOpError("body must yield one value for each write");
  return success();
}

OperandRange plimsoll::exec::readsOf(Operation *launch) {
  if (auto call = dyn_cast<CallOp>(launch))
    return call.getReads();
  return cast<LoopOp>(launch).getReads();
}

OperandRange plimsoll::exec::writesOf(Operation *launch) {
  if (auto call = dyn_cast<CallOp>(launch))
    return call.getWrites();
  return cast<LoopOp>(launch).getWrites();
}

ArrayRef<int64_t> plimsoll::exec::mayAliasOf(Operation *launch) {
  if (auto call = dyn_cast<CallOp>(launch))
    return call.getMayAlias();
  return cast<LoopOp>(launch).getMayAlias();
}
