//===- LoopInterpreter.cpp - runs a loop nest from its body ------------------------===//
//
// A body is translated to a list of small steps over registers of kLanes elements, so that many
// elements share the cost of interpretation. Elementwise nests and reductions differ only in what
// happens to the yielded elements.
//===----------------------------------------------------------------------===//
#include "compiler/executor/LoopInterpreter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/Math.h"
#include "plimsoll/Trigonometry.h"
#include "llvm/ADT/TypeSwitch.h"
#include <cmath>
#include <memory>

using namespace mlir;
using namespace plimsoll;

namespace {

constexpr int kLanes = 128;

/// kLanes elements of one SSA value of the body.
union Register {
  float f32[kLanes];
  double f64[kLanes];
  Bf16 bf16[kLanes];
  int64_t i64[kLanes];
  int32_t i32[kLanes];
  uint8_t u8[kLanes]; ///< and i1
};

template <typename T> T *lanes(Register &r) {
  return reinterpret_cast<T *>(&r);
}

/// Calls `function` with a null pointer of the C++ type that holds `type`.
template <typename Function> auto withType(Type type, Function function) {
  if (type.isF32())
    return function(static_cast<float *>(nullptr));
  if (type.isF64())
    return function(static_cast<double *>(nullptr));
  if (type.isBF16())
    return function(static_cast<Bf16 *>(nullptr));
  if (type.isInteger(64))
    return function(static_cast<int64_t *>(nullptr));
  if (type.isInteger(32))
    return function(static_cast<int32_t *>(nullptr));
  return function(static_cast<uint8_t *>(nullptr));
}

template <typename Pointer> using Element = std::remove_pointer_t<Pointer>;

class LoopInterpreter {
public:
  explicit LoopInterpreter(exec::LoopOp loop)
      : domain(loop.getDomain()), reads(loop.getReads().size()), rank(domain.size()) {
    for (unsigned i = 0; i < loop->getNumOperands(); ++i) {
      strides.push_back(llvm::to_vector(loop.stridesOf(i)));
      types.push_back(cast<exec::SliceType>(loop.getOperand(i).getType()).getElement());
    }
    for (int64_t d = 0; d < rank; ++d)
      (loop.isReduced(d) ? reduced : free).push_back(d);
    Block &body = loop.getBody().front();
    for (BlockArgument argument : body.getArguments())
      registerOf(argument);
    for (Operation &op : body.without_terminator())
      compile(op);
    for (Value value : body.getTerminator()->getOperands())
      yields.push_back(registerOf(value));
  }

  void run(void *const *buffers) {
    registers.resize(registerCount);
    for (auto &initialise : constants)
      initialise();
    if (reduced.empty())
      runElementwise(buffers);
    else if (reduced.back() == rank - 1)
      reduceRows(buffers);
    else
      reduceColumns(buffers);
  }

private:
  // The body -----------------------------------------------------------------

  int registerOf(Value value) {
    auto [it, isNew] = registerNumbers.try_emplace(value, registerCount);
    registerCount += isNew;
    return it->second;
  }

  template <typename In, typename Out, typename Function>
  void unary(Operation &op, Function function) {
    int x = registerOf(op.getOperand(0)), y = registerOf(op.getResult(0));
    steps.push_back([this, x, y, function](int n) {
      const In *in = lanes<In>(registers[x]);
      Out *out = lanes<Out>(registers[y]);
      for (int i = 0; i < n; ++i)
        out[i] = function(in[i]);
    });
  }

  template <typename In, typename Out, typename Function>
  void binary(Operation &op, Function function) {
    int a = registerOf(op.getOperand(0)), b = registerOf(op.getOperand(1)),
        y = registerOf(op.getResult(0));
    steps.push_back([this, a, b, y, function](int n) {
      const In *left = lanes<In>(registers[a]), *right = lanes<In>(registers[b]);
      Out *out = lanes<Out>(registers[y]);
      for (int i = 0; i < n; ++i)
        out[i] = function(left[i], right[i]);
    });
  }

