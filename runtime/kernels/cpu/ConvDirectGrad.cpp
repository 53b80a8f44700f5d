//===- ConvDirectGrad.cpp - the gradient of the weight, with vectors of filters ===//
//
// dw[k, (c, tap)] = sum over outputs of dy[k, output] x[c, place of the output at the tap]. A unit
// is a block of filters, a block of (c, tap) pairs of one group, and a share of the outputs' blocks
// (Patch.h). A block of outputs is a piece: dy is packed as [output][filter], channels of x are
// copied into a patch, and each pair adds one chain of products over the block's outputs. Where
// there are few units with all outputs, shares are several, which the shape alone decides; their
// sums lie in the workspace and are added in order.
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

  explicit Plan(const TapSum &sum)
      : filters(std::min(sum.filters, kFilters)), filterBlocks(ceilDiv(sum.filters, kFilters)),
        pairs(sum.taps() > kPairs ? kPairs : kPairs / sum.taps() * sum.taps()) {
    pairs = std::min(pairs, sum.depth());
    pairBlocks = pairs > 0 ? ceilDiv(sum.depth(), pairs) : 0;
    channels = pairs % sum.taps() ? 2 : pairs / sum.taps();
    outputs = kMostOutputs;
    while (outputs / 2 >= kLeastOutputs &&
           Patch(sum, outputs, channels, false).floats() > kMostPatch)
      outputs /= 2;
    int64_t whole = sum.groups * filterBlocks * pairBlocks;
    shares = std::min({ceilDiv(kUnits, std::max<int64_t>(1, whole)),
                       kMostSums / std::max<int64_t>(1, elements(sum)),
                       Patch(sum, outputs, channels, false).blocks()});
    shares = std::max<int64_t>(1, shares);
  }

  static int64_t elements(const TapSum &sum) { return sum.groups * sum.filters * sum.depth(); }
  int64_t sumFloats(const TapSum &sum) const {
    return shares > 1 ? gemm::roundUp(shares * elements(sum), 16) : 0;
  }
  int64_t paddedFilters() const { return gemm::roundUp(filters, gemm::kColumnPadding); }
  int64_t paddedPairs() const { return gemm::roundUp(pairs, taps::kRowPadding); }
  int64_t paddedOutputs(const Patch &patch) const {
    return gemm::roundUp(patch.outputs(), taps::kRowPadding);
  }
  int64_t threadFloats(const Patch &patch) const {
    return gemm::roundUp(paddedFilters() * (paddedPairs() + paddedOutputs(patch)) + patch.floats() +
                             paddedPairs() + paddedOutputs(patch),
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
  int64_t whole = sum.groups * plan.filterBlocks * plan.pairBlocks, blocks = patch.blocks();
  int64_t rows = plan.paddedOutputs(patch), elements = Plan::elements(sum);
  float *sums = plan.shares > 1 ? space : dw, *shares = space + plan.sumFloats(sum);

  auto body = [&](int64_t unit, float *share) {
    int64_t outputShare = unit / whole, rest = unit % whole;
    int64_t firstPair = rest % plan.pairBlocks * plan.pairs;
    int64_t filterBlock = rest / plan.pairBlocks, group = filterBlock / plan.filterBlocks;
    int64_t firstFilter = filterBlock % plan.filterBlocks * kFilters;
    int64_t pairs = std::min(plan.pairs, sum.depth() - firstPair);
    int64_t filters = std::min(kFilters, sum.filters - firstFilter);
    int64_t channel = firstPair / sum.taps();
    int64_t channels = (firstPair + pairs - 1) / sum.taps() - channel + 1;

    float *results = share, *packed = results + plan.paddedFilters() * plan.paddedPairs();
    float *copied = packed + plan.paddedFilters() * rows;
    auto *starts = reinterpret_cast<int32_t *>(copied + patch.floats());
    int32_t *distances = starts + rows;
    patch.distances(sum, channel, firstPair, pairs, distances);
    for (int64_t i = pairs; i % taps::kRowPadding; ++i)
      distances[i] = distances[pairs - 1];
    if (blocks == 0)
      std::memset(results, 0, sizeof(float) * plan.paddedFilters() * plan.paddedPairs());

    int64_t first = blocks * outputShare / plan.shares;
    int64_t last = blocks * (outputShare + 1) / plan.shares;
    for (int64_t b = first; b < last; ++b) {
      Block block = patch.block(b);
      int64_t outputs = patch.starts(block, taps::kRowPadding, starts);
      patch.copy(block, x + group * sum.channels * sum.plane(),
                 sum.groups * sum.channels * sum.plane(), channel, channels, copied);
      for (int64_t f = 0; f < filters; f += panel) {
        int64_t columns = std::min(panel, filters - f);
        packOutputs(sum, block, dy + (group * sum.filters + firstFilter + f) * sum.outputs(),
                    columns, packed + f * rows);
        taps::multiply(copied, distances, pairs, starts, outputs, packed + f * rows, columns,
                       results + f * plan.paddedPairs(), b > first);
      }
    }
    float *to = sums + outputShare * elements + (group * sum.filters + firstFilter) * sum.depth() +
                firstPair;
    for (int64_t f = 0; f < filters; f += panel)
      taps::writeTransposed(results + f * plan.paddedPairs(), pairs, std::min(panel, filters - f),
                            to + f * sum.depth(), sum.depth(), 1);
  };
  cpu::parallelRanges(threads, whole * plan.shares, 1, work,
                      [&](int thread, int64_t begin, int64_t end) {
                        for (int64_t unit = begin; unit < end; ++unit)
                          body(unit, shares + thread * plan.threadFloats(patch));
                      });
  if (plan.shares > 1)
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
