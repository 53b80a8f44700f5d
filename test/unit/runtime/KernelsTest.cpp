//===- KernelsTest.cpp - kernels against plain f64 references ---------------===//
#include "KernelHarness.h"

#include "plimsoll/Bf16.h"
#include "plimsoll/Program.h"

#include <map>

namespace {

using Doubles = std::vector<double>;

class Kernels : public KernelTest {
protected:
  void checkLayerNorm(bool uncentered);
  void checkLayerNormGrad(int64_t rows, int64_t cols, const std::vector<Floats> &read,
                          const std::vector<Floats> &wanted, bool uncentered);
};
INSTANTIATE_TEST_SUITE_P(Isa, Kernels, testing::ValuesIn(libraries()), libraryName);

/// The order of every sum is part of the kernel, so programs for AVX2 and AVX-512 agree to the bit.
TEST(KernelsAcrossIsa, SameBits) {
  using Find = const plimsoll::Kernel *(*)(const char *);
  Floats results[2];
  const int64_t rows = 70, cols = 333;
  const int64_t products[] = {1, rows, rows, cols, 0, 1, 0, 0, 0, 0, 0}, table[] = {rows, rows};
  for (size_t isa = 0; isa < 2; ++isa) {
    if (libraries().size() < 2 || !plimsoll::missingFeatures("x86-64-v4").empty())
      GTEST_SKIP() << "needs both instruction sets";
    void *handle = dlopen(libraries()[isa].path, RTLD_NOW | RTLD_LOCAL);
    ASSERT_TRUE(handle) << dlerror();
    auto find = reinterpret_cast<Find>(dlsym(handle, "plimsoll_find_kernel"));
    const plimsoll::Kernel *matmul = find("matmul");
    Floats x(rows * cols), y(rows * rows), space(matmul->workspace({products, 11, 1}) / 4);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = float((i * 37) % 101) / 64.0f - 0.7f;
    void *buffers[] = {x.data(), x.data(), nullptr, nullptr, y.data(), nullptr, space.data()};
    matmul->run({buffers, 7, products, 11, nullptr, 0, 1, nullptr});
    void *rowsOfY[] = {y.data(), y.data()};
    find("softmax")->run({rowsOfY, 2, table, 2, nullptr, 0, 1, nullptr});
    results[isa] = y;
  }
  EXPECT_TRUE(sameBits(results[0], results[1]));
}

TEST_P(Kernels, EveryNameIsKnown) {
#define PLIMSOLL_CPU_KERNEL(name, Arguments) #name,
  for (const char *name : {
#include "plimsoll/Kernels.inc"
       })
    EXPECT_TRUE(find(name)) << name;
  EXPECT_FALSE(find("matmul_by_hand"));
}

/// Checks that one launch has the bits of the launches of both gradients and of a sum, in place or
/// not, with the rows again or not, and for any number of threads. `read`: dy, x, scale, mean,
/// rstd. `wanted`: dx, dscale, dbias.
void Kernels::checkLayerNormGrad(int64_t rows, int64_t cols, const std::vector<Floats> &read,
                                 const std::vector<Floats> &wanted, bool uncentered) {
  Floats addend = random(rows * cols), sum = wanted[0];
  Floats bias = random(cols), again(rows * cols);
  for (int64_t i = 0; i < rows * cols; ++i) {
    sum[i] += addend[i];
    int64_t row = i / cols, column = i % cols;
    double normal = (double(read[1][i]) - read[3][row]) * double(read[4][row]);
    again[i] = float(normal * read[2][column] + bias[column]);
  }
  enum Place { apart, overGradient, overAddend };
  for (Place place : {apart, overGradient, overAddend})
    for (bool added : {false, true})
      for (int threads : {1, 2, 3}) {
        if (place == overAddend && !added)
          continue;
        const bool withRows = threads != 2, withNarrow = threads == 3;
        std::vector<plimsoll::Bf16> narrow(rows * cols);
        Floats dy = read[0], x = read[1], more = addend, fresh = nans(rows * cols);
        Floats dscale = nans(cols), dbias = nans(cols);
        Floats &dx = place == apart ? fresh : place == overGradient ? dy : more;
        run("layer_norm_grad",
            {dy.data(), x.data(), read[2].data(), read[3].data(), read[4].data(),
             added ? more.data() : nullptr, withRows ? bias.data() : nullptr, dx.data(),
             dscale.data(), dbias.data(), withRows ? x.data() : nullptr,
             withNarrow ? narrow.data() : nullptr},
            {rows, cols, uncentered}, {}, threads);
        for (int64_t i = 0; i < rows * cols && withNarrow; ++i)
          ASSERT_EQ(narrow[i].bits, plimsoll::Bf16(again[i]).bits) << "rows in bf16, " << i;
        EXPECT_TRUE(sameBits(x, withRows ? again : read[1])) << "rows over x";
        EXPECT_TRUE(sameBits(dx, added ? sum : wanted[0])) << "place " << place;
        EXPECT_TRUE(sameBits(dscale, wanted[1]) && sameBits(dbias, wanted[2]));
      }
}

/// Checks layer_norm and its gradients; `uncentered`: divides by the root mean square alone.
void Kernels::checkLayerNorm(bool uncentered) {
  const int64_t rows = 137, cols = 133;
  Floats x = random(rows * cols), scale = random(cols), bias = random(cols),
         dy = random(rows * cols);
  Floats y = nans(rows * cols), mean = nans(rows), rstd = nans(rows);
  run("layer_norm", {x.data(), scale.data(), bias.data(), y.data(), mean.data(), rstd.data()},
      {rows, cols, uncentered}, {1e-5});
  Floats dx = dy, dscale = nans(cols), dbias = nans(cols); // dx over dy's bytes
  run("layer_norm_grad_params",
      {dy.data(), x.data(), mean.data(), rstd.data(), dscale.data(), dbias.data()}, {rows, cols});
  run("layer_norm_grad_input",
      {dx.data(), x.data(), scale.data(), mean.data(), rstd.data(), dx.data()},
      {rows, cols, uncentered});
  checkLayerNormGrad(rows, cols, {dy, x, scale, mean, rstd}, {dx, dscale, dbias}, uncentered);
  Doubles wy(rows * cols), wdx(rows * cols), wds(cols), wdb(cols);
  for (int64_t r = 0; r < rows; ++r) {
    double m = 0, v = 0, s1 = 0, s2 = 0;
    for (int64_t c = 0; c < cols && !uncentered; ++c)
      m += x[r * cols + c] / double(cols);
    for (int64_t c = 0; c < cols; ++c)
      v += (x[r * cols + c] - m) * (x[r * cols + c] - m) / double(cols);
    double inverse = 1 / std::sqrt(v + 1e-5);
    auto normal = [&](int64_t c) { return (x[r * cols + c] - m) * inverse; };
    for (int64_t c = 0; c < cols; ++c) {
      double g = double(dy[r * cols + c]) * scale[c];
      wy[r * cols + c] = normal(c) * scale[c] + bias[c];
      wds[c] += dy[r * cols + c] * normal(c);
      wdb[c] += dy[r * cols + c];
      s1 += uncentered ? 0 : g / cols, s2 += g * normal(c) / cols;
    }
    for (int64_t c = 0; c < cols; ++c)
      wdx[r * cols + c] = inverse * (double(dy[r * cols + c]) * scale[c] - s1 - normal(c) * s2);
  }
  EXPECT_LT(worst(y, wy), 1e-7);
  EXPECT_LT(worst(dx, wdx), 3e-7);
  EXPECT_LT(worst(dscale, wds), 3e-7);
  EXPECT_LT(worst(dbias, wdb), 1e-7);
}

TEST_P(Kernels, LayerNormAndGradients) {
  checkLayerNorm(false);
}
TEST_P(Kernels, LayerNormByTheRootMeanSquare) {
  checkLayerNorm(true);
}

TEST_P(Kernels, SoftmaxInPlaceAndGradient) {
  const int64_t rows = 9, cols = 45;
  Floats x = random(rows * cols, 3), y = x, dy = random(rows * cols), dx = dy;
  run("softmax", {y.data(), y.data()}, {rows, cols});
  run("softmax_grad", {dx.data(), y.data(), dx.data()}, {rows, cols});
  Doubles wy(rows * cols), wdx(rows * cols);
  for (int64_t r = 0; r < rows; ++r) {
    double sum = 0, dot = 0;
    for (int64_t c = 0; c < cols; ++c)
      sum += std::exp(double(x[r * cols + c]));
    for (int64_t c = 0; c < cols; ++c) {
      wy[r * cols + c] = std::exp(double(x[r * cols + c])) / sum;
      dot += wy[r * cols + c] * dy[r * cols + c];
    }
    for (int64_t c = 0; c < cols; ++c)
      wdx[r * cols + c] = wy[r * cols + c] * (dy[r * cols + c] - dot);
  }
  EXPECT_LT(worst(y, wy), 3e-7);
  EXPECT_LT(worst(dx, wdx), 1e-6);
}

TEST_P(Kernels, CrossEntropyLossAccuracyGradient) {
  const int64_t rows = 1500, classes = 77;
  Floats logits = random(rows * classes, 3), gradient = logits, separate = nans(rows * classes);
  std::vector<int64_t> labels(rows);
  for (int64_t r = 0; r < rows; ++r)
    labels[r] = r % 7 ? (r * 31) % classes : -100;
  float loss = 0, accuracy = 0, loss2 = 0, two = 2;
  run("cross_entropy_with_grad",
      {gradient.data(), labels.data(), &loss, &accuracy, gradient.data()}, {rows, classes, 0, 0});
  run("cross_entropy", {logits.data(), labels.data(), &loss2, &accuracy}, {rows, classes, 0, 0}, {},
      1);
  run("cross_entropy_grad", {logits.data(), labels.data(), &two, separate.data()},
      {rows, classes, 0, 0});
  double wanted = 0, counted = 0, correct = 0;
  Doubles wg(rows * classes), wg2(rows * classes);
  for (int64_t r = 0; r < rows; ++r)
    counted += labels[r] >= 0;
  for (int64_t r = 0; r < rows; ++r) {
    if (labels[r] < 0)
      continue;
    const float *x = &logits[r * classes];
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c)
      sum += std::exp(double(x[c]));
    wanted += std::log(sum) - x[labels[r]];
    correct += std::max_element(x, x + classes) - x == labels[r];
    for (int64_t c = 0; c < classes; ++c) {
      wg[r * classes + c] = (std::exp(double(x[c])) / sum - (c == labels[r])) / counted;
      wg2[r * classes + c] = 2 * wg[r * classes + c];
    }
  }
  EXPECT_NEAR(loss, wanted / counted, 1e-6);
  EXPECT_EQ(loss, loss2);
  EXPECT_FLOAT_EQ(accuracy, static_cast<float>(correct / counted));
  EXPECT_LT(worst(gradient, wg), 3e-7);
  EXPECT_LT(worst(separate, wg2), 3e-7);
}

