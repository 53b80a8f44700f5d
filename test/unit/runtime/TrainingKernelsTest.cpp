//===- TrainingKernelsTest.cpp - optimizers and losses against PyTorch's ----===//
//
// Expected results are in data/training.safetensors, which data/make.py makes.
//===----------------------------------------------------------------------===//
#include "KernelHarness.h"

#include "core/Safetensors.h"
#include "plimsoll/Program.h"
#include "rules/UpdateRules.h"

#include <algorithm>
#include <map>

namespace {

using Labels = std::vector<int64_t>;
using Doubles = std::vector<double>;

class TrainingKernels : public KernelTest {
protected:
  plimsoll::SafetensorsFile file{PLIMSOLL_TEST_DATA "/training.safetensors"};

  template <typename T> std::vector<T> read(const std::string &name) {
    const plimsoll::SafetensorsFile::Tensor *tensor = file.find(name);
    std::vector<T> values(tensor ? tensor->count() : 0);
    EXPECT_TRUE(tensor) << name;
    if (tensor)
      file.read(values.data(), tensor->begin, tensor->end - tensor->begin);
    return values;
  }
  Floats floats(const std::string &name) { return read<float>(name); }
  Doubles wanted(const std::string &name) {
    Floats values = floats(name);
    return {values.begin(), values.end()};
  }

  static constexpr int64_t kSteps = 4, kCount = 200, kRows = 30, kClasses = 21;
  static constexpr double kRate = 0.01, kDecay = 0.1;

  /// Returns the step's scalars as the runtime writes them.
  static Floats hyper(int step, double beta1, double beta2) {
    Floats h(plimsoll::kHyperCount);
    h[plimsoll::kLearningRate] = float(kRate);
    h[plimsoll::kDecayFactor] = float(1 - kRate * kDecay);
    h[plimsoll::kStepSize] = float(kRate / (1 - std::pow(beta1, step)));
    h[plimsoll::kSqrtBias2] = float(std::sqrt(1 - std::pow(beta2, step)));
    h[plimsoll::kWeightDecay] = float(kDecay);
    h[plimsoll::kFirstStep] = step == 1;
    return h;
  }

  /// Runs the four steps; `states` are names of the file.
  void checkOptimizer(const std::string &name, const char *kernel,
                      const std::vector<std::string> &states, Sizes sizes, const Doubles &scalars) {
    SCOPED_TRACE(name);
    Floats p = floats("start"), gradients = floats("gradients");
    std::map<std::string, Floats> held;
    for (const std::string &state : states)
      held[state] = Floats(kCount);
    sizes.insert(sizes.begin(), 1);
    sizes.push_back(kCount);
    Doubles expected = wanted(name);
    for (int step = 1; step <= kSteps; ++step) {
      Floats h = hyper(step, 0.8, 0.95);
      std::vector<const void *> buffers = {p.data(), &gradients[(step - 1) * kCount]};
      for (const std::string &state : states)
        buffers.push_back(held[state].data());
      buffers.push_back(h.data());
      ASSERT_TRUE(run(kernel, buffers, sizes, scalars));
      auto begin = expected.begin() + (step - 1) * kCount;
      EXPECT_LT(worst(p, Doubles(begin, begin + kCount)), 3e-7) << "step " << step;
    }
    for (const auto &[state, values] : held)
      EXPECT_LT(worst(values, wanted(name + "." + state)), 3e-7) << state;
  }

  void checkLoss(const std::string &name, float loss, const Floats &gradient) {
    EXPECT_NEAR(loss, floats(name)[0], 3e-7 * std::abs(floats(name)[0])) << name;
    EXPECT_LT(worst(gradient, wanted(name + ".gradient")), 5e-7) << name;
  }

  void checkCrossEntropy(const std::string &name, bool weighted, int64_t ignored,
                         double smoothing) {
    SCOPED_TRACE(name);
    Floats logits = floats("logits"), weights = floats("weights");
    const float *w = weighted ? weights.data() : nullptr;
    Labels labels = read<int64_t>("labels");
    Sizes sizes = {kRows, kClasses, 0, 0, ignored, 1};
    float loss = NAN, alone = NAN, accuracy = NAN, upstream = 1;
    Floats gradient = nans(kRows * kClasses), apart = gradient;
    run("cross_entropy", {logits.data(), labels.data(), &alone, &accuracy, w}, sizes, {smoothing});
    run("cross_entropy_grad", {logits.data(), labels.data(), &upstream, apart.data(), w}, sizes,
        {smoothing});
    checkLoss(name, alone, apart);
    run("cross_entropy_with_grad",
        {logits.data(), labels.data(), &loss, &accuracy, gradient.data(), w}, sizes, {smoothing});
    EXPECT_EQ(loss, alone);
    EXPECT_TRUE(sameBits(gradient, apart));
    run("cross_entropy_with_grad",
        {logits.data(), labels.data(), &loss, &accuracy, logits.data(), w}, sizes, {smoothing}, 1);
    EXPECT_TRUE(sameBits(logits, apart)) << "in place, by one thread";
  }

