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

constexpr int kSizes = 22; ///< the number of sizes before the type
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

template <typename Tiles> void runForward(const Launch &launch) {
  ConvGeometry g(launch.sizes);
  if (isDouble(launch, kSizes) || g.filters <= kFewChannels)
    return convolveDirect(launch);
  Forward product(g, launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2));
  Tiles::launch(streamOf(launch), product, product.columns, launch.sizes[3]);
}

template <typename Tiles> void runGradInput(const Launch &launch) {
  ConvGeometry g(launch.sizes);
  if (isDouble(launch, kSizes) || g.channels <= kFewChannels)
    return convolveGradInputDirect(launch);
  GradInput product(g, launch.buffer<float>(0), launch.buffer<float>(1), launch.buffer<float>(2));
  int64_t most = g.n; // columns of the largest class
  for (int d = 0; d < 3; ++d)
    most *= blocksFor(g.window.size[d], g.window.stride[d]);
  Tiles::launch(streamOf(launch), product, most, launch.sizes[3] * product.strides());
}

bool isDirectGradWeight(const int64_t *sizes, int sizeCount) {
  ConvSizes s(sizes);
  return isDouble(sizes, sizeCount, kSizes) ||
         (s.filters() <= kFewChannels && s.channels() <= kFewChannels);
}

template <typename Tiles> void runGradWeight(const Launch &launch) {
  if (isDirectGradWeight(launch.sizes, launch.sizeCount))
    return convolveGradWeightDirect(launch);
  ConvGeometry g(launch.sizes);
  const int splits = splitsOf(ConvSizes(launch.sizes));
  float *dw = launch.buffer<float>(2), *parts = splits > 1 ? launch.buffer<float>(3) : dw;
  GradWeight product(g, splits, launch.buffer<float>(0), launch.buffer<float>(1), parts);
  Tiles::launch(streamOf(launch), product, g.depth, launch.sizes[3] * splits);
  const int64_t count = int64_t(g.k) * g.depth;
  if (splits > 1)
    cuda::launch(streamOf(launch), blocksFor(count, kTileThreads), kTileThreads, addParts, parts,
                 dw, count, splits);
}

int64_t noWorkspace(const int64_t *sizes, int, int) {
  return ConvGeometry::fits(sizes) ? 0 : -1;
}
int64_t gradWeightWorkspace(const int64_t *sizes, int sizeCount, int) {
  ConvSizes s(sizes);
  if (!ConvGeometry::fits(sizes))
    return -1;
  const int64_t splits = isDirectGradWeight(sizes, sizeCount) ? 1 : splitsOf(s);
  return splits > 1 ? splits * s.k * s.depth() * int64_t(sizeof(float)) : 0;
}

} // namespace

const KernelOf<ConvArguments> conv = {"conv", runForward<Tiles>, noWorkspace};
const KernelOf<ConvArguments> conv_grad_input = {"conv_grad_input", runGradInput<Tiles>,
                                                 noWorkspace};
const KernelOf<ConvArguments> conv_grad_weight = {"conv_grad_weight", runGradWeight<Tiles>,
                                                  gradWeightWorkspace};

using InTf32 = TensorTiles<Tf32Factors>;
const KernelOf<ConvArguments> conv_tf32 = {"conv_tf32", runForward<InTf32>, noWorkspace};
const KernelOf<ConvArguments> conv_grad_input_tf32 = {"conv_grad_input_tf32", runGradInput<InTf32>,
                                                      noWorkspace};
const KernelOf<ConvArguments> conv_grad_weight_tf32 = {"conv_grad_weight_tf32",
                                                       runGradWeight<InTf32>, gradWeightWorkspace};

using InBf16 = TensorTiles<Bf16Factors>;
const KernelOf<ConvArguments> conv_bf16 = {"conv_bf16", runForward<InBf16>, noWorkspace};
const KernelOf<ConvArguments> conv_grad_input_bf16 = {"conv_grad_input_bf16", runGradInput<InBf16>,
                                                      noWorkspace};
const KernelOf<ConvArguments> conv_grad_weight_bf16 = {"conv_grad_weight_bf16",
                                                       runGradWeight<InBf16>, gradWeightWorkspace};

} // namespace plimsoll::cuda