// Classes of an image's pixels: results have the bits that a transposed copy gives.
TEST_P(Kernels, CrossEntropyOfStridedClassesHasTheBitsOfRows) {
  const int64_t images = 5, classes = 37, inner = 23, rows = images * inner;
  Floats pixels = random(rows * classes, 3), side(rows * classes), apart = nans(rows * classes);
  Floats weights = random(classes);
  for (float &weight : weights)
    weight = 0.1f + std::abs(weight);
  std::vector<int64_t> labels(rows);
  for (int64_t r = 0; r < rows; ++r) {
    labels[r] = r % 7 ? (r * 31) % classes : 255;
    for (int64_t c = 0; c < classes; ++c)
      side[r * classes + c] = pixels[(r / inner * classes + c) * inner + r % inner];
  }
  for (const float *w : {static_cast<float *>(nullptr), weights.data()}) {
    float loss = 0, accuracy = 0, loss2 = 0, accuracy2 = 0, loss3 = 0;
    Floats rowsGradient = nans(rows * classes), gradient = pixels;
    double smoothing = w ? 0.1 : 0.0;
    run("cross_entropy_with_grad",
        {side.data(), labels.data(), &loss, &accuracy, rowsGradient.data(), w},
        {rows, classes, 0, 0, 255, 1}, {smoothing});
    run("cross_entropy_with_grad",
        {gradient.data(), labels.data(), &loss2, &accuracy2, gradient.data(), w},
        {rows, classes, 0, 0, 255, inner}, {smoothing});
    run("cross_entropy", {pixels.data(), labels.data(), &loss3, &accuracy2, w},
        {rows, classes, 0, 0, 255, inner}, {smoothing}, 1);
    EXPECT_EQ(loss, loss2);
    EXPECT_EQ(loss, loss3);
    EXPECT_EQ(accuracy, accuracy2);
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < classes; ++c)
        apart[r * classes + c] = gradient[(r / inner * classes + c) * inner + r % inner];
    EXPECT_EQ(apart, rowsGradient);
  }
}

