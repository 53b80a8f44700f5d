// Kernels along rows and with one index for each element, for several element types.
#include "KernelHarness.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace {

using plimsoll::ElementType;

class Rows : public KernelTest {};

template <typename T> constexpr ElementType typeOf() {
  return std::is_same_v<T, float>     ? ElementType::f32
         : std::is_same_v<T, double>  ? ElementType::f64
         : std::is_same_v<T, int32_t> ? ElementType::i32
         : std::is_same_v<T, int64_t> ? ElementType::i64
                                      : ElementType::u8;
}

/// Small whole numbers, many of them equal, so that sums and products are exact.
template <typename T> std::vector<T> numbers(int64_t count) {
  std::vector<T> result(count);
  for (int64_t i = 0; i < count; ++i)
    result[i] = static_cast<T>((i * 7 + i / 5) % 4 + (std::is_unsigned_v<T> ? 0 : -1));
  return result;
}

template <typename Run> void forTypes(const Run &run) {
  run(float());
  run(double());
  run(int32_t());
  run(int64_t());
  run(uint8_t());
}

TEST_P(Rows, ReduceIsTheStandardLibrarys) {
  forTypes([&](auto zero) {
    using T = decltype(zero);
    const int64_t rows = 5, cols = 9;
    std::vector<T> x = numbers<T>(rows * cols), y(rows);
    for (int64_t kind = 0; kind < 4; ++kind) {
      ASSERT_TRUE(run("reduce", {x.data(), y.data()}, {rows, cols, kind}, {}, 2, typeOf<T>()));
      for (int64_t r = 0; r < rows; ++r) {
        auto begin = x.begin() + r * cols, end = begin + cols;
        T wanted = kind == 0   ? *std::max_element(begin, end)
                   : kind == 1 ? *std::min_element(begin, end)
                   : kind == 2 ? std::accumulate(begin, end, T(1), std::multiplies<T>())
                               : std::accumulate(begin, end, T(0));
        EXPECT_EQ(y[r], wanted) << kind << " of row " << r;
      }
    }
  });
}

TEST_P(Rows, ReduceOfNothingAndOfNan) {
  Floats x = {1, std::nanf(""), 3}, y(1);
  for (int64_t kind : {0, 1}) {
    run("reduce", {x.data(), y.data()}, {1, 3, kind}, {}, 2, typeOf<float>());
    EXPECT_TRUE(std::isnan(y[0]));
    run("reduce", {x.data(), y.data()}, {1, 0, kind}, {}, 2, typeOf<float>());
    EXPECT_EQ(y[0], kind == 0 ? -INFINITY : INFINITY);
  }
  run("reduce", {x.data(), y.data()}, {1, 0, 2}, {}, 2, typeOf<float>());
  EXPECT_EQ(y[0], 1);
}

TEST_P(Rows, TheGradientOfAProductIsThatOfTheOthers) {
  Floats x = {2, 3, 4, 0, 3, 4, 0, 0, 4}, dy = {1, 1, 1}, dx(9);
  ASSERT_TRUE(
      run("reduce_prod_grad", {dy.data(), x.data(), dx.data()}, {3, 3}, {}, 2, typeOf<float>()));
  EXPECT_EQ(dx, (Floats{12, 8, 6, 12, 0, 0, 0, 0, 0}));
}

TEST_P(Rows, PositionsOfEqualExtremes) {
  std::vector<int32_t> x = {1, 5, 5, 0, 0, 2};
  std::vector<int64_t> y(1);
  auto position = [&](int64_t kind, int64_t last) {
    run("arg_reduce", {x.data(), y.data()}, {1, 6, kind, last}, {}, 2, typeOf<int32_t>());
    return y[0];
  };
  EXPECT_EQ(position(0, 0), 1);
  EXPECT_EQ(position(0, 1), 2);
  EXPECT_EQ(position(1, 0), 3);
  EXPECT_EQ(position(1, 1), 4);
}

TEST_P(Rows, RunningSums) {
  std::vector<double> x = {1, 2, 3}, y(3);
  auto sums = [&](int64_t exclusive, int64_t reverse) {
    runInF64("cum_sum", {x.data(), y.data()}, {1, 3, exclusive, reverse});
    return y;
  };
  EXPECT_EQ(sums(0, 0), (std::vector<double>{1, 3, 6}));
  EXPECT_EQ(sums(1, 0), (std::vector<double>{0, 1, 3}));
  EXPECT_EQ(sums(0, 1), (std::vector<double>{6, 5, 3}));
  EXPECT_EQ(sums(1, 1), (std::vector<double>{5, 3, 0}));
}

