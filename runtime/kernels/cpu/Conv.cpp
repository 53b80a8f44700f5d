//===- Conv.cpp - convolution and its gradients, as products of matrices ----===//
//
// conv {x, w, y, workspace}, conv_grad_input {dy, w, dx, workspace},
// conv_grad_weight {dy, x, dw, workspace}   sizes {n, c, k, groups, window}
//   x [n, c, size], w [k, c / groups, kernel], y [n, k, out]; window: 18 numbers, see Window.h
//   y[n, k, o] = sum over c, tap of w[k, c, tap] x[n, c, window of o at tap]
// Outputs share bytes with no operand. A transposed convolution is conv_grad_input.
//
// In f64 (for checks) they are plain loops without a workspace, see ConvPlain.cpp. In f32 each is
// a product with the matrix of Columns.h, made piece by piece in the thread's share of
// the workspace. An element is the sum of pieces of 256 terms, in order, each a chain of fused
// multiply-adds: over (c, tap) forward, over the filters for the gradient of the input (then
// taps in order), over (n, o) for that of the weight. The blocks that threads own depend on
// the shape alone, and so do the bits.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Columns.h"
#include "ConvPlain.h"
#include "Gemm.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

constexpr int64_t kRows = 144, kDepth = 256, kColumns = 128;
constexpr int64_t kWeights = 64; ///< columns of a block of the weight's gradient

int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}
int64_t ceilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/// A thread's share of the workspace, in floats: packed left and right side, and a tile.
struct Share {
  int64_t left, right, tile;

  Share(int64_t rows, int64_t depth, int64_t columns, bool needsTile)
      : left(gemm::packedRows(rows, depth)), right(gemm::packedColumns(depth, columns)),
        tile(needsTile ? gemm::roundUp(rows * columns, 16) : 0) {}

  int64_t floats() const { return left + right + tile; }
  int64_t bytes(int threads) const {
    int64_t all = threads * floats() * int64_t(sizeof(float));
    return all > 0 ? all : 64;
  }
};

/// Calls body(unit, left, right, tile) for each unit, with the share of the thread that runs it.
template <typename Body>
void forEachUnit(const Launch &launch, int64_t units, int64_t work, const Share &share,
                 const Body &body) {
  float *space = launch.buffer<float>(3);
  cpu::parallelRanges(launch.threads, units, 1, work, [&](int thread, int64_t begin, int64_t end) {
    float *left = space + thread * share.floats();
    float *right = left + share.left, *tile = right + share.right;
    for (int64_t unit = begin; unit < end; ++unit)
      body(unit, left, right, tile);
  });
}

// Forward: a unit is a block of columns of one group ---------------------------

Share forwardShare(const ConvSizes &s) {
  return Share(least(s.filters(), kRows), least(s.depth(), kDepth), least(s.columns(), kColumns),
               true);
}

/// Computes filters [first, first + rows) of a block of columns.
void forwardTile(const ConvSizes &s, const float *x, const float *w, int64_t first, int64_t rows,
                 const Run *runs, int count, int64_t width, float *left, float *right,
                 float *tile) {
  if (s.depth() == 0)
    std::memset(tile, 0, sizeof(float) * rows * width);
  for (int64_t p = 0; p < s.depth(); p += kDepth) {
    int64_t depth = least(kDepth, s.depth() - p);
    packColumns(s, x, p, depth, runs, count, width, right);
    gemm::packLeft({w + first * s.depth() + p, s.depth(), 1}, rows, depth, left);
    gemm::multiply(left, right, rows, width, depth, tile, width, p > 0);
  }
}

void runForward(const Launch &launch) {
  ConvSizes s(launch.sizes);
  int64_t blocks = ceilDiv(s.columns(), kColumns);
  auto body = [&](int64_t unit, float *left, float *right, float *tile) {
    int64_t group = unit / blocks, begin = unit % blocks * kColumns;
    int64_t width = least(kColumns, s.columns() - begin);
    const float *x = launch.buffer<float>(0) + group * s.channels() * s.window.elements();
    const float *w = launch.buffer<float>(1) + group * s.filters() * s.depth();
    Run runs[kColumns];
    int count = makeRuns(s, begin, begin + width, gemm::kPanelColumns, runs);
    for (int64_t first = 0; first < s.filters(); first += kRows) {
      int64_t rows = least(kRows, s.filters() - first);
      forwardTile(s, x, w, first, rows, runs, count, width, left, right, tile);
      for (int64_t row = 0; row < rows; ++row)
        for (int i = 0; i < count; ++i) {
          int64_t plane = runs[i].image * s.k + group * s.filters() + first + row;
          std::memcpy(launch.buffer<float>(2) + plane * s.outputs() + runs[i].firstOutput(s.window),
                      tile + row * width + runs[i].lane, sizeof(float) * runs[i].length);
        }
    }
  };
  forEachUnit(launch, blocks * s.groups, s.work(), forwardShare(s), body);
}

// Gradient of the input: a unit is a block of images and channels of one group -----

/// How the input is cut into units.
struct InputBlocks {
  int64_t images, channels, imageBlocks, channelBlocks;

  explicit InputBlocks(const ConvSizes &s)
      : images(s.outputs() >= kColumns || s.outputs() == 0 ? 1 : kColumns / s.outputs()),
        channels(s.taps() >= kRows ? 1 : least(s.channels(), kRows / s.taps())),
        imageBlocks(ceilDiv(s.n, images)),
        channelBlocks(channels > 0 ? ceilDiv(s.channels(), channels) : 0) {}
};

