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
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

namespace plimsoll {
namespace {

constexpr int64_t kRun = 1024;

/// max(x, 0) - x y + ln(1 + e^-|x|), the logarithm accurate also near 0 (Kahan).
struct BceWithLogits {
  float value(float x, float y) const {
    float e = plimsoll::exp(-__builtin_fabsf(x)), u = 1.0f + e;
    float tail = u == 1.0f ? e : plimsoll::log(u) * (e / (u - 1.0f));
    return (x > 0.0f ? x : 0.0f * x) - x * y + tail;
  }
  float slope(float x, float y) const { return plimsoll::sigmoid(x) - y; }
};

struct L1 {
  float value(float x, float y) const { return __builtin_fabsf(x - y); }
  float slope(float x, float y) const {
    float d = x - y;
    return d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : d;
  }
};

struct Huber {
  float delta;
  float value(float x, float y) const {
    float d = x - y, size = __builtin_fabsf(d);
    return size > delta ? delta * (size - 0.5f * delta) : 0.5f * d * d;
  }
  float slope(float x, float y) const {
    float d = x - y;
    d = d > delta ? delta : d;
    return d < -delta ? -delta : d;
  }
};

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

/// body(loss) for the kind of the launch.
template <typename Body> void forKind(const Launch &launch, const Body &body) {
  switch (launch.sizes[1]) {
  case 0:
    return body(BceWithLogits());
  case 1:
    return body(L1());
  default:
    return body(Huber{static_cast<float>(launch.scalars[0])});
  }
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
