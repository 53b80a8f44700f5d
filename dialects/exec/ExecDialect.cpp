//===- ExecDialect.cpp - programs on an arena ---------------------------------===//
#include "dialects/exec/ExecDialect.h"
#include "dialects/exec/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll::exec;

/// Prints and parses an i64 without its type.
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

/// Prints and parses the types of what a launch reads and writes, `(a, b) -> (c)`; either list may
/// be empty.
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

/// Prints and parses strides, one list for each operand: `[[8, 1], [0, 1]]`.
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
#define GET_ATTRDEF_CLASSES
#include "dialects/exec/ExecAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/exec/ExecTypes.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/exec/ExecOps.cpp.inc"

void ExecDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/exec/ExecAttributes.cpp.inc"
      >();
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
  constexpr int64_t kMostElements = int64_t(1) << 48;
  if (!isElementType(element))
    return emitError() << "elements must be f32, f64, bf16, i64, i32, i8 or i1, got " << element;
  if (count < 0 || count > kMostElements)
    return emitError() << "a slice cannot have " << count << " elements";
  return success();
}

LogicalResult ExecDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  return op->emitOpError("'") << attribute.getName().getValue()
                              << "' is no attribute of the exec dialect, whose ops declare theirs";
}

LogicalResult ProgramOp::verify() {
  if (int64_t(getArena()) < 0)
    return emitOpError("an arena cannot have ") << int64_t(getArena()) << " bytes";
  if (int64_t(getThreads()) < 1)
    return emitOpError("needs at least one thread, got ") << int64_t(getThreads());
  if (int64_t(getAlignment()) < 1 || !llvm::isPowerOf2_64(getAlignment()))
    return emitOpError("an alignment must be a power of two, got ") << int64_t(getAlignment());
  size_t names = getResults() ? getResults()->size() : 0;
  ArrayRef<int64_t> offsets = getResultOffsets().value_or(ArrayRef<int64_t>());
  if (names != offsets.size())
    return emitOpError("has ") << names << " results and offsets of " << offsets.size();
  return success();
}

int64_t ProgramOp::resultOffset(StringRef name) {
  if (std::optional<ArrayAttr> names = getResults())
    for (auto [result, offset] : llvm::zip(names->getAsRange<StringAttr>(), *getResultOffsets()))
      if (result.getValue() == name)
        return offset;
  return -1;
}

LogicalResult ProgramOp::verifyRegions() {
  Block &body = getBody().front();
  if (body.getNumArguments() > 0)
    return emitOpError("has no arguments: exec.given names what is there");
  for (Operation &op : body)
    if (!isa<SliceOp, GivenOp, KeptOp, PoisonOp, CallOp, LoopOp>(op))
      return op.emitOpError("cannot stand in a program, which holds slices and launches");
  for (int64_t offset : getResultOffsets().value_or(ArrayRef<int64_t>()))
    if (llvm::none_of(body.getOps<SliceOp>(),
                      [&](SliceOp slice) { return int64_t(slice.getOffset()) == offset; }))
      return emitOpError("result_offsets: no slice lies at ") << offset;
  return success();
}

// Slices --------------------------------------------------------------------

/// True if the end of `bytes` bytes from `offset` on does not overflow. Whether they lie in the
/// arena, exec-verify checks.
static bool isRange(int64_t offset, int64_t bytes) {
  return bytes >= 0 && offset <= std::numeric_limits<int64_t>::max() - bytes;
}

void SliceOp::build(OpBuilder &builder, OperationState &state, SliceType type, StringRef name,
                    Kind kind, int64_t offset) {
  build(builder, state, type, builder.getStringAttr(name),
        KindAttr::get(builder.getContext(), kind), builder.getI64IntegerAttr(offset),
        /*role=*/nullptr, /*shape=*/nullptr, /*limit=*/nullptr, /*ignored=*/nullptr,
        /*whole=*/nullptr, /*classes=*/nullptr, /*value=*/nullptr);
}

/// Refuses a slice whose attributes for inputs are incomplete or do not fit its type.
static LogicalResult verifyInput(SliceOp slice) {
  if (!slice.getRole()) {
    if (slice.getShape() || slice.getLimit() || slice.getIgnored() || slice.getWhole() ||
        slice.getClasses())
      return slice.emitOpError("has an attribute of inputs, but no role");
    return success();
  }
  if (!llvm::is_contained({"input", "labels", "hyper"}, *slice.getRole()))
    return slice.emitOpError("role must be \"input\", \"labels\" or \"hyper\", got \"")
           << *slice.getRole() << "\"";
  std::optional<ArrayRef<int64_t>> shape = slice.getShape();
  if (!shape)
    return slice.emitOpError("an input needs a shape");
  int64_t count = slice.getSlice().getType().getCount(), product = 1;
  bool fits = true;
  for (int64_t size : *shape)
    fits = fits && size >= 0 && !llvm::MulOverflow(product, size, product);
  if (!fits || product != count)
    return slice.emitOpError("shape [") << *shape << "] does not have " << count << " elements";
  if (slice.getLimit() && int64_t(*slice.getLimit()) < 0)
    return slice.emitOpError("limit must not be negative, got ") << int64_t(*slice.getLimit());
  return success();
}

LogicalResult SliceOp::verify() {
  SliceType type = getSlice().getType();
  if (!isRange(getOffset(), type.getBytes()))
    return emitOpError("cannot lie at ") << getOffset();
  if (DenseElementsAttr value = getValueAttr()) {
    Type element = value.getElementType();
    bool fits = element.isIntOrFloat() &&
                isa<FloatType>(element) == isa<FloatType>(type.getElement()) &&
                element.getIntOrFloatBitWidth() == type.getElement().getIntOrFloatBitWidth();
    if (!fits || value.getNumElements() != type.getCount())
      return emitOpError("value of type ") << value.getType() << " does not fit " << type;
  }
  return verifyInput(*this);
}

