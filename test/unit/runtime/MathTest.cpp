//===- MathTest.cpp - accuracy and bits of the elementary functions ---------===//
#include "plimsoll/Math.h"

#include "core/CheckCpu.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace {

using Unary = void (*)(const float *, float *, int64_t);

/// Defines a loop over f that vectorises like an emitted one.
#define LOOP(name, f)                                                                              \
  __attribute__((noinline)) void name(const float *x, float *y, int64_t n) {                       \
    for (int64_t i = 0; i < n; ++i)                                                                \
      y[i] = plimsoll::f;                                                                          \
  }
LOOP(loopExp, exp(x[i]))
LOOP(loopLog, log(x[i]))
LOOP(loopTanh, tanh(x[i]))
LOOP(loopErf, erf(x[i]))
LOOP(loopSigmoid, sigmoid(x[i]))
LOOP(loopPow, pow(x[i], 2.7f))
LOOP(loopRsqrt, rsqrt(x[i]))
#undef LOOP

struct Function {
  const char *name;
  Unary loop;
  double (*exact)(double);
  float low, high;
  double ulps;
};

const Function functions[] = {
    {"exp", loopExp, [](double x) { return std::exp(x); }, -87.0f, 88.5f, 2},
    {"log", loopLog, [](double x) { return std::log(x); }, 1e-38f, 3e38f, 2},
    {"log near 1", loopLog, [](double x) { return std::log(x); }, 0.5f, 2.0f, 2},
    {"tanh", loopTanh, [](double x) { return std::tanh(x); }, -10.0f, 10.0f, 4},
    {"erf", loopErf, [](double x) { return std::erf(x); }, -5.0f, 5.0f, 2},
    {"sigmoid", loopSigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -80.0f, 80.0f, 4},
    {"pow", loopPow, [](double x) { return std::pow(x, double(2.7f)); }, 1e-13f, 1e13f, 1},
    {"rsqrt", loopRsqrt, [](double x) { return 1 / std::sqrt(x); }, 1e-30f, 1e30f, 2},
};

std::vector<float> samples(float low, float high, int64_t count) {
  std::vector<float> x(count);
  bool logarithmic = low > 0 && high / low > 1e6f;
  for (int64_t i = 0; i < count; ++i) {
    double t = double(i) / double(count - 1);
    x[i] =
        logarithmic ? float(low * std::pow(double(high) / low, t)) : float(low + (high - low) * t);
  }
  return x;
}

class MathTest : public testing::Test {
protected:
  void SetUp() override {
    if (!plimsoll::missingFeatures("x86-64-v3").empty())
      GTEST_SKIP() << "this CPU is not x86-64-v3";
  }
};

TEST_F(MathTest, ErrorsAreWithinUlps) {
  for (const Function &f : functions) {
    std::vector<float> x = samples(f.low, f.high, 200'000), y(x.size());
    f.loop(x.data(), y.data(), static_cast<int64_t>(x.size()));
    double worst = 0, where = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      double exact = f.exact(x[i]);
      double size = std::abs(double(std::nextafter(float(exact), INFINITY)) - double(float(exact)));
      double ulps = std::abs(double(y[i]) - exact) / size;
      if (!(ulps <= worst))
        worst = ulps, where = x[i];
    }
    EXPECT_LE(worst, f.ulps) << f.name << " at " << where;
  }
}

TEST_F(MathTest, BitsDoNotDependOnThePosition) {
  for (const Function &f : functions) {
    std::vector<float> x = samples(f.low, f.high, 64);
    for (float value : x) {
      std::vector<float> same(131, value), y(131);
      f.loop(same.data(), y.data(), 131);
      float alone;
      f.loop(&value, &alone, 1);
      for (int64_t length = 1; length <= 64; length += 9)
        f.loop(same.data(), y.data() + length, length);
      for (float result : y)
        ASSERT_EQ(std::memcmp(&result, &alone, 4), 0) << f.name << " at " << value;
    }
  }
}

TEST_F(MathTest, SpecialValues) {
  const float inf = INFINITY, nan = NAN;
  EXPECT_EQ(plimsoll::exp(inf), inf);
  EXPECT_EQ(plimsoll::exp(-inf), 0.0f);
  EXPECT_EQ(plimsoll::exp(0.0f), 1.0f);
  EXPECT_EQ(plimsoll::exp(1000.0f), inf);
  EXPECT_NEAR(plimsoll::exp(-100.0f), std::exp(-100.0f), 3e-45f);
  EXPECT_TRUE(std::isnan(plimsoll::exp(nan)));
  EXPECT_EQ(plimsoll::log(0.0f), -inf);
  EXPECT_EQ(plimsoll::log(1.0f), 0.0f);
  EXPECT_EQ(plimsoll::log(inf), inf);
  EXPECT_TRUE(std::isnan(plimsoll::log(-1.0f)));
  EXPECT_NEAR(plimsoll::log(1e-40f), std::log(1e-40f), 2e-5f);
  EXPECT_EQ(plimsoll::tanh(inf), 1.0f);
  EXPECT_EQ(plimsoll::tanh(-inf), -1.0f);
  EXPECT_TRUE(std::signbit(plimsoll::tanh(-0.0f)));
  EXPECT_TRUE(std::isnan(plimsoll::tanh(nan)));
  EXPECT_EQ(plimsoll::erf(inf), 1.0f);
  EXPECT_EQ(plimsoll::erf(-inf), -1.0f);
  EXPECT_TRUE(std::isnan(plimsoll::erf(nan)));
  EXPECT_EQ(plimsoll::sigmoid(-inf), 0.0f);
  EXPECT_EQ(plimsoll::sigmoid(inf), 1.0f);
}

TEST_F(MathTest, PowHasTheSpecialCasesOfC) {
  const float values[] = {0.0f, -0.0f, 1.0f,  -1.0f,    2.0f,      -2.0f, 0.5f,
                          3.0f, -3.5f, 1e20f, INFINITY, -INFINITY, NAN,   8388609.0f};
  for (float x : values)
    for (float y : values) {
      float exact = std::pow(x, y), got = plimsoll::pow(x, y);
      if (std::isnan(exact))
        EXPECT_TRUE(std::isnan(got)) << x << " ^ " << y;
      else if (std::isinf(exact) || exact == 0)
        EXPECT_EQ(std::abs(got), std::abs(exact)) << x << " ^ " << y;
      else
        EXPECT_FLOAT_EQ(got, exact) << x << " ^ " << y;
    }
}

} // namespace
