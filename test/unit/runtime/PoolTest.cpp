//===- PoolTest.cpp - pooling against plain references ------------------------===//
#include "KernelHarness.h"

namespace {

class Pool : public KernelTest {};
INSTANTIATE_TEST_SUITE_P(Isa, Pool, testing::ValuesIn(libraries()), libraryName);

// 3 x 3 windows with stride 2 over 6 x 7 with a border of one: 3 x 4 windows in a plane, of which
// the last column reaches past the plane.
constexpr int64_t kPlanes = 3, kH = 6, kW = 7, kP = 3, kQ = 4;
const Sizes kSizes = {kPlanes, 1, kH, kW, 1, 3, 3, 1, kP, kQ, 1, 2, 2, 0, 1, 1, 1, 1, 1};

/// Calls body(output, inputs inside its window) for each window of all planes.
template <typename Body> void forEachWindow(const Body &body) {
  for (int64_t i = 0; i < kPlanes * kP * kQ; ++i) {
    std::vector<int64_t> inside;
    for (int64_t r = 0; r < 3; ++r)
      for (int64_t s = 0; s < 3; ++s) {
        int64_t h = i / kQ % kP * 2 - 1 + r, w = i % kQ * 2 - 1 + s;
        if (h >= 0 && h < kH && w >= 0 && w < kW)
          inside.push_back((i / (kP * kQ) * kH + h) * kW + w);
      }
    body(i, inside);
  }
}

TEST_P(Pool, MaximumAndGradient) {
  Floats x = random(kPlanes * kH * kW), dy = random(kPlanes * kP * kQ);
  for (float &value : x)
    value = std::round(value); // many are equal: the first counts
  Floats y = nans(dy.size()), dx = nans(x.size());
  run("max_pool", {x.data(), y.data()}, kSizes);
  run("max_pool_grad", {dy.data(), x.data(), dx.data()}, kSizes);
  std::vector<double> wy(y.size()), wdx(x.size());
  forEachWindow([&](int64_t i, const std::vector<int64_t> &inside) {
    int64_t best = inside[0];
    for (int64_t j : inside)
      best = x[j] > x[best] ? j : best;
    wy[i] = x[best];
    wdx[best] += dy[i];
  });
  EXPECT_EQ(worst(y, wy), 0);
  EXPECT_LT(worst(dx, wdx), 1e-6);

  Doubles x64(x.begin(), x.end()), dy64(dy.begin(), dy.end());
  Doubles y64(dy.size(), NAN), dx64(x.size(), NAN);
  runInF64("max_pool", {x64.data(), y64.data()}, kSizes);
  runInF64("max_pool_grad", {dy64.data(), x64.data(), dx64.data()}, kSizes);
  EXPECT_EQ(worst(y64, wy), 0);
  EXPECT_LT(worst(dx64, wdx), 1e-14);
}

// Row by row or column by column, the first of equal ones.
TEST_P(Pool, IndexOfTheMaximum) {
  Floats x = random(kPlanes * kH * kW);
  for (float &value : x)
    value = std::round(value);
  for (int64_t columnMajor : {0, 1}) {
    std::vector<int64_t> found(kPlanes * kP * kQ, -7), wanted(found.size());
    Sizes sizes = kSizes;
    sizes.push_back(columnMajor);
    run("max_pool_index", {x.data(), found.data()}, sizes);
    forEachWindow([&](int64_t i, const std::vector<int64_t> &inside) {
      int64_t best = inside[0];
      for (int64_t j : inside)
        best = x[j] > x[best] ? j : best;
      int64_t plane = best / (kH * kW), h = best / kW % kH, w = best % kW;
      wanted[i] = columnMajor ? plane * kH * kW + w * kH + h : best;
    });
    EXPECT_EQ(found, wanted) << columnMajor;
  }
}

TEST_P(Pool, MeanAndGradient) {
  for (bool countPadding : {false, true}) {
    Sizes sizes = kSizes;
    sizes.insert(sizes.end(), {0, 1, 1, countPadding});
    Floats x = random(kPlanes * kH * kW), dy = random(kPlanes * kP * kQ);
    Floats y = nans(dy.size()), dx = nans(x.size());
    run("avg_pool", {x.data(), y.data()}, sizes);
    run("avg_pool_grad", {dy.data(), dx.data()}, sizes);
    std::vector<double> wy(y.size()), wdx(x.size());
    forEachWindow([&](int64_t i, const std::vector<int64_t> &inside) {
      double count = countPadding ? 9.0 : double(inside.size());
      for (int64_t j : inside) {
        wy[i] += x[j] / count;
        wdx[j] += dy[i] / count;
      }
    });
    EXPECT_LT(worst(y, wy), 1e-6);
    EXPECT_LT(worst(dx, wdx), 1e-6);
    Doubles x64(x.begin(), x.end()), dy64(dy.begin(), dy.end());
    Doubles y64(dy.size(), NAN), dx64(x.size(), NAN);
    runInF64("avg_pool", {x64.data(), y64.data()}, sizes);
    runInF64("avg_pool_grad", {dy64.data(), dx64.data()}, sizes);
    EXPECT_LT(worst(y64, wy), 1e-14);
    EXPECT_LT(worst(dx64, wdx), 1e-14);
  }
}

} // namespace
