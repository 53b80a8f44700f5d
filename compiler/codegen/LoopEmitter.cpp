//===- LoopEmitter.cpp - loop nests as C++ -------------------------------------===//
//
// Three forms: elementwise (no dimension reduced), reduction along the last dimension (eight
// partial sums and a tree), and reduction along outer ones (a block of columns is summed row by
// row). Additions are in the order that exec.loop defines; threads divide results among them, never
// a sum.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/LoopEmitter.h"
#include "compiler/codegen/LoopText.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;

/// Loops of fewer points run on one thread.
static constexpr int64_t kParallelPoints = 16384;
/// Columns that a reduction along outer dimensions sums together.
static constexpr int64_t kColumnBlock = 64;

namespace {

/// Prints one loop nest.
class LoopPrinter : LoopText {
public:
  explicit LoopPrinter(exec::LoopOp loop) : LoopText(loop) {}

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
  void declareBuffers() {
    for (unsigned i = 0; i < loop->getNumOperands(); ++i) {
      std::string type = pointeeType(i);
      os << "  " << type << " *" << buffer(i) << " = launch.buffer<" << type << ">(" << i << ");\n";
    }
  }

  int64_t points() {
    int64_t product = 1;
    for (int64_t size : domain)
      product *= size;
    return product;
  }

  void open(int depth, unsigned d, StringRef size = "") {
    std::string i = "i" + std::to_string(d);
    os.indent(2 * depth) << "for (int64_t " << i << " = 0; " << i << " < "
                         << (size.empty() ? std::to_string(domain[d]) : size.str()) << "; ++" << i
                         << ")";
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
      os << indent << assignment(reads() + i, value) << "\n";
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
};

} // namespace

std::string plimsoll::codegen::emitLoop(exec::LoopOp loop, StringRef name) {
  return ("void " + name + "(const Launch &launch) {\n" + LoopPrinter(loop).print() + "}\n").str();
}
