//===- LoopEmitter.cpp - loop nests as C++ -------------------------------------===//
//
// Three forms: elementwise (all dimensions free), reduction along the last dimension
// (eight partial sums and a tree), and reduction along outer ones (a block of columns
// summed row by row). The order of additions is the one that exec.loop defines; threads
// share out results, never a sum.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/LoopEmitter.h"
#include "compiler/codegen/CppText.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;

/// Below this many points a loop is not worth waking threads for.
static constexpr int64_t kParallelPoints = 16384;
/// Columns summed together in a reduction along outer dimensions.
static constexpr int64_t kColumnBlock = 64;

namespace {

/// Prints the scalar body as statements.
class BodyPrinter {
public:
  BodyPrinter(llvm::raw_ostream &os, StringRef indent) : os(os), indent(indent) {}

  void name(Value value, std::string text) { names[value] = std::move(text); }
  std::string nameOf(Value value) const { return names.lookup(value); }

  void print(Operation &op) {
    std::string text = expression(op);
    if (isa<arith::ConstantOp>(op)) { // numbers stand where they are used
      name(op.getResult(0), text);
      return;
    }
    std::string result = "v" + std::to_string(counter++);
    os << indent << "const " << valueType(op.getResult(0).getType()) << " " << result << " = "
       << text << ";\n";
    name(op.getResult(0), result);
  }

private:
  std::string call(Operation &op, StringRef function) {
    std::string text = function.str() + "(";
    for (auto [i, operand] : llvm::enumerate(op.getOperands()))
      text += (i ? ", " : "") + nameOf(operand);
    return text + ")";
  }
  std::string infix(Operation &op, StringRef symbol) {
    return (nameOf(op.getOperand(0)) + " " + symbol + " " + nameOf(op.getOperand(1))).str();
  }
  std::string convert(Operation &op) {
    return call(op, "static_cast<" + valueType(op.getResult(0).getType()) + ">");
  }

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
      return "!="; // UNE; UNO compares a value with itself
    }
  }
  static StringRef symbol(arith::CmpIPredicate predicate) {
    switch (predicate) {
    case arith::CmpIPredicate::eq:
      return "==";
    case arith::CmpIPredicate::slt: // bytes are kept as unsigned, others as signed
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

  std::string expression(Operation &op) {
    return TypeSwitch<Operation *, std::string>(&op)
        .Case([&](arith::ConstantOp c) { return number(c); })
        .Case<arith::AddFOp, arith::AddIOp>([&](auto) { return infix(op, "+"); })
        .Case<arith::SubFOp, arith::SubIOp>([&](auto) { return infix(op, "-"); })
        .Case<arith::MulFOp, arith::MulIOp>([&](auto) { return infix(op, "*"); })
        .Case<arith::DivFOp, arith::DivSIOp, arith::DivUIOp>([&](auto) { return infix(op, "/"); })
        .Case<arith::RemSIOp, arith::RemUIOp>([&](auto) { return infix(op, "%"); })
        .Case([&](arith::RemFOp) { return call(op, "std::fmod"); })
        .Case([&](math::FloorOp) { return call(op, "std::floor"); })
        .Case([&](math::CeilOp) { return call(op, "std::ceil"); })
        .Case([&](math::RoundEvenOp) { return call(op, "std::nearbyint"); })
        .Case([&](arith::AndIOp) { return infix(op, "&"); })
        .Case([&](arith::OrIOp) { return infix(op, "|"); })
        .Case([&](arith::XOrIOp) { return infix(op, "^"); })
        .Case([&](arith::CmpFOp c) { return infix(op, symbol(c.getPredicate())); })
        .Case([&](arith::CmpIOp c) { return infix(op, symbol(c.getPredicate())); })
        .Case([&](arith::NegFOp) { return "-" + nameOf(op.getOperand(0)); })
        .Case([&](arith::SelectOp) {
          return nameOf(op.getOperand(0)) + " ? " + nameOf(op.getOperand(1)) + " : " +
                 nameOf(op.getOperand(2));
        })
        .Case<arith::ExtFOp, arith::TruncFOp, arith::SIToFPOp, arith::UIToFPOp, arith::FPToSIOp,
              arith::ExtSIOp, arith::ExtUIOp, arith::TruncIOp>([&](auto) { return convert(op); })
        .Case([&](math::AbsFOp) { return call(op, "std::fabs"); })
        .Case<math::ExpOp, math::LogOp, math::SqrtOp, math::TanhOp, math::ErfOp, math::SinOp,
              math::CosOp>(
            [&](auto) { return call(op, ("plimsoll::" + op.getName().stripDialect()).str()); })
        .Case([&](math::PowFOp) { return call(op, "plimsoll::pow"); })
        .Default([](Operation *unknown) -> std::string {
          llvm::report_fatal_error("loop body has an op that no target prints: " +
                                   unknown->getName().getStringRef());
        });
  }

  llvm::raw_ostream &os;
  StringRef indent;
  llvm::DenseMap<Value, std::string> names;
  int counter = 0;
};

/// Prints one loop nest.
class LoopPrinter {
public:
  explicit LoopPrinter(exec::LoopOp loop) : loop(loop), domain(loop.getDomain()), os(text) {}

  std::string print() {
    declareBuffers();
    if (loop.getReduced().empty())
      elementwise();
    else if (loop.isReduced(domain.size() - 1))
      reduceRows();
    else
      reduceColumns();
    return text;
  }

private:
  unsigned reads() { return loop.getReads().size(); }
  Type elementType(unsigned operand) {
    return cast<exec::SliceType>(loop.getOperand(operand).getType()).getElement();
  }
  bool isWrite(unsigned operand) { return operand >= reads(); }
  std::string buffer(unsigned operand) {
    return isWrite(operand) ? "y" + (loop.getWrites().size() > 1 ? std::to_string(operand - reads())
                                                                 : std::string())
                            : "x" + std::to_string(operand);
  }

  void declareBuffers() {
    for (unsigned i = 0; i < loop->getNumOperands(); ++i) {
      std::string type = (isWrite(i) ? "" : "const ") + storageType(elementType(i));
      os << "  " << type << " *" << buffer(i) << " = launch.buffer<" << type << ">(" << i << ");\n";
    }
  }

  int64_t points() {
    int64_t product = 1;
    for (int64_t size : domain)
      product *= size;
    return product;
  }

  /// `x0[i0 * 384 + i1]`
  std::string element(unsigned operand) {
    std::string index;
    for (auto [d, stride] : llvm::enumerate(loop.stridesOf(operand))) {
      if (stride == 0)
        continue;
      index += (index.empty() ? "i" : " + i") + std::to_string(d);
      if (stride != 1)
        index += " * " + std::to_string(stride);
    }
    return buffer(operand) + "[" + (index.empty() ? "0" : index) + "]";
  }

  void open(int depth, unsigned d, StringRef size = "") {
    std::string i = "i" + std::to_string(d);
    os.indent(2 * depth) << "for (int64_t " << i << " = 0; " << i << " < "
                         << (size.empty() ? std::to_string(domain[d]) : size.str()) << "; ++" << i
                         << ")";
  }

  /// Prints the body at `indent` and returns the yielded expressions.
  SmallVector<std::string> body(StringRef indent) {
    BodyPrinter printer(os, indent);
    for (unsigned i = 0; i < reads(); ++i) {
      std::string load = element(i);
      printer.name(loop.getBody().getArgument(i),
                   elementType(i).isInteger(1) ? "(" + load + " != 0)" : load);
    }
    Block &block = loop.getBody().front();
    for (Operation &op : block.without_terminator())
      printer.print(op);
    SmallVector<std::string> values;
    for (Value value : block.getTerminator()->getOperands())
      values.push_back(printer.nameOf(value));
    return values;
  }

  void parallel(StringRef rest, int collapsed) {
    if (points() < kParallelPoints)
      return;
    os << "#pragma omp parallel for" << rest;
    if (collapsed > 1)
      os << " collapse(" << collapsed << ")";
    os << " schedule(static) num_threads(launch.threads)\n";
  }

  void elementwise() {
    int depth = 1, rank = domain.size();
    if (rank == 1)
      points() < kParallelPoints ? void(os << "#pragma omp simd\n") : parallel(" simd", 1);
    else if (rank > 1)
      parallel("", rank - 1);
    for (int d = 0; d < rank; ++d, ++depth) {
      if (rank > 1 && d == rank - 1)
        os << "#pragma omp simd\n";
      open(depth, d);
      os << (d == rank - 1 ? " {\n" : "\n");
    }
    std::string indent(2 * depth, ' ');
    SmallVector<std::string> values = body(indent);
    for (auto [i, value] : llvm::enumerate(values))
      os << indent << element(reads() + i) << " = " << value << ";\n";
    if (rank > 0)
      os.indent(2 * (depth - 1)) << "}\n";
  }

  SmallVector<unsigned> freeDimensions() {
    SmallVector<unsigned> free;
    for (unsigned d = 0; d < domain.size(); ++d)
      if (!loop.isReduced(d))
        free.push_back(d);
    return free;
  }

  void reduceRows() {
    int last = domain.size() - 1, depth = 1;
    SmallVector<unsigned> free = freeDimensions();
    if (!free.empty())
      parallel("", free.size());
    for (unsigned d : free) {
      open(depth++, d);
      os << (d == free.back() ? " {\n" : "\n");
    }
    std::string indent(2 * depth, ' ');
    os << indent << "double sums[8] = {};\n";
    for (int64_t d : loop.getReduced())
      if (d != last) {
        open(depth++, d);
        os << "\n";
      }
    std::string j = "j", i = "i" + std::to_string(last), n = std::to_string(domain[last]);
    os.indent(2 * depth) << "for (int64_t j = 0; j < " << n << "; j += 8)\n";
    os.indent(2 * depth + 2) << "for (int64_t " << i << " = j; " << i << " < (j + 8 < " << n
                             << " ? j + 8 : " << n << "); ++" << i << ") {\n";
    std::string inner(2 * depth + 4, ' ');
    SmallVector<std::string> values = body(inner);
    os << inner << "sums[" << i << " - j] += static_cast<double>(" << values[0] << ");\n";
    os.indent(2 * depth + 2) << "}\n";
    os << indent << element(reads()) << " = static_cast<" << storageType(elementType(reads()))
       << ">(((sums[0] + sums[1]) + (sums[2] + sums[3])) +\n"
       << indent << "    ((sums[4] + sums[5]) + (sums[6] + sums[7])));\n";
    if (!free.empty())
      os.indent(2 * free.size()) << "}\n";
  }

  void reduceColumns() {
    unsigned last = domain.size() - 1;
    SmallVector<unsigned> free = freeDimensions();
    std::string n = std::to_string(domain[last]), block = std::to_string(kColumnBlock);
    parallel("", free.size());
    int depth = 1;
    for (unsigned d : free) {
      if (d == last)
        break;
      open(depth++, d);
      os << "\n";
    }
    os.indent(2 * depth++) << "for (int64_t j = 0; j < " << n << "; j += " << block << ") {\n";
    std::string indent(2 * depth, ' ');
    os << indent << "const int64_t width = " << n << " - j < " << block << " ? " << n
       << " - j : " << block << ";\n";
    os << indent << "double sums[" << block << "] = {};\n";
    for (int64_t d : loop.getReduced()) {
      open(depth++, d);
      os << "\n";
    }
    std::string i = "i" + std::to_string(last);
    os << "#pragma omp simd\n";
    os.indent(2 * depth) << "for (int64_t k = 0; k < width; ++k) {\n";
    std::string inner(2 * depth + 2, ' ');
    os << inner << "const int64_t " << i << " = j + k;\n";
    SmallVector<std::string> values = body(inner);
    os << inner << "sums[k] += static_cast<double>(" << values[0] << ");\n";
    os.indent(2 * depth) << "}\n";
    os << indent << "for (int64_t k = 0; k < width; ++k) {\n";
    os << indent << "  const int64_t " << i << " = j + k;\n";
    os << indent << "  " << element(reads()) << " = static_cast<"
       << storageType(elementType(reads())) << ">(sums[k]);\n";
    os << indent << "}\n";
    os.indent(indent.size() - 2) << "}\n";
  }

  exec::LoopOp loop;
  ArrayRef<int64_t> domain;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

std::string plimsoll::codegen::emitLoop(exec::LoopOp loop) {
  return LoopPrinter(loop).print();
}
