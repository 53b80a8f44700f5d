//===- ConvDirect.cpp - sums over taps, with vectors of filters --------------===//
//
// A unit is a block of outputs and a block of filters of one group, in all phases one by one. Its
// results are kept in the thread's share as [panel of filters][output][filter of the panel] while
// (channel, tap) pairs are added, in pieces of 256: a piece of the weights is packed as
// [pair][filter], and the channels that it meets are copied into a patch (Patch.h). Then the
// results are transposed to their planes. Where they are few, channels are copied once for all
// phases, and weights packed once for all blocks of outputs.
//===----------------------------------------------------------------------===//
#include "ConvDirect.h"

#include "Gemm.h"
#include "Patch.h"
#include "TapProduct.h"

#include <algorithm>
#include <cstring>

namespace plimsoll::direct {
namespace {

constexpr int64_t kPiece = 256, kMostOutputs = 256, kLeastOutputs = 48;
constexpr int64_t kLeastFilters = 64;       ///< of a block, where weights are packed for each unit
constexpr int64_t kMostSummedFilters = 256; ///< of a block, where several pieces are added
constexpr int64_t kMostPatch = 96 * 1024, kMostWeights = 144 * 1024; ///< in floats

int64_t ceilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// How sums are cut into units, and a share of the workspace into buffers.
struct Plan {
  int64_t depth;                  ///< the most of a phase
  int64_t filters, filterBlocks;  ///< of a block, and blocks of a group
  int64_t weights;                ///< floats that are packed at a time
  bool packedOnce;                ///< whether they are all there are of a block of filters
  int64_t channels;               ///< the most that are copied at a time
  bool copiedOnce = true;         ///< whether they are all there are, for all phases
  int64_t outputs = kMostOutputs; ///< the most of a block

  Plan(const TapSums &sums, const TapSum &sum, int threads)
      : depth(sums.mostDepth()), filters(blockOf(sum, sums.allDepth())),
        filterBlocks(ceilDiv(sum.filters, filters)), weights(filters * sums.allDepth()),
        packedOnce(weights <= kMostWeights), channels(sum.channels) {
    if (!packedOnce)
      weights = filters * kPiece;
    chooseOutputs(sum, threads);
    if (isOnePiece() || (sums.count() > 1 && fits(sum)))
      return;
    copiedOnce = false;
    channels = std::min(channels, ceilDiv(kPiece - 1, sums.leastTaps()) + 1);
    chooseOutputs(sum, threads);
  }

  bool fits(const TapSum &sum) const {
    return Patch(sum, outputs, channels, false).floats() <= kMostPatch;
  }
  void chooseOutputs(const TapSum &sum, int threads) {
    auto units = [&] { return Patch(sum, outputs, 1, false).blocks() * filterBlocks * sum.groups; };
    for (outputs = kMostOutputs; outputs / 2 >= kLeastOutputs; outputs /= 2)
      if (fits(sum) && units() >= 2 * threads)
        return;
  }

  /// Whether every phase is one piece.
  bool isOnePiece() const { return depth <= kPiece; }

  /// As many filters as have packed weights that fit, so that few blocks copy the same patches.
  int64_t blockOf(const TapSum &sum, int64_t allDepth) const {
    int64_t fit = kMostWeights / std::max<int64_t>(1, allDepth) / kLeastFilters * kLeastFilters;
    int64_t most = isOnePiece() ? fit : std::min(fit, kMostSummedFilters);
    int64_t blocks = ceilDiv(sum.filters, std::max(most, kLeastFilters));
    return gemm::roundUp(ceilDiv(std::max<int64_t>(1, sum.filters), std::max<int64_t>(1, blocks)),
                         gemm::kColumnPadding);
  }

  /// Returns the filters whose results are kept at a time: a panel where they are one piece.
  int64_t keptFilters() const { return isOnePiece() ? gemm::kColumnPadding : filters; }
  int64_t resultRows(const Patch &patch) const {
    return gemm::roundUp(patch.outputs(), taps::kRowPadding);
  }
};

/// Packs the weights of (channel, tap) pairs [first, first + count) of `filters` filters, no more
/// than a panel has. `w` is the first of these filters.
void packWeights(const TapSum &sum, const Window &window, const float *w, int64_t first,
                 int64_t count, int64_t filters, float *to) {
  int64_t taps = sum.taps();
  if (sum.hasAllTaps(window) && (sum.channelStride == taps || taps == 1)) {
    int64_t step = taps == 1 ? sum.channelStride : 1;
    gemm::packRight({w + first * step, step, sum.filterStride}, count, filters, to);
    return;
  }
  for (int64_t i = 0; i < count;) {
    int64_t channel = (first + i) / taps, tap = (first + i) % taps;
    const float *from = w + channel * sum.channelStride;
    int64_t run = 1;
    if (sum.hasAllTaps(window))
      run = std::min(taps - tap, count - i);
    else
      tap =
          sum.kernelTap(tap / (sum.axis[1].taps * sum.axis[2].taps),
                        tap / sum.axis[2].taps % sum.axis[1].taps, tap % sum.axis[2].taps, window);
    gemm::packRight({from + tap, 1, sum.filterStride}, run, filters, to + i * gemm::kPanelColumns);
    i += run;
  }
}

/// Writes the results of a block, [output][filter of a panel], to planes of `y`: the first filter's
/// of image 0.
void write(const TapSum &sum, const Block &block, const float *results, int64_t filters, float *y) {
  const TapAxis &depth = sum.axis[0], &height = sum.axis[1], &across = sum.axis[2];
  bool together =
      across.resultStep == 1 && height.resultStep == 1 && block.width == across.resultSize;
  int64_t runs = together ? 1 : block.rows, length = block.rows * block.width / runs;
  int64_t written = together ? length : across.inside(block.column, length);
  for (int64_t p = 0; p < block.planes; ++p) {
    int64_t image = (block.plane + p) / depth.outputs, slice = (block.plane + p) % depth.outputs;
    int64_t at = depth.firstResult + slice * depth.resultStep;
    if (at >= depth.resultSize) {
      results += block.rows * block.width * gemm::kPanelColumns;
      continue;
    }
    float *plane = y + image * sum.groups * sum.filters * sum.resultPlane();
    for (int64_t r = 0; r < runs; ++r, results += length * gemm::kPanelColumns) {
      int64_t row = height.firstResult + (block.row + r) * height.resultStep;
      int64_t column = across.firstResult + block.column * across.resultStep;
      if (row >= height.resultSize)
        continue;
      taps::writeTransposed(results, written, filters,
                            plane + (at * height.resultSize + row) * across.resultSize + column,
                            sum.resultPlane(), across.resultStep);
    }
  }
}

/// Runs units one by one, with the share of one thread.
class Units {
public:
  Units(const TapSums &sums, const float *x, const float *w, float *y, int threads, float *share)
      : sums(sums), first(sums[0]), plan(sums, first, threads),
        patch(first, plan.outputs, plan.channels, false), x(x), w(w), y(y),
        rows(plan.resultRows(patch)), results(share), weights(results + rows * plan.keptFilters()),
        copied(weights + plan.weights),
        starts(reinterpret_cast<int32_t *>(copied + patch.floats())), distances(starts + rows) {}

