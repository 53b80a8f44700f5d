//===- KlDivergence.cpp - divergence of a softmax from target distributions -===//
//
//   logits, target  [rows, classes], of the launch's type; T: temperature
// kl_divergence {logits, target, loss [1]} {rows, classes, batch} {T}
//   T^2 / batch * sum target (ln target - log_softmax(logits / T)); 0 ln 0 = 0
// kl_divergence_grad {logits, target, dloss [1], dlogits} {rows, classes, batch} {T}
//   dloss T / batch (softmax(logits / T) sum(target) - target); dlogits may be the logits' bytes
//
// Sums over a row run in sixteen f64 lanes; rows are added in at most 1,024 runs, then as a tree.
// Source: Hinton, Vinyals and Dean (2015), section 2; torch.nn.functional.kl_div.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "FixedSum.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cmath>

namespace plimsoll {
namespace {

template <typename T> double rowLoss(const T *x, const T *target, int64_t classes, T temperature) {
  T top = laneMax(classes, [&](int64_t i) { return x[i]; });
  auto score = [&](int64_t i) { return (x[i] - top) / temperature; };
  double total =
      laneSum<double>(classes, [&](int64_t i) { return double(plimsoll::exp(score(i))); });
  double logTotal = std::log(total);
  return laneSum<double>(classes, [&](int64_t i) {
    double share = target[i], logShare = target[i] > T(0) ? double(plimsoll::log(target[i])) : 0.0;
    return share * (logShare - double(score(i)) + logTotal);
  });
}

template <typename T>
void rowGrad(const T *x, const T *target, T *out, int64_t classes, T temperature, double factor) {
  T top = laneMax(classes, [&](int64_t i) { return x[i]; });
  for (int64_t i = 0; i < classes; ++i)
    out[i] = plimsoll::exp((x[i] - top) / temperature);
  double total = laneSum<double>(classes, [&](int64_t i) { return double(out[i]); });
  double mass = laneSum<double>(classes, [&](int64_t i) { return double(target[i]); });
  double share = mass / total;
  for (int64_t i = 0; i < classes; ++i)
    out[i] = static_cast<T>(factor * (share * double(out[i]) - double(target[i])));
}

template <typename T> void runLossOf(const Launch &launch) {
  const T *x = launch.buffer<T>(0), *target = launch.buffer<T>(1);
  int64_t rows = launch.sizes[0], classes = launch.sizes[1], batch = launch.sizes[2];
  double t = launch.scalars[0];
  double sum =
      fixedSum(launch.threads, rows, 1, rows * classes * 8, [&](int64_t begin, int64_t end) {
        double part = 0;
        for (int64_t row = begin; row < end; ++row)
          part += rowLoss(x + row * classes, target + row * classes, classes, static_cast<T>(t));
        return part;
      });
  *launch.buffer<T>(2) = static_cast<T>(t * t * sum / double(batch));
}

template <typename T> void runGradOf(const Launch &launch) {
  const T *x = launch.buffer<T>(0), *target = launch.buffer<T>(1);
  T *out = launch.buffer<T>(3);
  int64_t rows = launch.sizes[0], classes = launch.sizes[1], batch = launch.sizes[2];
  double t = launch.scalars[0], factor = double(*launch.buffer<T>(2)) * t / double(batch);
  cpu::parallelFor(launch.threads, rows, rows * classes * 8, [&](int64_t row) {
    int64_t at = row * classes;
    rowGrad(x + at, target + at, out + at, classes, static_cast<T>(t), factor);
  });
}

void runLoss(const Launch &launch) {
  withFloats(launch, [&](auto *tag) { runLossOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}
void runGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) { runGradOf<std::remove_pointer_t<decltype(tag)>>(launch); });
}

} // namespace

const KernelOf<KlDivergenceArguments> kl_divergence = {"kl_divergence", runLoss};
const KernelOf<KlDivergenceArguments> kl_divergence_grad = {"kl_divergence_grad", runGrad};

} // namespace plimsoll
