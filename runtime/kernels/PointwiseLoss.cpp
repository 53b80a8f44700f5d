//===- PointwiseLoss.cpp - means of losses of single numbers ----------------===//
//
//   x, target  f32 [count]; kind 0: binary cross entropy of sigmoid(x), 1: |x - target|,
//   2: Huber's, delta is its scalar
// pointwise_loss {x, target, loss [1]} {count, kind} {delta}
// pointwise_loss_grad {x, target, dloss [1], dx} {count, kind} {delta}
//   dx may be the bytes of x or of the target
//
// Terms in f32, their sum in f64: sixteen lanes in each of at most 1,024 runs, then a tree.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "FixedSum.h"
#include "Lanes.h"
#include "PointwiseTerms.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

constexpr int64_t kRun = 1024;

template <typename Loss> void runLoss(const Launch &launch, Loss loss) {
  const float *x = launch.buffer<float>(0), *y = launch.buffer<float>(1);
  int64_t count = launch.sizes[0];
  double sum = fixedSum(launch.threads, count, kRun, count * 8, [&](int64_t begin, int64_t end) {
    return laneSum<double>(
        end - begin, [&](int64_t i) { return double(loss.value(x[begin + i], y[begin + i])); });
  });
  *launch.buffer<float>(2) = static_cast<float>(sum / double(count));
}

template <typename Loss> void runGrad(const Launch &launch, Loss loss) {
  const float *x = launch.buffer<float>(0), *y = launch.buffer<float>(1);
  float *dx = launch.buffer<float>(3);
  int64_t count = launch.sizes[0];
  float factor = static_cast<float>(double(*launch.buffer<float>(2)) / double(count));
  cpu::parallelRanges(launch.threads, count, 1024, count * 8, [&](int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      dx[i] = factor * loss.slope(x[i], y[i]);
  });
}

void runAnyLoss(const Launch &launch) {
  forKind(launch, [&](auto loss) { runLoss(launch, loss); });
}
void runAnyGrad(const Launch &launch) {
  forKind(launch, [&](auto loss) { runGrad(launch, loss); });
}

} // namespace

const Kernel pointwise_loss = {"pointwise_loss", runAnyLoss};
const Kernel pointwise_loss_grad = {"pointwise_loss_grad", runAnyGrad};

} // namespace plimsoll
