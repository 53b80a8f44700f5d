//===- Gather.cpp - rows picked by index, and their gradient ----------------===//
//
// gather {table, indices, out} {outer, axisDim, inner, count}
//   table [outer, axisDim, inner], indices i64 [count] -> out [outer, count, inner];
//   out[o, i, :] = table[o, indices[i], :]; negative indices count from the end.
// gather_grad {dy, indices, dtable} {outer, axisDim, inner, count}
//   dy [outer, count, inner] -> dtable [outer, axisDim, inner], zero where no index points.
// gather_grad_rows {dy, indices, at, sums, workspace} {rows, inner, count}
//   the rows of dtable, of `rows` rows in all, that indices point to: the indices are sorted, equal
//   ones in their order; at the first place of each row, at i64 [count] has its number, and sums
//   [count, inner] the sum of its rows of dy [count, inner] in that order; elsewhere at has the
//   number `rows`, and sums zero. Workspace: two lists of keys and two of places, int32 [count].
// The caller must refuse indices outside the table. Here gather gives a row of NaN (0 for
// integers) for them and gather_grad adds nothing, so that stale bytes of the arena never become
// results.
//
// The gradient adds in the order of the indices, whatever the threads: each thread owns
// a range of the table (rows, or columns when there are few rows) and looks at all indices.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace plimsoll {
namespace {

template <typename T> void gatherRows(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3];
  const T *table = launch.buffer<T>(0);
  const int64_t *indices = launch.buffer<int64_t>(1);
  T *out = launch.buffer<T>(2);
  cpu::parallelFor(launch.threads, outer * count, outer * count * inner, [&](int64_t i) {
    int64_t o = i / count, index = indices[i % count];
    index += index < 0 ? axisDim : 0;
    if (index >= 0 && index < axisDim)
      std::memcpy(out + i * inner, table + (o * axisDim + index) * inner, inner * sizeof(T));
    else
      std::fill_n(out + i * inner, inner, std::numeric_limits<T>::quiet_NaN());
  });
}

void runGather(const Launch &launch) {
  withElements(launch,
               [&](auto *tag) { gatherRows<std::remove_pointer_t<decltype(tag)>>(launch); });
}

struct Range {
  int64_t row0, row1, column0, column1;
};

/// Adds the gradients of one slice of the table, for its part in `range`.
template <typename T>
void addSlice(const T *dy, const int64_t *indices, T *dtable, int64_t axisDim, int64_t inner,
              int64_t count, Range range) {
  int64_t width = range.column1 - range.column0;
  if (width == inner)
    std::memset(dtable + range.row0 * inner, 0, (range.row1 - range.row0) * inner * sizeof(T));
  else
    for (int64_t row = range.row0; row < range.row1; ++row)
      std::memset(dtable + row * inner + range.column0, 0, width * sizeof(T));
  for (int64_t i = 0; i < count; ++i) {
    int64_t row = indices[i] + (indices[i] < 0 ? axisDim : 0);
    if (row < range.row0 || row >= range.row1)
      continue;
    const T *from = dy + i * inner + range.column0;
    T *to = dtable + row * inner + range.column0;
    for (int64_t c = 0; c < width; ++c)
      to[c] += from[c];
  }
}

template <typename T> void addRows(const Launch &launch) {
  int64_t outer = launch.sizes[0], axisDim = launch.sizes[1], inner = launch.sizes[2];
  int64_t count = launch.sizes[3], work = outer * (axisDim + count) * inner;
  const T *dy = launch.buffer<T>(0);
  const int64_t *indices = launch.buffer<int64_t>(1);
  T *dtable = launch.buffer<T>(2);
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

void runGrad(const Launch &launch) {
  launch.type == ElementType::f64 ? addRows<double>(launch) : addRows<float>(launch);
}

// Rows ------------------------------------------------------------------------

/// Keys, and the index that each had before the sort.
struct Pairs {
  int32_t *keys, *order;
};

constexpr int kDigitBits = 11;

/// Sorts `count` pairs by one digit of the keys, from bit `shift` on, keeping the order of equal
/// ones.
void sortDigit(Pairs from, Pairs to, int64_t count, int shift) {
  constexpr int32_t kDigits = 1 << kDigitBits;
  int32_t begin[kDigits] = {};
  auto digit = [&](int64_t i) { return from.keys[i] >> shift & (kDigits - 1); };
  for (int64_t i = 0; i < count; ++i)
    ++begin[digit(i)];
  for (int32_t place = 0, d = 0; d < kDigits; ++d)
    place += std::exchange(begin[d], place);
  for (int64_t i = 0; i < count; ++i) {
    int32_t place = begin[digit(i)]++;
    to.keys[place] = from.keys[i], to.order[place] = from.order[i];
  }
}

/// Returns the indices, which are those of `rows` rows, in ascending order; `rows` stands for those
/// outside the table. `space`: int32 [4 * count].
Pairs sortIndices(const int64_t *indices, int64_t count, int64_t rows, int32_t *space) {
  Pairs sorted = {space, space + count}, other = {space + 2 * count, space + 3 * count};
  for (int64_t i = 0; i < count; ++i) {
    int64_t row = indices[i] + (indices[i] < 0 ? rows : 0);
    sorted.keys[i] = static_cast<int32_t>(row >= 0 && row < rows ? row : rows);
    sorted.order[i] = static_cast<int32_t>(i);
  }
  for (int shift = 0; rows >> shift > 0; shift += kDigitBits) {
    sortDigit(sorted, other, count, shift);
    std::swap(sorted, other);
  }
  return sorted;
}

void runGradRows(const Launch &launch) {
  const int64_t rows = launch.sizes[0], inner = launch.sizes[1], count = launch.sizes[2];
  if (count == 0)
    return;
  const float *dy = launch.buffer<float>(0);
  int64_t *at = launch.buffer<int64_t>(2);
  float *sums = launch.buffer<float>(3);
  const Pairs sorted =
      sortIndices(launch.buffer<int64_t>(1), count, rows, launch.buffer<int32_t>(4));
  cpu::parallelFor(launch.threads, count, 2 * count * inner, [&](int64_t i) {
    const int32_t row = sorted.keys[i];
    const bool isFirst = row < rows && (i == 0 || sorted.keys[i - 1] != row);
    at[i] = isFirst ? row : rows;
    float *sum = sums + i * inner;
    std::fill_n(sum, inner, 0.0f);
    for (int64_t k = i; isFirst && k < count && sorted.keys[k] == row; ++k) {
      const float *from = dy + sorted.order[k] * inner;
      for (int64_t c = 0; c < inner; ++c)
        sum[c] += from[c];
    }
  });
}

int64_t gradRowsWorkspace(const LaunchShape &shape) {
  return 4 * shape.sizes[2] * int64_t(sizeof(int32_t));
}

} // namespace

const KernelOf<GatherArguments> gather = {"gather", runGather};
const KernelOf<GatherGradArguments> gather_grad = {"gather_grad", runGrad};
const KernelOf<GatherGradRowsArguments> gather_grad_rows = {"gather_grad_rows", runGradRows,
                                                            gradRowsWorkspace};

} // namespace plimsoll
