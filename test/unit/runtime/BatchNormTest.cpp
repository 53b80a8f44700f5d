//===- BatchNormTest.cpp - batch normalisation against an f64 reference --------===//
#include "KernelHarness.h"

namespace {

class BatchNorm : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Isa, BatchNorm, testing::ValuesIn(libraries()), libraryName);

constexpr int64_t kN = 5, kC = 3, kInner = 77, kCount = kN * kInner;
constexpr double kEpsilon = 1e-3;
const Sizes kSizes = {kN, kC, kInner};

TEST_P(BatchNorm, ForwardGradientAndRunningStatistics) {
  Floats x = random(kN * kC * kInner), scale = random(kC), bias = random(kC), dy = random(x.size());
  Floats y = nans(x.size()), mean = nans(kC), variance = nans(kC), dscale = nans(kC),
         dbias = nans(kC);
  run("batch_norm", {x.data(), scale.data(), bias.data(), y.data(), mean.data(), variance.data()},
      kSizes, {kEpsilon});
  Floats dx = dy; // over dy's bytes
  run("batch_norm_grad",
      {dx.data(), x.data(), scale.data(), mean.data(), variance.data(), dx.data(), dscale.data(),
       dbias.data()},
      kSizes, {kEpsilon});
  Floats runningMean = random(kC), runningVariance = random(kC);
  std::vector<double> oldMean(runningMean.begin(), runningMean.end()),
      oldVariance(runningVariance.begin(), runningVariance.end());
  run("batch_norm_update",
      {runningMean.data(), runningVariance.data(), mean.data(), variance.data()}, {kC, kCount},
      {0.1});

  std::vector<double> wy(x.size()), wdx(x.size()), wm(kC), wv(kC), ws(kC), wb(kC), rm(kC), rv(kC);
  for (int64_t c = 0; c < kC; ++c) {
    auto at = [&](int64_t i) { return (i / kInner * kC + c) * kInner + i % kInner; };
    for (int64_t i = 0; i < kCount; ++i)
      wm[c] += double(x[at(i)]) / kCount;
    for (int64_t i = 0; i < kCount; ++i)
      wv[c] += (x[at(i)] - wm[c]) * (x[at(i)] - wm[c]) / kCount;
    double rstd = 1 / std::sqrt(wv[c] + kEpsilon);
    auto normal = [&](int64_t i) { return (x[at(i)] - wm[c]) * rstd; };
    for (int64_t i = 0; i < kCount; ++i) {
      wy[at(i)] = normal(i) * scale[c] + bias[c];
      ws[c] += dy[at(i)] * normal(i);
      wb[c] += dy[at(i)];
    }
    for (int64_t i = 0; i < kCount; ++i)
      wdx[at(i)] = scale[c] * rstd * (dy[at(i)] - wb[c] / kCount - normal(i) * ws[c] / kCount);
    rm[c] = 0.9 * oldMean[c] + 0.1 * wm[c];
    rv[c] = 0.9 * oldVariance[c] + 0.1 * wv[c] * kCount / (kCount - 1.0);
  }
  EXPECT_LT(worst(y, wy), 1e-6);
  EXPECT_LT(worst(mean, wm), 1e-6);
  EXPECT_LT(worst(variance, wv), 1e-6);
  EXPECT_LT(worst(dx, wdx), 1e-6);
  EXPECT_LT(worst(dscale, ws), 1e-6);
  EXPECT_LT(worst(dbias, wb), 1e-6);
  EXPECT_LT(worst(runningMean, rm), 1e-6);
  EXPECT_LT(worst(runningVariance, rv), 1e-6);
}

TEST_P(BatchNorm, InferenceWithTheBatchsOwnStatisticsIsTheSame) {
  Floats x = random(kN * kC * kInner), scale = random(kC), bias = random(kC);
  Floats y = nans(x.size()), mean = nans(kC), variance = nans(kC);
  run("batch_norm", {x.data(), scale.data(), bias.data(), y.data(), mean.data(), variance.data()},
      kSizes, {kEpsilon});
  std::vector<double> wanted(y.begin(), y.end());
  run("batch_norm_inference",
      {x.data(), scale.data(), bias.data(), mean.data(), variance.data(), x.data()}, kSizes,
      {kEpsilon});
  EXPECT_LT(worst(x, wanted), 1e-6);
}

} // namespace