  template <typename Function> void unaryFloat(Operation &op, Function function) {
    if (op.getResult(0).getType().isF32())
      unary<float, float>(op, [function](float x) { return function(x); });
    else
      unary<double, double>(op, [function](double x) { return function(x); });
  }

  template <typename Function> void binaryNumber(Operation &op, Function function) {
    withType(op.getResult(0).getType(), [&](auto *tag) {
      using T = Element<decltype(tag)>;
      binary<T, T>(op, [function](T a, T b) { return static_cast<T>(function(a, b)); });
    });
  }

  template <typename Function> void binaryFloat(Operation &op, Function function) {
    if (op.getResult(0).getType().isF32())
      binary<float, float>(op, [function](float a, float b) { return function(a, b); });
    else
      binary<double, double>(op, [function](double a, double b) { return function(a, b); });
  }

  template <typename Function> void binaryInteger(Operation &op, Function function) {
    withType(op.getResult(0).getType(), [&](auto *tag) {
      using T = Element<decltype(tag)>;
      if constexpr (std::is_integral_v<T>)
        binary<T, T>(op, [function](T a, T b) { return static_cast<T>(function(a, b)); });
    });
  }

  template <typename Function> void compare(Operation &op, Function function) {
    withType(op.getOperand(0).getType(), [&](auto *tag) {
      using T = Element<decltype(tag)>;
      binary<T, uint8_t>(op, [function](T a, T b) { return uint8_t(function(a, b)); });
    });
  }

  /// Compiles a comparison. `kind`: 0 ==, 1 <, 2 <=, 3 >, 4 >=, 5 !=.
  void compareAs(Operation &op, int kind) {
    switch (kind) {
    case 0:
      return compare(op, [](auto a, auto b) { return a == b; });
    case 1:
      return compare(op, [](auto a, auto b) { return a < b; });
    case 2:
      return compare(op, [](auto a, auto b) { return a <= b; });
    case 3:
      return compare(op, [](auto a, auto b) { return a > b; });
    case 4:
      return compare(op, [](auto a, auto b) { return a >= b; });
    default:
      return compare(op, [](auto a, auto b) { return a != b; });
    }
  }

  static int kindOf(arith::CmpFPredicate predicate) {
    using P = arith::CmpFPredicate;
    return predicate == P::OEQ   ? 0
           : predicate == P::OLT ? 1
           : predicate == P::OLE ? 2
           : predicate == P::OGT ? 3
           : predicate == P::OGE ? 4
                                 : 5;
  }
  static int kindOf(arith::CmpIPredicate predicate) {
    using P = arith::CmpIPredicate;
    return predicate == P::eq                           ? 0
           : predicate == P::slt || predicate == P::ult ? 1
           : predicate == P::sle || predicate == P::ule ? 2
           : predicate == P::sgt || predicate == P::ugt ? 3
           : predicate == P::sge || predicate == P::uge ? 4
                                                        : 5;
  }

  void constant(arith::ConstantOp op) {
    int y = registerOf(op.getResult());
    Attribute value = op.getValue();
    constants.push_back([this, y, value, type = op.getType()] {
      withType(type, [&](auto *tag) {
        using T = Element<decltype(tag)>;
        T number =
            isa<FloatAttr>(value)
                ? static_cast<T>(cast<FloatAttr>(value).getValueAsDouble())
                : static_cast<T>(type.isInteger(1) ? !cast<IntegerAttr>(value).getValue().isZero()
                                                   : cast<IntegerAttr>(value).getInt());
        std::fill_n(lanes<T>(registers[y]), kLanes, number);
      });
    });
  }

  void convert(Operation &op) {
    withType(op.getOperand(0).getType(), [&](auto *from) {
      withType(op.getResult(0).getType(), [&](auto *to) {
        using To = Element<decltype(to)>;
        unary<Element<decltype(from)>, To>(op, [](auto x) { return static_cast<To>(x); });
      });
    });
  }

