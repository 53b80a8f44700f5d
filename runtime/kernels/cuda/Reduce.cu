//===- Reduce.cu - maxima, minima, products and positions of rows ------------===//
//
// cpu/Reduce.cpp documents buffers and sizes. 8 lanes, a warp or a block compute a row,
// depending on its length; sums and products of floats are f64, in a tree that depends on the
// length. At most 40 registers: 6 blocks of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Rows.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

enum Kind { kMaximum, kMinimum, kProduct, kSum };

/// Returns the larger (or smaller) of two numbers; NaN if one of them is NaN.
template <bool larger> struct Extreme {
  template <typename T> __device__ T operator()(T a, T b) const {
    return a != a ? a : b != b || (larger ? b > a : b < a) ? b : a;
  }
};
template <typename Shape, typename T, typename A, typename Combine>
__device__ __forceinline__ A ofRow(const T *x, int64_t cols, A start, Combine with) {
  A result = start;
  Shape::forEach(cols, [&](int64_t i) {
    auto in = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      result = with(result, static_cast<A>(in.at[k]));
  });
  return Shape::combine(result, with);
}

/// Small integers are compared as int; shuffles take 4 bytes or 8.
template <typename T> using Compared = std::conditional_t<sizeof(T) < 4, int, T>;

template <typename Shape, typename T, int kind>
__global__ void __launch_bounds__(kRowThreads)
    reduceRows(const T *x, T *y, int64_t rows, int64_t cols, T lowestOf, T highestOf) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols;
  T result;
  if constexpr (kind == kMaximum)
    result = static_cast<T>(ofRow<Shape>(x, cols, Compared<T>(lowestOf), Extreme<true>()));
  else if constexpr (kind == kMinimum)
    result = static_cast<T>(ofRow<Shape>(x, cols, Compared<T>(highestOf), Extreme<false>()));
  else if constexpr (kind == kProduct)
    result = static_cast<T>(ofRow<Shape>(x, cols, Wide<T>(1), Multiply()));
  else
    result = static_cast<T>(ofRow<Shape>(x, cols, Wide<T>(0), Add()));
  if (Shape::lane() == 0)
    y[row] = result;
}

/// True if element `a` at `i` is preferred to element `b` at `j` in the search for an extreme.
template <typename T>
__device__ bool before(T a, int64_t i, T b, int64_t j, bool larger, bool last) {
  if (i < 0 || j < 0)
    return j < 0;
  bool nan = a != a, otherNan = b != b;
  if (nan || otherNan)
    return nan && (!otherNan || i < j);
  if (a == b)
    return last ? i > j : i < j;
  return larger ? a > b : a < b;
}

template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads)
    argReduceRows(const T *x, int64_t *y, int64_t rows, int64_t cols, bool larger, bool last) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols;
  int64_t best = -1;
  Shape::forEach(cols, [&](int64_t i) {
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      if (best < 0 || before(x[i + k], i + k, x[best], best, larger, last))
        best = i + k;
  });
  best = Shape::combine(best, [&](int64_t a, int64_t b) {
    T first = a < 0 ? T() : x[a], second = b < 0 ? T() : x[b];
    return before(first, a, second, b, larger, last) ? a : b;
  });
  if (Shape::lane() == 0)
    y[row] = best < 0 ? 0 : best;
}

template <typename Shape, typename T, int kind> void reduceKind(const Launch &launch) {
  int64_t rows = launch.sizes[0];
  launchRows<Shape>(launch, rows, reduceRows<Shape, T, kind>, launch.buffer<T>(0),
                    launch.buffer<T>(1), rows, launch.sizes[1], lowest<T>(), highest<T>());
}

void runReduce(const Launch &launch) {
  withTypeAndShape(launch, launch.sizes[1], [&](auto *tag, auto shape) {
    using T = std::remove_pointer_t<decltype(tag)>;
    using Shape = decltype(shape);
    switch (launch.sizes[2]) {
    case kMaximum:
      return reduceKind<Shape, T, kMaximum>(launch);
    case kMinimum:
      return reduceKind<Shape, T, kMinimum>(launch);
    case kProduct:
      return reduceKind<Shape, T, kProduct>(launch);
    default:
      return reduceKind<Shape, T, kSum>(launch);
    }
  });
}

void runArgReduce(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withTypeAndShape(launch, cols, [&](auto *tag, auto shape) {
    using T = std::remove_pointer_t<decltype(tag)>;
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, argReduceRows<Shape, T>, launch.buffer<T>(0),
                      launch.buffer<int64_t>(1), rows, cols, launch.sizes[2] == kMaximum,
                      launch.sizes[3] != 0);
  });
}

} // namespace

const KernelOf<ReduceArguments> reduce = {"reduce", runReduce};
const KernelOf<ArgReduceArguments> arg_reduce = {"arg_reduce", runArgReduce};

} // namespace plimsoll::cuda