// The rows of a matrix in pieces, as a compiler cuts them: every row has the gradient of the whole.
TEST_P(Kernels, CrossEntropyOfSomeRowsIsTheirPartOfTheWhole) {
  const int64_t rows = 90, classes = 41;
  Floats logits = random(rows * classes, 3), weights = random(classes), whole = logits;
  for (float &weight : weights)
    weight = 0.1f + std::abs(weight);
  std::vector<int64_t> labels(rows);
  for (int64_t r = 0; r < rows; ++r)
    labels[r] = r % 5 ? (r * 31) % classes : 255;
  float loss = 0, accuracy = 0;
  run("cross_entropy_with_grad",
      {whole.data(), labels.data(), &loss, &accuracy, whole.data(), weights.data()},
      {rows, classes, 0, 0, 255, 1}, {0.1});
  double losses = 0, accuracies = 0;
  for (int64_t first = 0, count = 20; first < rows; first += count) {
    count = std::min(count, rows - first);
    float *piece = logits.data() + first * classes, part = 0, partAccuracy = 0, alone = 0;
    Sizes sizes = {count, classes, first, rows - first - count, 255, 1};
    run("cross_entropy", {piece, labels.data(), &alone, &partAccuracy, weights.data()}, sizes,
        {0.1});
    run("cross_entropy_with_grad",
        {piece, labels.data(), &part, &partAccuracy, piece, weights.data()}, sizes, {0.1});
    EXPECT_EQ(part, alone);
    losses += part, accuracies += partAccuracy;
  }
  EXPECT_EQ(logits, whole);
  EXPECT_NEAR(losses, loss, 1e-6);
  EXPECT_NEAR(accuracies, accuracy, 1e-6);
}

