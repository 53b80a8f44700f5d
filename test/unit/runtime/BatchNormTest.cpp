//===- BatchNormTest.cpp - batch normalisation against an f64 reference --------===//
#include "KernelHarness.h"

namespace {

class BatchNorm : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Isa, BatchNorm, testing::ValuesIn(libraries()), libraryName);

constexpr int64_t kN = 5, kC = 3, kInner = 77, kCount = kN * kInner;
constexpr double kEpsilon = 1e-3;
const Sizes kSizes = {kN, kC, kInner}, kForward = {kN, kC, kInner, 0};

TEST_P(BatchNorm, ForwardGradientAndRunningStatistics) {
  Floats x = random(kN * kC * kInner), scale = random(kC), bias = random(kC), dy = random(x.size());
  Floats y = nans(x.size()), mean = nans(kC), variance = nans(kC), dscale = nans(kC),
         dbias = nans(kC);
  run("batch_norm",
      {x.data(), scale.data(), bias.data(), nullptr, y.data(), mean.data(), variance.data()},
      kForward, {kEpsilon});
  Floats dx = dy; // over dy's bytes
  run("batch_norm_grad",
      {dx.data(), x.data(), scale.data(), mean.data(), variance.data(), nullptr, dx.data(),
       dscale.data(), dbias.data()},
      kSizes, {kEpsilon});
  Floats runningMean = random(kC), runningVariance = random(kC);
  std::vector<double> oldMean(runningMean.begin(), runningMean.end()),
      oldVariance(runningVariance.begin(), runningVariance.end());
  run("batch_norm_update",
      {runningMean.data(), runningVariance.data(), mean.data(), variance.data()}, {kCount, kC},
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
  run("batch_norm",
      {x.data(), scale.data(), bias.data(), nullptr, y.data(), mean.data(), variance.data()},
      kForward, {kEpsilon});
  std::vector<double> wanted(y.begin(), y.end());
  run("batch_norm_inference",
      {x.data(), scale.data(), bias.data(), mean.data(), variance.data(), x.data()}, kSizes,
      {kEpsilon});
  EXPECT_LT(worst(x, wanted), 1e-6);
}

/// A sum and a relu, and the gradient behind it, have the bits that they have one by one, in place
/// or not.
TEST_P(BatchNorm, ASumAndAReluHaveTheBitsOfSeparateLaunches) {
  const Floats x = random(kN * kC * kInner), scale = random(kC), bias = random(kC),
               addend = random(x.size()), dy = random(x.size());
  Floats plain = nans(x.size()), mean = nans(kC), variance = nans(kC);
  run("batch_norm",
      {x.data(), scale.data(), bias.data(), nullptr, plain.data(), mean.data(), variance.data()},
      kForward, {kEpsilon});
  for (bool added : {false, true})
    for (bool relu : {false, true})
      for (int place : {0, 1, 2}) { // apart, over x, over the addend
        Floats wanted = plain, own = x, more = addend, fresh = nans(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          wanted[i] = added ? wanted[i] + addend[i] : wanted[i];
          wanted[i] = relu && wanted[i] < 0 ? 0.0f : wanted[i];
        }
        Floats &y = place == 0 ? fresh : place == 1 || !added ? own : more;
        run("batch_norm",
            {own.data(), scale.data(), bias.data(), added ? more.data() : nullptr, y.data(),
             mean.data(), variance.data()},
            {kN, kC, kInner, relu}, {kEpsilon});
        EXPECT_TRUE(sameBits(y, wanted)) << added << relu << place;
      }
  Floats masked = dy, dx = nans(x.size()), dscale = nans(kC), dbias = nans(kC);
  for (size_t i = 0; i < x.size(); ++i)
    masked[i] = addend[i] > 0 ? dy[i] : 0.0f;
  run("batch_norm_grad",
      {masked.data(), x.data(), scale.data(), mean.data(), variance.data(), nullptr, dx.data(),
       dscale.data(), dbias.data()},
      kSizes, {kEpsilon});
  for (int place : {0, 1, 2, 3}) { // apart, over dy, x, y
    Floats buffers[] = {nans(x.size()), dy, x, addend}, scales = nans(kC), biases = nans(kC);
    run("batch_norm_grad",
        {buffers[1].data(), buffers[2].data(), scale.data(), mean.data(), variance.data(),
         buffers[3].data(), buffers[place].data(), scales.data(), biases.data()},
        kSizes, {kEpsilon});
    EXPECT_TRUE(sameBits(buffers[place], dx)) << place;
    EXPECT_TRUE(sameBits(scales, dscale) && sameBits(biases, dbias)) << place;
  }
}

} // namespace
