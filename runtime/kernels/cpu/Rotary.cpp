//===- Rotary.cpp - rotary position embeddings -------------------------------===//
//
// rotary {x, cos, sin, y} {size[3], features, table[3], transposed}: x and y are [size, features],
//   cos and sin [table, features], where each number of `table` is that of `size` or 1; y may be
//   x's bytes. Feature i and feature features / 2 + i are a pair.
//
// One thread computes a whole row.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "../../rules/Rotation.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

template <typename T>
void rotateRow(const T *x, const T *cos, const T *sin, T *y, int64_t half, bool transposed) {
#pragma omp simd
  for (int64_t i = 0; i < half; ++i) {
    int64_t j = i + half;
    Pair<T> pair = rotated<T>({x[i], x[j]}, {cos[i], cos[j]}, {sin[i], sin[j]}, transposed);
    y[i] = pair.first, y[j] = pair.second;
  }
}

void runRotary(const Launch &launch) {
  RotaryRows rows(launch.sizes);
  int64_t features = launch.sizes[3];
  bool transposed = launch.sizes[7] != 0;
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0), *cos = launch.buffer<T>(1), *sin = launch.buffer<T>(2);
    T *y = launch.buffer<T>(3);
    cpu::parallelFor(launch.threads, rows.count(), rows.count() * features, [&](int64_t row) {
      int64_t table = rows.table(row) * features;
      rotateRow(x + row * features, cos + table, sin + table, y + row * features, features / 2,
                transposed);
    });
  });
}

} // namespace

const KernelOf<RotaryArguments> rotary = {"rotary", runRotary};

} // namespace plimsoll