  void select(Operation &op) {
    int c = registerOf(op.getOperand(0)), a = registerOf(op.getOperand(1)),
        b = registerOf(op.getOperand(2)), y = registerOf(op.getResult(0));
    withType(op.getResult(0).getType(), [&](auto *tag) {
      using T = Element<decltype(tag)>;
      steps.push_back([this, a, b, c, y](int n) {
        for (int i = 0; i < n; ++i)
          lanes<T>(registers[y])[i] = lanes<uint8_t>(registers[c])[i] ? lanes<T>(registers[a])[i]
                                                                      : lanes<T>(registers[b])[i];
      });
    });
  }

  void compile(Operation &op) {
#define SCALAR_SPECIAL(OP)
#define SCALAR_FUNCTION(OP, FUNCTION)                                                              \
  .Case([&](OP) { unaryFloat(op, [](auto x) { return FUNCTION(x); }); })
#define SCALAR_FUNCTION2(OP, FUNCTION)                                                             \
  .Case([&](OP) { binaryFloat(op, [](auto a, auto b) { return FUNCTION(a, b); }); })
#define SCALAR_INFIX(OP, SYMBOL)                                                                   \
  .Case([&](OP) { binaryNumber(op, [](auto a, auto b) { return a SYMBOL b; }); })
#define SCALAR_INTEGER_INFIX(OP, SYMBOL)                                                           \
  .Case([&](OP) { binaryInteger(op, [](auto a, auto b) { return a SYMBOL b; }); })
#define SCALAR_LOGIC(OP, SYMBOL)                                                                   \
  .Case([&](OP) {                                                                                  \
    binary<uint8_t, uint8_t>(op, [](uint8_t a, uint8_t b) { return uint8_t(a SYMBOL b); });        \
  })
#define SCALAR_CONVERSION(OP) .Case([&](OP) { convert(op); })
    TypeSwitch<Operation *>(&op)
        .Case([&](arith::ConstantOp c) { constant(c); })
        .Case([&](arith::CmpFOp c) { compareAs(op, kindOf(c.getPredicate())); })
        .Case([&](arith::CmpIOp c) { compareAs(op, kindOf(c.getPredicate())); })
        .Case([&](arith::SelectOp) { select(op); })
        .Case([&](arith::NegFOp) { unaryFloat(op, [](auto x) { return -x; }); })
#include "dialects/exec/ScalarOps.def"
        .Default([](Operation *) {
          llvm_unreachable("the verifier lets only ops of ScalarOps.def into bodies");
        });
  }

  // The nest -----------------------------------------------------------------

  /// Returns the number of the operand's element at `index`.
  int64_t address(unsigned operand, ArrayRef<int64_t> index) const {
    int64_t element = 0;
    for (int64_t d = 0; d < rank; ++d)
      element += index[d] * strides[operand][d];
    return element;
  }

  /// Runs the body on `n` elements along the last dimension, from `index` on.
  void evaluate(void *const *buffers, ArrayRef<int64_t> index, int n) {
    for (unsigned i = 0; i < reads; ++i)
      withType(types[i], [&](auto *tag) {
        using T = Element<decltype(tag)>;
        const T *from = static_cast<const T *>(buffers[i]) + address(i, index);
        int64_t stride = rank > 0 ? strides[i][rank - 1] : 0;
        for (int k = 0; k < n; ++k)
          lanes<T>(registers[i])[k] =
              types[i].isInteger(1) ? T(from[k * stride] != 0) : from[k * stride];
      });
    for (auto &step : steps)
      step(n);
  }

  /// Calls `visit` for every index of `dimensions`, in row-major order; other entries of `index`
  /// stay as they are.
  template <typename Visit>
  void forEach(ArrayRef<int64_t> dimensions, SmallVector<int64_t> &index, Visit visit) {
    if (dimensions.empty())
      return visit();
    for (index[dimensions[0]] = 0; index[dimensions[0]] < domain[dimensions[0]];
         ++index[dimensions[0]])
      forEach(dimensions.drop_front(), index, visit);
    index[dimensions[0]] = 0;
  }

