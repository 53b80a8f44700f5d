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
    Sizes sizes = {N, C,        H,        W,     K,     R,          S,          P,
                   Q, t.stride, t.stride, t.pad, t.pad, t.dilation, t.dilation, t.groups};
    Floats y = nans(dy.size()), dx = nans(x.size()), dw = nans(w.size());
    run("conv2d", {x.data(), w.data(), y.data()}, sizes);
    run("conv2d_grad_input", {dy.data(), w.data(), dx.data()}, sizes);
    run("conv2d_grad_weight", {dy.data(), x.data(), dw.data()}, sizes);
    EXPECT_LT(worst(y, wy), 1e-6);
    EXPECT_LT(worst(dx, wdx), 1e-6);
    EXPECT_LT(worst(dw, wdw), 1e-7);
  }
}

} // namespace
