//===- ProductTest.cpp - matrix products against plain f64 references -------===//
#include "KernelHarness.h"

#include <omp.h>

namespace {

using Doubles = std::vector<double>;

struct Product {
  int64_t batch, m, n, k, transA, transB, batchA, batchB;
};

class Products : public KernelTest {
protected:
  void checkAddends(const char *kernel, const Product &p, bool withBias, bool withAddend);
};
INSTANTIATE_TEST_SUITE_P(Isa, Products, testing::ValuesIn(libraries()), libraryName);

Doubles reference(const Product &p, const Floats &a, const Floats &b) {
  Doubles c(p.batch * p.m * p.n);
  for (int64_t e = 0; e < p.batch; ++e)
    for (int64_t i = 0; i < p.m; ++i)
      for (int64_t j = 0; j < p.n; ++j)
        for (int64_t q = 0; q < p.k; ++q) {
          int64_t ai = (p.batchA ? e * p.m * p.k : 0) + (p.transA ? q * p.m + i : i * p.k + q);
          int64_t bi = (p.batchB ? e * p.k * p.n : 0) + (p.transB ? j * p.k + q : q * p.n + j);
          c[(e * p.m + i) * p.n + j] += double(a[ai]) * double(b[bi]);
        }
  return c;
}

const Product products[] = {
    {1, 1, 1, 1, 0, 0, 0, 0},      {1, 7, 5, 3, 0, 0, 0, 0},     {1, 100, 70, 300, 1, 0, 1, 1},
    {3, 33, 65, 17, 0, 1, 1, 1},   {2, 50, 40, 300, 0, 0, 1, 0}, {2, 50, 40, 300, 1, 1, 0, 1},
    {1, 160, 530, 60, 0, 1, 0, 0}, {5, 13, 31, 11, 1, 0, 1, 0},
};

Sizes sizesOf(const Product &p, bool withBias = false, bool withAddend = false) {
  return {p.batch, p.m, p.n, p.k, p.transA, p.transB, p.batchA, p.batchB, withBias, withAddend, 0};
}

TEST_P(Products, MatmulMatchesReferenceForAnyThreadCount) {
  for (const Product &p : products) {
    Floats a = random((p.batchA ? p.batch : 1) * p.m * p.k);
    Floats b = random((p.batchB ? p.batch : 1) * p.k * p.n), first;
    for (int threads : {1, 2, 3, 4}) {
      Floats c = nans(p.batch * p.m * p.n);
      ASSERT_TRUE(run("matmul", {a.data(), b.data(), nullptr, nullptr, c.data(), nullptr},
                      sizesOf(p), {}, threads));
      if (threads == 1)
        first = c;
      EXPECT_TRUE(sameBits(c, first)) << threads << " threads, m = " << p.m;
    }
    EXPECT_LT(worst(first, reference(p, a, b)), 2e-6) << "m = " << p.m;
  }
}

/// Checks a product with a bias, an addend or both. Whether the result is written over the addend
/// is the plan's choice, and must not change bits.
void Products::checkAddends(const char *kernel, const Product &p, bool withBias, bool withAddend) {
  SCOPED_TRACE(testing::Message() << "m = " << p.m << (withBias ? ", bias" : "")
                                  << (withAddend ? ", addend" : ""));
  Floats a = random((p.batchA ? p.batch : 1) * p.m * p.k);
  Floats b = random((p.batchB ? p.batch : 1) * p.k * p.n);
  Floats bias = random(p.n), before = random(p.batch * p.m * p.n);
  Doubles wanted = reference(p, a, b);
  for (size_t i = 0; i < wanted.size(); ++i)
    wanted[i] += (withBias ? double(bias[i % p.n]) : 0) + (withAddend ? double(before[i]) : 0);
  Floats apart = nans(p.batch * p.m * p.n), over = withAddend ? before : apart;
  float *vector = withBias ? bias.data() : nullptr;
  auto multiply = [&](float *addend, Floats &c, int threads) {
    return run(kernel,
               {a.data(), b.data(), vector, withAddend ? addend : nullptr, c.data(), nullptr},
               sizesOf(p, withBias, withAddend), {}, threads);
  };
  if (!multiply(before.data(), apart, 2))
    GTEST_SKIP() << "no implementation that declares its memory";
  multiply(over.data(), over, 2);
  EXPECT_TRUE(sameBits(apart, over));
  EXPECT_LT(worst(apart, wanted), 2e-6);
}

TEST_P(Products, ProductsAddABiasAndATensor) {
  for (const char *kernel : {"matmul", "matmul_onednn"})
    if (find(kernel))
      for (const Product &p : products)
        for (auto [withBias, withAddend] : {std::pair(true, false), {false, true}, {true, true}})
          checkAddends(kernel, p, withBias, withAddend);
}

/// The sums are those of each column from the first row on, in f64, and leave the product as it is.
TEST_P(Products, ProductsAddUpAFactor) {
  const Product p = {1, 70, 133, 300, 1, 0, 0, 0};
  Floats a = random(p.m * p.k), b = random(p.k * p.n);
  for (const char *kernel : {"matmul", "matmul_onednn"})
    for (bool left : {true, false})
      for (int threads : {1, 2, 3}) {
        int64_t columns = left ? p.m : p.n;
        Floats alone = nans(p.m * p.n), c = alone, sums = nans(columns), wanted(columns);
        Sizes sizes = sizesOf(p);
        if (!find(kernel) ||
            !run(kernel, {a.data(), b.data(), nullptr, nullptr, alone.data(), nullptr}, sizes, {},
                 threads))
          continue; // no implementation that declares its memory
        sizes.back() = left ? 1 : 2;
        run(kernel, {a.data(), b.data(), nullptr, nullptr, c.data(), sums.data()}, sizes, {},
            threads);
        for (int64_t j = 0; j < columns; ++j) {
          double sum = 0;
          for (int64_t i = 0; i < p.k; ++i)
            sum += (left ? a : b)[i * columns + j];
          wanted[j] = float(sum);
        }
        EXPECT_TRUE(sameBits(sums, wanted)) << kernel << ", " << threads << " threads";
        EXPECT_TRUE(sameBits(c, alone));
      }
}

/// Factors in bf16 are widened: bits are those of the same factors in f32, also of sums and with
/// addends.
TEST_P(Products, FactorsInBf16HaveTheBitsOfWideOnes) {
  for (const Product &p : products)
    for (int64_t summed : {0, 1, 2}) {
      if (summed && (p.batch != 1 || (summed == 1 ? !p.transA : p.transB)))
        continue;
      Halves a = narrowed(random((p.batchA ? p.batch : 1) * p.m * p.k));
      Halves b = narrowed(random((p.batchB ? p.batch : 1) * p.k * p.n));
      Floats bias = random(p.n), addend = random(p.batch * p.m * p.n), wideA = widened(a),
             wideB = widened(b), sums = nans(summed == 1 ? p.m : p.n), wideSums = sums;
      Sizes sizes = sizesOf(p, true, true);
      sizes.back() = summed;
      Floats c = nans(addend.size()), wide = c;
      ASSERT_TRUE(run("matmul",
                      {a.data(), b.data(), bias.data(), addend.data(), c.data(),
                       summed ? sums.data() : nullptr},
                      sizes, {}, 2, plimsoll::ElementType::bf16));
      run("matmul",
          {wideA.data(), wideB.data(), bias.data(), addend.data(), wide.data(),
           summed ? wideSums.data() : nullptr},
          sizes);
      EXPECT_TRUE(sameBits(c, wide)) << "m = " << p.m;
      EXPECT_TRUE(!summed || sameBits(sums, wideSums)) << "m = " << p.m;
    }
}

TEST_P(Products, OnednnMultipliesBf16) {
  for (const Product &p : products) {
    Halves a = narrowed(random((p.batchA ? p.batch : 1) * p.m * p.k));
    Halves b = narrowed(random((p.batchB ? p.batch : 1) * p.k * p.n));
    Floats c = nans(p.batch * p.m * p.n);
    if (!run("matmul_onednn", {a.data(), b.data(), nullptr, nullptr, c.data(), nullptr}, sizesOf(p),
             {}, 2, plimsoll::ElementType::bf16))
      GTEST_SKIP() << "no implementation that declares its memory";
    EXPECT_LT(worst(c, reference(p, widened(a), widened(b))), 2e-6) << "m = " << p.m;
  }
}

TEST_P(Products, OnednnLeavesTheHostsOpenmpSettings) {
  int threads = omp_get_max_threads(), dynamic = omp_get_dynamic();
  omp_set_num_threads(3);
  omp_set_dynamic(1);
  Floats a = random(64 * 64), b = random(64 * 64), c = nans(64 * 64);
  bool ran = run("matmul_onednn", {a.data(), b.data(), nullptr, nullptr, c.data(), nullptr},
                 {1, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(omp_get_max_threads(), 3);
  EXPECT_EQ(omp_get_dynamic(), 1);
  omp_set_num_threads(threads);
  omp_set_dynamic(dynamic);
  if (!ran)
    GTEST_SKIP() << "no implementation that declares its memory";
}

TEST_P(Products, OnednnMatchesReference) {
  for (const Product &p : products) {
    Floats a = random((p.batchA ? p.batch : 1) * p.m * p.k);
    Floats b = random((p.batchB ? p.batch : 1) * p.k * p.n), c = nans(p.batch * p.m * p.n);
    if (!run("matmul_onednn", {a.data(), b.data(), nullptr, nullptr, c.data(), nullptr},
             sizesOf(p)))
      GTEST_SKIP() << "no implementation that declares its memory";
    EXPECT_LT(worst(c, reference(p, a, b)), 2e-6);
  }
}

/// oneDNN itself would divide by zero.
TEST_P(Products, OnednnTakesNoEmptyOrEndlessProduct) {
  const plimsoll::Kernel *onednn = find("matmul_onednn");
  if (!onednn)
    GTEST_SKIP() << "built without oneDNN";
  constexpr int64_t endless = int64_t(1) << 40;
  for (const Sizes &sizes : std::vector<Sizes>{{1, 0, 64, 8, 0, 1, 0, 0, 0, 0, 0},
                                               {0, 4, 64, 8, 0, 0, 1, 1, 0, 0, 0},
                                               {1, 4, 64, 0, 0, 1, 0, 0, 0, 0, 0},
                                               {1, 16, 1000, endless, 0, 0, 1, 1, 0, 0, 0},
                                               {endless, 7, 65, 65, 0, 1, 1, 0, 0, 0, 0}})
    EXPECT_EQ(onednn->workspace({sizes.data(), 11, 1}), -1) << sizes[1] << " rows";
}

} // namespace
