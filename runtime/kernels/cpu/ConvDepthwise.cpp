//===- ConvDepthwise.cpp - sums over taps, with vectors of outputs -----------===//
//
// A unit is a block of outputs of one group, whose channels are copied into a patch (Patch.h).
// Vectors of eight outputs of a row, with every instruction set, add their products with (channel,
// tap) pairs in pieces of 256, as in ConvDirect.cpp and with the same bits. Lanes behind the end of
// a row read what lies there, and are not written.
//===----------------------------------------------------------------------===//
#include "ConvDepthwise.h"

#include "Gemm.h"
#include "Patch.h"
#include "Vectors.h"

#include <algorithm>
#include <cstring>

namespace plimsoll::depthwise {
namespace {

constexpr int64_t kPiece = 256, kMostOutputs = 2048, kLeastOutputs = 32;
constexpr int64_t kMostPatch = 48 * 1024;        ///< in floats
constexpr int64_t kMostPhasedPatch = 160 * 1024; ///< which is used for each phase
constexpr int64_t kPadding = 24;                 ///< vectors of a tile divide it

/// How outputs are cut into blocks, and which channels are copied at a time.
struct Plan {
  int64_t channels;
  bool copiedOnce = true; ///< whether they are all there are, for all phases
  int64_t outputs;        ///< the most of a block

  Plan(const TapSums &sums, const TapSum &sum) : channels(sum.channels) {
    bool isPhased = sums.count() > 1;
    bool fits = chooseOutputs(sum, isPhased ? kMostPhasedPatch : kMostPatch);
    if (sums.mostDepth() <= kPiece || (isPhased && fits))
      return;
    copiedOnce = false;
    channels = std::min(channels, (kPiece - 2) / sums.leastTaps() + 2);
    chooseOutputs(sum, kMostPatch);
  }

  /// Returns whether the patch fits.
  bool chooseOutputs(const TapSum &sum, int64_t mostPatch) {
    auto fits = [&] { return Patch(sum, outputs, channels, true).floats() <= mostPatch; };
    outputs = kMostOutputs;
    while (!fits() && outputs / 2 >= kLeastOutputs)
      outputs /= 2;
    return fits();
  }
};

int64_t vectorsOf(int64_t width) {
  return (width + 7) / 8;
}
int64_t mostVectors(const Patch &patch) {
  return gemm::roundUp(patch.vectors(), kPadding);
}

/// Adds for each filter f and vector v the products of (channel, tap) pairs to to[f][v].
template <int filters, int vectors>
void tile(const float *patch, const int32_t *starts, const int32_t *distances, int64_t depth,
          const float *weights, float *to, int64_t filterStride, bool accumulate) {
  const float *at[vectors];
  __m256 sum[filters][vectors];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; ++v) {
    at[v] = patch + starts[v];
#pragma GCC unroll 4
    for (int f = 0; f < filters; ++f)
      sum[f][v] = _mm256_setzero_ps();
  }
  for (int64_t p = 0; p < depth; ++p, weights += filters) {
    int64_t distance = distances[p];
    __m256 w[filters];
#pragma GCC unroll 4
    for (int f = 0; f < filters; ++f)
      w[f] = _mm256_broadcast_ss(weights + f);
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      __m256 x = _mm256_loadu_ps(at[v] + distance);
#pragma GCC unroll 4
      for (int f = 0; f < filters; ++f)
        sum[f][v] = _mm256_fmadd_ps(x, w[f], sum[f][v]);
    }
  }
#pragma GCC unroll 4
  for (int f = 0; f < filters; ++f)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      float *place = to + f * filterStride + v * 8;
      _mm256_storeu_ps(place, accumulate ? _mm256_loadu_ps(place) + sum[f][v] : sum[f][v]);
    }
}

template <int filters, int vectors>
void multiply(const float *patch, const int32_t *starts, int64_t count, const int32_t *distances,
              int64_t depth, const float *weights, float *to, int64_t filterStride,
              bool accumulate) {
  for (int64_t v = 0; v < count; v += vectors)
    tile<filters, vectors>(patch, starts + v, distances, depth, weights, to + v * 8, filterStride,
                           accumulate);
}

/// Writes where each vector of a block starts, and repeats the last as padding. Returns how many
/// there are.
int64_t vectorStarts(const Patch &patch, const Block &block, int32_t *to) {
  int64_t count = 0;
  for (int64_t p = 0; p < block.planes; ++p)
    for (int64_t r = 0; r < block.rows; ++r)
      for (int64_t q = 0; q < block.width; q += 8)
        to[count++] = static_cast<int32_t>(patch.start(p, r) + q);
  for (int64_t i = count; i % kPadding; ++i)
    to[i] = to[count - 1];
  return count;
}

