//===- CrossEntropy.cpp - softmax cross entropy over classes ----------------===//
//
//   logits  [rows / inner, classes, inner], of the launch's type
//   labels  i64 [before + rows + behind]: of all rows, of which the logits are some
//   loss, accuracy  [1]: means over all rows that count; NaN when there are none; what the rows of
//           the logits add to them
// cross_entropy {logits, labels, loss, accuracy} {rows, classes, before, behind}
// cross_entropy_with_grad {logits, labels, loss, accuracy, dlogits} {rows, classes, before, behind}
//   dlogits = d(mean loss)/d(logits), may be the logits' bytes; zero in ignored rows
// cross_entropy_grad {logits, labels, dloss [1], dlogits} {rows, classes, before, behind}
//   dlogits = dloss * d(mean loss)/d(logits), may be the logits' bytes
// All of them may have, after these, the buffer {weights [classes] | null}, the sizes
// {ignored, inner} and the scalar {smoothing}, all of these or none (inner 1):
//   rows with the label `ignored` (-100) do not count; the target of a row is
//   (1 - smoothing) onehot + smoothing / classes; terms of class c are multiplied by weights[c],
//   and the sum is divided by the sum of weights[label]; inner: the distance in elements of two
//   classes of a row (the pixels of an image); it does not change the bits of a row
// The caller must refuse other labels outside [0, classes); here they make the loss NaN.
// accuracy counts the rows whose first largest score is the label.
//
// No matrix of probabilities exists besides the gradient. One thread computes a whole row, whose
// sum runs in 16 fixed f64 lanes; rows are added in at most 1,024 runs that depend on the shape
// alone, then as a tree, so that threads do not change bits.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cmath>

namespace plimsoll {
namespace {

constexpr int kRuns = 1024;

/// The optional operands, sizes and scalars of a launch, which follow its `buffers` buffers.
template <typename T> struct Options {
  int64_t ignored = -100, inner = 1;
  const T *weights = nullptr;
  double smoothing = 0;
  double weightSum = 0; ///< over all classes

  Options(const Launch &launch, int buffers) {
    if (launch.bufferCount <= buffers)
      return;
    ignored = launch.sizes[4];
    inner = launch.sizes[5];
    weights = launch.buffer<T>(buffers);
    smoothing = launch.scalars[0];
    int64_t classes = launch.sizes[1];
    weightSum = laneSum<double>(classes, [&](int64_t c) { return weight(c); });
  }
  double weight(int64_t c) const { return weights ? double(weights[c]) : 1.0; }
  bool plain() const { return !weights && smoothing == 0; }
};

/// The number of rows that count, and the sum of their weights.
struct Counted {
  int64_t rows = 0;
  double weight = 0;

