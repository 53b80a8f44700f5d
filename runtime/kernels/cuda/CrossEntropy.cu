//===- CrossEntropy.cu - softmax cross entropy over classes ------------------===//
//
// cpu/CrossEntropy.cpp documents buffers, sizes and scalars; the last buffer is the workspace
//   {double weight; int64 counted; double loss[rows]; int64 correct[rows]}
// There are three launches: one block counts the rows that count and adds their weights; a warp (up
// to 1,024 classes) or a block of 256 threads computes each row; one block adds up the rows. The
// gradient may be written over the scores: a row is read whole before any of it is written.
// Sums are f64, in trees that depend on the shape alone. At most 48 registers: 5 blocks per
// multiprocessor.
//===----------------------------------------------------------------------===//
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Math.h"

namespace plimsoll::cuda {
namespace {

constexpr int kThreads = 256, kWarpClasses = 1024;

struct Options {
  int64_t rows, classes, ignored, inner; ///< inner: elements between two classes of a row
  const float *weights;                  ///< [classes], or null
  double smoothing;

  __device__ double weight(int64_t c) const { return weights ? double(weights[c]) : 1.0; }
  /// Returns the first element of a row. Divides in 32 bits, which needs no call of a function;
  /// more rows than that, with labels, scores and workspace, do not fit on a GPU.
  __device__ int64_t first(int64_t row) const {
    const uint32_t image = uint32_t(row) / uint32_t(inner);
    return image * classes * inner + (row - image * inner);
  }
};

struct Workspace {
  double *weight;
  int64_t *counted;
  double *loss;
  int64_t *correct;
};

/// Computes the sum of the weights of the rows that count, and their number.
__global__ void __launch_bounds__(kThreads)
    countRows(Options o, const int64_t *labels, int64_t rows, Workspace space) {
  double weight = 0;
  int64_t counted = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kThreads) {
    int64_t label = labels[row];
    if (label == o.ignored)
      continue;
    ++counted;
    weight += label >= 0 && label < o.classes ? o.weight(label) : 1.0;
  }
  weight = combineBlock<kThreads>(weight, Add());
  counted = combineBlock<kThreads>(counted, Add());
  if (threadIdx.x == 0) {
    *space.weight = weight;
    *space.counted = counted;
  }
}

/// Combines the values of the `lanes` threads that share a row.
template <int lanes, typename T, typename Combine>
__device__ __forceinline__ T combineRow(T value, Combine combine) {
  if constexpr (lanes == 32)
    return combineLanes<32>(value, combine);
  else
    return combineBlock<lanes>(value, combine);
}

/// The sums of a row whose label counts.
struct RowSums {
  float top;
  int64_t firstTop;
  double exponentials, scores, weights; ///< the last two only with smoothing or class weights
};

template <int lanes>
__device__ RowSums sumsOf(const float *x, int lane, const Options &o, bool spread) {
  RowSums sums = {-detail::kInfinity, o.classes, 0, 0, 0};
  for (int64_t c = lane; c < o.classes; c += lanes)
    sums.top = x[c * o.inner] > sums.top ? x[c * o.inner] : sums.top;
  sums.top = combineRow<lanes>(sums.top, Larger());
  for (int64_t c = lane; c < o.classes; c += lanes) {
    const float value = x[c * o.inner];
    if (value == sums.top && c < sums.firstTop)
      sums.firstTop = c;
    sums.exponentials += double(plimsoll::exp(value - sums.top));
    if (!spread)
      continue;
    sums.scores += o.weight(c) * (double(value) - double(sums.top));
    sums.weights += o.weight(c);
  }
  sums.firstTop = combineRow<lanes>(sums.firstTop, Smaller());
  sums.exponentials = combineRow<lanes>(sums.exponentials, Add());
  if (spread) {
    sums.scores = combineRow<lanes>(sums.scores, Add());
    sums.weights = combineRow<lanes>(sums.weights, Add());
  }
  return sums;
}

/// Writes the losses of rows to the workspace if `withLoss`, and their gradients times `upstream`
/// (null: 1) to `out` unless null.
template <int lanes>
__global__ void __launch_bounds__(kThreads)
    lossRows(Options o, const float *logits, const int64_t *labels, const float *upstream,
             float *out, Workspace space, bool withLoss) {
  const int lane = threadIdx.x % lanes;
  const int64_t row = int64_t(blockIdx.x) * (kThreads / lanes) + threadIdx.x / lanes;
  if (row >= o.rows)
    return;
  const int64_t first = o.first(row);
  const float *x = logits + first;
  const int64_t label = labels[row];
  if (label < 0 || label >= o.classes || label == o.ignored) {
    for (int64_t c = lane; out && c < o.classes; c += lanes)
      out[first + c * o.inner] = 0.0f;
    if (lane == 0 && withLoss) {
      space.loss[row] = label == o.ignored ? 0.0 : double(detail::kNaN);
      space.correct[row] = 0;
    }
    return;
  }
  const bool spread = o.weights || o.smoothing != 0;
  const RowSums sums = sumsOf<lanes>(x, lane, o, spread);
  const double score = double(x[label * o.inner]) - double(sums.top);
  const double atLabel = spread ? (1.0 - o.smoothing) * o.weight(label) : 1.0;
  const double each = spread ? o.smoothing / double(o.classes) : 0.0;
  const double mass = atLabel + each * sums.weights;
  if (lane == 0 && withLoss) {
    space.loss[row] = mass * ::log(sums.exponentials) - (atLabel * score + each * sums.scores);
    space.correct[row] = sums.firstTop == label;
  }
  if (!out)
    return;
  const double factor = (upstream ? double(*upstream) : 1.0) / *space.weight;
  if constexpr (lanes == 32) // every lane has read the label's score
    __syncwarp();
  else
    __syncthreads();
  for (int64_t c = lane; c < o.classes; c += lanes) {
    double share = double(plimsoll::exp(x[c * o.inner] - sums.top)) / sums.exponentials;
    double target = (spread ? each * o.weight(c) : 0.0) + (c == label ? atLabel : 0.0);
    out[first + c * o.inner] = static_cast<float>(factor * (mass * share - target));
  }
}

__global__ void __launch_bounds__(kThreads)
    finishLoss(int64_t rows, Workspace space, float *loss, float *accuracy) {
  double sum = 0;
  int64_t correct = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kThreads) {
    sum += space.loss[row];
    correct += space.correct[row];
  }
  sum = combineBlock<kThreads>(sum, Add());
  correct = combineBlock<kThreads>(correct, Add());
  if (threadIdx.x == 0) {
    *loss = static_cast<float>(sum / *space.weight);
    *accuracy = static_cast<float>(double(correct) / double(*space.counted));
  }
}

