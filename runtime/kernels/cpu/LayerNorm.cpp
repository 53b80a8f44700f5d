//===- LayerNorm.cpp - layer normalisation and its gradients ----------------===//
//
// layer_norm {x, scale, bias | null, y, mean, rstd} {rows, cols, uncentered} {epsilon}
//   x [rows, cols], scale [cols], bias [cols] -> y [rows, cols], mean [rows], rstd [rows]
//   y = (x - mean) * rstd * scale + bias; y may be x's bytes. Uncentered: mean is zero.
// layer_norm_grad_input {dy, x, scale, mean, rstd, dx} {rows, cols, uncentered}
//   dx may be dy's bytes.
// layer_norm_grad_params {dy, x, mean, rstd, dscale, dbias | null} {rows, cols}
// layer_norm_grad {dy, x, scale, mean, rstd, addend | null, bias | null, dx, dscale, dbias,
//   y | null, yNarrow | null} {rows, cols, uncentered}
//   Both in one pass; dx + addend, each rounded. dx may be dy's or the addend's bytes. y, as of
//   layer_norm but from the mean and rstd that are stored, may be x's bytes. yNarrow: y in bf16.
// Workspace of the last two: f64 [2, chunks, cols], sums over at most 64 chunks of rows
//
// If the type is f64, all buffers are f64. Row sums run in 16 fixed f64 lanes and a
// fixed tree; column sums (gradients of scale and bias) run over the rows of a chunk, then over the
// chunks, in f64. Threads own rows, or chunks: bits depend on the shape alone. Variance in two
// passes, biased: Ba et al. (2016), eq. 3.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Team.h"
#include "Vectors.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/Kernels.h"

#include <cmath>
#include <type_traits>

namespace plimsoll {
namespace {

/// Returns the sum of term(x)..., of the numbers of rows. `term` takes doubles, or vectors of them.
template <typename Term, typename... T>
double sumOfRows(int64_t cols, const Term &term, const T *...rows) {
  auto one = [&](int64_t i) { return term(double(rows[i])...); };
  if constexpr ((std::is_same_v<T, float> && ...))
    return cpu::sumInLanes(cols, one,
                           [&](int64_t i) { return term(cpu::SumLanes::wide(rows + i)...); });
  else
    return laneSum<double>(cols, one);
}

/// Writes y, which may be x, or y in another type, after rounding to T. `bias` may be null.
template <typename T, typename Y>
void normaliseRow(const T *x, const T *scale, const T *bias, double mean, double rstd, Y *y,
                  int64_t cols) {
  auto rounded = [](double value) { return static_cast<Y>(static_cast<T>(value)); };
  if (bias)
#pragma omp simd
    for (int64_t i = 0; i < cols; ++i)
      y[i] = rounded((double(x[i]) - mean) * rstd * double(scale[i]) + double(bias[i]));
  else
#pragma omp simd
    for (int64_t i = 0; i < cols; ++i)
      y[i] = rounded((double(x[i]) - mean) * rstd * double(scale[i]));
}

template <typename T>
void forwardRow(const T *x, const T *scale, const T *bias, T *y, T &mean, T &rstd, int64_t cols,
                bool uncentered, double epsilon) {
  double m = uncentered ? 0 : sumOfRows(cols, [](auto in) { return in; }, x) / double(cols);
  auto square = [=](auto in) {
    auto d = in - m;
    return d * d;
  };
  double variance = sumOfRows(cols, square, x) / double(cols);
  double r = 1.0 / std::sqrt(variance + epsilon);
  mean = static_cast<T>(m);
  rstd = static_cast<T>(r);
  // y is computed from the f64 mean: the stored f32 mean would lose bits that the sum kept.
  normaliseRow(x, scale, bias, m, r, y, cols);
}

template <typename T> void runForwardOf(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const T *x = launch.buffer<T>(0), *scale = launch.buffer<T>(1);
  const T *bias = launch.buffer<T>(2);
  T *y = launch.buffer<T>(3);
  T *mean = launch.buffer<T>(4), *rstd = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
    forwardRow(x + row * cols, scale, bias, y + row * cols, mean[row], rstd[row], cols,
               launch.sizes[2] != 0, launch.scalars[0]);
  });
}

