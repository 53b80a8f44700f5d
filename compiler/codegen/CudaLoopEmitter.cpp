//===- CudaLoopEmitter.cpp - loop nests as CUDA kernels --------------------------===//
//
// Three forms. Elementwise: one thread for each point, or for four adjacent points if every operand
// lets them be read and written as a vector. Reductions: the threads of a block divide the reduced
// points of a few results among them and add their sums as a fixed tree. The division depends on
// the domain alone, so the bits do, too. Along the last dimension eight lanes add for each result,
// as on the CPU, or a whole block if results are few and long; along outer dimensions adjacent
// threads own adjacent results.
//===----------------------------------------------------------------------===//
#include "compiler/codegen/LoopEmitter.h"
#include "compiler/codegen/LoopText.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::codegen;

static constexpr int64_t kBlock = 256; ///< threads of a block
/// A block adds for one result if there are at most kFewResults results, of at least kLongReduction
/// points each.
static constexpr int64_t kLongReduction = 2048, kFewResults = 1024;
/// A reduction along outer dimensions: adjacent results of a block, and lanes for each.
static constexpr int64_t kColumns = 32, kColumnLanes = kBlock / kColumns;

namespace {

class CudaLoopPrinter : LoopText {
public:
  CudaLoopPrinter(exec::LoopOp loop, StringRef name)
      : LoopText(loop), kernelName((name + "_kernel").str()), name(name) {
    for (unsigned d = 0; d < domain.size(); ++d)
      (loop.isReduced(d) ? reduced : free).push_back(d);
    wide = points(all()) >= INT32_MAX;
    for (Value operand : loop.getOperands())
      wide |= cast<exec::SliceType>(operand.getType()).getCount() >= INT32_MAX;
  }

  std::string print() {
    if (reduced.empty())
      elementwise();
    else if (loop.isReduced(domain.size() - 1))
      reduceRows();
    else
      reduceColumns();
    return definition();
  }

private:
  SmallVector<unsigned> all() const { return llvm::to_vector(llvm::seq<unsigned>(domain.size())); }
  int64_t points(ArrayRef<unsigned> dimensions) const {
    int64_t product = 1;
    for (unsigned d : dimensions)
      product *= domain[d];
    return product;
  }
  StringRef index() const { return wide ? "int64_t" : "int"; }

  /// Prints the indices of `dimensions`, computed from `flat`, their row-major index.
  void unflatten(StringRef indent, StringRef flat, ArrayRef<unsigned> dimensions) {
    int64_t below = points(dimensions);
    for (unsigned d : dimensions) {
      int64_t size = std::max<int64_t>(domain[d], 1); // without points nothing runs
      below /= size;
      os << indent << "const " << index() << " i" << d << " = ";
      if (size == 1)
        os << "0";
      else
        os << flat << (below > 1 ? " / " + std::to_string(below) : "")
           << (d == dimensions.front() ? "" : " % " + std::to_string(size));
      os << ";\n";
    }
  }

  int64_t lastStride(unsigned operand) { return loop.stridesOf(operand).back(); }

  /// True if four adjacent points along the last dimension are one vector, or one element, in every
  /// operand.
  bool isVector() {
    if (domain.empty() || domain.back() % 4 != 0)
      return false;
    for (unsigned i = 0; i < loop->getNumOperands(); ++i) {
      ArrayRef<int64_t> strides = loop.stridesOf(i);
      if (strides.back() != 0 && strides.back() != 1)
        return false;
      if (strides.back() == 1 &&
          llvm::any_of(strides.drop_back(), [](int64_t stride) { return stride % 4 != 0; }))
        return false;
      if (isWrite(i) && strides.back() != 1)
        return false;
    }
    return true;
  }

  void elementwise() {
    bool vector = isVector();
    int64_t count = points(all()) / (vector ? 4 : 1);
    blocks = (count + kBlock - 1) / kBlock;
    os << "  const " << index() << " point = " << (vector ? "4 * (" : "");
    os << (wide ? "int64_t(blockIdx.x)" : "int(blockIdx.x)") << " * " << kBlock
       << " + int(threadIdx.x)" << (vector ? ")" : "") << ";\n";
    if (count % kBlock != 0)
      os << "  if (point >= " << points(all()) << ")\n    return;\n";
    unflatten("  ", "point", all());
    if (vector)
      vectorBody();
    else
      for (auto [i, value] : llvm::enumerate(body("  ")))
        os << "  " << element(reads() + i) << " = " << value << ";\n";
  }

  void vectorBody() {
    int last = domain.size() - 1;
    for (unsigned i = 0; i < reads(); ++i) {
      os << "  const auto a" << i << " = ";
      if (lastStride(i) == 1)
        os << "cuda::loadFour(" << buffer(i) << " + (" << place(i) << "));\n";
      else
        os << buffer(i) << "[" << place(i, last) << "];\n";
    }
    for (unsigned i = reads(); i < loop->getNumOperands(); ++i)
      os << "  cuda::Four<" << storageType(elementType(i)) << "> b" << i - reads() << ";\n";
    os << "PLIMSOLL_UNROLL\n  for (int k = 0; k < 4; ++k) {\n";
    SmallVector<std::string> values = body("    ", [&](unsigned i) {
      return "a" + std::to_string(i) + (lastStride(i) == 1 ? ".at[k]" : "");
    });
    for (auto [i, value] : llvm::enumerate(values))
      os << "    b" << i << ".at[k] = " << value << ";\n";
    os << "  }\n";
    for (unsigned i = reads(); i < loop->getNumOperands(); ++i)
      os << "  cuda::storeFour(" << buffer(i) << " + (" << place(i) << "), b" << i - reads()
         << ");\n";
  }