int64_t workspace(const LaunchShape &shape) {
  return 16 + shape.sizes[0] * 16;
}

/// Runs a launch with `buffers` buffers before its optional ones.
void sweep(const Launch &launch, int buffers, float *loss, float *accuracy, const float *upstream,
           float *out) {
  Options o = {launch.sizes[0], launch.sizes[1], -100, 1, nullptr, 0};
  if (launch.sizeCount > 4) {
    o.ignored = launch.sizes[4];
    o.inner = launch.sizes[5];
    o.weights = launch.buffer<float>(buffers);
    o.smoothing = launch.scalars[0];
  }
  auto *bytes = launch.buffer<std::byte>(launch.bufferCount - 1);
  auto *losses = reinterpret_cast<double *>(bytes + 16);
  Workspace space = {reinterpret_cast<double *>(bytes), reinterpret_cast<int64_t *>(bytes + 8),
                     losses, reinterpret_cast<int64_t *>(losses + o.rows)};
  const auto *logits = launch.buffer<float>(0);
  const int64_t before = launch.sizes[2], behind = launch.sizes[3];
  const auto *allLabels = launch.buffer<int64_t>(1), *labels = allLabels + before;
  Stream stream = streamOf(launch);
  cuda::launch(stream, 1, kThreads, countRows, o, allLabels, before + o.rows + behind, space);
  if (o.classes <= kWarpClasses)
    cuda::launch(stream, blocksFor(o.rows, kThreads / 32), kThreads, lossRows<32>, o, logits,
                 labels, upstream, out, space, loss != nullptr);
  else
    cuda::launch(stream, o.rows, kThreads, lossRows<kThreads>, o, logits, labels, upstream, out,
                 space, loss != nullptr);
  if (loss)
    cuda::launch(stream, 1, kThreads, finishLoss, o.rows, space, loss, accuracy);
}

void runLoss(const Launch &launch) {
  sweep(launch, 4, launch.buffer<float>(2), launch.buffer<float>(3), nullptr, nullptr);
}
void runLossWithGrad(const Launch &launch) {
  sweep(launch, 5, launch.buffer<float>(2), launch.buffer<float>(3), nullptr,
        launch.buffer<float>(4));
}
void runGrad(const Launch &launch) {
  sweep(launch, 4, nullptr, nullptr, launch.buffer<float>(2), launch.buffer<float>(3));
}

} // namespace

const KernelOf<CrossEntropyArguments> cross_entropy = {"cross_entropy", runLoss, workspace};
const KernelOf<CrossEntropyArguments> cross_entropy_with_grad = {"cross_entropy_with_grad",
                                                                 runLossWithGrad, workspace};
const KernelOf<CrossEntropyArguments> cross_entropy_grad = {"cross_entropy_grad", runGrad,
                                                            workspace};

} // namespace plimsoll::cuda
