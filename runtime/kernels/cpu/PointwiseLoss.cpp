//===- PointwiseLoss.cpp - means of elementwise losses ----------------------===//
//
//   x, target  [count], of the launch's type; kind 0: binary cross entropy of sigmoid(x), 1: |x -
//   target|, 2: Huber's, delta is its scalar
// pointwise_loss {x, target, loss [1]} {count, kind} {delta}
// pointwise_loss_grad {x, target, dloss [1], dx} {count, kind} {delta}
//   dx may be the bytes of x or of the target
//
// Terms are computed in the type of the data and summed in f64: sixteen lanes in each of at most
// 1,024 runs, then a tree.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "../../rules/PointwiseTerms.h"
#include "FixedSum.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

constexpr int64_t kRun = 1024;

template <typename T, typename Loss> void runLoss(const Launch &launch, Loss loss) {
  const T *x = launch.buffer<T>(0), *y = launch.buffer<T>(1);
  int64_t count = launch.sizes[0];
  double sum = fixedSum(launch.threads, count, kRun, count * 8, [&](int64_t begin, int64_t end) {
    return laneSum<double>(
        end - begin, [&](int64_t i) { return double(loss.value(x[begin + i], y[begin + i])); });
  });
  *launch.buffer<T>(2) = static_cast<T>(sum / double(count));
}

template <typename T, typename Loss> void runGrad(const Launch &launch, Loss loss) {
  const T *x = launch.buffer<T>(0), *y = launch.buffer<T>(1);
  T *dx = launch.buffer<T>(3);
  int64_t count = launch.sizes[0];
  T factor = static_cast<T>(double(*launch.buffer<T>(2)) / double(count));
  cpu::parallelRanges(launch.threads, count, 1024, count * 8, [&](int, int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      dx[i] = factor * loss.slope(x[i], y[i]);
  });
}

void runAnyLoss(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    forKind<T>(launch, [&](auto loss) { runLoss<T>(launch, loss); });
  });
}
void runAnyGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    forKind<T>(launch, [&](auto loss) { runGrad<T>(launch, loss); });
  });
}

} // namespace

const KernelOf<PointwiseLossArguments> pointwise_loss = {"pointwise_loss", runAnyLoss};
const KernelOf<PointwiseLossArguments> pointwise_loss_grad = {"pointwise_loss_grad", runAnyGrad};

} // namespace plimsoll