  std::string written(StringRef sum) {
    return element(reads()) + " = static_cast<" + storageType(elementType(reads())) + ">(" +
           sum.str() + ");\n";
  }

  /// Prints `sum += body` for every reduced point; the lanes of a result divide the last reduced
  /// dimension.
  void addNested(StringRef lane, int64_t lanes) {
    int depth = 1;
    unsigned last = reduced.back();
    for (unsigned d : reduced) {
      std::string i = "i" + std::to_string(d);
      bool shared = d == last;
      os.indent(2 * depth++) << "for (" << index() << " " << i << " = "
                             << (shared ? lane.str() : "0") << "; " << i << " < " << domain[d]
                             << "; " << i << " += " << (shared ? lanes : 1) << ")"
                             << (shared ? " {\n" : "\n");
    }
    addPoint(depth);
    os.indent(2 * (depth - 1)) << "}\n";
  }

  /// Prints `sum += body` for every reduced point; the lanes of a result divide all of them.
  void addFlat(StringRef lane, int64_t lanes) {
    os << "  for (" << index() << " r = " << lane << "; r < " << points(reduced)
       << "; r += " << lanes << ") {\n";
    unflatten("    ", "r", reduced);
    addPoint(2);
    os << "  }\n";
  }

  void addPoint(int depth) {
    std::string indent(2 * depth, ' ');
    SmallVector<std::string> values = body(indent);
    os << indent << "sum += static_cast<double>(" << values[0] << ");\n";
  }

  void reduceRows() {
    int64_t results = points(free);
    if (results <= kFewResults && points(reduced) >= kLongReduction) {
      blocks = results;
      unflatten("  ", "int(blockIdx.x)", free);
      os << "  double sum = 0;\n";
      addFlat("int(threadIdx.x)", kBlock);
      os << "  sum = cuda::sumOfBlock(sum);\n  if (threadIdx.x == 0)\n    " << written("sum");
      return;
    }
    int64_t each = kBlock / 8;
    blocks = (results + each - 1) / each;
    os << "  const int lane = threadIdx.x % 8;\n  const " << index()
       << " result = " << (wide ? "int64_t(blockIdx.x)" : "int(blockIdx.x)") << " * " << each
       << " + int(threadIdx.x) / 8;\n";
    if (results % each != 0)
      os << "  if (result >= " << results << ")\n    return;\n";
    unflatten("  ", "result", free);
    os << "  double sum = 0;\n";
    addNested("lane", 8);
    os << "  sum = cuda::sumOfEight(sum);\n  if (lane == 0)\n    " << written("sum");
  }

  void reduceColumns() {
    int64_t results = points(free);
    blocks = (results + kColumns - 1) / kColumns;
    os << "  const int column = threadIdx.x % " << kColumns << ", lane = threadIdx.x / " << kColumns
       << ";\n  const " << index()
       << " result = " << (wide ? "int64_t(blockIdx.x)" : "int(blockIdx.x)") << " * " << kColumns
       << " + column;\n";
    bool partial = results % kColumns != 0;
    if (partial) // all threads must reach the barrier
      os << "  const " << index() << " mine = result < " << results << " ? result : 0;\n";
    unflatten("  ", partial ? "mine" : "result", free);
    os << "  double sum = 0;\n";
    addFlat("lane", kColumnLanes);
    os << "  sum = cuda::sumOfLanes<" << kColumns << ", " << kColumnLanes << ">(sum);\n  if ("
       << (partial ? "result < " + std::to_string(results) + " && " : "") << "lane == 0)\n    "
       << written("sum");
  }

  /// Returns the kernel and the function that launches it.
  std::string definition() {
    std::string whole, parameters, arguments;
    for (unsigned i = 0; i < loop->getNumOperands(); ++i) {
      parameters += (i ? ", " : "") + pointeeType(i) + " *" + buffer(i);
      arguments += ", launch.buffer<" + pointeeType(i) + ">(" + std::to_string(i) + ")";
    }
    llvm::raw_string_ostream(whole)
        << "__global__ void __launch_bounds__(" << kBlock << ") " << kernelName << "(" << parameters
        << ") {\n"
        << text << "}\nvoid " << name
        << "(const Launch &launch) {\n  cuda::launch(cuda::streamOf(launch), " << blocks << ", "
        << kBlock << ", " << kernelName << arguments << ");\n}\n";
    return whole;
  }

  SmallVector<unsigned> free, reduced;
  bool wide = false; ///< indices need 64 bits
  int64_t blocks = 0;
  std::string kernelName, name;
};

} // namespace

std::string plimsoll::codegen::emitCudaLoop(exec::LoopOp loop, StringRef name) {
  return CudaLoopPrinter(loop, name).print();
}
