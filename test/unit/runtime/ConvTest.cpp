//===- ConvTest.cpp - convolutions against plain f64 references -------------===//
#include "KernelHarness.h"

namespace {

class Conv : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Isa, Conv, testing::ValuesIn(libraries()), libraryName);

TEST_P(Conv, ForwardAndGradientsMatch) {
  struct Case {
    int64_t stride, pad, groups, dilation;
  };
  for (Case t : {Case{1, 1, 1, 1}, Case{2, 0, 2, 1}, Case{3, 2, 1, 2}, Case{1, 4, 4, 1}}) {
    const int64_t N = 2, C = 4, H = 11, W = 13, K = 8, R = 3, S = 2;
    int64_t P = (H + 2 * t.pad - t.dilation * (R - 1) - 1) / t.stride + 1;
    int64_t Q = (W + 2 * t.pad - t.dilation * (S - 1) - 1) / t.stride + 1;
    int64_t channels = C / t.groups, filters = K / t.groups;
    Floats x = random(N * C * H * W), w = random(K * channels * R * S), dy = random(N * K * P * Q);
    std::vector<double> wy(dy.size()), wdx(x.size()), wdw(w.size());
    for (int64_t i = 0; i < N * K * P * Q; ++i) {
      int64_t q = i % Q, p = i / Q % P, k = i / (P * Q) % K, n = i / (P * Q * K);
      for (int64_t j = 0; j < channels * R * S; ++j) {
        int64_t s = j % S, r = j / S % R, c = j / (R * S) + k / filters * channels;
        int64_t h = p * t.stride - t.pad + r * t.dilation;
        int64_t v = q * t.stride - t.pad + s * t.dilation;
        if (h < 0 || h >= H || v < 0 || v >= W)
          continue;
        int64_t a = ((n * C + c) * H + h) * W + v, b = k * channels * R * S + j;
        wy[i] += double(x[a]) * w[b];
        wdx[a] += double(dy[i]) * w[b];
        wdw[b] += double(dy[i]) * x[a];
      }
    }
    Sizes sizes = {N, C, K, t.groups, 1,        H, W,     1,     R, S,          1,
                   P, Q, 1, t.stride, t.stride, 0, t.pad, t.pad, 1, t.dilation, t.dilation};
    Floats y = nans(dy.size()), dx = nans(x.size()), dw = nans(w.size());
    run("conv", {x.data(), w.data(), y.data()}, sizes);
    run("conv_grad_input", {dy.data(), w.data(), dx.data()}, sizes);
    run("conv_grad_weight", {dy.data(), x.data(), dw.data()}, sizes);
    EXPECT_LT(worst(y, wy), 1e-6);
    EXPECT_LT(worst(dx, wdx), 1e-6);
    EXPECT_LT(worst(dw, wdw), 1e-6);
    Doubles x64(x.begin(), x.end()), w64(w.begin(), w.end()), dy64(dy.begin(), dy.end());
    Doubles y64(dy.size(), NAN), dx64(x.size(), NAN), dw64(w.size(), NAN);
    runInF64("conv", {x64.data(), w64.data(), y64.data()}, sizes);
    runInF64("conv_grad_input", {dy64.data(), w64.data(), dx64.data()}, sizes);
    runInF64("conv_grad_weight", {dy64.data(), x64.data(), dw64.data()}, sizes);
    EXPECT_LT(worst(y64, wy), 1e-14);
    EXPECT_LT(worst(dx64, wdx), 1e-14);
    EXPECT_LT(worst(dw64, wdw), 1e-14);
  }
}

