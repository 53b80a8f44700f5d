//===- Conv.cu - convolution and its gradients ---------------------------------===//
//
// cpu/Conv.cpp documents buffers and sizes. Only conv_grad_weight has a workspace,
//   {float parts[splits][k][depth]}, at most 8 MiB, if many blocks share its sum; the parts are
// added in order. f64, and groups with so few channels that tiles would be mostly empty, are
// computed by ConvDirect.cu, in any precision.
//
// The products of ConvProducts.h are computed in three ways: f32 (ProductTiles.h), and on tensor
// cores with factors that are rounded to bf16 or tf32 as they are read (TensorProducts.h). The
// order of a sum depends on the shape alone. At most 128 registers and 23 KiB of shared memory: two
// blocks of 256 threads per multiprocessor.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "ConvProducts.h"
#include "TensorProducts.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

using namespace convolution;

constexpr int kFewChannels = 4;
constexpr int64_t kMostTiles = 256, kLeastTerms = 1024;

/// Adds the parts of every number, first to last.
__global__ void __launch_bounds__(kTileThreads)
    addParts(const float *parts, float *out, int64_t count, int splits) {
  const int64_t i = int64_t(blockIdx.x) * kTileThreads + threadIdx.x;
  if (i >= count)
    return;
  double sum = 0;
  for (int split = 0; split < splits; ++split)
    sum += double(parts[split * count + i]);
  out[i] = static_cast<float>(sum);
}

/// Returns the number of blocks that share the terms of a weight's gradient.
int splitsOf(const ConvSizes &s) {
  const bool small = s.filters() <= 32;
  int64_t tiles =
      s.groups * blocksFor(s.filters(), small ? 32 : 64) * blocksFor(s.depth(), small ? 64 : 128);
  int64_t most = tiles > 0 ? kMostTiles / tiles : 1, wanted = blocksFor(s.columns(), kLeastTerms);
  int64_t splits = most < wanted ? most : wanted;
  return splits < 1 ? 1 : static_cast<int>(splits);
}

/// Calls `run` with the tiles of the launch's precision.
template <typename Run> void withTiles(const Launch &launch, const Run &run) {
  switch (launch.precision) {
  case Precision::stored:
    return run(Tiles());
  case Precision::tf32:
    return run(TensorTiles<Tf32Factors>());
  case Precision::bf16:
    return run(TensorTiles<Bf16Factors>());
  }
}

void runForward(const Launch &launch) {
  ConvGeometry g(launch.sizes);
  if (launch.type == ElementType::f64 || g.filters <= kFewChannels)
    return convolveDirect(launch);
  Forward product(g, launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2));
  withTiles(launch, [&](auto tiles) {
    tiles.launch(streamOf(launch), product, product.columns, launch.sizes[3]);
  });
}

void runGradInput(const Launch &launch) {
  ConvGeometry g(launch.sizes);
  if (launch.type == ElementType::f64 || g.channels <= kFewChannels)
    return convolveGradInputDirect(launch);
  GradInput product(g, launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2));
  int64_t most = g.n; // columns of the largest class
  for (int d = 0; d < 3; ++d)
    most *= blocksFor(g.window.size[d], g.window.stride[d]);
  withTiles(launch, [&](auto tiles) {
    tiles.launch(streamOf(launch), product, most, launch.sizes[3] * product.strides());
  });
}

bool isDirectGradWeight(const LaunchShape &shape) {
  ConvSizes s(shape.sizes);
  return shape.type == ElementType::f64 ||
         (s.filters() <= kFewChannels && s.channels() <= kFewChannels);
}

void runGradWeight(const Launch &launch) {
  if (isDirectGradWeight(launch.shape()))
    return convolveGradWeightDirect(launch);
  ConvGeometry g(launch.sizes);
  const int splits = splitsOf(ConvSizes(launch.sizes));
  float *dw = launch.buffer<float>(2), *parts = splits > 1 ? launch.buffer<float>(3) : dw;
  GradWeight product(g, splits, launch.buffer<float>(0), launch.buffer<float>(1), parts);
  withTiles(launch, [&](auto tiles) {
    tiles.launch(streamOf(launch), product, g.depth, launch.sizes[3] * splits);
  });
  const int64_t count = int64_t(g.k) * g.depth;
  if (splits > 1)
    cuda::launch(streamOf(launch), blocksFor(count, kTileThreads), kTileThreads, addParts, parts,
                 dw, count, splits);
}

int64_t noWorkspace(const LaunchShape &shape) {
  return ConvGeometry::fits(shape.sizes) ? 0 : -1;
}
int64_t gradWeightWorkspace(const LaunchShape &shape) {
  ConvSizes s(shape.sizes);
  if (!ConvGeometry::fits(shape.sizes))
    return -1;
  const int64_t splits = isDirectGradWeight(shape) ? 1 : splitsOf(s);
  return splits > 1 ? splits * s.k * s.depth() * int64_t(sizeof(float)) : 0;
}

} // namespace

const KernelOf<ConvArguments> conv = {"conv", runForward, noWorkspace};
const KernelOf<ConvArguments> conv_grad_input = {"conv_grad_input", runGradInput, noWorkspace};
const KernelOf<ConvArguments> conv_grad_weight = {"conv_grad_weight", runGradWeight,
                                                  gradWeightWorkspace};

} // namespace plimsoll::cuda
