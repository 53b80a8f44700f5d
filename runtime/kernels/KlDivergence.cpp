//===- KlDivergence.cpp - how far a softmax is from a target distribution ---===//
//
//   logits, target  f32 [rows, classes]; T: temperature
// kl_divergence {logits, target, loss [1]} {rows, classes, batch} {T}
//   T^2 / batch * sum target (ln target - log_softmax(logits / T)); 0 ln 0 = 0
// kl_divergence_grad {logits, target, dloss [1], dlogits} {rows, classes, batch} {T}
//   dloss T / batch (softmax(logits / T) sum(target) - target); dlogits may be the logits' bytes
//
// A row: f64 sums in sixteen lanes. Rows: at most 1,024 runs, then a tree.
// Source: Hinton, Vinyals and Dean (2015), section 2; torch.nn.functional.kl_div.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "FixedSum.h"
#include "Lanes.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cmath>

namespace plimsoll {
namespace {

double rowLoss(const float *x, const float *target, int64_t classes, float temperature) {
  float top = laneMax(classes, [&](int64_t i) { return x[i]; });
  auto score = [&](int64_t i) { return (x[i] - top) / temperature; };
  double total =
      laneSum<double>(classes, [&](int64_t i) { return double(plimsoll::exp(score(i))); });
  double logTotal = std::log(total);
  return laneSum<double>(classes, [&](int64_t i) {
    double share = target[i], logShare = target[i] > 0.0f ? double(plimsoll::log(target[i])) : 0.0;
    return share * (logShare - double(score(i)) + logTotal);
  });
}

void rowGrad(const float *x, const float *target, float *out, int64_t classes, float temperature,
             double factor) {
  float top = laneMax(classes, [&](int64_t i) { return x[i]; });
  for (int64_t i = 0; i < classes; ++i)
    out[i] = plimsoll::exp((x[i] - top) / temperature);
  double total = laneSum<double>(classes, [&](int64_t i) { return double(out[i]); });
  double mass = laneSum<double>(classes, [&](int64_t i) { return double(target[i]); });
  double share = mass / total;
  for (int64_t i = 0; i < classes; ++i)
    out[i] = static_cast<float>(factor * (share * double(out[i]) - double(target[i])));
}

void runLoss(const Launch &launch) {
  const float *x = launch.buffer<float>(0), *target = launch.buffer<float>(1);
  int64_t rows = launch.sizes[0], classes = launch.sizes[1], batch = launch.sizes[2];
  double t = launch.scalars[0];
  double sum =
      fixedSum(launch.threads, rows, 1, rows * classes * 8, [&](int64_t begin, int64_t end) {
        double part = 0;
        for (int64_t row = begin; row < end; ++row)
          part +=
              rowLoss(x + row * classes, target + row * classes, classes, static_cast<float>(t));
        return part;
      });
  *launch.buffer<float>(2) = static_cast<float>(t * t * sum / double(batch));
}

void runGrad(const Launch &launch) {
  const float *x = launch.buffer<float>(0), *target = launch.buffer<float>(1);
  float *out = launch.buffer<float>(3);
  int64_t rows = launch.sizes[0], classes = launch.sizes[1], batch = launch.sizes[2];
  double t = launch.scalars[0], factor = double(*launch.buffer<float>(2)) * t / double(batch);
  cpu::parallelFor(launch.threads, rows, rows * classes * 8, [&](int64_t row) {
    int64_t at = row * classes;
    rowGrad(x + at, target + at, out + at, classes, static_cast<float>(t), factor);
  });
}

} // namespace

const Kernel kl_divergence = {"kl_divergence", runLoss};
const Kernel kl_divergence_grad = {"kl_divergence_grad", runGrad};

} // namespace plimsoll