  void checkPointwise(const std::string &name, int64_t kind, const Doubles &scalars) {
    Floats x = floats("logits"), target = floats("target"), gradient = nans(kRows * kClasses);
    float loss = NAN, upstream = 1;
    Sizes sizes = {kRows * kClasses, kind};
    run("pointwise_loss", {x.data(), target.data(), &loss}, sizes, scalars);
    run("pointwise_loss_grad", {x.data(), target.data(), &upstream, gradient.data()}, sizes,
        scalars);
    checkLoss(name, loss, gradient);
    run("pointwise_loss_grad", {x.data(), target.data(), &upstream, target.data()}, sizes, scalars);
    EXPECT_TRUE(sameBits(target, gradient)) << name << " over the target";
  }
};

INSTANTIATE_TEST_SUITE_P(All, TrainingKernels, testing::ValuesIn(libraries()), libraryName);

TEST_P(TrainingKernels, OptimizersArePytorchs) {
  checkOptimizer("adamw", "adamw", {"exp_avg", "exp_avg_sq"}, {}, {0.8, 0.95, 1e-3});
  checkOptimizer("adam", "adam", {"exp_avg", "exp_avg_sq"}, {}, {0.8, 0.95, 1e-3});
  checkOptimizer("sgd", "sgd_plain", {}, {}, {});
  checkOptimizer("nesterov", "sgd", {"momentum_buffer"}, {1}, {0.7});
  checkOptimizer("adagrad", "adagrad", {"sum"}, {}, {1e-3});
  checkOptimizer("rmsprop", "rmsprop", {"square_avg"}, {}, {0.9, 1e-3});
  checkOptimizer("rmsprop_momentum", "rmsprop_momentum", {"square_avg", "momentum_buffer"}, {},
                 {0.9, 1e-3, 0.7});
}

/// Chen et al. (2023), algorithm 2, in f64.
TEST_P(TrainingKernels, LionIsThePapers) {
  Floats p = floats("start"), gradients = floats("gradients"), m(kCount);
  Doubles wp(p.begin(), p.end()), wm(kCount);
  for (int step = 1; step <= kSteps; ++step) {
    const float *g = &gradients[(step - 1) * kCount];
    for (int64_t i = 0; i < kCount; ++i) {
      double direction = 0.9 * wm[i] + 0.1 * g[i];
      wp[i] = wp[i] * (1 - kRate * kDecay) - kRate * ((direction > 0) - (direction < 0));
      wm[i] = 0.99 * wm[i] + 0.01 * g[i];
    }
    Floats h = hyper(step, 0.9, 0.99);
    ASSERT_TRUE(run("lion", {p.data(), g, m.data(), h.data()}, {1, kCount}, {0.9, 0.99}));
  }
  EXPECT_LT(worst(p, wp), 3e-7);
  EXPECT_LT(worst(m, wm), 3e-7);
}

/// lr_scale and decay of a group have the effect of the same numbers in the step's scalars.
TEST_P(TrainingKernels, GroupsChangeRateAndDecay) {
  const double rateScale = 0.25, decay = 0.3;
  Floats h = hyper(1, 0.8, 0.95), scaled = h;
  scaled[plimsoll::kLearningRate] = float(kRate * rateScale);
  scaled[plimsoll::kDecayFactor] = float(1 - kRate * rateScale * decay);
  scaled[plimsoll::kStepSize] = float(kRate * rateScale / (1 - 0.8));
  scaled[plimsoll::kWeightDecay] = float(decay);
  Floats g = floats("gradients");
  for (const char *kernel : {"adamw", "adam"}) {
    Floats p = floats("start"), q = p, m(kCount), v(kCount), m2(kCount), v2(kCount);
    run(kernel, {p.data(), g.data(), m.data(), v.data(), h.data()}, {1, kCount},
        {0.8, 0.95, 1e-3, rateScale, decay, 0});
    run(kernel, {q.data(), g.data(), m2.data(), v2.data(), scaled.data()}, {1, kCount},
        {0.8, 0.95, 1e-3});
    EXPECT_LT(worst(p, Doubles(q.begin(), q.end())), 1e-7) << kernel;
  }
  Floats p = floats("start"), q = p;
  run("sgd_plain", {p.data(), g.data(), h.data()}, {1, kCount}, {rateScale, decay, 0});
  run("sgd_plain", {q.data(), g.data(), scaled.data()}, {1, kCount});
  EXPECT_LT(worst(p, Doubles(q.begin(), q.end())), 1e-7);
}

/// Parameters of many sizes, of which some are empty, have the bits that each has alone.
TEST_P(TrainingKernels, ParametersTogetherAreUpdatedAsEach) {
  const std::vector<int64_t> counts = {3, 0, 5000, 1, 1024, 700, 0, 20001};
  Floats h = hyper(2, 0.8, 0.95);
  std::vector<Floats> params, gradients, first, second;
  for (int64_t count : counts) {
    params.push_back(random(count)), gradients.push_back(random(count));
    first.push_back(random(count)), second.push_back(random(count));
    for (float &x : second.back())
      x = std::abs(x);
  }
  std::vector<Floats> alone[] = {params, first, second};
  for (size_t i = 0; i < counts.size(); ++i)
    ASSERT_TRUE(run(
        "adamw",
        {alone[0][i].data(), gradients[i].data(), alone[1][i].data(), alone[2][i].data(), h.data()},
        {1, counts[i]}, {0.8, 0.95, 1e-3}));
  Sizes sizes = {1};
  sizes.insert(sizes.end(), counts.begin(), counts.end());
  for (int threads : {1, 2, 3, 4}) {
    std::vector<Floats> together[] = {params, first, second};
    std::vector<const void *> buffers;
    for (auto *list : {&together[0], &gradients, &together[1], &together[2]})
      for (const Floats &values : *list)
        buffers.push_back(values.data());
    buffers.push_back(h.data());
    ASSERT_TRUE(run("adamw", buffers, sizes, {0.8, 0.95, 1e-3}, threads));
    for (int list = 0; list < 3; ++list)
      for (size_t i = 0; i < counts.size(); ++i)
        EXPECT_TRUE(sameBits(together[list][i], alone[list][i]))
            << threads << " threads, parameter " << i;
  }
}

TEST_P(TrainingKernels, ClippingIsPytorchs) {
  Floats gradients = floats("gradients"), clipped = floats("clipped");
  double squares[kSteps];
  for (int64_t i = 0; i < kSteps; ++i)
    ASSERT_TRUE(run("sum_squares", {&gradients[i * kCount], &squares[i]}, {kCount}));
  float scale = NAN, norm = NAN, one = 1;
  std::vector<const void *> buffers = {squares,     squares + 1, squares + 2,
                                       squares + 3, &scale,      &norm};
  ASSERT_TRUE(run("clip_by_norm", buffers, {kSteps}, {3.0}));
  EXPECT_NEAR(norm, floats("norm")[0], 3e-7 * norm);
  Floats h = hyper(1, 0, 0), p(kCount), q(kCount), r(kCount), unclipped(kCount);
  auto sgd = [&](Floats &into, const float *g, Doubles scalars, const float *clip) {
    std::vector<const void *> operands = {into.data(), g, h.data()};
    if (clip)
      operands.push_back(clip);
    ASSERT_TRUE(run("sgd_plain", operands, {0, kCount}, scalars));
  };
  sgd(p, gradients.data(), {}, &scale);
  sgd(q, clipped.data(), {}, nullptr);
  EXPECT_LT(worst(p, Doubles(q.begin(), q.end())), 3e-7);
  // Below the limit the scale is 1, and the bits are those without clipping.
  ASSERT_TRUE(run("clip_by_norm", buffers, {kSteps}, {1e6}));
  EXPECT_EQ(scale, one);
  sgd(r, gradients.data(), {}, &scale);
  sgd(unclipped, gradients.data(), {}, nullptr);
  EXPECT_TRUE(sameBits(r, unclipped));
  // Clipping by value gives what limiting every element before gives.
  Floats limited(gradients.begin(), gradients.begin() + kCount), s(kCount), t(kCount);
  for (float &g : limited)
    g = std::clamp(g, -0.5f, 0.5f);
  sgd(s, gradients.data(), {1, -1, 0.5}, nullptr);
  sgd(t, limited.data(), {}, nullptr);
  EXPECT_TRUE(sameBits(s, t));
}

TEST_P(TrainingKernels, SumOfSquaresDoesNotDependOnThreads) {
  Floats x = random(100001);
  double sums[3], exact = 0;
  for (float value : x)
    exact += double(value) * value;
  for (int threads : {1, 2, 3})
    ASSERT_TRUE(run("sum_squares", {x.data(), &sums[threads - 1]}, {100001}, {}, threads));
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
  EXPECT_NEAR(sums[0], exact, 1e-12 * exact);
}

TEST_P(TrainingKernels, AccumulationStartsWithTheFirstMicroBatch) {
  Floats sum = nans(kCount), g = floats("gradients"), h(plimsoll::kHyperCount);
  h[plimsoll::kFirstMicroBatch] = 1;
  run("accumulate", {sum.data(), g.data(), h.data()}, {kCount});
  EXPECT_TRUE(sameBits(sum, Floats(g.begin(), g.begin() + kCount)));
  h[plimsoll::kFirstMicroBatch] = 0;
  run("accumulate", {sum.data(), g.data() + kCount, h.data()}, {kCount});
  for (int64_t i = 0; i < kCount; ++i)
    ASSERT_EQ(sum[i], g[i] + g[kCount + i]);
}

TEST_P(TrainingKernels, RowsCatchUpWithDecay) {
  // Row 1 missed nothing, row 2 the steps since its sum was -0.5, row 0 is not touched.
  Floats p = {1, 1, 2, 2, 3, 3, 4, 4}, g = {0.5f, 0, 9, 9, 1, 0}, h(plimsoll::kHyperCount);
  h[plimsoll::kLearningRate] = 0.5f, h[plimsoll::kWeightDecay] = 0.25f;
  std::vector<int64_t> at = {1, 4, 2};
  std::vector<double> sums = {0, -1.5, -0.5, 0, -1.5};
  run("sgd_plain_rows", {p.data(), g.data(), at.data(), sums.data(), h.data()}, {1, 4, 2, 3});
  const float missed = plimsoll::exp(-1.0f);
  const double after = -1.5 + std::log(1 - 0.125);
  EXPECT_EQ(p, Floats({1, 1, 2 - 0.5f * (0.5f + 0.25f * 2), 2 - 0.5f * (0.25f * 2),
                       3 * missed - 0.5f * (1 + 0.25f * (3 * missed)),
                       3 * missed - 0.5f * (0.25f * (3 * missed)), 4, 4}));
  EXPECT_EQ(sums[0], 0);
  EXPECT_EQ(sums[3], 0);
  for (int row : {1, 2, 4})
    EXPECT_NEAR(sums[row], after, 1e-15);
}

TEST(Decay, LogarithmOfWhatASteepOneLeaves) {
  for (double x : {0.0, 1e-12, 1e-5, 0.01, 0.3, 0.499})
    EXPECT_NEAR(plimsoll::logOfRest(x), std::log1p(-x), 4e-16 * std::abs(std::log1p(-x)));
  for (double x : {0.5, 0.9, 0.999})
    EXPECT_NEAR(plimsoll::logOfRest(x), std::log1p(-x), 1e-6);
  for (double x : {1.0, 1.5, 1e9}) // a rate that leaves nothing leaves no NaN
    EXPECT_NEAR(plimsoll::logOfRest(x), std::log(1e-30), 1e-4);
}

TEST_P(TrainingKernels, MicroBatchesAreKeptSideBySide) {
  Floats all(12, 7.0f), part = {1, 2, 3}, h(plimsoll::kHyperCount);
  h[plimsoll::kMicroBatch] = 2;
  run("keep_micro_batch", {all.data(), part.data(), h.data()}, {4, 3});
  EXPECT_EQ(all, Floats({7, 7, 7, 7, 7, 7, 1, 2, 3, 7, 7, 7}));
}

TEST_P(TrainingKernels, LossesArePytorchs) {
  checkCrossEntropy("smoothed", false, -100, 0.2);
  checkCrossEntropy("weighted", true, -100, 0);
  checkCrossEntropy("all", true, 7, 0.2);
  checkPointwise("bce", 0, {});
  checkPointwise("l1", 1, {});
  checkPointwise("huber", 2, {0.6});
}

TEST_P(TrainingKernels, KlDivergenceIsPytorchs) {
  Floats logits = floats("logits"), shares = floats("shares"), gradient = nans(kRows * kClasses);
  float loss = NAN, upstream = 1;
  Sizes sizes = {kRows, kClasses, kRows};
  run("kl_divergence", {logits.data(), shares.data(), &loss}, sizes, {2.5});
  run("kl_divergence_grad", {logits.data(), shares.data(), &upstream, gradient.data()}, sizes,
      {2.5});
  checkLoss("kl", loss, gradient);
  run("kl_divergence_grad", {logits.data(), shares.data(), &upstream, logits.data()}, sizes, {2.5},
      1);
  EXPECT_TRUE(sameBits(logits, gradient)) << "in place, by one thread";
}

TEST_P(TrainingKernels, LossesOfLargeLogitsAreFinite) {
  Floats x = {1e4f, -1e4f, 90.0f, -90.0f}, target = {1, 0, 0, 1}, gradient = nans(4);
  float loss = NAN, upstream = 1;
  run("pointwise_loss", {x.data(), target.data(), &loss}, {4, 0});
  EXPECT_EQ(loss, 45.0f);
  run("pointwise_loss_grad", {x.data(), target.data(), &upstream, gradient.data()}, {4, 0});
  EXPECT_TRUE(sameBits(gradient, {0, 0, 0.25f, -0.25f}));
}

} // namespace
