// Convolution and pooling on the emulator, against the CPU's.
#include "Compare.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"
#include "rules/ConvSizes.h"

namespace {

namespace cuda = plimsoll::cuda;
using plimsoll::Precision;

struct Axis {
  int64_t size, kernel, stride = 1, pad = 0, dilation = 1, padBehind = -1; ///< -1: as before

  int64_t behind() const { return padBehind < 0 ? pad : padBehind; }
  int64_t out() const { return (size + pad + behind() - dilation * (kernel - 1) - 1) / stride + 1; }
};

/// Returns the 18 numbers of a window over up to three axes.
Sizes windowOf(std::vector<Axis> axes) {
  axes.insert(axes.begin(), 3 - axes.size(), Axis{1, 1});
  Sizes numbers;
  for (const Axis &axis : axes)
    numbers.push_back(axis.size);
  for (const Axis &axis : axes)
    numbers.push_back(axis.kernel);
  for (const Axis &axis : axes)
    numbers.push_back(axis.out());
  for (const Axis &axis : axes)
    numbers.push_back(axis.stride);
  for (const Axis &axis : axes)
    numbers.push_back(axis.pad);
  for (const Axis &axis : axes)
    numbers.push_back(axis.dilation);
  return numbers;
}

struct Shape {
  int64_t n, c, k, groups;
  std::vector<Axis> axes;
};

float toBf16(float x) {
  return plimsoll::Bf16(x);
}
/// Rounds to eleven bits, ties away from zero.
float toTf32(float x) {
  int exponent;
  const float fraction = std::frexp(x, &exponent);
  return std::ldexp(std::round(fraction * 2048), exponent - 11);
}
float asItIs(float x) {
  return x;
}

class ConvKernels : public CudaKernels, public testing::WithParamInterface<Shape> {
protected:
  /// Compares all three kernels with the CPU's, whose factors are rounded before. `tolerance` is
  /// for the gradients.
  template <typename T>
  void compareAll(double forwardTolerance, double tolerance,
                  Precision precision = Precision::stored, float (*round)(float) = asItIs) {
    const Shape &shape = GetParam();
    Sizes sizes = {shape.n, shape.c, shape.k, shape.groups};
    Sizes window = windowOf(shape.axes);
    sizes.insert(sizes.end(), window.begin(), window.end());
    plimsoll::ConvSizes s(sizes.data());
    LaunchKey key = keyOf<T>();
    key.precision = precision;
    auto numbers = [&](int64_t count) {
      auto values = random<T>(count);
      if (round != asItIs)
        for (T &value : values)
          value = T(round(float(value)));
      return values;
    };
    auto x = numbers(s.n * s.c * s.window.elements()), w = numbers(s.k * s.depth());
    auto dy = numbers(s.n * s.k * s.outputs());

    Compare forward;
    forward.read(x);
    forward.read(w);
    int y = forward.write<T>(s.n * s.k * s.outputs());
    forward.run(plimsoll::conv, cuda::conv, sizes, {}, key);
    forward.expect<T>(y, forwardTolerance);

    Compare input;
    input.read(dy);
    input.read(w);
    int dx = input.write<T>(s.n * s.c * s.window.elements());
    input.run(plimsoll::conv_grad_input, cuda::conv_grad_input, sizes, {}, key);
    input.expect<T>(dx, tolerance);

    Compare weight;
    weight.read(dy);
    weight.read(x);
    int dw = weight.write<T>(s.k * s.depth());
    weight.run(plimsoll::conv_grad_weight, cuda::conv_grad_weight, sizes, {}, key);
    weight.expect<T>(dw, tolerance);
  }
};

TEST_P(ConvKernels, AreTheCpus) {
  const Shape &shape = GetParam();
  compareAll<float>(shape.k / shape.groups <= 4 ? 1e-6 : 0, 1e-6);
}
TEST_P(ConvKernels, AreTheCpusInDouble) {
  compareAll<double>(1e-14, 1e-14);
}
/// Factors are representable in the precision, so that only the order of the sums differs, which
/// are single chains here. The tolerance is that of other sums in f32 (forFloats).
TEST_P(ConvKernels, AreTheCpusInBf16) {
  compareAll<float>(2e-6, 2e-6, Precision::bf16, toBf16);
}
TEST_P(ConvKernels, AreTheCpusInTf32) {
  compareAll<float>(2e-6, 2e-6, Precision::tf32, toTf32);
}

/// Five filters that each copy a channel: no sum hides how the factors are rounded.
TEST_F(CudaKernels, ConvolutionsRoundTheirFactors) {
  struct Case {
    Precision precision;
    int bits;
    float (*round)(float);
  };
  const int64_t count = 300;
  Sizes sizes = {1, 5, 5, 1};
  Sizes window = windowOf({{count, 1}});
  sizes.insert(sizes.end(), window.begin(), window.end());
  std::vector<float> w(25);
  for (int64_t i = 0; i < 5; ++i)
    w[i * 6] = 1;
  for (const Case &each : {Case{Precision::bf16, 8, toBf16}, Case{Precision::tf32, 11, toTf32}}) {
    auto x = random(5 * count);
    for (int64_t i = 0; i < 5 * count; i += 3) // halfway between two numbers of so many bits
      x[i] = float((1 << each.bits) + 2 * (i % 100) + 1) * (i % 2 ? -1 : 1);
    std::vector<float> rounded = x;
    for (float &value : rounded)
      value = each.round(value);
    ASSERT_NE(rounded, x);
    Compare compare;
    compare.read(x);
    compare.read(w);
    int y = compare.write<float>(5 * count);
    compare.run(plimsoll::conv, cuda::conv, sizes, {},
                {ElementType::f32, ElementType::f32, each.precision});
    EXPECT_EQ(compare.emulated<float>(y), rounded) << each.bits;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, ConvKernels,
    testing::Values(Shape{2, 5, 6, 1, {{9, 3, 1, 1}, {7, 3, 1, 1}}}, Shape{1, 1, 1, 1, {{1, 1}}},
                    Shape{2, 16, 8, 1, {{40, 5, 2, 2}}},                        // one dimension
                    Shape{1, 6, 8, 2, {{4, 2}, {5, 3, 2, 1}, {6, 2, 1, 0, 2}}}, // three, groups
                    Shape{2, 8, 8, 8, {{11, 3, 1, 1}, {13, 3, 1, 1}}},          // depthwise
                    Shape{1, 6, 12, 6, {{8, 5, 2, 2}, {8, 5, 2, 2}}},           // with a multiplier
                    Shape{2, 24, 40, 1, {{8, 1}, {8, 1}}},                      // pointwise
                    Shape{1, 20, 34, 1, {{9, 1, 2}, {10, 1, 3}}},               // and strided
                    Shape{2, 7, 36, 1, {{12, 3, 2, 1, 1, 0}, {10, 4, 3, 2, 2}}}, // uneven padding
                    Shape{1, 33, 70, 1, {{7, 3, 1, 1}, {6, 3, 1, 1}}},      // more than a piece
                    Shape{1, 9, 3, 1, {{6, 3, 1, 2, 2}, {16, 3, 1, 4, 4}}}, // few filters
                    Shape{3, 2, 37, 1, {{30, 7, 2, 3}, {23, 7, 2, 3}}},     // few channels
                    Shape{5, 10, 10, 2, {{20, 3, 1, 1}, {20, 3, 1, 1}}},    // parts of a sum
                    Shape{2, 300, 6, 1, {{3, 1}, {4, 1}}}, Shape{1, 6, 300, 1, {{3, 2}, {3, 2}}},
                    Shape{1, 130, 65, 1, {{5, 3, 1, 1}, {13, 1}}},     // tiles in both directions
                    Shape{0, 4, 8, 1, {{5, 3}}},                       // no images
                    Shape{2, 5, 5, 1, {{2, 3, 5, 3}, {3, 2, 4, 1}}})); // windows apart

TEST(ConvKernelSizes, TooLargeAnImageIsRefused) {
  Sizes sizes = {1, 64, 64, 1};
  Sizes window = windowOf({{8192, 3, 1, 1}, {8192, 3, 1, 1}});
  sizes.insert(sizes.end(), window.begin(), window.end());
  for (const plimsoll::Kernel *kernel :
       {&cuda::conv, &cuda::conv_grad_input, &cuda::conv_grad_weight})
    EXPECT_EQ(kernel->workspace({sizes.data(), 22, 1}), -1) << kernel->name;
}

class PoolKernels : public CudaKernels, public testing::WithParamInterface<std::vector<Axis>> {};

TEST_P(PoolKernels, AreTheCpusToTheBit) {
  forFloats([&](auto zero, double tolerance) {
    using T = decltype(zero);
    const int64_t planes = 3;
    Sizes window = windowOf(GetParam());
    plimsoll::Window w(window.data());
    auto x = whole<T>(planes * w.elements(), -4, 4); // many are equal: the first counts
    x[x.size() / 2] = T(NAN);
    auto dy = random<T>(planes * w.outputs());
    Sizes sizes = {planes};
    sizes.insert(sizes.end(), window.begin(), window.end());
    auto with = [&](Sizes more) {
      Sizes all = sizes;
      all.insert(all.end(), more.begin(), more.end());
      return all;
    };

    Compare largest, grad;
    largest.read(x);
    int y = largest.write<T>(planes * w.outputs());
    largest.run(plimsoll::max_pool, cuda::max_pool, with({}), {}, keyOf<T>());
    largest.expect<T>(y, 0);
    grad.read(dy);
    grad.read(x);
    int dx = grad.write<T>(planes * w.elements());
    grad.run(plimsoll::max_pool_grad, cuda::max_pool_grad, with({}), {}, keyOf<T>());
    grad.expect<T>(dx, 0);
    for (int64_t columnMajor : {0, 1}) {
      Compare index;
      index.read(x);
      int at = index.write<int64_t>(planes * w.outputs());
      index.run(plimsoll::max_pool_index, cuda::max_pool_index, with({columnMajor}), {},
                keyOf<T>());
      index.expect<int64_t>(at, 0);
    }
    std::vector<Axis> axes = GetParam();
    axes.insert(axes.begin(), 3 - axes.size(), Axis{1, 1});
    for (int64_t countPadding : {0, 1}) {
      Sizes behind = {axes[0].behind(), axes[1].behind(), axes[2].behind(), countPadding};
      Compare mean, meanGrad;
      mean.read(random<T>(planes * w.elements()));
      y = mean.write<T>(planes * w.outputs());
      mean.run(plimsoll::avg_pool, cuda::avg_pool, with(behind), {}, keyOf<T>());
      mean.expect<T>(y, w.taps() >= 64 ? tolerance : 0);
      meanGrad.read(dy);
      dx = meanGrad.write<T>(planes * w.elements());
      meanGrad.run(plimsoll::avg_pool_grad, cuda::avg_pool_grad, with(behind), {}, keyOf<T>());
      meanGrad.expect<T>(dx, 0);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Windows, PoolKernels,
                         testing::Values(std::vector<Axis>{{6, 3, 2, 1}, {7, 3, 2, 1}},
                                         std::vector<Axis>{{9, 2, 2}, {8, 2, 2}},
                                         std::vector<Axis>{{50, 5, 3, 2}},
                                         std::vector<Axis>{{4, 2}, {5, 3, 1, 1}, {6, 2, 2}},
                                         std::vector<Axis>{{12, 3, 1, 2, 2}, {9, 2, 3, 0, 4}},
                                         std::vector<Axis>{{7, 3, 2, 0, 1, 1}, {7, 3, 2, 1}},
                                         std::vector<Axis>{{13, 13}, {11, 11}},
                                         std::vector<Axis>{{1, 1}}));

} // namespace
