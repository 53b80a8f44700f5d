// Batch normalisation on the emulator, against the CPU's.
#include "Compare.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

namespace {

namespace cuda = plimsoll::cuda;

/// Planes of one element, of fewer than a block, and channels that several blocks share.
const std::vector<Sizes> kShapes = {{2, 1, 1}, {33, 5, 1},   {3, 4, 7},    {2, 3, 36},  {1, 2, 50},
                                    {5, 0, 9}, {7, 2, 1025}, {4, 3, 1300}, {1, 1, 9000}};

class BatchNormKernel : public CudaKernels {
protected:
  /// Returns channels whose mean is large compared with their spread.
  std::vector<float> far(int64_t count) {
    auto x = random(count, 0.01);
    for (float &value : x)
      value += 3;
    return x;
  }
};

TEST_F(BatchNormKernel, Forward) {
  for (const Sizes &shape : kShapes)
    for (int variant = 0; variant < 5; ++variant) { // in place: over x, over the addend
      const bool inPlace = variant == 1 || variant == 4, withAddend = variant >= 3;
      int64_t channels = shape[1], count = shape[0] * channels * shape[2];
      Sizes sizes = shape;
      sizes.push_back(variant >= 2); // relu
      Compare compare;
      int x = variant == 1 ? compare.update(far(count)) : compare.read(far(count));
      compare.read(random(channels));
      compare.read(random(channels));
      int addend = !withAddend    ? compare.absent()
                   : variant == 4 ? compare.update(random(count))
                                  : compare.read(random(count));
      int y = inPlace ? compare.same(variant == 1 ? x : addend) : compare.write<float>(count);
      int mean = compare.write<float>(channels), variance = compare.write<float>(channels);
      compare.run(plimsoll::batch_norm, cuda::batch_norm, sizes, {1e-5});
      compare.expect<float>(y, 1e-7);
      compare.expect<float>(mean, 1e-7);
      compare.expect<float>(variance, 1e-7);
    }
}

TEST_F(BatchNormKernel, OneElementFarFromTheOthersIsTheShift) {
  auto values = random(4000);
  values[0] = 1e6f;
  Compare compare;
  compare.read(values);
  compare.read(random(1));
  compare.read(random(1));
  compare.absent();
  compare.write<float>(4000);
  compare.write<float>(1);
  int variance = compare.write<float>(1);
  compare.run(plimsoll::batch_norm, cuda::batch_norm, {1, 1, 4000, 0}, {1e-5});
  compare.expect<float>(variance, 1e-7);
}

TEST_F(BatchNormKernel, Gradients) {
  for (const Sizes &sizes : kShapes)
    for (int variant = 0; variant < 6; ++variant) { // the last three behind a relu
      const int inPlace = variant % 3;              // in no operand's bytes, dy's, x's
      int64_t channels = sizes[1], count = sizes[0] * channels * sizes[2];
      auto variances = random(channels, 0.1);
      for (float &variance : variances)
        variance = 0.5f + std::abs(variance);
      Compare compare;
      int dy = inPlace == 1 ? compare.update(random(count)) : compare.read(random(count));
      int x = inPlace == 2 ? compare.update(random(count)) : compare.read(random(count));
      compare.read(random(channels));
      compare.read(random(channels, 0.1));
      compare.read(variances);
      variant >= 3 ? compare.read(random(count)) : compare.absent();
      int dx = inPlace ? compare.same(inPlace == 1 ? dy : x) : compare.write<float>(count);
      int dscale = compare.write<float>(channels), dbias = compare.write<float>(channels);
      compare.run(plimsoll::batch_norm_grad, cuda::batch_norm_grad, sizes, {1e-5});
      compare.expect<float>(dx, 1e-7);
      compare.expect<float>(dscale, 1e-7);
      compare.expect<float>(dbias, 1e-7);
    }
}

TEST_F(BatchNormKernel, InferenceAndUpdateHaveTheBitsOfTheCpu) {
  for (const Sizes &sizes : kShapes) {
    int64_t channels = sizes[1], count = sizes[0] * channels * sizes[2];
    auto variances = random(channels);
    for (float &variance : variances)
      variance = std::abs(variance);
    Compare inference;
    int x = inference.update(far(count));
    inference.read(random(channels));
    inference.read(random(channels));
    inference.read(random(channels));
    inference.read(variances);
    inference.same(x);
    inference.run(plimsoll::batch_norm_inference, cuda::batch_norm_inference, sizes, {1e-3});
    inference.expect<float>(x, 0);
  }
  for (int layers : {1, 2, 60}) { // 60 are more than a table holds
    Compare update;
    Sizes sizes = {11};
    for (int layer = 0; layer < layers; ++layer)
      sizes.push_back(layer % 3 == 1 ? 1 : 300 - layer);
    std::vector<int> running;
    for (int buffer = 0; buffer < 4; ++buffer)
      for (int layer = 0; layer < layers; ++layer) {
        auto values = random(sizes[1 + static_cast<size_t>(layer)]);
        buffer < 2 ? running.push_back(update.update(values)) : (void)update.read(values);
      }
    update.run(plimsoll::batch_norm_update, cuda::batch_norm_update, sizes, {0.1});
    for (int result : running)
      update.expect<float>(result, 0);
  }
}

} // namespace
