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
  int64_t number = 0;
  if (parser.parseInteger(number))
    return failure();
  value = parser.getBuilder().getI64IntegerAttr(number);
  return success();
}

/// Types of what a launch reads and writes, `(a, b) -> (c)`; either list may be empty.
static void printLaunchTypes(OpAsmPrinter &p, Operation *, TypeRange reads, TypeRange writes) {
  p << "(" << reads << ") -> (" << writes << ")";
}
static ParseResult parseLaunchTypes(OpAsmParser &parser, SmallVectorImpl<Type> &reads,
                                    SmallVectorImpl<Type> &writes) {
  FunctionType type;
  if (parser.parseType(type))
    return failure();
  llvm::append_range(reads, type.getInputs());
  llvm::append_range(writes, type.getResults());
  return success();
}

/// `[[8, 1], [0, 1]]`
static void printStrides(OpAsmPrinter &p, Operation *, ArrayAttr strides) {
  p << "[";
  llvm::interleaveComma(strides.getAsRange<DenseI64ArrayAttr>(), p,
                        [&](DenseI64ArrayAttr one) { p << "[" << one.asArrayRef() << "]"; });
  p << "]";
}
static ParseResult parseStrides(OpAsmParser &parser, ArrayAttr &strides) {
  using Delimiter = OpAsmParser::Delimiter;
  SmallVector<Attribute> all;
  auto parseOne = [&] {
    SmallVector<int64_t> one;
    auto parseNumber = [&] { return parser.parseInteger(one.emplace_back()); };
    if (parser.parseCommaSeparatedList(Delimiter::Square, parseNumber))
      return failure();
    all.push_back(parser.getBuilder().getDenseI64ArrayAttr(one));
    return success();
  };
  if (parser.parseCommaSeparatedList(Delimiter::Square, parseOne))
    return failure();
  strides = parser.getBuilder().getArrayAttr(all);
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

LogicalResult SliceType::verify(function_ref<InFlightDiagnostic()> emitError, Type element,
                                int64_t count) {
  if (!element.isIntOrFloat())
    return emitError() << "elements must be integers or floats, got " << element;
  if (count < 0)
    return emitError() << "a slice cannot have " << count << " elements";
  return success();
}

LogicalResult ProgramOp::verify() {
  if (int64_t(getArena()) < 0)
    return emitOpError("an arena cannot have ") << int64_t(getArena()) << " bytes";
  if (int64_t(getThreads()) < 1)
    return emitOpError("needs at least one thread, got ") << int64_t(getThreads());
  if (int64_t(getAlignment()) < 1 || !llvm::isPowerOf2_64(getAlignment()))
    return emitOpError("an alignment must be a power of two, got ") << int64_t(getAlignment());
  return success();
}

/// Refuses pairs of (write, read) that do not exist.
template <typename Launch> static LogicalResult verifyAliases(Launch launch) {
  ArrayRef<int64_t> pairs = launch.getMayAlias();
  if (pairs.size() % 2 != 0)
    return launch.emitOpError("may_alias must hold pairs");
  int64_t reads = launch.getReads().size(), writes = launch.getWrites().size();
  for (size_t i = 0; i < pairs.size(); i += 2)
    if (pairs[i] < 0 || pairs[i] >= writes || pairs[i + 1] < 0 || pairs[i + 1] >= reads)
      return launch.emitOpError("may_alias: there is no write ")
             << pairs[i] << " or no read " << pairs[i + 1];
  return success();
}

LogicalResult CallOp::verify() {
  for (int64_t buffer : getBuffers()) {
    bool read = buffer >= 0 && buffer < int64_t(getReads().size());
    bool write = buffer < 0 && -1 - buffer < int64_t(getWrites().size());
    if (!read && !write && buffer != kAbsent)
      return emitOpError("buffer ") << buffer << " names no read or write";
  }
  return verifyAliases(*this);
}

/// The strides of each operand keep it inside its slice.
static LogicalResult verifyStrides(LoopOp loop, unsigned operand) {
  ArrayRef<int64_t> domain = loop.getDomain(), strides = loop.stridesOf(operand);
  if (strides.size() != domain.size())
    return loop.emitOpError("operand ") << operand << " has " << strides.size() << " strides for "
                                        << domain.size() << " dimensions";
  int64_t first = 0, last = 0;
  for (auto [size, stride] : llvm::zip(domain, strides))
    (stride < 0 ? first : last) += (size - 1) * stride;
  int64_t count = cast<SliceType>(loop.getOperand(operand).getType()).getCount();
  if (!llvm::is_contained(domain, 0) && (first < 0 || last >= count))
    return loop.emitOpError("operand ") << operand << " is read or written at element "
                                        << (first < 0 ? first : last) << " of " << count;
  return success();
}

/// The body takes an element of each read and yields one of each write.
static LogicalResult verifyBody(LoopOp loop) {
  auto elements = [](OperandRange slices) {
    return llvm::map_to_vector(slices,
                               [](Value v) { return cast<SliceType>(v.getType()).getElement(); });
  };
  if (!llvm::equal(loop.getBody().getArgumentTypes(), elements(loop.getReads())))
    return loop.emitOpError("body must have one argument for each read, of its element type");
  auto yield = dyn_cast<YieldOp>(loop.getBody().front().back());
  if (!yield || !llvm::equal(yield.getValues().getTypes(), elements(loop.getWrites())))
    return loop.emitOpError("body must yield one value for each write, of its element type");
  return success();
}

/// Every result element is written at one point of the free dimensions.
static LogicalResult verifyWrites(LoopOp loop) {
  if (!loop.getReduced().empty() && loop.getWrites().size() != 1)
    return loop.emitOpError("a reduction has one write, got ") << loop.getWrites().size();
  for (unsigned w = 0; w < loop.getWrites().size(); ++w) {
    ArrayRef<int64_t> strides = loop.stridesOf(loop.getReads().size() + w);
    for (auto [d, size] : llvm::enumerate(loop.getDomain()))
      if (size > 1 && loop.isReduced(d) != (strides[d] == 0))
        return loop.emitOpError("write ")
               << w << " has stride " << strides[d] << " along "
               << (loop.isReduced(d) ? "reduced" : "free") << " dimension " << d;
  }
  return success();
}

LogicalResult LoopOp::verify() {
  size_t operands = getReads().size() + getWrites().size();
  if (getStrides().size() != operands)
    return emitOpError("has ") << operands << " operands and strides for " << getStrides().size();
  if (llvm::any_of(getDomain(), [](int64_t size) { return size < 0; }))
    return emitOpError("domain [") << getDomain() << "] has a negative size";
  for (int64_t dimension : getReduced())
    if (dimension < 0 || dimension >= int64_t(getDomain().size()))
      return emitOpError("reduced: ") << dimension << " is not a dimension of the domain";
  for (unsigned i = 0; i < operands; ++i)
    if (failed(verifyStrides(*this, i)))
      return failure();
  if (failed(verifyWrites(*this)) || failed(verifyBody(*this)))
    return failure();
  return verifyAliases(*this);
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