LogicalResult PoisonOp::verify() {
  if (!isRange(getOffset(), getBytes()))
    return emitOpError("cannot lie at ")
           << getOffset() << " with " << int64_t(getBytes()) << " bytes";
  return success();
}

// Launches ------------------------------------------------------------------

/// Refuses a `recompute` below 1.
template <typename Launch> static LogicalResult verifyRepetition(Launch launch) {
  if (launch.getRecompute() && int64_t(*launch.getRecompute()) < 1)
    return launch.emitOpError("recompute counts from 1, got ") << int64_t(*launch.getRecompute());
  return success();
}

/// Refuses pairs (write, read) that name no write or no read.
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
  Type element = getElement().value_or(Type()), precision = getPrecision().value_or(Type());
  if (!KernelKey::get(getKernel(), element, precision))
    return emitOpError("is of no kernel: none works on ")
           << element << " in the precision " << precision;
  for (int64_t buffer : getBuffers()) {
    bool read = buffer >= 0 && buffer < int64_t(getReads().size());
    bool write = buffer < 0 && -1 - buffer < int64_t(getWrites().size());
    if (!read && !write && buffer != kAbsent)
      return emitOpError("buffer ") << buffer << " names no read or write";
  }
  if (getWorkspace() && getWrites().empty())
    return emitOpError("has a workspace, but no write that it could be");
  return success(succeeded(verifyAliases(*this)) && succeeded(verifyRepetition(*this)));
}

/// Refuses strides that lead outside the slice of `operand`.
static LogicalResult verifyStrides(LoopOp loop, unsigned operand) {
  ArrayRef<int64_t> domain = loop.getDomain(), strides = loop.stridesOf(operand);
  if (strides.size() != domain.size())
    return loop.emitOpError("operand ") << operand << " has " << strides.size() << " strides for "
                                        << domain.size() << " dimensions";
  int64_t first = 0, last = 0;
  for (auto [size, stride] : llvm::zip(domain, strides)) {
    int64_t way, &end = stride < 0 ? first : last;
    if (llvm::MulOverflow(size - 1, stride, way) || llvm::AddOverflow(end, way, end))
      return loop.emitOpError("operand ")
             << operand << " has a stride of " << stride << ", which leads nowhere";
  }
  int64_t count = cast<SliceType>(loop.getOperand(operand).getType()).getCount();
  if (!llvm::is_contained(domain, 0) && (first < 0 || last >= count))
    return loop.emitOpError("operand ") << operand << " is read or written at element "
                                        << (first < 0 ? first : last) << " of " << count;
  return success();
}

/// Refuses a body that does not take one element of each read and yield one of each write, or whose
/// ops verifyScalarOp refuses.
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
  for (Value value : yield.getValues())
    if (value.getParentBlock() != yield->getBlock())
      return yield.emitOpError("takes a value from outside of the body");
  for (Operation &op : loop.getBody().front().without_terminator())
    if (failed(verifyScalarOp(&op)))
      return failure();
  return success();
}

/// Refuses writes that would write an element at two points of the free dimensions, and reductions
/// that do not have one write of f32 or f64.
static LogicalResult verifyWrites(LoopOp loop) {
  if (!loop.getReduced().empty() && loop.getWrites().size() != 1)
    return loop.emitOpError("a reduction has one write, got ") << loop.getWrites().size();
  if (!loop.getReduced().empty()) {
    Type sum = cast<SliceType>(loop.getWrites()[0].getType()).getElement();
    if (!sum.isF32() && !sum.isF64())
      return loop.emitOpError("a reduction gives f32 or f64, got ") << sum;
  }
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
  int64_t points = 1;
  for (int64_t size : getDomain())
    if (llvm::MulOverflow(points, std::max<int64_t>(size, 1), points))
      return emitOpError("domain [") << getDomain() << "] has too many points to count";
  ArrayRef<int64_t> reduced = getReduced();
  for (auto [i, dimension] : llvm::enumerate(reduced)) {
    if (dimension < 0 || dimension >= int64_t(getDomain().size()))
      return emitOpError("reduced: ") << dimension << " is not a dimension of the domain";
    if (i > 0 && reduced[i - 1] >= dimension)
      return emitOpError("reduced: [") << reduced << "] are not ascending";
  }
  for (unsigned i = 0; i < operands; ++i)
    if (failed(verifyStrides(*this, i)))
      return failure();
  return success(succeeded(verifyWrites(*this)) && succeeded(verifyAliases(*this)) &&
                 succeeded(verifyRepetition(*this)));
}

LogicalResult LoopOp::verifyRegions() {
  return verifyBody(*this);
}

ProgramOp plimsoll::exec::firstTimeline(ModuleOp module, TimelineKind kind) {
  for (auto program : module.getOps<ProgramOp>())
    if (program.getKind() == kind)
      return program;
  return {};
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

WorkAttr plimsoll::exec::workOf(Operation *launch) {
  if (auto call = dyn_cast<CallOp>(launch))
    return call.getWorkAttr();
  return cast<LoopOp>(launch).getWorkAttr();
}

std::optional<int64_t> plimsoll::exec::repetitionOf(Operation *launch) {
  if (auto call = dyn_cast<CallOp>(launch))
    return call.getRecompute();
  return cast<LoopOp>(launch).getRecompute();
}

ArrayRef<int64_t> plimsoll::exec::mayAliasOf(Operation *launch) {
  if (auto call = dyn_cast<CallOp>(launch))
    return call.getMayAlias();
  return cast<LoopOp>(launch).getMayAlias();
}
