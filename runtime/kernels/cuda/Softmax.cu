//===- Softmax.cu - softmax over rows and its gradient -----------------------===//
//
// cpu/Softmax.cpp documents buffers and sizes. 8 lanes compute a row of up to 64 columns, a
// warp one of up to 1,024, else a block. A row is read for the maximum, for the sum (f64) and to
// write, the second and third time from L1. At most 64 registers: 4 blocks of 256 threads per
// multiprocessor.
//===----------------------------------------------------------------------===//
#include "Rows.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Math.h"

namespace plimsoll::cuda {
namespace {

template <typename Shape, typename T, bool logarithm>
__global__ void __launch_bounds__(kRowThreads, 4)
    softmaxRows(const T *x, T *y, int64_t rows, int64_t cols) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols, y += row * cols;
  T top = -detail::kInfinity;
  Shape::forEach(cols, [&](int64_t i) {
    auto in = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      top = top < in.at[k] ? in.at[k] : top;
  });
  top = Shape::combine(top, Larger());
  double sum = 0;
  Shape::forEach(cols, [&](int64_t i) {
    auto in = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      sum += double(plimsoll::exp(in.at[k] - top));
  });
  sum = Shape::combine(sum, Add());
  const T scale = static_cast<T>(1.0 / sum), shift = static_cast<T>(::log(sum));
  Shape::forEach(cols, [&](int64_t i) {
    auto out = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      out.at[k] = logarithm ? (out.at[k] - top) - shift : plimsoll::exp(out.at[k] - top) * scale;
    Shape::store(y + i, out);
  });
}

template <typename Shape, typename T>
__global__ void __launch_bounds__(kRowThreads, 4)
    gradRows(const T *dy, const T *y, T *dx, int64_t rows, int64_t cols) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  dy += row * cols, y += row * cols, dx += row * cols;
  double sum = 0;
  Shape::forEach(cols, [&](int64_t i) {
    auto g = Shape::load(dy + i), out = Shape::load(y + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      sum += double(g.at[k]) * double(out.at[k]);
  });
  const T dot = static_cast<T>(Shape::combine(sum, Add()));
  Shape::forEach(cols, [&](int64_t i) {
    auto g = Shape::load(dy + i), out = Shape::load(y + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      g.at[k] = out.at[k] * (g.at[k] - dot);
    Shape::store(dx + i, g);
  });
}

template <bool logarithm> void runForward(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    withRowShape(cols, [&](auto shape) {
      using Shape = decltype(shape);
      launchRows<Shape>(launch, rows, softmaxRows<Shape, T, logarithm>, launch.buffer<T>(0),
                        launch.buffer<T>(1), rows, cols);
    });
  });
}

void runGrad(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    withRowShape(cols, [&](auto shape) {
      using Shape = decltype(shape);
      launchRows<Shape>(launch, rows, gradRows<Shape, T>, launch.buffer<T>(0), launch.buffer<T>(1),
                        launch.buffer<T>(2), rows, cols);
    });
  });
}

} // namespace

const KernelOf<SoftmaxArguments> softmax = {"softmax", runForward<false>};
const KernelOf<SoftmaxGradArguments> softmax_grad = {"softmax_grad", runGrad};
const KernelOf<LogSoftmaxArguments> log_softmax = {"log_softmax", runForward<true>};

} // namespace plimsoll::cuda