  /// Calls `visit` with the length of each piece of at most kLanes elements of the last dimension,
  /// after setting `index` to its begin.
  template <typename Visit> void forPieces(SmallVector<int64_t> &index, Visit visit) {
    int64_t size = rank > 0 ? domain[rank - 1] : 1;
    for (int64_t begin = 0; begin < size; begin += kLanes) {
      if (rank > 0)
        index[rank - 1] = begin;
      visit(static_cast<int>(std::min<int64_t>(kLanes, size - begin)));
    }
    if (rank > 0)
      index[rank - 1] = 0;
  }

  void runElementwise(void *const *buffers) {
    SmallVector<int64_t> index(rank, 0), outer(free.begin(), free.end());
    if (rank > 0)
      outer.pop_back();
    forEach(outer, index, [&] {
      forPieces(index, [&](int n) {
        evaluate(buffers, index, n);
        for (unsigned w = 0; w < yields.size(); ++w)
          store(buffers, reads + w, index, n, yields[w]);
      });
    });
  }

  void store(void *const *buffers, unsigned operand, ArrayRef<int64_t> index, int n, int value) {
    withType(types[operand], [&](auto *tag) {
      using T = Element<decltype(tag)>;
      T *to = static_cast<T *>(buffers[operand]) + address(operand, index);
      int64_t stride = rank > 0 ? strides[operand][rank - 1] : 0;
      for (int k = 0; k < n; ++k)
        to[k * stride] = lanes<T>(registers[value])[k];
    });
  }

  double yielded(int lane) {
    return types[reads].isF32() ? double(registers[yields[0]].f32[lane])
                                : registers[yields[0]].f64[lane];
  }

  void storeSum(void *const *buffers, ArrayRef<int64_t> index, double sum) {
    int64_t element = address(reads, index);
    if (types[reads].isF32())
      static_cast<float *>(buffers[reads])[element] = static_cast<float>(sum);
    else
      static_cast<double *>(buffers[reads])[element] = sum;
  }

  void reduceRows(void *const *buffers) {
    SmallVector<int64_t> index(rank, 0), outer(reduced.begin(), reduced.end() - 1);
    forEach(free, index, [&] {
      double sums[8] = {};
      forEach(outer, index, [&] {
        forPieces(index, [&](int n) { // kLanes is a multiple of 8
          evaluate(buffers, index, n);
          for (int k = 0; k < n; ++k)
            sums[k % 8] += yielded(k);
        });
      });
      storeSum(buffers, index,
               ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
                   ((sums[4] + sums[5]) + (sums[6] + sums[7])));
    });
  }

  void reduceColumns(void *const *buffers) {
    SmallVector<int64_t> index(rank, 0), outer(free.begin(), free.end() - 1);
    forEach(outer, index, [&] {
      forPieces(index, [&](int n) {
        double sums[kLanes] = {};
        int64_t begin = index[rank - 1];
        forEach(reduced, index, [&] {
          evaluate(buffers, index, n);
          for (int k = 0; k < n; ++k)
            sums[k] += yielded(k);
        });
        for (int k = 0; k < n; ++k) {
          index[rank - 1] = begin + k;
          storeSum(buffers, index, sums[k]);
        }
        index[rank - 1] = begin;
      });
    });
  }

  SmallVector<int64_t> domain;
  unsigned reads;
  int64_t rank;
  SmallVector<SmallVector<int64_t>> strides;
  SmallVector<Type> types;
  SmallVector<int64_t> free, reduced;
  DenseMap<Value, int> registerNumbers;
  int registerCount = 0;
  std::vector<Register> registers;
  std::vector<std::function<void()>> constants;
  std::vector<std::function<void(int)>> steps;
  SmallVector<int> yields;
};

} // namespace

std::function<void(void *const *)> plimsoll::executor::interpretLoop(exec::LoopOp loop) {
  auto interpreter = std::make_shared<LoopInterpreter>(loop);
  return [interpreter](void *const *buffers) { interpreter->run(buffers); };
}
