//===- Reduce.cu - maxima, minima, products and positions of rows ------------===//
//
// Buffers and sizes: kernels/Reduce.cpp. A row is 8 lanes', a warp's or a block's, by its length;
// sums and products of floats are f64, in a tree that the length decides. The gradient of a product
// and running sums go along a row in order, a thread a row. At most 40 registers: 6 blocks of 256
// threads a multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../../kernels/Elements.h"
#include "../Rows.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

enum Kind { kMaximum, kMinimum, kProduct, kSum };

/// A NaN wins.
template <bool larger> struct Extreme {
  template <typename T> __device__ T operator()(T a, T b) const {
    return a != a ? a : b != b || (larger ? b > a : b < a) ? b : a;
  }
};
struct Multiply {
  template <typename T> __device__ T operator()(T a, T b) const { return a * b; }
};

/// What the accumulator of `T` is while lanes exchange it.
template <typename T>
using Wide = std::conditional_t<std::is_floating_point_v<T>, double, unsigned long long>;

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

/// Is element `a` at `i` before element `b` at `j` in the search for an extreme?
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

/// Products of what stands before each element, then of what stands behind it.
template <typename T>
__global__ void __launch_bounds__(kRowThreads)
    productGradient(const T *dy, const T *x, T *dx, int64_t rows, int64_t cols) {
  const int64_t row = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (row >= rows)
    return;
  x += row * cols, dx += row * cols;
  double product = dy[row];
  for (int64_t i = 0; i < cols; ++i) {
    dx[i] = static_cast<T>(product);
    product *= x[i];
  }
  product = 1;
  for (int64_t i = cols; i-- > 0;) {
    dx[i] = static_cast<T>(dx[i] * product);
    product *= x[i];
  }
}

template <typename T>
__global__ void __launch_bounds__(kRowThreads)
    runningSum(const T *x, T *y, int64_t rows, int64_t cols, bool exclusive, bool reverse) {
  const int64_t row = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (row >= rows)
    return;
  Wide<T> sum = 0;
  for (int64_t step = 0; step < cols; ++step) {
    int64_t i = row * cols + (reverse ? cols - 1 - step : step);
    Wide<T> old = sum;
    sum += static_cast<Wide<T>>(x[i]);
    y[i] = static_cast<T>(exclusive ? old : sum);
  }
}

/// run(null pointer of the element type, RowShape).
template <typename Run> void withTypeAndShape(int64_t type, int64_t cols, Run run) {
  withElements(type, [&](auto *tag) { withRowShape(cols, [&](auto shape) { run(tag, shape); }); });
}

template <typename Shape, typename T, int kind> void reduceKind(const Launch &launch) {
  int64_t rows = launch.sizes[0];
  cuda::launch(streamOf(launch), rowBlocks<Shape>(rows), kRowThreads, reduceRows<Shape, T, kind>,
               launch.buffer<T>(0), launch.buffer<T>(1), rows, launch.sizes[1], lowest<T>(),
               highest<T>());
}

void runReduce(const Launch &launch) {
  withTypeAndShape(launch.sizes[3], launch.sizes[1], [&](auto *tag, auto shape) {
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

void runProductGradient(const Launch &launch) {
  int64_t rows = launch.sizes[0];
  withElements(launch.sizes[2], [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), blocksFor(rows, kRowThreads), kRowThreads, productGradient<T>,
                 launch.buffer<T>(0), launch.buffer<T>(1), launch.buffer<T>(2), rows,
                 launch.sizes[1]);
  });
}

void runArgReduce(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withTypeAndShape(launch.sizes[4], cols, [&](auto *tag, auto shape) {
    using T = std::remove_pointer_t<decltype(tag)>;
    using Shape = decltype(shape);
    cuda::launch(streamOf(launch), rowBlocks<Shape>(rows), kRowThreads, argReduceRows<Shape, T>,
                 launch.buffer<T>(0), launch.buffer<int64_t>(1), rows, cols,
                 launch.sizes[2] == kMaximum, launch.sizes[3] != 0);
  });
}

void runCumSum(const Launch &launch) {
  int64_t rows = launch.sizes[0];
  withElements(launch.sizes[4], [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    cuda::launch(streamOf(launch), blocksFor(rows, kRowThreads), kRowThreads, runningSum<T>,
                 launch.buffer<T>(0), launch.buffer<T>(1), rows, launch.sizes[1],
                 launch.sizes[2] != 0, launch.sizes[3] != 0);
  });
}

} // namespace

const Kernel reduce = {"reduce", runReduce};
const Kernel reduce_prod_grad = {"reduce_prod_grad", runProductGradient};
const Kernel arg_reduce = {"arg_reduce", runArgReduce};
const Kernel cum_sum = {"cum_sum", runCumSum};

} // namespace plimsoll::cuda