  template <typename T>
  Counted(const int64_t *labels, int64_t count, int64_t classes, const Options<T> &options) {
    for (int64_t row = 0; row < count; ++row) {
      if (labels[row] == options.ignored)
        continue;
      ++rows;
      weight += labels[row] >= 0 && labels[row] < classes ? options.weight(labels[row]) : 1.0;
    }
  }
};

struct Totals {
  double loss[kRuns];
  int64_t correct[kRuns];
};

/// A row whose classes are `stride` elements apart.
template <typename T> struct Strided {
  T *first;
  int64_t stride;
  T &operator[](int64_t c) const { return first[c * stride]; }
  explicit operator bool() const { return first != nullptr; }
};

template <typename Row, typename T> bool labelIsFirstLargest(Row x, int64_t label, T top) {
  if (x[label] != top)
    return false;
  for (int64_t i = 0; i < label; ++i)
    if (x[i] == top)
      return false;
  return true;
}

/// Returns the loss of a row with label smoothing or class weights; with `out`, also writes its
/// gradient times `factor`.
template <typename T, typename Row, typename Out>
double spreadRow(Row x, int64_t label, int64_t classes, T top, Out out, double factor,
                 const Options<T> &options) {
  double atLabel = (1.0 - options.smoothing) * options.weight(label);
  double each = options.smoothing / double(classes), mass = atLabel + each * options.weightSum;
  double scores = laneSum<double>(
      classes, [&](int64_t c) { return options.weight(c) * (double(x[c]) - double(top)); });
  double score = atLabel * (double(x[label]) - double(top)) + each * scores;
  double sum =
      laneSum<double>(classes, [&](int64_t c) { return double(plimsoll::exp(x[c] - top)); });
  for (int64_t c = 0; out && c < classes; ++c) {
    double share = double(plimsoll::exp(x[c] - top)) / sum;
    double target = each * options.weight(c) + (c == label ? atLabel : 0.0);
    out[c] = static_cast<T>(factor * (mass * share - target));
  }
  return mass * std::log(sum) - score;
}

/// Adds a row to `loss` and `correct`; with `out`, also writes factor * (softmax - one hot).
template <typename T, typename Row, typename Out>
void lossRow(Row x, int64_t label, int64_t classes, double *loss, int64_t *correct, Out out,
             double factor, const Options<T> &options) {
  if (label < 0 || label >= classes || label == options.ignored) {
    for (int64_t c = 0; out && c < classes; ++c)
      out[c] = T(0);
    if (loss && label != options.ignored)
      *loss = __builtin_nan("");
    return;
  }
  T top = laneMax(classes, [&](int64_t i) { return x[i]; });
  double score = double(x[label]) - double(top);
  if (correct)
    *correct += labelIsFirstLargest(x, label, top);
  if (!options.plain()) {
    double spread = spreadRow(x, label, classes, top, out, factor, options);
    if (loss)
      *loss += spread;
    return;
  }
  double sum = 0;
  if (out) {
    for (int64_t i = 0; i < classes; ++i)
      out[i] = plimsoll::exp(x[i] - top);
    sum = laneSum<double>(classes, [&](int64_t i) { return double(out[i]); });
    T scale = static_cast<T>(factor / sum);
    double atLabel = double(out[label]) / sum - 1.0;
    for (int64_t i = 0; i < classes; ++i)
      out[i] *= scale;
    out[label] = static_cast<T>(factor * atLabel);
  } else {
    sum = laneSum<double>(classes, [&](int64_t i) { return double(plimsoll::exp(x[i] - top)); });
  }
  if (loss)
    *loss += std::log(sum) - score;
}

/// Visits every row once. Writes the means to `loss` and `accuracy` unless null, and the gradient
/// to `out` unless null.
template <typename T>
void sweep(const Launch &launch, T *loss, T *accuracy, T *out, double upstream,
           const Options<T> &options) {
  int64_t rows = launch.sizes[0], classes = launch.sizes[1];
  const T *logits = launch.buffer<T>(0);
  const int64_t before = launch.sizes[2], behind = launch.sizes[3];
  const int64_t *allLabels = launch.buffer<int64_t>(1), *labels = allLabels + before;
  int64_t runs = rows < kRuns ? rows : kRuns;
  const Counted counted(allLabels, before + rows + behind, classes, options);
  double factor = counted.rows ? upstream / counted.weight : 0.0;
  Totals totals;
  cpu::parallelFor(launch.threads, runs, rows * classes * 4, [&](int64_t run) {
    totals.loss[run] = 0;
    totals.correct[run] = 0;
    for (int64_t row = rows * run / runs; row < rows * (run + 1) / runs; ++row) {
      double *sum = &totals.loss[run];
      int64_t *correct = loss ? &totals.correct[run] : nullptr, inner = options.inner;
      int64_t first = row / inner * classes * inner + row % inner;
      if (inner == 1)
        lossRow(logits + first, labels[row], classes, sum, correct, out ? out + first : nullptr,
                factor, options);
      else
        lossRow(Strided<const T>{logits + first, inner}, labels[row], classes, sum, correct,
                Strided<T>{out ? out + first : nullptr, inner}, factor, options);
    }
  });
  if (!loss)
    return;
  int64_t correct = 0;
  for (int64_t run = 0; run < runs; ++run)
    correct += totals.correct[run];
  for (int64_t width = 1; width < runs; width *= 2)
    for (int64_t run = 0; run + width < runs; run += 2 * width)
      totals.loss[run] += totals.loss[run + width];
  *loss = static_cast<T>((runs ? totals.loss[0] : 0.0) / counted.weight);
  *accuracy = static_cast<T>(double(correct) / double(counted.rows));
}

/// The number of buffers of each kernel before the optional ones.
constexpr int kLossBuffers = 4, kLossWithGradBuffers = 5, kGradBuffers = 4;

/// Calls run(options) in the element type of the launch.
template <typename Run> void withOptions(const Launch &launch, int buffers, const Run &run) {
  withFloats(launch, [&](auto *tag) {
    run(Options<std::remove_pointer_t<decltype(tag)>>(launch, buffers));
  });
}

void runLoss(const Launch &launch) {
  withOptions(launch, kLossBuffers, [&]<typename T>(const Options<T> &options) {
    sweep<T>(launch, launch.buffer<T>(2), launch.buffer<T>(3), nullptr, 1.0, options);
  });
}
void runLossWithGrad(const Launch &launch) {
  withOptions(launch, kLossWithGradBuffers, [&]<typename T>(const Options<T> &options) {
    sweep<T>(launch, launch.buffer<T>(2), launch.buffer<T>(3), launch.buffer<T>(4), 1.0, options);
  });
}
void runGrad(const Launch &launch) {
  withOptions(launch, kGradBuffers, [&]<typename T>(const Options<T> &options) {
    double upstream = *launch.buffer<T>(2);
    sweep<T>(launch, nullptr, nullptr, launch.buffer<T>(3), upstream, options);
  });
}

} // namespace

const KernelOf<CrossEntropyArguments> cross_entropy = {"cross_entropy", runLoss};
const KernelOf<CrossEntropyArguments> cross_entropy_with_grad = {"cross_entropy_with_grad",
                                                                 runLossWithGrad};
const KernelOf<CrossEntropyArguments> cross_entropy_grad = {"cross_entropy_grad", runGrad};

} // namespace plimsoll