// Larger than every block, so that blocks are cut inside images, filters and taps.
TEST_P(Conv, LargerThanItsBlocks) {
  const int64_t N = 3, C = 40, H = 15, W = 14, K = 150, R = 3, S = 3;
  Floats x = random(N * C * H * W), w = random(K * C * R * S), dy = random(N * K * H * W);
  std::vector<double> wy(dy.size()), wdx(x.size()), wdw(w.size());
  for (int64_t i = 0; i < N * K * H * W; ++i) {
    int64_t q = i % W, p = i / W % H, k = i / (W * H) % K, n = i / (W * H * K);
    for (int64_t j = 0; j < C * R * S; ++j) {
      int64_t h = p - 1 + j / S % R, v = q - 1 + j % S;
      if (h < 0 || h >= H || v < 0 || v >= W)
        continue;
      int64_t a = ((n * C + j / (R * S)) * H + h) * W + v, b = k * C * R * S + j;
      wy[i] += double(x[a]) * w[b];
      wdx[a] += double(dy[i]) * w[b];
      wdw[b] += double(dy[i]) * x[a];
    }
  }
  Sizes sizes = {N, C, K, 1, 1, H, W, 1, R, S, 1, H, W, 1, 1, 1, 0, 1, 1, 1, 1, 1};
  Floats first[3];
  for (int threads : {1, 2, 5}) {
    Floats y = nans(dy.size()), dx = nans(x.size()), dw = nans(w.size());
    run("conv", {x.data(), w.data(), y.data()}, sizes, {}, threads);
    run("conv_grad_input", {dy.data(), w.data(), dx.data()}, sizes, {}, threads);
    run("conv_grad_weight", {dy.data(), x.data(), dw.data()}, sizes, {}, threads);
    EXPECT_LT(worst(y, wy), 1e-6);
    EXPECT_LT(worst(dx, wdx), 1e-6);
    EXPECT_LT(worst(dw, wdw), 1e-6);
    if (threads > 1) {
      EXPECT_TRUE(sameBits(y, first[0]) && sameBits(dx, first[1]) && sameBits(dw, first[2]));
    } else {
      first[0] = y, first[1] = dx, first[2] = dw;
    }
  }
}

TEST_P(Conv, ThreeDimensions) {
  // One channel and filter, a kernel of ones: each output is the sum of its window.
  const int64_t D = 3, H = 4, W = 5;
  Floats x = random(D * H * W), w(8, 1.0f), y = nans((D - 1) * (H - 1) * (W - 1));
  std::vector<double> wanted(y.size());
  for (size_t i = 0; i < y.size(); ++i)
    for (int64_t j = 0; j < 8; ++j) {
      int64_t q = i % (W - 1) + j % 2, p = i / (W - 1) % (H - 1) + j / 2 % 2;
      int64_t o = i / ((W - 1) * (H - 1)) + j / 4;
      wanted[i] += x[(o * H + p) * W + q];
    }
  run("conv", {x.data(), w.data(), y.data()},
      {1, 1, 1, 1, D, H, W, 2, 2, 2, D - 1, H - 1, W - 1, 1, 1, 1, 0, 0, 0, 1, 1, 1});
  EXPECT_LT(worst(y, wanted), 1e-6);
}

/// A convolution of random sizes, of one to three dimensions.
struct RandomConv {
  int64_t n, c, k, groups;
  int64_t size[3] = {1, 1, 1}, kernel[3] = {1, 1, 1}, out[3] = {1, 1, 1};
  int64_t stride[3] = {1, 1, 1}, pad[3] = {0, 0, 0}, dilation[3] = {1, 1, 1};

  explicit RandomConv(std::mt19937 &engine) {
    auto draw = [&](int64_t least, int64_t most) {
      return std::uniform_int_distribution<int64_t>(least, most)(engine);
    };
    groups = draw(0, 2) ? 1 : draw(1, 6);
    bool deep = draw(0, 3) == 0; // more (channel, tap) pairs and filters than a block has
    c = groups * (draw(0, 2) ? draw(draw(0, 9) ? 1 : 0, deep ? 70 : 9) : 1);
    k = groups * (draw(0, 3) ? draw(draw(0, 9) ? 1 : 0, deep ? 80 : 20) : 1);
    n = draw(0, 40) ? draw(1, deep ? 2 : 7) : 0;
    int dimensions = static_cast<int>(draw(1, 3));
    int64_t extent = dimensions == 1 ? (deep ? 700 : 60) : dimensions == 2 ? 20 : 7;
    for (int d = 3 - dimensions; d < 3; ++d) {
      kernel[d] = draw(1, dimensions == 3 ? 3 : 5);
      stride[d] = draw(0, 1) ? 1 : draw(1, 4);
      dilation[d] = draw(0, 1) ? 1 : draw(1, 3);
      int64_t reach = (kernel[d] - 1) * dilation[d];
      pad[d] = draw(0, reach + 1);
      int64_t behind = draw(0, reach + 1); // also an input that is not read to its end
      size[d] = std::max<int64_t>(draw(1, extent), reach + 1 - pad[d] - behind);
      size[d] = std::max<int64_t>(size[d], 1);
      out[d] = (size[d] + pad[d] + behind - reach - 1) / stride[d] + 1;
    }
  }

  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t plane() const { return size[0] * size[1] * size[2]; }
  int64_t outputs() const { return out[0] * out[1] * out[2]; }
  Sizes sizes() const {
    Sizes all = {n, c, k, groups};
    for (auto *triple : {size, kernel, out, stride, pad, dilation})
      all.insert(all.end(), triple, triple + 3);
    return all;
  }