Share gradInputShare(const ConvSizes &s) {
  InputBlocks blocks(s);
  return Share(least(blocks.channels * s.taps(), kRows), least(s.filters(), kDepth),
               least(least(blocks.images, s.n) * s.outputs(), kColumns), true);
}

/// Adds rows [first, first + rows) of the columns' gradient to `dx`.
void gradInputTile(const ConvSizes &s, const float *dy, const float *w, int64_t first, int64_t rows,
                   const Run *runs, int count, int64_t width, float *left, float *right,
                   float *tile, float *dx) {
  for (int64_t p = 0; p < s.filters(); p += kDepth) {
    int64_t depth = least(kDepth, s.filters() - p);
    packOutputs(s, dy, p, depth, runs, count, width, right);
    gemm::packLeft({w + p * s.depth() + first, 1, s.depth()}, rows, depth, left);
    gemm::multiply(left, right, rows, width, depth, tile, width, p > 0);
  }
  addColumns(s, tile, first, rows, runs, count, width, dx);
}

void runGradInput(const Launch &launch) {
  ConvSizes s(launch.sizes);
  InputBlocks blocks(s);
  auto body = [&](int64_t unit, float *left, float *right, float *tile) {
    int64_t block = unit % blocks.imageBlocks, rest = unit / blocks.imageBlocks;
    int64_t group = rest / blocks.channelBlocks;
    int64_t channel = rest % blocks.channelBlocks * blocks.channels;
    int64_t channels = least(blocks.channels, s.channels() - channel);
    int64_t image = block * blocks.images, lastImage = least(s.n, image + blocks.images);
    const float *dy = launch.buffer<float>(0) + group * s.filters() * s.outputs();
    const float *w = launch.buffer<float>(1) + group * s.filters() * s.depth();
    float *dx = launch.buffer<float>(2) + group * s.channels() * s.window.elements();
    for (int64_t n = image; n < lastImage; ++n)
      std::memset(dx + (n * s.c + channel) * s.window.elements(), 0,
                  sizeof(float) * channels * s.window.elements());
    int64_t last = (channel + channels) * s.taps(), end = lastImage * s.outputs();
    Run runs[kColumns];
    for (int64_t begin = image * s.outputs(); begin < end; begin += kColumns) {
      int64_t width = least(kColumns, end - begin);
      int count = makeRuns(s, begin, begin + width, gemm::kPanelColumns, runs);
      for (int64_t first = channel * s.taps(); first < last; first += kRows)
        gradInputTile(s, dy, w, first, least(kRows, last - first), runs, count, width, left, right,
                      tile, dx);
    }
  };
  forEachUnit(launch, blocks.imageBlocks * blocks.channelBlocks * s.groups, s.work(),
              gradInputShare(s), body);
}

// Gradient of the weight: a unit is a block of filters and weights of one group ----

Share gradWeightShare(const ConvSizes &s) {
  return Share(least(s.filters(), kRows), least(s.columns(), kDepth), least(s.depth(), kWeights),
               false);
}

void runGradWeight(const Launch &launch) {
  ConvSizes s(launch.sizes);
  int64_t filterBlocks = ceilDiv(s.filters(), kRows), weightBlocks = ceilDiv(s.depth(), kWeights);
  auto body = [&](int64_t unit, float *left, float *right, float *) {
    int64_t rest = unit / weightBlocks, group = rest / filterBlocks;
    int64_t weight = unit % weightBlocks * kWeights, filter = rest % filterBlocks * kRows;
    int64_t width = least(kWeights, s.depth() - weight), rows = least(kRows, s.filters() - filter);
    const float *dy = launch.buffer<float>(0) + group * s.filters() * s.outputs();
    const float *x = launch.buffer<float>(1) + group * s.channels() * s.window.elements();
    float *dw = launch.buffer<float>(2) + (group * s.filters() + filter) * s.depth() + weight;
    Run runs[kDepth];
    for (int64_t row = 0; s.columns() == 0 && row < rows; ++row)
      std::memset(dw + row * s.depth(), 0, sizeof(float) * width);
    for (int64_t p = 0; p < s.columns(); p += kDepth) {
      int64_t depth = least(kDepth, s.columns() - p);
      int count = makeRuns(s, p, p + depth, 0, runs);
      packOutputsLeft(s, dy, filter, rows, runs, count, depth, left);
      packColumnsTransposed(s, x, weight, width, runs, count, depth, right);
      gemm::multiply(left, right, rows, width, depth, dw, s.depth(), p > 0);
    }
  };
  forEachUnit(launch, s.groups * filterBlocks * weightBlocks, s.work(), gradWeightShare(s), body);
}

template <Share (*share)(const ConvSizes &)> int64_t workspace(const LaunchShape &shape) {
  return shape.type == ElementType::f64 ? 0 : share(ConvSizes(shape.sizes)).bytes(shape.threads);
}

template <void (*single)(const Launch &), void (*twice)(const Launch &)>
void runTyped(const Launch &launch) {
  (launch.type == ElementType::f64 ? twice : single)(launch);
}

} // namespace

const KernelOf<ConvArguments> conv = {"conv", runTyped<runForward, plain::convolve>,
                                      workspace<forwardShare>};
const KernelOf<ConvArguments> conv_grad_input = {
    "conv_grad_input", runTyped<runGradInput, plain::convolveGradInput>, workspace<gradInputShare>};
const KernelOf<ConvArguments> conv_grad_weight = {
    "conv_grad_weight", runTyped<runGradWeight, plain::convolveGradWeight>,
    workspace<gradWeightShare>};

} // namespace plimsoll