  int64_t count() const { return patch.blocks() * plan.filterBlocks * first.groups; }

  void run(int64_t unit) {
    block = patch.block(unit % patch.blocks());
    int64_t filterBlock = unit / patch.blocks(), group = filterBlock / plan.filterBlocks;
    int64_t filter = filterBlock % plan.filterBlocks * plan.filters;
    filters = std::min(plan.filters, first.filters - filter);
    xOfGroup = x + group * first.channels * first.plane();
    wOfBlock = w + group * first.groupStride + filter * first.filterStride;
    yOfBlock = y + (group * first.filters + filter) * first.resultPlane();
    outputs = patch.starts(block, taps::kRowPadding, starts);
    if (plan.copiedOnce)
      copy(0, first.channels);
    isPacked = plan.packedOnce && packedBlock == filterBlock;
    nextPiece = weights;
    for (int64_t phase = 0; phase < sums.count(); ++phase)
      runPhase(sums[phase]);
    packedBlock = filterBlock;
  }

private:
  void copy(int64_t channel, int64_t count) {
    int64_t imageStride = first.groups * first.channels * first.plane();
    patch.copy(block, xOfGroup, imageStride, channel, count, copied);
  }

  void runPhase(const TapSum &sum) {
    int64_t depth = sum.depth();
    for (int64_t p = 0; p < depth; p += kPiece) {
      int64_t count = std::min(kPiece, depth - p), channel = 0;
      if (!plan.copiedOnce) {
        channel = p / sum.taps();
        copy(channel, (p + count - 1) / sum.taps() - channel + 1);
      }
      patch.distances(sum, channel, p, count, distances);
      for (int64_t f = 0; f < filters; f += panel)
        addPiece(sum, p, count, f);
    }
    if (depth > 0)
      return;
    std::memset(results, 0, sizeof(float) * rows * panel);
    for (int64_t f = 0; f < filters; f += panel)
      writePanel(sum, results, f);
  }

  /// Adds (channel, tap) pairs [p, p + count) to the results of the panel from filter `f` on, and
  /// writes them if these were the last.
  void addPiece(const TapSum &sum, int64_t p, int64_t count, int64_t f) {
    int64_t columns = std::min(panel, filters - f);
    float *piece = plan.packedOnce ? nextPiece : weights;
    nextPiece += count * panel;
    if (!isPacked)
      packWeights(sum, sums.window(), wOfBlock + f * sum.filterStride, p, count, columns, piece);
    float *kept = results + (plan.isOnePiece() ? 0 : f * rows);
    taps::multiply(copied, starts, outputs, distances, count, piece, columns, kept, p > 0);
    if (p + count == sum.depth())
      writePanel(sum, kept, f);
  }

  void writePanel(const TapSum &sum, const float *from, int64_t f) {
    write(sum, block, from, std::min(panel, filters - f), yOfBlock + f * sum.resultPlane());
  }

  static constexpr int64_t panel = gemm::kPanelColumns;

  const TapSums &sums;
  const TapSum first;
  const Plan plan;
  const Patch patch;
  const float *x, *w;
  float *y;

  // The thread's share.
  int64_t rows; ///< of the results of a panel
  float *results, *weights, *copied;
  int32_t *starts, *distances;
  int64_t packedBlock = -1; ///< whose weights are packed

  // The unit.
  Block block;
  int64_t filters, outputs;
  const float *xOfGroup, *wOfBlock;
  float *yOfBlock, *nextPiece;
  bool isPacked;
};

} // namespace

int64_t shareFloats(const TapSums &sums, int threads) {
  TapSum sum = sums[0];
  Plan plan(sums, sum, threads);
  Patch patch(sum, plan.outputs, plan.channels, false);
  int64_t rows = plan.resultRows(patch);
  return gemm::roundUp(plan.weights + patch.floats() + rows * plan.keptFilters() + rows + kPiece,
                       16);
}

void run(const TapSums &sums, const float *x, const float *w, float *y, int64_t part, int threads,
         float *share) {
  Units units(sums, x, w, y, threads, share);
  for (int64_t unit = units.count() * part / threads; unit < units.count() * (part + 1) / threads;
       ++unit)
    units.run(unit);
}

} // namespace plimsoll::direct