  /// Calls body(output, weight, input) with the indices of each product of the convolution.
  template <typename Body> void forEachTerm(const Body &body) const {
    int64_t channels = c / groups, filters = k / groups;
    for (int64_t i = 0; i < n * k * outputs(); ++i) {
      int64_t o[3] = {i / (out[1] * out[2]) % out[0], i / out[2] % out[1], i % out[2]};
      int64_t filter = i / outputs() % k, image = i / (outputs() * k);
      for (int64_t j = 0; j < channels * taps(); ++j) {
        int64_t tap[3] = {j / (kernel[1] * kernel[2]) % kernel[0], j / kernel[2] % kernel[1],
                          j % kernel[2]};
        int64_t place = image * c + filter / filters * channels + j / taps();
        bool inside = true;
        for (int d = 0; d < 3; ++d) {
          int64_t at = o[d] * stride[d] - pad[d] + tap[d] * dilation[d];
          inside = inside && at >= 0 && at < size[d];
          place = place * size[d] + at;
        }
        if (inside)
          body(i, filter * channels * taps() + j, place);
      }
    }
  }
};

// Against f64 loops, and with the same bits whatever the threads and the instruction set.
TEST_P(Conv, RandomSizes) {
  for (int round = 0; round < 150; ++round) {
    RandomConv conv(engine);
    Floats x = random(conv.n * conv.c * conv.plane());
    Floats w = random(conv.k * (conv.c / conv.groups) * conv.taps());
    Floats dy = random(conv.n * conv.k * conv.outputs());
    std::vector<double> wy(dy.size()), wdx(x.size()), wdw(w.size());
    conv.forEachTerm([&](int64_t output, int64_t weight, int64_t input) {
      wy[output] += double(x[input]) * w[weight];
      wdx[input] += double(dy[output]) * w[weight];
      wdw[weight] += double(dy[output]) * x[input];
    });
    Sizes sizes = conv.sizes();
    Floats first[3];
    auto compare = [&](int threads, const char *library) {
      Floats y = nans(dy.size()), dx = nans(x.size()), dw = nans(w.size());
      run("conv", {x.data(), w.data(), y.data()}, sizes, {}, threads);
      run("conv_grad_input", {dy.data(), w.data(), dx.data()}, sizes, {}, threads);
      run("conv_grad_weight", {dy.data(), x.data(), dw.data()}, sizes, {}, threads);
      bool right = worst(y, wy) < 2e-6 && worst(dx, wdx) < 2e-6 && worst(dw, wdw) < 2e-6;
      ASSERT_TRUE(right) << testing::PrintToString(sizes) << " " << worst(y, wy) << " "
                         << worst(dx, wdx) << " " << worst(dw, wdw);
      if (first[0].empty() && first[1].empty() && first[2].empty())
        first[0] = y, first[1] = dx, first[2] = dw;
      ASSERT_TRUE(sameBits(y, first[0]) && sameBits(dx, first[1]) && sameBits(dw, first[2]))
          << testing::PrintToString(sizes) << " with " << threads << " threads, " << library;
    };
    for (int threads : {1, 2, 3})
      compare(threads, GetParam().instructionSet);
    for (const Library &library : libraries())
      if (use(library))
        compare(1, library.instructionSet);
    use(GetParam());
    if (HasFatalFailure())
      return;
  }
}

} // namespace