/// One row's means of `dy scale` and of `dy scale n`, n the normalised row.
struct RowMeans {
  double gradient, product;
};

template <typename T>
RowMeans rowMeans(const T *dy, const T *x, const T *scale, double mean, double rstd, int64_t cols,
                  bool uncentered) {
  auto scaled = [](auto gradient, auto factor) { return gradient * factor; };
  auto product = [=](auto gradient, auto factor, auto in) {
    return gradient * factor * ((in - mean) * rstd);
  };
  double sum = uncentered ? 0 : sumOfRows(cols, scaled, dy, scale);
  double dot = sumOfRows(cols, product, dy, scale, x);
  return {sum / double(cols), dot / double(cols)};
}

template <typename T>
void gradInputRow(const T *dy, const T *x, const T *scale, double mean, double rstd, T *dx,
                  int64_t cols, bool uncentered) {
  RowMeans means = rowMeans(dy, x, scale, mean, rstd, cols, uncentered);
#pragma omp simd // dx may be dy
  for (int64_t i = 0; i < cols; ++i) {
    double normal = (double(x[i]) - mean) * rstd;
    dx[i] = static_cast<T>(
        rstd * (double(dy[i]) * double(scale[i]) - means.gradient - normal * means.product));
  }
}

template <typename T> void runGradInputOf(const Launch &launch) {
  int64_t rows = launch.sizes[0], cols = launch.sizes[1];
  const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1);
  const T *scale = launch.buffer<T>(2);
  const T *mean = launch.buffer<T>(3), *rstd = launch.buffer<T>(4);
  T *dx = launch.buffer<T>(5);
  cpu::parallelFor(launch.threads, rows, rows * cols, [&](int64_t row) {
    gradInputRow(dy + row * cols, x + row * cols, scale, mean[row], rstd[row], dx + row * cols,
                 cols, launch.sizes[2] != 0);
  });
}

constexpr int64_t kLeastRows = 32, kMostChunks = 64;

/// Returns in how many parts the rows are added up.
int64_t chunksOf(int64_t rows) {
  int64_t chunks = (rows + kLeastRows - 1) / kLeastRows;
  return chunks < 1 ? 1 : chunks < kMostChunks ? chunks : kMostChunks;
}

int64_t sumsWorkspace(const LaunchShape &shape) {
  return 2 * chunksOf(shape.sizes[0]) * shape.sizes[1] * int64_t(sizeof(double));
}

/// The gradients of scale and bias, for which the rows of a chunk are added up in f64.
template <typename T> struct ParamGradients {
  int64_t rows, cols, chunks;
  double *sums; ///< [2, chunks, cols]: of the scale, then of the bias
  T *dscale, *dbias;

  /// The gradients are buffers `first` and `first + 1` of the launch; `space`: the workspace.
  ParamGradients(const Launch &launch, int first, int space)
      : rows(launch.sizes[0]), cols(launch.sizes[1]), chunks(chunksOf(rows)),
        sums(launch.bufferCount > space ? launch.buffer<double>(space) : nullptr),
        dscale(launch.buffer<T>(first)), dbias(launch.buffer<T>(first + 1)) {}

  double *scaleSums(int64_t chunk) const { return sums + chunk * cols; }
  double *biasSums(int64_t chunk) const { return sums + (chunks + chunk) * cols; }

  /// Calls add(row, sums of the scale, sums of the bias) for all rows, those of a chunk in order.
  template <typename Add> void addRows(int threads, const Add &add) const {
    cpu::parallelFor(threads, chunks, rows * cols, [&](int64_t chunk) {
      double *scale = scaleSums(chunk), *bias = biasSums(chunk);
      for (int64_t i = 0; i < cols; ++i)
        scale[i] = bias[i] = 0;
      for (int64_t row = rows * chunk / chunks; row < rows * (chunk + 1) / chunks; ++row)
        add(row, scale, bias);
    });
    cpu::parallelRanges(threads, cols, 64, chunks * cols, [&](int, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        double scale = 0, bias = 0;
        for (int64_t chunk = 0; chunk < chunks; ++chunk)
          scale += scaleSums(chunk)[i], bias += biasSums(chunk)[i];
        dscale[i] = static_cast<T>(scale);
        if (dbias)
          dbias[i] = static_cast<T>(bias);
      }
    });
  }
};

