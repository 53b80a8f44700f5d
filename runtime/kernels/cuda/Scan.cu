//===- Scan.cu - running sums, products of all others, the order of rows ------===//
//
// cpu/Scan.cpp and cpu/Reduce.cpp (reduce_prod_grad) document buffers and sizes. 8 lanes, a
// warp or a block compute a row, depending on its length. Running sums and products take it in
// pieces of as many elements as there are lanes: they are combined over lanes by doubling steps,
// then over warps, then with the result of the pieces before. So the order depends on the length
// alone; floats are f64. top_k reads the row once for each of the k. At most 64 registers: 4 blocks
// of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/ElementRules.h"
#include "../../rules/Elements.h"
#include "Rows.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

/// The combination of all values before a lane's, and of all values.
template <typename A> struct Running {
  A before, all;
};

/// Scans the values of `lanes` neighbouring lanes, at most a warp.
template <int lanes, typename A, typename Combine>
__device__ __forceinline__ Running<A> scanLanes(A value, A none, Combine with) {
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  PLIMSOLL_UNROLL
  for (int step = 1; step < lanes; step *= 2) {
    const A other = __shfl_up_sync(laneMask<lanes>(), value, step, lanes);
    value = lane >= step ? with(other, value) : value;
  }
  const A before = __shfl_up_sync(laneMask<lanes>(), value, 1, lanes);
  return {lane ? before : none, __shfl_sync(laneMask<lanes>(), value, lanes - 1, lanes)};
}

/// Scans the values of the threads of a row.
template <typename Shape, typename A, typename Combine>
__device__ __forceinline__ Running<A> scanRow(A value, A none, Combine with) {
  if constexpr (Shape::lanes <= 32) {
    return scanLanes<Shape::lanes>(value, none, with);
  } else {
    constexpr int warps = Shape::lanes / 32;
    PLIMSOLL_SHARED(A, totals, warps);
    const int warp = static_cast<int>(threadIdx.x) / 32;
    const Running<A> own = scanLanes<32>(value, none, with);
    if (threadIdx.x % 32 == 0)
      totals[warp] = own.all;
    __syncthreads();
    Running<A> result = {none, none};
    PLIMSOLL_UNROLL
    for (int i = 0; i < warps; ++i) {
      if (i == warp)
        result.before = with(result.all, own.before);
      result.all = with(result.all, totals[i]);
    }
    __syncthreads(); // `totals` may be written again
    return result;
  }
}

/// Calls visit(i, the combination of all values before x[i], x[i]) along a row, or (`reverse`) from
/// its end.
template <typename Shape, typename A, typename T, typename Combine, typename Visit>
__device__ __forceinline__ void scan(const T *x, int64_t cols, bool reverse, A start, A none,
                                     Combine with, Visit visit) {
  for (int64_t first = 0; first < cols; first += Shape::lanes) {
    const int64_t step = first + Shape::lane(), i = reverse ? cols - 1 - step : step;
    const A value = step < cols ? static_cast<A>(x[i]) : none;
    const Running<A> piece = scanRow<Shape>(value, none, with);
    if (step < cols)
      visit(i, with(start, piece.before), value);
    start = with(start, piece.all);
  }
}

template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads, 4)
    runningSum(const T *x, T *y, int64_t rows, int64_t cols, bool exclusive, bool reverse) {
  using A = Wide<T>;
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols, y += row * cols;
  scan<Shape>(x, cols, reverse, A(0), A(0), Add(), [&](int64_t i, A before, A value) {
    y[i] = static_cast<T>(exclusive ? before : before + value);
  });
}

/// Multiplies dy by the product of the elements before each one, then by that of those after it.
template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads, 4)
    productGradient(const T *dy, const T *x, T *dx, int64_t rows, int64_t cols) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols, dx += row * cols;
  scan<Shape>(x, cols, false, double(dy[row]), 1.0, Multiply(),
              [&](int64_t i, double before, double) { dx[i] = static_cast<T>(before); });
  Shape::synchronize();
  scan<Shape>(x, cols, true, 1.0, 1.0, Multiply(),
              [&](int64_t i, double behind, double) { dx[i] = static_cast<T>(dx[i] * behind); });
}

/// Finds the first `k` elements of a row's order, one after the other: the row's threads look for
/// the first one that comes after the last one found; equal ones keep the order of the row.
template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads, 4)
    topOfRows(const T *x, T *values, int64_t *indices, int64_t rows, int64_t cols, int64_t k,
              bool smallest) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols, values += row * k, indices += row * k;
  auto before = [&](int64_t i, int64_t j) {
    return precedes(x[i], x[j], smallest) || (!precedes(x[j], x[i], smallest) && i < j);
  };
  int64_t last = -1;
  for (int64_t place = 0; place < k && place < cols; ++place) {
    int64_t best = -1;
    for (int64_t i = Shape::lane(); i < cols; i += Shape::lanes)
      if ((last < 0 || before(last, i)) && (best < 0 || before(i, best)))
        best = i;
    last = Shape::combine(
        best, [&](int64_t i, int64_t j) { return j < 0 || (i >= 0 && before(i, j)) ? i : j; });
    if (Shape::lane() == 0) {
      values[place] = x[last];
      indices[place] = last;
    }
  }
}

void runCumSum(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withTypeAndShape(launch, cols, [&](auto *tag, auto shape) {
    using T = std::remove_pointer_t<decltype(tag)>;
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, runningSum<Shape, T>, launch.buffer<T>(0), launch.buffer<T>(1),
                      rows, cols, launch.sizes[2] != 0, launch.sizes[3] != 0);
  });
}

void runProductGradient(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withTypeAndShape(launch, cols, [&](auto *tag, auto shape) {
    using T = std::remove_pointer_t<decltype(tag)>;
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, productGradient<Shape, T>, launch.buffer<T>(0),
                      launch.buffer<T>(1), launch.buffer<T>(2), rows, cols);
  });
}

void runTopK(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withTypeAndShape(launch, cols, [&](auto *tag, auto shape) {
    using T = std::remove_pointer_t<decltype(tag)>;
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, topOfRows<Shape, T>, launch.buffer<T>(0), launch.buffer<T>(1),
                      launch.buffer<int64_t>(2), rows, cols, launch.sizes[2], launch.sizes[3] != 0);
  });
}

} // namespace

const KernelOf<CumSumArguments> cum_sum = {"cum_sum", runCumSum};
const KernelOf<ReduceProdGradArguments> reduce_prod_grad = {"reduce_prod_grad", runProductGradient};
const KernelOf<TopKArguments> top_k = {"top_k", runTopK};

} // namespace plimsoll::cuda
