//===- Gather.cpp - rows picked by index, and their gradient ----------------===//
//
// gather {table, indices, out} {outer, axisDim, inner, count}
//   table [outer, axisDim, inner], indices i64 [count] -> out [outer, count, inner];
//   out[o, i, :] = table[o, indices[i], :]; negative indices count from the end.
// gather_grad {dy, indices, dtable} {outer, axisDim, inner, count}
//   dy [outer, count, inner] -> dtable [outer, axisDim, inner], zero where no index points.
// Indices outside the table are the caller's to refuse; here gather answers them with a row
// of NaN and gather_grad adds nothing, so that what lay in the arena before never shows.
//
// The gradient adds in the order of the indices, whatever the threads: each thread owns
// a range of the table (rows, or columns when there are few rows) and looks at all indices.
//===----------------------------------------------------------------------===//
#include "../backends/cpu/Team.h"
#include "plimsoll/Kernels.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace plimsoll {
namespace {

void runGather(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3];
  const float *table = launch.buffer<float>(0);
  const int64_t *indices = launch.buffer<int64_t>(1);
  float *out = launch.buffer<float>(2);
  cpu::parallelFor(launch.threads, outer * count, outer * count * inner, [&](int64_t i) {
    int64_t o = i / count, index = indices[i % count];
    index += index < 0 ? axisDim : 0;
    if (index >= 0 && index < axisDim)
      std::memcpy(out + i * inner, table + (o * axisDim + index) * inner, inner * sizeof(float));
    else
      std::fill_n(out + i * inner, inner, std::numeric_limits<float>::quiet_NaN());
  });
}

struct Range {
  int64_t row0, row1, column0, column1;
};

/// One slice of the table, the part of it in `range`.
void addSlice(const float *dy, const int64_t *indices, float *dtable, int64_t axisDim,
              int64_t inner, int64_t count, Range range) {
  int64_t width = range.column1 - range.column0;
  if (width == inner)
    std::memset(dtable + range.row0 * inner, 0, (range.row1 - range.row0) * inner * sizeof(float));
  else
    for (int64_t row = range.row0; row < range.row1; ++row)
      std::memset(dtable + row * inner + range.column0, 0, width * sizeof(float));
  for (int64_t i = 0; i < count; ++i) {
    int64_t row = indices[i] + (indices[i] < 0 ? axisDim : 0);
    if (row < range.row0 || row >= range.row1)
      continue;
    const float *from = dy + i * inner + range.column0;
    float *to = dtable + row * inner + range.column0;
    for (int64_t c = 0; c < width; ++c)
      to[c] += from[c];
  }
}

void runGrad(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3], work = outer * (axisDim + count) * inner;
  const float *dy = launch.buffer<float>(0);
  const int64_t *indices = launch.buffer<int64_t>(1);
  float *dtable = launch.buffer<float>(2);
  auto slices = [&](Range range) {
    for (int64_t o = 0; o < outer; ++o)
      addSlice(dy + o * count * inner, indices, dtable + o * axisDim * inner, axisDim, inner, count,
               range);
  };
  if (axisDim >= 64 * launch.threads)
    cpu::parallelRanges(launch.threads, axisDim, 1, work,
                        [&](int, int64_t begin, int64_t end) { slices({begin, end, 0, inner}); });
  else
    cpu::parallelRanges(launch.threads, inner, 16, work,
                        [&](int, int64_t begin, int64_t end) { slices({0, axisDim, begin, end}); });
}

} // namespace

const Kernel gather = {"gather", runGather};
const Kernel gather_grad = {"gather_grad", runGrad};

} // namespace plimsoll