template <typename T> void runGradParamsOf(const Launch &launch) {
  int64_t cols = launch.sizes[1];
  const T *mean = launch.buffer<T>(2), *rstd = launch.buffer<T>(3);
  ParamGradients<T> gradients(launch, 4, 6);
  gradients.addRows(launch.threads,
                    [&](int64_t row, double *__restrict scale, double *__restrict bias) {
                      const T *dy = launch.buffer<T>(0) + row * cols;
                      const T *x = launch.buffer<T>(1) + row * cols;
                      double m = mean[row], r = rstd[row];
                      for (int64_t i = 0; i < cols; ++i) {
                        scale[i] += double(dy[i]) * ((double(x[i]) - m) * r);
                        bias[i] += double(dy[i]);
                      }
                    });
}

/// One row of layer_norm_grad's operands and results; without an addend, a bias or y, they are
/// null.
template <typename T> struct GradRow {
  const T *dy, *x, *scale, *addend;
  T *dx;
  double mean, rstd;
};

/// Writes dx, and adds to the sums of scale and bias.
template <bool withAddend, typename T>
void gradRow(const GradRow<T> &row, double *__restrict scaleSum, double *__restrict biasSum,
             int64_t cols, bool uncentered) {
  const T *dy = row.dy, *x = row.x, *scale = row.scale, *addend = row.addend;
  T *dx = row.dx;
  const double mean = row.mean, rstd = row.rstd;
  RowMeans means = rowMeans(dy, x, scale, mean, rstd, cols, uncentered);
#pragma omp simd // dx may be dy or the addend
  for (int64_t i = 0; i < cols; ++i) {
    double gradient = dy[i], normal = (double(x[i]) - mean) * rstd;
    scaleSum[i] += gradient * normal;
    biasSum[i] += gradient;
    T own = static_cast<T>(rstd *
                           (gradient * double(scale[i]) - means.gradient - normal * means.product));
    if constexpr (withAddend)
      own += addend[i];
    dx[i] = own;
  }
}

template <typename T> void runGradOf(const Launch &launch) {
  int64_t cols = launch.sizes[1];
  const bool uncentered = launch.sizes[2] != 0;
  const T *dy = launch.buffer<T>(0), *x = launch.buffer<T>(1), *scale = launch.buffer<T>(2);
  const T *mean = launch.buffer<T>(3), *rstd = launch.buffer<T>(4), *addend = launch.buffer<T>(5);
  const T *bias = launch.buffer<T>(6);
  T *dx = launch.buffer<T>(7), *y = launch.buffer<T>(10);
  Bf16 *narrow = launch.buffer<Bf16>(11);
  ParamGradients<T> gradients(launch, 8, 12);
  gradients.addRows(launch.threads, [&](int64_t index, double *scaleSum, double *biasSum) {
    const int64_t at = index * cols;
    const GradRow<T> row = {dy + at, x + at,      scale,      addend ? addend + at : nullptr,
                            dx + at, mean[index], rstd[index]};
    addend ? gradRow<true>(row, scaleSum, biasSum, cols, uncentered)
           : gradRow<false>(row, scaleSum, biasSum, cols, uncentered);
    if (narrow)
      normaliseRow(x + at, scale, bias, row.mean, row.rstd, narrow + at, cols);
    if (y)
      normaliseRow(x + at, scale, bias, row.mean, row.rstd, y + at, cols);
  });
}

void runForward(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runForwardOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGradInput(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runGradInputOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGradParams(const Launch &launch) {
  withFloats(launch,
             [&](auto *tag) { runGradParamsOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) { runGradOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}

} // namespace

const KernelOf<LayerNormArguments> layer_norm = {"layer_norm", runForward};
const KernelOf<LayerNormGradInputArguments> layer_norm_grad_input = {"layer_norm_grad_input",
                                                                     runGradInput};
const KernelOf<LayerNormGradParamsArguments> layer_norm_grad_params = {
    "layer_norm_grad_params", runGradParams, sumsWorkspace};
const KernelOf<LayerNormGradArguments> layer_norm_grad = {"layer_norm_grad", runGrad,
                                                          sumsWorkspace};

} // namespace plimsoll
