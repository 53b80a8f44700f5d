//===- CrossEntropy.cpp - softmax cross entropy over classes ----------------===//
//
//   logits  f32 [rows, classes], labels i64 [rows] (-100: row ignored)
//   loss, accuracy  f32 [1]: means over the rows not ignored; NaN when there are none
// cross_entropy {logits, labels, loss, accuracy} {rows, classes}
// cross_entropy_with_grad {logits, labels, loss, accuracy, dlogits} {rows, classes}
//   dlogits = d(mean loss)/d(logits), may be the logits' bytes; zero in ignored rows
// cross_entropy_grad {logits, labels, dloss [1], dlogits} {rows, classes}
//   dlogits = dloss * d(mean loss)/d(logits), may be the logits' bytes
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

constexpr int64_t kIgnored = -100;
constexpr int kRuns = 1024;

int64_t countedRows(const int64_t *labels, int64_t rows) {
  int64_t counted = 0;
  for (int64_t row = 0; row < rows; ++row)
    counted += labels[row] != kIgnored;
  return counted;
}

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

/// Adds a row to `loss` and `correct`; with `out`, also writes factor * (softmax - one hot).
void lossRow(const float *x, int64_t label, int64_t classes, double *loss, int64_t *correct,
             float *out, double factor) {
  if (label < 0 || label >= classes) {
    if (out)
      std::memset(out, 0, classes * sizeof(float));
    if (loss && label != kIgnored)
      *loss = __builtin_nan("");
    return;
  }
  float top = laneMax(classes, [&](int64_t i) { return x[i]; });
  double score = double(x[label]) - double(top);
  if (correct)
    *correct += labelIsFirstLargest(x, label, top);
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
void sweep(const Launch &launch, float *loss, float *accuracy, float *out, double upstream) {
  int64_t rows = launch.sizes[0], classes = launch.sizes[1];
  const float *logits = launch.buffer<float>(0);
  const int64_t *labels = launch.buffer<int64_t>(1);
  int64_t counted = countedRows(labels, rows), runs = rows < kRuns ? rows : kRuns;
  double factor = counted ? upstream / double(counted) : 0.0;
  Totals totals;
  cpu::parallelFor(launch.threads, runs, rows * classes * 4, [&](int64_t run) {
    totals.loss[run] = 0;
    totals.correct[run] = 0;
    for (int64_t row = rows * run / runs; row < rows * (run + 1) / runs; ++row)
      lossRow(logits + row * classes, labels[row], classes, &totals.loss[run],
              loss ? &totals.correct[run] : nullptr, out ? out + row * classes : nullptr, factor);
  });
  if (!loss)
    return;
  int64_t correct = 0;
  for (int64_t run = 0; run < runs; ++run)
    correct += totals.correct[run];
  for (int64_t width = 1; width < runs; width *= 2)
    for (int64_t run = 0; run + width < runs; run += 2 * width)
      totals.loss[run] += totals.loss[run + width];
  *loss = static_cast<float>((runs ? totals.loss[0] : 0.0) / double(counted));
  *accuracy = static_cast<float>(double(correct) / double(counted));
}

void runLoss(const Launch &launch) {
  sweep(launch, launch.buffer<float>(2), launch.buffer<float>(3), nullptr, 1.0);
}
void runLossWithGrad(const Launch &launch) {
  sweep(launch, launch.buffer<float>(2), launch.buffer<float>(3), launch.buffer<float>(4), 1.0);
}
void runGrad(const Launch &launch) {
  double upstream = *launch.buffer<float>(2);
  sweep(launch, nullptr, nullptr, launch.buffer<float>(3), upstream);
}

} // namespace

const Kernel cross_entropy = {"cross_entropy", runLoss};
const Kernel cross_entropy_with_grad = {"cross_entropy_with_grad", runLossWithGrad};
const Kernel cross_entropy_grad = {"cross_entropy_grad", runGrad};

} // namespace plimsoll