TEST_P(Kernels, CrossEntropyOfNoRowIsNan) {
  Floats logits = random(10);
  std::vector<int64_t> labels = {-100, -100};
  float loss = 0, accuracy = 0;
  run("cross_entropy_with_grad", {logits.data(), labels.data(), &loss, &accuracy, logits.data()},
      {2, 5, 0, 0});
  EXPECT_TRUE(std::isnan(loss));
  EXPECT_EQ(logits, Floats(10, 0.0f));
}

TEST_P(Kernels, GatherAndItsGradientAddInOrder) {
  for (int64_t axis : {7, 1000}) {
    const int64_t outer = 3, inner = 37, count = 50;
    Floats table = random(outer * axis * inner), out = nans(outer * count * inner);
    std::vector<int64_t> indices(count);
    for (int64_t i = 0; i < count; ++i)
      indices[i] = i % 3 ? (i * 13) % axis : -1 - (i % 5);
    run("gather", {table.data(), indices.data(), out.data()}, {outer, axis, inner, count});
    Floats wanted(outer * axis * inner);
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < count; ++i) {
        int64_t row = o * axis + (indices[i] < 0 ? indices[i] + axis : indices[i]);
        for (int64_t c = 0; c < inner; ++c) {
          ASSERT_EQ(out[(o * count + i) * inner + c], table[row * inner + c]);
          wanted[row * inner + c] += out[(o * count + i) * inner + c];
        }
      }
    for (int threads : {1, 2, 3}) {
      Floats gradient = nans(outer * axis * inner);
      run("gather_grad", {out.data(), indices.data(), gradient.data()}, {outer, axis, inner, count},
          {}, threads);
      EXPECT_TRUE(sameBits(gradient, wanted)) << threads;
    }
  }
}

TEST_P(Kernels, GatherGradientByRowsIsThatOfTheTable) {
  for (int64_t rows : {7, 3000, 5000000}) {
    const int64_t inner = 37, count = 700;
    Floats dy = random(count * inner);
    std::vector<int64_t> indices(count);
    for (int64_t i = 0; i < count; ++i) // one row is there often, and two lie outside
      indices[i] = i % 5 == 0 ? rows - 1 : i % 3 ? (i * 7919) % rows : -1 - i % 5;
    indices[1] = rows, indices[2] = -rows - 1;
    std::map<int64_t, Floats> wanted;
    for (int64_t i = 0; i < count; ++i) {
      int64_t row = indices[i] + (indices[i] < 0 ? rows : 0);
      if (row < 0 || row >= rows)
        continue;
      Floats &sum = wanted.try_emplace(row, inner).first->second;
      for (int64_t c = 0; c < inner; ++c)
        sum[c] += dy[i * inner + c];
    }
    for (int threads : {1, 2, 3}) {
      Floats sums = nans(count * inner);
      std::vector<int64_t> at(count, -1);
      run("gather_grad_rows", {dy.data(), indices.data(), at.data(), sums.data()},
          {rows, inner, count}, {}, threads);
      auto next = wanted.begin(); // rows come in ascending order
      for (int64_t i = 0; i < count; ++i) {
        Floats got(sums.begin() + i * inner, sums.begin() + (i + 1) * inner);
        bool none = at[i] == rows;
        ASSERT_TRUE(none || (next != wanted.end() && next->first == at[i])) << i;
        ASSERT_TRUE(sameBits(got, none ? Floats(inner, 0.0f) : (next++)->second)) << threads;
      }
      EXPECT_TRUE(next == wanted.end());
    }
  }
}

