//===- ConvDepthwiseGrad.cpp - the gradient of the weight of few filters -----===//
//
// A unit is one channel of a group. For each filter and tap eight lanes, with every instruction
// set, add products of dy and x: output q of a row belongs to lane q mod 8. A lane is a chain over
// a block of outputs (Patch.h); blocks are added in order, and then the lanes as a tree.
//===----------------------------------------------------------------------===//
#include "ConvDepthwise.h"

#include "Gemm.h"
#include "Patch.h"
#include "Team.h"
#include "Vectors.h"

#include <algorithm>
#include <cstring>

namespace plimsoll::depthwise {
namespace {

constexpr int64_t kMostOutputs = 2048, kLeastOutputs = 32, kMostPatch = 32 * 1024;
constexpr int kTile = 8; ///< taps whose sums are in registers

int64_t outputsOfBlock(const TapSum &sum) {
  int64_t outputs = kMostOutputs;
  while (outputs / 2 >= kLeastOutputs && Patch(sum, outputs, 1, true).floats() > kMostPatch)
    outputs /= 2;
  return outputs;
}

int64_t laneFloats(const TapSum &sum) {
  return sum.filters * gemm::roundUp(sum.taps(), kTile) * 8;
}
int64_t threadFloats(const TapSum &sum, const Patch &patch) {
  return gemm::roundUp(laneFloats(sum) + patch.floats() + patch.rowsOfBlock() +
                           gemm::roundUp(sum.taps(), kTile),
                       16);
}

/// A block of outputs of one filter, and the patch that they read.
struct Outputs {
  const Block &block;
  const int32_t *starts; ///< of rows, in the patch
  const float *patch;
  const float *dy; ///< the block's first output, in plane 0 of image 0
  int64_t slices, slice, imageStride, sliceStride; ///< of dy: planes count over images and slices
};

/// Adds the products of the outputs with what they read at each of some taps to the taps' lanes.

template <int taps> void addTile(const Outputs &o, const int32_t *distances, float *lanes) {
  int64_t width = o.block.width, whole = width / 8 * 8, rest = width - whole;
  __m256i mask = cpu::firstLanes(rest);
  __m256 sum[taps];
  const int32_t *start = o.starts;
#pragma GCC unroll 8
  for (int t = 0; t < taps; ++t)
    sum[t] = _mm256_setzero_ps();
  for (int64_t p = 0; p < o.block.planes; ++p) {
    int64_t plane = o.slice + p;
    const float *dy = o.dy + plane / o.slices * o.imageStride + plane % o.slices * o.sliceStride;
    for (int64_t r = 0; r < o.block.rows; ++r, dy += width) {
      const float *x = o.patch + *start++;
      for (int64_t q = 0; q < whole; q += 8) {
        __m256 d = _mm256_loadu_ps(dy + q);
#pragma GCC unroll 8
        for (int t = 0; t < taps; ++t)
          sum[t] = _mm256_fmadd_ps(d, _mm256_loadu_ps(x + q + distances[t]), sum[t]);
      }
      if (rest > 0) {
        __m256 d = _mm256_maskload_ps(dy + whole, mask);
#pragma GCC unroll 8
        for (int t = 0; t < taps; ++t) {
          __m256 inside = _mm256_maskload_ps(x + whole + distances[t], mask);
          sum[t] = _mm256_fmadd_ps(d, inside, sum[t]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < taps; ++t)
    _mm256_storeu_ps(lanes + t * 8, _mm256_loadu_ps(lanes + t * 8) + sum[t]);
}

/// Does the same for any number of taps, in tiles of nearly equal size.
void addTaps(const Outputs &outputs, const int32_t *distances, int64_t taps, float *lanes) {
  static constexpr void (*tiles[])(const Outputs &, const int32_t *,
                                   float *) = {addTile<1>, addTile<2>, addTile<3>, addTile<4>,
                                               addTile<5>, addTile<6>, addTile<7>, addTile<8>};
  int64_t left = (taps + kTile - 1) / kTile; // tiles
  for (int64_t size; taps > 0; taps -= size, distances += size, lanes += size * 8, --left) {
    size = (taps + left - 1) / left;
    tiles[size - 1](outputs, distances, lanes);
  }
}

float sumOfLanes(const float *lanes) {
  float fours[4];
  for (int i = 0; i < 4; ++i)
    fours[i] = lanes[i] + lanes[i + 4];
  return (fours[0] + fours[2]) + (fours[1] + fours[3]);
}

} // namespace

int64_t gradWeightFloats(const TapSum &sum) {
  return threadFloats(sum, Patch(sum, outputsOfBlock(sum), 1, true));
}

void gradWeight(const TapSum &sum, const float *dy, const float *x, float *dw, int threads,
                int64_t work, float *space) {
  Patch patch(sum, outputsOfBlock(sum), 1, true);
  int64_t slices = sum.axis[0].outputs, sliceStride = sum.axis[1].outputs * sum.axis[2].outputs;
  int64_t taps = sum.taps(), share = threadFloats(sum, patch);
  auto body = [&](int64_t unit, float *lanes) {
    int64_t group = unit / sum.channels, channel = unit % sum.channels;
    float *copied = lanes + laneFloats(sum);
    auto *starts = reinterpret_cast<int32_t *>(copied + patch.floats());
    int32_t *distances = starts + patch.rowsOfBlock();
    patch.distances(sum, 0, 0, taps, distances);
    std::memset(lanes, 0, sizeof(float) * laneFloats(sum));
    for (int64_t b = 0; b < patch.blocks(); ++b) {
      Block block = patch.block(b);
      patch.copy(block, x + group * sum.channels * sum.plane(),
                 sum.groups * sum.channels * sum.plane(), channel, 1, copied);
      int64_t count = 0;
      for (int64_t p = 0; p < block.planes; ++p)
        for (int64_t r = 0; r < block.rows; ++r)
          starts[count++] = static_cast<int32_t>(patch.start(p, r));
      for (int64_t f = 0; f < sum.filters; ++f)
        addTaps({block, starts, copied,
                 dy + (group * sum.filters + f) * sum.outputs() + block.row * sum.axis[2].outputs +
                     block.column,
                 slices, block.plane, sum.groups * sum.filters * sum.outputs(), sliceStride},
                distances, taps, lanes + f * taps * 8);
    }
    for (int64_t f = 0; f < sum.filters; ++f)
      for (int64_t t = 0; t < taps; ++t)
        dw[((group * sum.filters + f) * sum.channels + channel) * taps + t] =
            sumOfLanes(lanes + (f * taps + t) * 8);
  };
  cpu::parallelRanges(threads, sum.groups * sum.channels, 1, work,
                      [&](int thread, int64_t begin, int64_t end) {
                        for (int64_t unit = begin; unit < end; ++unit)
                          body(unit, space + thread * share);
                      });
}

} // namespace plimsoll::depthwise
