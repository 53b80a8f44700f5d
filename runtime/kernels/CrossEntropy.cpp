//===- CrossEntropy.cpp - softmax cross entropy over classes ----------------===//
//
//   logits  f32 [rows, classes], labels i64 [rows]
//   loss, accuracy  f32 [1]: means over the rows that count; NaN when there are none
// cross_entropy {logits, labels, loss, accuracy} {rows, classes}
// cross_entropy_with_grad {logits, labels, loss, accuracy, dlogits} {rows, classes}
//   dlogits = d(mean loss)/d(logits), may be the logits' bytes; zero in ignored rows
// cross_entropy_grad {logits, labels, dloss [1], dlogits} {rows, classes}
//   dlogits = dloss * d(mean loss)/d(logits), may be the logits' bytes
// All of them may have, behind these, the buffer {weights f32 [classes] | null}, the size
// {ignored} and the scalar {smoothing}, all three or none:
//   rows of the label `ignored` (-100) do not count; the target of a row is
//   (1 - smoothing) onehot + smoothing / classes; terms of class c count weights[c] times, and the
//   sum is divided by that of weights[label]
// Other labels outside [0, classes) are the caller's to refuse; here they make the loss NaN.
// accuracy counts the rows whose first largest score is the label.
//
// Never a probability matrix beside the gradient. A row is one thread's, its sum runs in
// 16 fixed f64 lanes; rows are gathered in at most 1,024 runs that depend on the shape
// alone, then a tree, so that threads do not change bits.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "Lanes.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cmath>
#include <cstring>

namespace plimsoll {
namespace {

constexpr int kRuns = 1024;

/// What a launch of `buffers` buffers may have behind them.
struct Options {
  int64_t ignored = -100;
  const float *weights = nullptr;
  double smoothing = 0;
  double weightSum = 0; ///< over all classes

  Options(const Launch &launch, int buffers) {
    if (launch.sizeCount <= 2)
      return;
    ignored = launch.sizes[2];
    weights = launch.buffer<float>(buffers);
    smoothing = launch.scalars[0];
    int64_t classes = launch.sizes[1];
    weightSum = laneSum<double>(classes, [&](int64_t c) { return weight(c); });
  }
  double weight(int64_t c) const { return weights ? double(weights[c]) : 1.0; }
  bool plain() const { return !weights && smoothing == 0; }
};

/// Rows that count, and their weights together.
struct Counted {
  int64_t rows = 0;
  double weight = 0;

  Counted(const int64_t *labels, int64_t count, int64_t classes, const Options &options) {
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

bool labelIsFirstLargest(const float *x, int64_t label, float top) {
  if (x[label] != top)
    return false;
  for (int64_t i = 0; i < label; ++i)
    if (x[i] == top)
      return false;
  return true;
}

/// The loss of a row whose target is spread or whose classes are weighted; with `out`, also its
/// gradient times `factor`.
double spreadRow(const float *x, int64_t label, int64_t classes, float top, float *out,
                 double factor, const Options &options) {
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
    out[c] = static_cast<float>(factor * (mass * share - target));
  }
  return mass * std::log(sum) - score;
}

/// Adds a row to `loss` and `correct`; with `out`, also writes factor * (softmax - one hot).
void lossRow(const float *x, int64_t label, int64_t classes, double *loss, int64_t *correct,
             float *out, double factor, const Options &options) {
  if (label < 0 || label >= classes || label == options.ignored) {
    if (out)
      std::memset(out, 0, classes * sizeof(float));
    if (loss && label != options.ignored)
      *loss = __builtin_nan("");
    return;
  }
  float top = laneMax(classes, [&](int64_t i) { return x[i]; });
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
    float scale = static_cast<float>(factor / sum);
    double atLabel = double(out[label]) / sum - 1.0;
    for (int64_t i = 0; i < classes; ++i)
      out[i] *= scale;
    out[label] = static_cast<float>(factor * atLabel);
  } else {
    sum = laneSum<double>(classes, [&](int64_t i) { return double(plimsoll::exp(x[i] - top)); });
  }
  if (loss)
    *loss += std::log(sum) - score;
}

/// Every row once; means to `loss` and `accuracy` unless null, gradient to `out` unless null.
void sweep(const Launch &launch, float *loss, float *accuracy, float *out, double upstream,
           const Options &options) {
  int64_t rows = launch.sizes[0], classes = launch.sizes[1];
  const float *logits = launch.buffer<float>(0);
  const int64_t *labels = launch.buffer<int64_t>(1);
  int64_t runs = rows < kRuns ? rows : kRuns;
  const Counted counted(labels, rows, classes, options);
  double factor = counted.rows ? upstream / counted.weight : 0.0;
  Totals totals;
  cpu::parallelFor(launch.threads, runs, rows * classes * 4, [&](int64_t run) {
    totals.loss[run] = 0;
    totals.correct[run] = 0;
    for (int64_t row = rows * run / runs; row < rows * (run + 1) / runs; ++row)
      lossRow(logits + row * classes, labels[row], classes, &totals.loss[run],
              loss ? &totals.correct[run] : nullptr, out ? out + row * classes : nullptr, factor,
              options);
  });
  if (!loss)
    return;
  int64_t correct = 0;
  for (int64_t run = 0; run < runs; ++run)
    correct += totals.correct[run];
  for (int64_t width = 1; width < runs; width *= 2)
    for (int64_t run = 0; run + width < runs; run += 2 * width)
      totals.loss[run] += totals.loss[run + width];
  *loss = static_cast<float>((runs ? totals.loss[0] : 0.0) / counted.weight);
  *accuracy = static_cast<float>(double(correct) / double(counted.rows));
}

void runLoss(const Launch &launch) {
  sweep(launch, launch.buffer<float>(2), launch.buffer<float>(3), nullptr, 1.0, Options(launch, 4));
}
void runLossWithGrad(const Launch &launch) {
  sweep(launch, launch.buffer<float>(2), launch.buffer<float>(3), launch.buffer<float>(4), 1.0,
        Options(launch, 5));
}
void runGrad(const Launch &launch) {
  double upstream = *launch.buffer<float>(2);
  sweep(launch, nullptr, nullptr, launch.buffer<float>(3), upstream, Options(launch, 4));
}

} // namespace

const Kernel cross_entropy = {"cross_entropy", runLoss};
const Kernel cross_entropy_with_grad = {"cross_entropy_with_grad", runLossWithGrad};
const Kernel cross_entropy_grad = {"cross_entropy_grad", runGrad};

} // namespace plimsoll
