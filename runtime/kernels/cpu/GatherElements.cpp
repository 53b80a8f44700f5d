//===- GatherElements.cpp - one index for each element -----------------------===//
//
// gather_elements {x, indices, y} {outer, axisDim, inner, count}
//   x [outer, axisDim, inner], indices i64 [outer, count, inner] -> y like the indices;
//   y[o, j, i] = x[o, indices[o, j, i], i]; negative indices count from the end. An index
//   outside gives bytes of all ones.
// scatter_elements {x, indices, updates, y} {outer, axisDim, inner, count, update}
//   y = x, then y[o, indices[o, j, i], i] takes updates[o, j, i], in the order of j: update
//   0 replaces, 1 adds, 2 multiplies, 3 keeps the larger, 4 the smaller. y may be x's bytes.
//   An index outside writes nothing.
//
// One thread computes a whole slice `o`, so the order of additions does not depend on threads.
//===----------------------------------------------------------------------===//
#include "../../rules/ElementRules.h"
#include "../../rules/Elements.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

void runGather(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0);
    const int64_t *indices = launch.buffer<int64_t>(1);
    T *y = launch.buffer<T>(2), outside;
    std::memset(&outside, 0xff, sizeof outside);
    cpu::parallelFor(launch.threads, outer * count, outer * count * inner, [&](int64_t row) {
      for (int64_t i = 0; i < inner; ++i) {
        int64_t index = indices[row * inner + i];
        index += index < 0 ? axisDim : 0;
        bool inside = index >= 0 && index < axisDim;
        y[row * inner + i] = inside ? x[(row / count * axisDim + index) * inner + i] : outside;
      }
    });
  });
}

void runScatter(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3], update = launch.sizes[4];
  withElements(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    const T *x = launch.buffer<T>(0), *updates = launch.buffer<T>(2);
    const int64_t *indices = launch.buffer<int64_t>(1);
    T *y = launch.buffer<T>(3);
    cpu::parallelFor(launch.threads, outer, outer * (axisDim + count) * inner, [&](int64_t o) {
      T *slice = y + o * axisDim * inner;
      if (x != y)
        std::memcpy(slice, x + o * axisDim * inner, axisDim * inner * sizeof(T));
      for (int64_t at = o * count * inner; at < (o + 1) * count * inner; ++at) {
        int64_t index = indices[at] + (indices[at] < 0 ? axisDim : 0);
        if (index < 0 || index >= axisDim)
          continue;
        T &element = slice[index * inner + at % inner];
        element = updated(element, updates[at], update);
      }
    });
  });
}

} // namespace

const KernelOf<GatherElementsArguments> gather_elements = {"gather_elements", runGather};
const KernelOf<ScatterElementsArguments> scatter_elements = {"scatter_elements", runScatter};

} // namespace plimsoll
