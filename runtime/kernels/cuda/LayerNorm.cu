//===- LayerNorm.cu - layer normalisation and its gradients ------------------===//
//
// cpu/LayerNorm.cpp documents buffers, sizes and scalars. The workspace of
// layer_norm_grad_params and layer_norm_grad is
//   f64 [2, chunks, cols], sums over at most 64 chunks of rows, if there are two or more
//
// 8 lanes compute a row of up to 64 columns, a warp one of up to 1,024, else a block; it is read
// two or three times, from L1. Arithmetic is in f64 as on the CPU: the kernels are bound by memory.
// Gradients of scale and bias: a block adds 8 rows by 32 columns at a time, then chunks in order.
// At most 64 registers: 4 blocks of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "Rows.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

template <typename Shape>
__global__ void __launch_bounds__(kRowThreads, 4)
    normalise(const float *x, const float *scale, const float *bias, float *y, float *mean,
              float *rstd, int64_t rows, int64_t cols, bool uncentered, double epsilon) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  x += row * cols, y += row * cols;
  double sum = 0, squares = 0;
  if (!uncentered)
    Shape::forEach(cols, [&](int64_t i) {
      auto in = Shape::load(x + i);
      PLIMSOLL_UNROLL
      for (int k = 0; k < Shape::width; ++k)
        sum += double(in.at[k]);
    });
  const double m = uncentered ? 0.0 : Shape::combine(sum, Add()) / double(cols);
  Shape::forEach(cols, [&](int64_t i) {
    auto in = Shape::load(x + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k) {
      double d = double(in.at[k]) - m;
      squares += d * d;
    }
  });
  const double r = 1.0 / ::sqrt(Shape::combine(squares, Add()) / double(cols) + epsilon);
  if (Shape::lane() == 0) {
    mean[row] = static_cast<float>(m);
    rstd[row] = static_cast<float>(r);
  }
  Shape::forEach(cols, [&](int64_t i) {
    auto in = Shape::load(x + i), factor = Shape::load(scale + i), out = in;
    decltype(in) shift = {};
    if (bias)
      shift = Shape::load(bias + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k)
      out.at[k] = static_cast<float>((double(in.at[k]) - m) * r * double(factor.at[k]) +
                                     double(shift.at[k]));
    Shape::store(y + i, out);
  });
}

template <bool withRows, typename Shape>
__global__ void __launch_bounds__(kRowThreads, withRows ? 3 : 4)
    gradInput(const float *dy, const float *x, const float *scale, const float *means,
              const float *rstds, const float *addend, const float *bias, float *dx, float *y,
              Bf16 *narrow, int64_t rows, int64_t cols, bool uncentered) {
  const int64_t row = Shape::row();
  if (row >= rows)
    return;
  dy += row * cols, x += row * cols, dx += row * cols;
  if (addend)
    addend += row * cols;
  const double mean = means[row], rstd = rstds[row];
  double sum = 0, dot = 0;
  Shape::forEach(cols, [&](int64_t i) {
    auto g = Shape::load(dy + i), in = Shape::load(x + i), factor = Shape::load(scale + i);
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k) {
      double scaled = double(g.at[k]) * double(factor.at[k]);
      sum += scaled;
      dot += scaled * ((double(in.at[k]) - mean) * rstd);
    }
  });
  sum = uncentered ? 0.0 : Shape::combine(sum, Add()) / double(cols);
  dot = Shape::combine(dot, Add()) / double(cols);
  Shape::forEach(cols, [&](int64_t i) {
    auto g = Shape::load(dy + i), in = Shape::load(x + i), factor = Shape::load(scale + i), out = g;
    PLIMSOLL_UNROLL
    for (int k = 0; k < Shape::width; ++k) {
      double normal = (double(in.at[k]) - mean) * rstd;
      out.at[k] =
          static_cast<float>(rstd * (double(g.at[k]) * double(factor.at[k]) - sum - normal * dot));
    }
    if (addend) {
      auto more = Shape::load(addend + i);
      PLIMSOLL_UNROLL
      for (int k = 0; k < Shape::width; ++k)
        out.at[k] += more.at[k];
    }
    Shape::store(dx + i, out);
    if constexpr (withRows) { // y may be x
      PLIMSOLL_UNROLL
      for (int k = 0; k < Shape::width; ++k)
        out.at[k] = static_cast<float>((double(in.at[k]) - mean) * rstd * double(factor.at[k]) +
                                       (bias ? double(bias[i + k]) : 0.0));
      if (y)
        Shape::store(y + row * cols + i, out);
      if (narrow)
        PLIMSOLL_UNROLL
      for (int k = 0; k < Shape::width; ++k)
        narrow[row * cols + i + k] = Bf16(out.at[k]);
    }
  });
}

constexpr int kColumns = 32, kLanes = 8, kMostChunks = 64, kLeastRows = 64;

int64_t chunksOf(int64_t rows) {
  int64_t chunks = blocksFor(rows, kLeastRows);
  return chunks < 1 ? 1 : chunks < kMostChunks ? chunks : kMostChunks;
}