/// Copies the weights of (channel, tap) pairs [first, first + count) as [pair][filter].
void packWeights(const TapSum &sum, const Window &window, const float *w, int64_t first,
                 int64_t count, int64_t packedFilters, float *to) {
  int64_t inRow = sum.axis[2].taps, rows = sum.axis[1].taps;
  int64_t s = first % inRow, r = first / inRow % rows;
  int64_t t = first / (inRow * rows) % sum.axis[0].taps, c = first / sum.taps();
  for (int64_t i = 0; i < count; ++i, to += packedFilters) {
    const float *from = w + c * sum.channelStride + sum.kernelTap(t, r, s, window);
    for (int64_t f = 0; f < packedFilters; ++f)
      to[f] = f < sum.filters ? from[f * sum.filterStride] : 0.0f;
    if (++s < inRow)
      continue;
    s = 0;
    if (++r < rows)
      continue;
    r = 0;
    if (++t < sum.axis[0].taps)
      continue;
    t = 0, ++c;
  }
}

/// Writes the results of a block, rows of whole vectors, to the planes of a filter; `y` is the
/// first image's.
void write(const TapSum &sum, const Block &block, const float *results, float *y) {
  const TapAxis &depth = sum.axis[0], &height = sum.axis[1], &across = sum.axis[2];
  int64_t rows = height.inside(block.row, block.rows);
  int64_t width = across.inside(block.column, block.width), pitch = vectorsOf(block.width) * 8;
  for (int64_t p = 0; p < block.planes; ++p, results += block.rows * pitch) {
    int64_t image = (block.plane + p) / depth.outputs, slice = (block.plane + p) % depth.outputs;
    int64_t at = depth.firstResult + slice * depth.resultStep;
    if (at >= depth.resultSize)
      continue;
    int64_t row = height.firstResult + block.row * height.resultStep;
    float *to = y + image * sum.groups * sum.filters * sum.resultPlane() +
                (at * height.resultSize + row) * across.resultSize + across.firstResult +
                block.column * across.resultStep;
    for (int64_t r = 0; r < rows; ++r, to += height.resultStep * across.resultSize)
      if (across.resultStep == 1)
        cpu::copyFloats(results + r * pitch, width, to);
      else
        for (int64_t q = 0; q < width; ++q)
          to[q * across.resultStep] = results[r * pitch + q];
  }
}

} // namespace

int64_t shareFloats(const TapSums &sums) {
  TapSum sum = sums[0];
  Plan plan(sums, sum);
  Patch patch(sum, plan.outputs, plan.channels, true);
  int64_t vectors = mostVectors(patch);
  return gemm::roundUp(patch.floats() + kMostFilters * (vectors * 8 + kPiece) + vectors + kPiece,
                       16);
}

void run(const TapSums &sums, const float *x, const float *w, float *y, int64_t part, int threads,
         float *share) {
  TapSum first = sums[0];
  Plan plan(sums, first);
  Patch patch(first, plan.outputs, plan.channels, true);
  int64_t mostOfBlock = mostVectors(patch);
  int64_t imageStride = first.groups * first.channels * first.plane();
  float *results = share, *weights = results + kMostFilters * mostOfBlock * 8;
  float *copied = weights + kMostFilters * kPiece;
  auto *starts = reinterpret_cast<int32_t *>(copied + patch.floats());
  int32_t *distances = starts + mostOfBlock;
  int64_t packed = first.filters == 1 ? 1 : kMostFilters;
  auto product = first.filters == 1 ? multiply<1, 8> : multiply<4, 3>;
  bool isOneSum = sums.count() == 1 && first.depth() <= kPiece;
  if (isOneSum)
    patch.distances(first, 0, 0, first.depth(), distances);

  int64_t units = patch.blocks() * first.groups, vectors = 0;
  int64_t begin = units * part / threads, end = units * (part + 1) / threads;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t group = unit % first.groups;
    Block block = patch.block(unit / first.groups);
    if (unit == begin || group == 0)
      vectors = vectorStarts(patch, block, starts);
    const float *xOfGroup = x + group * first.channels * first.plane();
    if (plan.copiedOnce)
      patch.copy(block, xOfGroup, imageStride, 0, first.channels, copied);
    for (int64_t phase = 0; phase < sums.count(); ++phase) {
      TapSum sum = isOneSum ? first : sums[phase];
      int64_t depth = sum.depth();
      if (depth == 0)
        std::memset(results, 0, sizeof(float) * kMostFilters * mostOfBlock * 8);
      for (int64_t p = 0; p < depth; p += kPiece) {
        int64_t count = std::min(kPiece, depth - p), channel = 0;
        if (!plan.copiedOnce) {
          channel = p / sum.taps();
          patch.copy(block, xOfGroup, imageStride, channel,
                     (p + count - 1) / sum.taps() - channel + 1, copied);
        }
        if (!isOneSum)
          patch.distances(sum, channel, p, count, distances);
        packWeights(sum, sums.window(), w + group * sum.groupStride, p, count, packed, weights);
        product(copied, starts, vectors, distances, count, weights, results, mostOfBlock * 8,
                p > 0);
      }
      for (int64_t f = 0; f < sum.filters; ++f)
        write(sum, block, results + f * mostOfBlock * 8,
              y + (group * sum.filters + f) * sum.resultPlane());
    }
  }
}

} // namespace plimsoll::depthwise
