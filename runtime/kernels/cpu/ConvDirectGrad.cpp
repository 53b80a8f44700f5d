//===- ConvDirectGrad.cpp - the gradient of the weight, with vectors of filters ===//
//
// dw[k, (c, tap)] = sum over outputs of dy[k, output] x[c, place of the output at the tap]. A unit
// is a block of filters and a block of (c, tap) pairs of one group. A block of outputs (Patch.h) is
// a piece: dy is packed as [output][filter], channels of x are copied into a patch, and each pair
// adds one chain of products over the block's outputs. The blocks fall into up to 16 shares, whose
// sums are added in order. Where there are few units, each share is a unit of its own, with its
// sums in the workspace. Blocks and shares depend on images, outputs and taps alone: neither
// threads nor the numbers of filters and channels change the bits of an element.
//===----------------------------------------------------------------------===//
#include "ConvDirectGrad.h"

#include "Gemm.h"
#include "Patch.h"
#include "TapProduct.h"
#include "Team.h"

#include <algorithm>
#include <cstring>

namespace plimsoll::direct {
namespace {

constexpr int64_t kFilters = 128, kPairs = 384, kMostOutputs = 256, kLeastOutputs = 32;
constexpr int64_t kMostPatch = 96 * 1024, kMostSums = 128 * 1024; ///< in floats
constexpr int64_t kUnits = 16;                                    ///< enough for many threads

int64_t ceilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// How the gradient is cut into units, and the workspace into buffers.
struct Plan {
  int64_t filters, filterBlocks;
  int64_t pairs, pairBlocks; ///< whole channels, or a part of one
  int64_t channels;          ///< the most that a block of pairs meets
  int64_t outputs;           ///< the most of a block
  int64_t shares;            ///< of the outputs
  bool apart;                ///< a unit has one share, not all

  explicit Plan(const TapSum &sum)
      : filters(std::min(sum.filters, kFilters)), filterBlocks(ceilDiv(sum.filters, kFilters)),
        pairs(sum.taps() > kPairs ? kPairs : kPairs / sum.taps() * sum.taps()) {
    pairs = std::min(pairs, sum.depth());
    pairBlocks = pairs > 0 ? ceilDiv(sum.depth(), pairs) : 0;
    channels = pairs % sum.taps() ? 2 : pairs / sum.taps();
    const int64_t most = std::max<int64_t>(2, kPairs / sum.taps()); // whatever channels there are
    outputs = kMostOutputs;
    while (outputs / 2 >= kLeastOutputs && Patch(sum, outputs, most, false).floats() > kMostPatch)
      outputs /= 2;
    shares = std::clamp<int64_t>(Patch(sum, outputs, most, false).blocks(), 1, kUnits);
    apart = shares > 1 && whole(sum) < kUnits && shares * elements(sum) <= kMostSums;
  }

  /// Returns the number of units with all shares.
  int64_t whole(const TapSum &sum) const { return sum.groups * filterBlocks * pairBlocks; }