TEST_P(Kernels, GatherAnswersAnIndexOutsideTheTableWithNan) {
  const int64_t axis = 4, inner = 3;
  const std::vector<int64_t> indices = {1, 4, -5, -4};
  const int64_t count = int64_t(indices.size());
  Floats table = random(axis * inner), out(count * inner, 7.0f), dy(count * inner, 1.0f),
         gradient = nans(axis * inner);
  run("gather", {table.data(), indices.data(), out.data()}, {1, axis, inner, count});
  run("gather_grad", {dy.data(), indices.data(), gradient.data()}, {1, axis, inner, count});
  for (int64_t c = 0; c < inner; ++c) {
    EXPECT_EQ(out[c], table[inner + c]);
    EXPECT_TRUE(std::isnan(out[inner + c]) && std::isnan(out[2 * inner + c]));
    EXPECT_EQ(out[3 * inner + c], table[c]);
    for (int64_t row = 0; row < axis; ++row)
      EXPECT_EQ(gradient[row * inner + c], row < 2 ? 1.0f : 0.0f);
  }
}

TEST_P(Kernels, AdamwIsPytorchs) {
  const int64_t count = 5000;
  Floats p = random(count), g = random(count), m = random(count), v = random(count);
  for (float &x : v)
    x = std::abs(x);
  Floats hyper(plimsoll::kHyperCount);
  double lr = 1e-2, decay = 0.1, b1 = 0.9, b2 = 0.999, eps = 1e-8;
  int t = 3;
  hyper[plimsoll::kDecayFactor] = float(1 - lr * decay);
  hyper[plimsoll::kStepSize] = float(lr / (1 - std::pow(b1, t)));
  hyper[plimsoll::kSqrtBias2] = float(std::sqrt(1 - std::pow(b2, t)));
  Doubles wp(count), wm(count), wv(count);
  for (int64_t i = 0; i < count; ++i) {
    wm[i] = b1 * m[i] + (1 - b1) * g[i];
    wv[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
    double denominator = std::sqrt(wv[i]) / std::sqrt(1 - std::pow(b2, t)) + eps;
    wp[i] = p[i] * (1 - lr * decay) - lr / (1 - std::pow(b1, t)) * wm[i] / denominator;
  }
  run("adamw", {p.data(), g.data(), m.data(), v.data(), hyper.data()}, {1, count}, {b1, b2, eps});
  EXPECT_LT(worst(p, wp), 2e-7);
  EXPECT_LT(worst(m, wm), 2e-7);
  EXPECT_LT(worst(v, wv), 2e-7);
}

TEST_P(Kernels, SgdWithMomentumAndNesterov) {
  const int64_t count = 100;
  for (int64_t nesterov : {0, 1}) {
    Floats p = random(count), g = random(count), m = nans(count), hyper(plimsoll::kHyperCount);
    hyper[plimsoll::kLearningRate] = 0.1f;
    hyper[plimsoll::kWeightDecay] = 0.01f;
    Doubles wp(p.begin(), p.end()), wm(count);
    for (int step = 0; step < 2; ++step) {
      hyper[plimsoll::kFirstStep] = step == 0;
      for (int64_t i = 0; i < count; ++i) {
        double gradient = g[i] + 0.01 * wp[i];
        wm[i] = step ? 0.9 * wm[i] + gradient : gradient;
        wp[i] -= 0.1 * (nesterov ? gradient + 0.9 * wm[i] : wm[i]);
      }
      run("sgd", {p.data(), g.data(), m.data(), hyper.data()}, {1, nesterov, count}, {0.9});
    }
    EXPECT_LT(worst(p, wp), 3e-7);
    EXPECT_LT(worst(m, wm), 3e-7);
  }
}

TEST_P(Kernels, ConcatAndSplitAreInverse) {
  std::string a = "aabbcc", b = "123456789", whole(15, '?'), a2(6, '?'), b2(9, '?');
  run("concat", {a.data(), b.data(), whole.data()}, {3, 2, 3});
  EXPECT_EQ(whole, "aa123bb456cc789");
  run("split", {whole.data(), a2.data(), b2.data()}, {3, 2, 3});
  EXPECT_EQ(a2 + b2, a + b);
  run("copy", {a.data(), b.data()}, {6});
  EXPECT_EQ(b, "aabbcc789");
}

} // namespace