/// Adds up one chunk of rows for 32 columns: to `sums`, or to the gradients if there is one chunk.
__global__ void __launch_bounds__(kColumns *kLanes)
    sumColumns(const float *dy, const float *x, const float *means, const float *rstds,
               double *sums, float *dscale, float *dbias, int64_t rows, int64_t cols) {
  const int64_t column = int64_t(blockIdx.x) * kColumns + threadIdx.x % kColumns;
  const int64_t begin = rows * blockIdx.y / gridDim.y, end = rows * (blockIdx.y + 1) / gridDim.y;
  double scaleSum = 0, biasSum = 0;
  if (column < cols)
    for (int64_t row = begin + threadIdx.x / kColumns; row < end; row += kLanes) {
      double g = dy[row * cols + column];
      scaleSum += g * ((double(x[row * cols + column]) - double(means[row])) * double(rstds[row]));
      biasSum += g;
    }
  scaleSum = sumOfLanes<kColumns, kLanes>(scaleSum);
  biasSum = sumOfLanes<kColumns, kLanes>(biasSum);
  if (threadIdx.x >= kColumns || column >= cols)
    return;
  if (sums) {
    sums[blockIdx.y * cols + column] = scaleSum;
    sums[(gridDim.y + blockIdx.y) * cols + column] = biasSum;
    return;
  }
  dscale[column] = static_cast<float>(scaleSum);
  if (dbias)
    dbias[column] = static_cast<float>(biasSum);
}

__global__ void __launch_bounds__(kRowThreads, 4)
    addChunks(const double *sums, float *dscale, float *dbias, int64_t chunks, int64_t cols) {
  const int64_t column = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (column >= cols)
    return;
  double scaleSum = 0, biasSum = 0;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    scaleSum += sums[chunk * cols + column];
    biasSum += sums[(chunks + chunk) * cols + column];
  }
  dscale[column] = static_cast<float>(scaleSum);
  if (dbias)
    dbias[column] = static_cast<float>(biasSum);
}

void runForward(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withRowShape(cols, [&](auto shape) {
    using Shape = decltype(shape);
    launchRows<Shape>(launch, rows, normalise<Shape>, launch.buffer<float>(0),
                      launch.buffer<float>(1), launch.buffer<float>(2), launch.buffer<float>(3),
                      launch.buffer<float>(4), launch.buffer<float>(5), rows, cols,
                      launch.sizes[2] != 0, launch.scalars[0]);
  });
}

/// Computes the gradient of the input, plus `addend` if it is not null; y, and y in bf16, if these
/// are not null.
void gradientOfInput(const Launch &launch, const float *addend, float *dx,
                     const float *bias = nullptr, float *y = nullptr, Bf16 *narrow = nullptr) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  withRowShape(cols, [&](auto shape) {
    using Shape = decltype(shape);
    auto run = [&](auto *kernel) {
      launchRows<Shape>(launch, rows, kernel, launch.buffer<float>(0), launch.buffer<float>(1),
                        launch.buffer<float>(2), launch.buffer<float>(3), launch.buffer<float>(4),
                        addend, bias, dx, y, narrow, rows, cols, launch.sizes[2] != 0);
    };
    y || narrow ? run(gradInput<true, Shape>) : run(gradInput<false, Shape>);
  });
}

void runGradInput(const Launch &launch) {
  gradientOfInput(launch, nullptr, launch.buffer<float>(5));
}

int64_t sumsWorkspace(const LaunchShape &shape) {
  int64_t chunks = chunksOf(shape.sizes[0]);
  return chunks == 1 ? 0 : 2 * chunks * shape.sizes[1] * int64_t(sizeof(double));
}

/// Computes the gradients of scale and bias: buffers `results` and `results + 1`. `statistics`: the
/// buffer of the means, behind which those of `rstd` are; `space`: that of the workspace.
void gradientsOfParams(const Launch &launch, int statistics, int results, int space) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1], chunks = chunksOf(rows);
  double *sums = chunks == 1 ? nullptr : launch.buffer<double>(space);
  float *dscale = launch.buffer<float>(results), *dbias = launch.buffer<float>(results + 1);
  cuda::launch(streamOf(launch), dim3(blocksFor(cols, kColumns), chunks), kColumns * kLanes,
               sumColumns, launch.buffer<float>(0), launch.buffer<float>(1),
               launch.buffer<float>(statistics), launch.buffer<float>(statistics + 1), sums, dscale,
               dbias, rows, cols);
  if (sums)
    cuda::launch(streamOf(launch), blocksFor(cols, kRowThreads), kRowThreads, addChunks, sums,
                 dscale, dbias, chunks, cols);
}

void runGradParams(const Launch &launch) {
  gradientsOfParams(launch, 2, 4, 6);
}

/// Two or three grids: the sums over columns first, since dx may be written over dy, and y over x.
void runGrad(const Launch &launch) {
  gradientsOfParams(launch, 3, 8, 12);
  gradientOfInput(launch, launch.buffer<float>(5), launch.buffer<float>(7), launch.buffer<float>(6),
                  launch.buffer<float>(10), launch.buffer<Bf16>(11));
}

} // namespace

const KernelOf<LayerNormArguments> layer_norm = {"layer_norm", runForward};
const KernelOf<LayerNormGradInputArguments> layer_norm_grad_input = {"layer_norm_grad_input",
                                                                     runGradInput};
const KernelOf<LayerNormGradParamsArguments> layer_norm_grad_params = {
    "layer_norm_grad_params", runGradParams, sumsWorkspace};
const KernelOf<LayerNormGradArguments> layer_norm_grad = {"layer_norm_grad", runGrad,
                                                          sumsWorkspace};

} // namespace plimsoll::cuda