  static int64_t elements(const TapSum &sum) { return sum.groups * sum.filters * sum.depth(); }
  int64_t sumFloats(const TapSum &sum) const {
    return apart ? gemm::roundUp(shares * elements(sum), 16) : 0;
  }
  /// Returns the floats of the sums of a unit.
  int64_t unitFloats() const { return paddedFilters() * paddedPairs(); }
  int64_t paddedFilters() const { return gemm::roundUp(filters, gemm::kColumnPadding); }
  int64_t paddedPairs() const { return gemm::roundUp(pairs, taps::kRowPadding); }
  int64_t paddedOutputs(const Patch &patch) const {
    return gemm::roundUp(patch.outputs(), taps::kRowPadding);
  }
  int64_t threadFloats(const Patch &patch) const {
    int64_t buffers = shares > 1 && !apart ? 2 : 1;
    return gemm::roundUp(buffers * unitFloats() + paddedFilters() * paddedOutputs(patch) +
                             patch.floats() + paddedPairs() + paddedOutputs(patch),
                         16);
  }
};

/// Packs a block of outputs of `filters` filters as [output][filter of a panel]. `dy` is the first
/// of these filters in image 0.
void packOutputs(const TapSum &sum, const Block &block, const float *dy, int64_t filters,
                 float *to) {
  int64_t slices = sum.axis[0].outputs, rows = sum.axis[1].outputs, width = sum.axis[2].outputs;
  int64_t length = block.rows * block.width; // consecutive: rows are several only if they are whole
  for (int64_t p = 0; p < block.planes; ++p, to += length * gemm::kPanelColumns) {
    int64_t image = (block.plane + p) / slices, slice = (block.plane + p) % slices;
    const float *from = dy + image * sum.groups * sum.filters * sum.outputs() +
                        (slice * rows + block.row) * width + block.column;
    gemm::packRight({from, 1, sum.outputs()}, length, filters, to);
  }
}

} // namespace

int64_t gradWeightFloats(const TapSum &sum, int threads) {
  Plan plan(sum);
  return plan.sumFloats(sum) +
         threads * plan.threadFloats(Patch(sum, plan.outputs, plan.channels, false));
}

void gradWeight(const TapSum &sum, const float *dy, const float *x, float *dw, int threads,
                int64_t work, float *space) {
  Plan plan(sum);
  Patch patch(sum, plan.outputs, plan.channels, false);
  constexpr int64_t panel = gemm::kPanelColumns;
  int64_t whole = plan.whole(sum), blocks = patch.blocks();
  int64_t rows = plan.paddedOutputs(patch), elements = Plan::elements(sum);
  float *sums = plan.apart ? space : dw, *shares = space + plan.sumFloats(sum);

  auto body = [&](int64_t unit, float *share) {
    int64_t firstShare = plan.apart ? unit / whole : 0, rest = unit % whole;
    int64_t lastShare = plan.apart ? firstShare + 1 : plan.shares;
    int64_t firstPair = rest % plan.pairBlocks * plan.pairs;
    int64_t filterBlock = rest / plan.pairBlocks, group = filterBlock / plan.filterBlocks;
    int64_t firstFilter = filterBlock % plan.filterBlocks * kFilters;
    int64_t pairs = std::min(plan.pairs, sum.depth() - firstPair);
    int64_t filters = std::min(kFilters, sum.filters - firstFilter);
    int64_t channel = firstPair / sum.taps();
    int64_t channels = (firstPair + pairs - 1) / sum.taps() - channel + 1;

    float *total = share, *results = lastShare - firstShare > 1 ? share + plan.unitFloats() : total;
    float *packed = results + plan.unitFloats();
    float *copied = packed + plan.paddedFilters() * rows;
    auto *starts = reinterpret_cast<int32_t *>(copied + patch.floats());
    int32_t *distances = starts + rows;
    patch.distances(sum, channel, firstPair, pairs, distances);
    for (int64_t i = pairs; i % taps::kRowPadding; ++i)
      distances[i] = distances[pairs - 1];
    if (blocks == 0)
      std::memset(total, 0, sizeof(float) * plan.unitFloats());

    int64_t first = blocks * firstShare / plan.shares, outputShare = firstShare;
    int64_t last = blocks * lastShare / plan.shares;
    for (int64_t b = first; b < last; ++b) {
      Block block = patch.block(b);
      int64_t outputs = patch.starts(block, taps::kRowPadding, starts);
      patch.copy(block, x + group * sum.channels * sum.plane(),
                 sum.groups * sum.channels * sum.plane(), channel, channels, copied);
      for (int64_t f = 0; f < filters; f += panel) {
        int64_t columns = std::min(panel, filters - f);
        packOutputs(sum, block, dy + (group * sum.filters + firstFilter + f) * sum.outputs(),
                    columns, packed + f * rows);
        float *of = (outputShare == firstShare ? total : results) + f * plan.paddedPairs();
        taps::multiply(copied, distances, pairs, starts, outputs, packed + f * rows, columns, of,
                       b > blocks * outputShare / plan.shares);
      }
      if (b + 1 < blocks * (outputShare + 1) / plan.shares)
        continue;
      for (int64_t i = 0; outputShare > firstShare && i < plan.unitFloats(); ++i)
        total[i] += results[i];
      ++outputShare;
    }
    float *to = sums + firstShare * elements + (group * sum.filters + firstFilter) * sum.depth() +
                firstPair;
    for (int64_t f = 0; f < filters; f += panel)
      taps::writeTransposed(total + f * plan.paddedPairs(), pairs, std::min(panel, filters - f),
                            to + f * sum.depth(), sum.depth(), 1);
  };
  cpu::parallelRanges(threads, whole * (plan.apart ? plan.shares : 1), 1, work,
                      [&](int thread, int64_t begin, int64_t end) {
                        for (int64_t unit = begin; unit < end; ++unit)
                          body(unit, shares + thread * plan.threadFloats(patch));
                      });
  if (plan.apart)
    cpu::parallelRanges(threads, elements, 64, plan.shares * elements,
                        [&](int, int64_t begin, int64_t end) {
                          for (int64_t i = begin; i < end; ++i) {
                            float all = sums[i];
                            for (int64_t s = 1; s < plan.shares; ++s)
                              all += sums[s * elements + i];
                            dw[i] = all;
                          }
                        });
}

} // namespace plimsoll::direct
