//===- Gradients.cpp - gradients between backward pass and update -----------===//
//
// accumulate {sum, gradient, hyper} {count}
//   sum += gradient; in the step's first micro-batch sum = gradient. In place.
// keep_micro_batch {all, part, hyper} {batches, count}
//   all [batches, count]: all[b, :] = part, where b is the number of the micro-batch. In place.
//   Nothing is written for a number that is not in [0, batches).
// sum_squares {x, sum f64 [1]} {count}
//   summed in f64: sixteen lanes in each of at most 1,024 runs, then a tree
// clip_by_norm {squares f64 [1]..., scale [1], norm [1]} {number of squares} {maxNorm}
//   norm = sqrt(sum of squares, first to last); scale = min(1, maxNorm / (norm + 1e-6))
//
// Source: torch/nn/utils/clip_grad.py.
//===----------------------------------------------------------------------===//
#include "FixedSum.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Program.h"

#include <cmath>

namespace plimsoll {
namespace {

constexpr int64_t kRun = 4096;

void addRange(float *__restrict sum, const float *__restrict gradient, int64_t count) {
  for (int64_t i = 0; i < count; ++i)
    sum[i] += gradient[i];
}

void runAccumulate(const Launch &launch) {
  float *sum = launch.buffer<float>(0);
  const float *gradient = launch.buffer<float>(1);
  bool first = launch.buffer<float>(2)[kFirstMicroBatch] != 0.0f;
  cpu::parallelRanges(launch.threads, launch.sizes[0], 1024, launch.sizes[0],
                      [&](int, int64_t begin, int64_t end) {
                        if (first)
                          __builtin_memcpy(sum + begin, gradient + begin, (end - begin) * 4);
                        else
                          addRange(sum + begin, gradient + begin, end - begin);
                      });
}

void runKeepMicroBatch(const Launch &launch) {
  const int64_t batches = launch.sizes[0], bytes = launch.sizes[1] * bytesOf(launch.type);
  const float batch = launch.buffer<float>(2)[kMicroBatch];
  if (!(batch >= 0.0f && batch < static_cast<float>(batches)))
    return;
  char *slice = launch.buffer<char>(0) + static_cast<int64_t>(batch) * bytes;
  const char *part = launch.buffer<char>(1);
  cpu::parallelRanges(launch.threads, bytes, 4096, bytes / 4, [&](int, int64_t begin, int64_t end) {
    __builtin_memcpy(slice + begin, part + begin, end - begin);
  });
}

void runSumSquares(const Launch &launch) {
  const float *x = launch.buffer<float>(0);
  int64_t count = launch.sizes[0];
  *launch.buffer<double>(1) =
      fixedSum(launch.threads, count, kRun, count, [&](int64_t begin, int64_t end) {
        return laneSum<double>(end - begin, [&](int64_t i) {
          double value = x[begin + i];
          return value * value;
        });
      });
}

void runClipByNorm(const Launch &launch) {
  int count = static_cast<int>(launch.sizes[0]);
  double sum = 0;
  for (int i = 0; i < count; ++i)
    sum += *launch.buffer<double>(i);
  double norm = std::sqrt(sum), scale = launch.scalars[0] / (norm + 1e-6);
  *launch.buffer<float>(count) = static_cast<float>(scale > 1.0 ? 1.0 : scale);
  *launch.buffer<float>(count + 1) = static_cast<float>(norm);
}

} // namespace

const KernelOf<AccumulateArguments> accumulate = {"accumulate", runAccumulate};
const KernelOf<KeepMicroBatchArguments> keep_micro_batch = {"keep_micro_batch", runKeepMicroBatch};
const KernelOf<SumSquaresArguments> sum_squares = {"sum_squares", runSumSquares};
const KernelOf<ClipByNormArguments> clip_by_norm = {"clip_by_norm", runClipByNorm};

} // namespace plimsoll
