//===- Conv.cpp - convolution and its gradients ------------------------------===//
//
// conv {x, w, y, workspace}, conv_grad_input {dy, w, dx, workspace},
// conv_grad_weight {dy, x, dw, workspace}   sizes {n, c, k, groups, window}
//   x [n, c, size], w [k, c / groups, kernel], y [n, k, out]; window: 18 numbers, see Window.h
//   y[n, k, o] = sum over c, tap of w[k, c, tap] x[n, c, window of o at tap]
// Outputs share bytes with no operand. A transposed convolution is conv_grad_input.
//
// In f64 (for checks) they are plain loops without a workspace, see ConvPlain.cpp. In f32 a
// convolution, and each phase of the gradient of its input, is a sum over taps (TapSum.h), which
// ConvDirect.cpp computes with vectors of filters or, where a group has few, ConvDepthwise.cpp with
// vectors of outputs; so ConvDirectGrad.cpp and ConvDepthwiseGrad.cpp compute the gradient of the
// weight. The parts of the operands that they read lie in the thread's share of the workspace,
// copied with their padding, and what is read as vectors of filters is packed there.
//
// An element of y is the sum of pieces of 256 terms over (c, tap), in order, each a chain of fused
// multiply-adds; an element of dx likewise over (k, tap), of the taps that meet the element's
// phase. An element of dw is a sum of pieces, in order: a piece is a chain over a block of up to
// 256 outputs, and up to 16 sums of pieces are then added in order; where there are several groups
// of few filters, blocks have up to 2048 outputs, and chains are in eight lanes. Which terms belong
// to a chain depends on images, places and taps alone, and so do the bits.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "ConvDepthwise.h"
#include "ConvDirect.h"
#include "ConvDirectGrad.h"
#include "ConvPlain.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <algorithm>

namespace plimsoll {
namespace {

constexpr int64_t kMostLaneTaps = 1024; ///< of a filter: each has eight lanes in the workspace

bool hasFewFilters(const TapSum &sum) {
  return sum.filters <= depthwise::kMostFilters;
}

int64_t shareFloats(const TapSums &sums, int threads) {
  return hasFewFilters(sums[0]) ? depthwise::shareFloats(sums) : direct::shareFloats(sums, threads);
}

void run(const TapSums &sums, const Launch &launch) {
  auto run = hasFewFilters(sums[0]) ? depthwise::run : direct::run;
  int64_t floats = shareFloats(sums, launch.threads);
  auto body = [&](int thread, int64_t begin, int64_t end) {
    for (int64_t part = begin; part < end; ++part)
      run(sums, launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2), part,
          launch.threads, launch.buffer<float>(3) + thread * floats);
  };
  cpu::parallelRanges(launch.threads, launch.threads, 1, ConvSizes(launch.sizes).work(), body);
}

void runForward(const Launch &launch) {
  ConvSizes s(launch.sizes);
  run(TapSums::forward(s), launch);
}

void runGradInput(const Launch &launch) {
  ConvSizes s(launch.sizes);
  run(TapSums::gradInput(s), launch);
}

/// With one group, filters may be computed in parts: their number must not decide about bits.
bool hasLanes(const TapSum &sum) {
  return sum.groups > 1 && hasFewFilters(sum) && sum.taps() <= kMostLaneTaps;
}

void runGradWeight(const Launch &launch) {
  ConvSizes s(launch.sizes);
  TapSum sum = TapSums::forward(s)[0];
  auto run = hasLanes(sum) ? depthwise::gradWeight : direct::gradWeight;
  run(sum, launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2),
      launch.threads, s.work(), launch.buffer<float>(3));
}

// Workspaces ---------------------------------------------------------------------

int64_t forwardFloats(const ConvSizes &s, int threads) {
  return threads * shareFloats(TapSums::forward(s), threads);
}

int64_t gradInputFloats(const ConvSizes &s, int threads) {
  return threads * shareFloats(TapSums::gradInput(s), threads);
}

int64_t gradWeightFloats(const ConvSizes &s, int threads) {
  TapSum sum = TapSums::forward(s)[0];
  return hasLanes(sum) ? threads * depthwise::gradWeightFloats(sum)
                       : direct::gradWeightFloats(sum, threads);
}

template <int64_t (*floats)(const ConvSizes &, int)> int64_t workspace(const LaunchShape &shape) {
  if (shape.type == ElementType::f64)
    return 0;
  int64_t bytes = floats(ConvSizes(shape.sizes), shape.threads) * int64_t(sizeof(float));
  return std::max<int64_t>(bytes, 64);
}

template <void (*single)(const Launch &), void (*twice)(const Launch &)>
void runTyped(const Launch &launch) {
  (launch.type == ElementType::f64 ? twice : single)(launch);
}

} // namespace

const KernelOf<ConvArguments> conv = {"conv", runTyped<runForward, plain::convolve>,
                                      workspace<forwardFloats>};
const KernelOf<ConvArguments> conv_grad_input = {"conv_grad_input",
                                                 runTyped<runGradInput, plain::convolveGradInput>,
                                                 workspace<gradInputFloats>};
const KernelOf<ConvArguments> conv_grad_weight = {
    "conv_grad_weight", runTyped<runGradWeight, plain::convolveGradWeight>,
    workspace<gradWeightFloats>};

} // namespace plimsoll