TEST_P(Rows, TopKIsAStableSort) {
  const int64_t cols = 40;
  std::vector<int64_t> x = numbers<int64_t>(cols), order(cols);
  for (int64_t smallest : {0, 1})
    for (int64_t k : {0, 1, 7, 40}) {
      std::vector<int64_t> values(k + 1, 99), indices(k + 1, 99);
      run("top_k", {x.data(), values.data(), indices.data()}, {1, cols, k, smallest}, {}, 2,
          typeOf<int64_t>());
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(),
                       [&](int64_t a, int64_t b) { return smallest ? x[a] < x[b] : x[a] > x[b]; });
      for (int64_t i = 0; i < k; ++i) {
        EXPECT_EQ(indices[i], order[i]);
        EXPECT_EQ(values[i], x[order[i]]);
      }
      EXPECT_EQ(values[k], 99);
    }
}

TEST_P(Rows, LogSoftmaxKeepsFarValues) {
  std::vector<double> x = {1000, 0, -1000, 999}, y(4);
  runInF64("log_softmax", {x.data(), y.data()}, {1, 4});
  double sum = std::log(1 + std::exp(-1.0));
  EXPECT_NEAR(y[0], -sum, 1e-12);
  EXPECT_NEAR(y[2], -2000 - sum, 1e-9);
}

TEST_P(Rows, ElementsGatheredAndScattered) {
  const int64_t axis = 4, inner = 2, count = 3;
  std::vector<float> x = {0, 1, 2, 3, 4, 5, 6, 7};
  std::vector<int64_t> indices = {0, -1, 3, 3, 9, 0};
  std::vector<float> y(count * inner), updates = {10, 20, 30, 40, 50, 60}, z(axis * inner);
  run("gather_elements", {x.data(), indices.data(), y.data()}, {1, axis, inner, count}, {}, 2,
      typeOf<float>());
  EXPECT_EQ(Floats(y.begin(), y.begin() + 4), (Floats{0, 7, 6, 7}));
  EXPECT_TRUE(std::isnan(y[4]));
  EXPECT_EQ(y[5], 1);
  auto scatter = [&](int64_t update) {
    run("scatter_elements", {x.data(), indices.data(), updates.data(), z.data()},
        {1, axis, inner, count, update}, {}, 2, typeOf<float>());
    return z;
  };
  EXPECT_EQ(scatter(0), (Floats{10, 60, 2, 3, 4, 5, 30, 40}));
  EXPECT_EQ(scatter(1), (Floats{10, 61, 2, 3, 4, 5, 36, 67}));
  EXPECT_EQ(scatter(2), (Floats{0, 60, 2, 3, 4, 5, 180, 7 * 20 * 40}));
  EXPECT_EQ(scatter(4), x);
}

TEST_P(Rows, RotaryTurnsPairsAndBack) {
  // x [2, 3, 2, 6] with a table [1, 3, 1, 6], whose halves are those of three angles.
  const int64_t rows = 12, tokens = 3, features = 6;
  const Sizes sizes = {2, tokens, 2, features, 1, tokens, 1};
  forTypes([&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>) {
      Floats drawn = random(rows * features);
      std::vector<T> x(drawn.begin(), drawn.end()), cos(tokens * features), sin(cos), y(x), back(x);
      for (int64_t i = 0; i < tokens * features; ++i) {
        double angle = 0.3 * double(i / features) + 0.7 * double(i % (features / 2));
        cos[i] = T(std::cos(angle)), sin[i] = T(std::sin(angle));
      }
      Sizes forward = sizes, backward = sizes;
      forward.push_back(0), backward.push_back(1);
      run("rotary", {x.data(), cos.data(), sin.data(), y.data()}, forward, {}, 2, typeOf<T>());
      run("rotary", {y.data(), cos.data(), sin.data(), back.data()}, backward, {}, 2, typeOf<T>());
      std::vector<double> turned(x.size());
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t i = 0; i < features / 2; ++i) {
          int64_t j = i + features / 2, table = row / 2 % tokens * features + i;
          double a = x[row * features + i], b = x[row * features + j];
          turned[row * features + i] = a * cos[table] - b * sin[table];
          turned[row * features + j] = b * cos[table] + a * sin[table];
        }
      double tolerance = std::is_same_v<T, float> ? 1e-6 : 1e-15;
      EXPECT_LT(worst(y, turned), tolerance);
      EXPECT_LT(worst(back, std::vector<double>(x.begin(), x.end())), tolerance);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Isa, Rows, testing::ValuesIn(libraries()), libraryName);

} // namespace
