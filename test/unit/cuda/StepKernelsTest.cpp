// Cross entropy and optimizers on the emulator, against the CPU's.
#include "Compare.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Program.h"
#include "plimsoll/StateCodes.h"

namespace {

namespace cuda = plimsoll::cuda;

/// The optional operands of a launch; `given`: it has them.
struct Options {
  bool given, weighted;
  double smoothing;
};

class CrossEntropyKernel : public CudaKernels {
protected:
  /// Draws labels of which some are ignored.
  std::vector<int64_t> labels(int64_t rows, int64_t classes, int64_t ignored) {
    auto values = whole<int64_t>(rows, 0, classes - 1);
    for (size_t i = 1; i < values.size(); i += 5)
      values[i] = ignored;
    return values;
  }

  void compareAll(int64_t rows, int64_t classes, Options o, int64_t inner = 1, int64_t before = 0,
                  int64_t behind = 0) {
    const int64_t ignored = o.given ? -1 : -100;
    auto logits = random(rows * classes, 3);
    auto which = labels(before + rows + behind, classes, ignored);
    auto weights = random(classes);
    for (float &weight : weights)
      weight = 0.1f + std::abs(weight);
    Sizes sizes = {rows, classes, before, behind};
    std::vector<double> scalars;
    if (o.given)
      sizes.insert(sizes.end(), {ignored, inner}), scalars.push_back(o.smoothing);
    auto addOptions = [&](Compare &compare) {
      if (o.given)
        o.weighted ? compare.read(weights) : compare.absent();
    };

    Compare loss, withGrad, grad;
    loss.read(logits);
    loss.read(which);
    int value = loss.write<float>(1), accuracy = loss.write<float>(1);
    addOptions(loss);
    loss.run(plimsoll::cross_entropy, cuda::cross_entropy, sizes, scalars);
    loss.expect<float>(value, 1e-7);
    loss.expect<float>(accuracy, 0);

    int x = withGrad.update(logits);
    withGrad.read(which);
    value = withGrad.write<float>(1), accuracy = withGrad.write<float>(1);
    withGrad.same(x);
    addOptions(withGrad);
    withGrad.run(plimsoll::cross_entropy_with_grad, cuda::cross_entropy_with_grad, sizes, scalars);
    withGrad.expect<float>(value, 1e-7);
    withGrad.expect<float>(accuracy, 0);
    withGrad.expect<float>(x, 2e-7);

    grad.read(logits);
    grad.read(which);
    grad.read(random(1));
    int dlogits = grad.write<float>(rows * classes);
    addOptions(grad);
    grad.run(plimsoll::cross_entropy_grad, cuda::cross_entropy_grad, sizes, scalars);
    grad.expect<float>(dlogits, 2e-7);
  }
};

TEST_F(CrossEntropyKernel, IsTheCpus) {
  for (const Sizes &shape :
       std::vector<Sizes>{{1, 1}, {7, 10}, {9, 33}, {300, 5}, {3, 1024}, {4, 1025}, {2, 2500}})
    for (Options options : {Options{false, false, 0}, Options{true, false, 0.1},
                            Options{true, true, 0}, Options{true, true, 0.2}})
      compareAll(shape[0], shape[1], options);
}

TEST_F(CrossEntropyKernel, ClassesOfPixelsAreTheCpus) {
  for (const Sizes &shape : std::vector<Sizes>{{12, 5, 6}, {12, 5, 12}, {70, 21, 35}, {6, 1100, 3}})
    for (Options options : {Options{true, false, 0}, Options{true, true, 0.2}})
      compareAll(shape[0], shape[1], options, shape[2]);
}

TEST_F(CrossEntropyKernel, SomeRowsAreTheCpus) {
  for (Options options : {Options{false, false, 0}, Options{true, true, 0.2}}) {
    compareAll(20, 33, options, 1, 0, 300);
    compareAll(20, 1100, options, 1, 7, 12);
    compareAll(20, 33, options, 1, 270, 0);
  }
}

TEST_F(CrossEntropyKernel, NothingCountsOrALabelIsOutside) {
  for (int64_t label : {int64_t(-100), int64_t(7), int64_t(-3)}) {
    Compare compare;
    int x = compare.update(random(4 * 6));
    compare.read(std::vector<int64_t>(4, label));
    int loss = compare.write<float>(1), accuracy = compare.write<float>(1);
    compare.same(x);
    compare.run(plimsoll::cross_entropy_with_grad, cuda::cross_entropy_with_grad, {4, 6, 0, 0});
    compare.expect<float>(loss, 0);
    compare.expect<float>(accuracy, 0);
    compare.expect<float>(x, 0);
    EXPECT_TRUE(std::isnan(compare.result<float>(loss)[0]));
  }
}

struct Optimizer {
  const plimsoll::Kernel &cpu, &cuda;
  int states;
  std::vector<double> scalars;
  bool flag; ///< nesterov; not for rules without a flag
};

/// Returns the sizes of an update of parameters with `counts` numbers.
Sizes sizesOf(const Optimizer &optimizer, bool decayed, const Sizes &counts) {
  Sizes sizes = {decayed};
  if (std::string(optimizer.cpu.name) == "sgd")
    sizes.push_back(optimizer.flag);
  sizes.insert(sizes.end(), counts.begin(), counts.end());
  return sizes;
}

/// Returns every rule with some numbers.
std::vector<Optimizer> everyOptimizer(bool flag) {
  const std::vector<double> numbers = {0.9, 0.95, 0.01};
  auto first = [&](int count) { return std::vector(numbers.begin(), numbers.begin() + count); };
#define PLIMSOLL_UPDATE_KERNEL(name, Rule, Arguments, states, scalars, squares)                    \
  Optimizer{plimsoll::name, cuda::name, states, first(scalars), flag},
  return {
#include "plimsoll/Kernels.inc"
  };
}

std::string optimizerName(const testing::TestParamInfo<Optimizer> &info) {
  return info.param.cpu.name;
}

class OptimizerKernel : public CudaKernels, public testing::WithParamInterface<Optimizer> {
protected:
  std::vector<float> hyper(bool first) {
    std::vector<float> values(plimsoll::kHyperCount);
    values[plimsoll::kLearningRate] = 1e-2f;
    values[plimsoll::kDecayFactor] = 0.999f;
    values[plimsoll::kStepSize] = 3e-2f;
    values[plimsoll::kSqrtBias2] = 0.2f;
    values[plimsoll::kWeightDecay] = 0.1f;
    values[plimsoll::kFirstStep] = first;
    return values;
  }
};

TEST_P(OptimizerKernel, HasTheBitsOfTheCpu) {
  const Optimizer &optimizer = GetParam();
  for (int64_t count : {0, 1, 3, 4, 1027, 4096})
    for (int variant = 0; variant < 4; ++variant) {
      const bool own = variant & 1, clipped = variant & 2;
      Compare compare;
      std::vector<int> results = {compare.update(random(count))};
      compare.read(random(count));
      for (int state = 0; state < optimizer.states; ++state) {
        auto values = random(count);
        for (float &value : values) // sums of squares
          value = std::abs(value);
        results.push_back(compare.update(values));
      }
      compare.read(hyper(variant == 2));
      if (clipped)
        compare.read(std::vector<float>{0.7f});
      std::vector<double> scalars = optimizer.scalars;
      if (own)
        scalars.insert(scalars.end(), {0.5, 0.02, 0.6});
      compare.run(optimizer.cpu, optimizer.cuda, sizesOf(optimizer, variant != 3, {count}),
                  scalars);
      for (int result : results)
        compare.expect<float>(result, 0);
    }
}

TEST_P(OptimizerKernel, ManyParametersHaveTheBitsOfTheCpu) {
  const Optimizer &optimizer = GetParam();
  Sizes counts;
  for (int i = 0; i < 60; ++i) // more than a table holds
    counts.push_back(i % 7 == 3 ? 0 : 1 + i * 37 % 2100);
  for (bool own : {false, true}) {
    Compare compare;
    std::vector<int> results;
    auto add = [&](bool isUpdated, bool isSquare) {
      for (int64_t count : counts) {
        auto values = random(count);
        for (float &value : values)
          value = isSquare ? std::abs(value) : value;
        isUpdated ? results.push_back(compare.update(values)) : (void)compare.read(values);
      }
    };
    add(true, false), add(false, false);
    for (int state = 0; state < optimizer.states; ++state)
      add(true, true);
    compare.read(hyper(false));
    compare.read(std::vector<float>{0.7f});
    std::vector<double> scalars = optimizer.scalars;
    if (own)
      scalars.insert(scalars.end(), {0.5, 0.02, 0.6});
    compare.run(optimizer.cpu, optimizer.cuda, sizesOf(optimizer, true, counts), scalars);
    for (int result : results)
      compare.expect<float>(result, 0);
  }
}

/// States in codes and in bf16, of one parameter and of more than a table holds.
TEST_P(OptimizerKernel, NarrowStatesHaveTheBitsOfTheCpu) {
  const Optimizer &optimizer = GetParam();
  if (optimizer.states == 0)
    return;
  Sizes many;
  for (int i = 0; i < 60; ++i)
    many.push_back(i % 7 == 3 ? 0 : 1 + i * 37 % 1100);
  for (const Sizes &counts : std::vector<Sizes>{{1}, {255}, {256}, {4099}, {0}, many})
    for (ElementType type : {ElementType::bf16, ElementType::u8}) {
      Compare compare;
      std::vector<int> values, states, scales;
      for (int64_t count : counts)
        values.push_back(compare.update(random(count)));
      for (int64_t count : counts)
        compare.read(random(count));
      for (int state = 0; state < optimizer.states; ++state)
        for (int64_t count : counts) {
          std::vector<plimsoll::Bf16> rounded;
          for (float value : random(count)) // sums of squares
            rounded.emplace_back(std::abs(value));
          states.push_back(type == ElementType::bf16
                               ? compare.update(rounded)
                               : compare.update(whole<uint8_t>(count, 0, 255)));
        }
      for (int state = 0; state < optimizer.states && type == ElementType::u8; ++state)
        for (int64_t count : counts) {
          auto largest = random(plimsoll::stateBlocks(count));
          for (float &each : largest)
            each = std::abs(each);
          scales.push_back(compare.update(largest));
        }
      compare.read(hyper(false));
      compare.run(optimizer.cpu, optimizer.cuda, sizesOf(optimizer, true, counts),
                  optimizer.scalars, {type, type});
      for (int value : values)
        compare.expect<float>(value, 0);
      for (int state : states)
        EXPECT_EQ(compare.result<uint8_t>(state), compare.emulated<uint8_t>(state));
      for (int each : scales)
        compare.expect<float>(each, 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Without, OptimizerKernel, testing::ValuesIn(everyOptimizer(false)),
                         optimizerName);
INSTANTIATE_TEST_SUITE_P(WithFlag, OptimizerKernel, testing::ValuesIn(everyOptimizer(true)),
                         optimizerName);

// Rows ------------------------------------------------------------------------

#undef PLIMSOLL_UPDATE_KERNEL

struct RowOptimizer {
  const plimsoll::Kernel &cpu, &cuda;
  int states;
  std::vector<double> scalars;
};

std::vector<RowOptimizer> everyRowOptimizer() {
  const std::vector<double> numbers = {0.9, 0.95, 0.01};
  auto first = [&](int count) { return std::vector(numbers.begin(), numbers.begin() + count); };
#define PLIMSOLL_UPDATE_ROWS_KERNEL(name, Rule, Arguments, states, scalars)                        \
  RowOptimizer{plimsoll::name, cuda::name, states, first(scalars)},
  return {
#include "plimsoll/Kernels.inc"
  };
}

class RowUpdates : public CudaKernels {
protected:
  /// Compares one update of some rows of a table [rows, inner]. Even places name rows, from the
  /// last one down; the others name none.
  void compareRows(const RowOptimizer &optimizer, ElementType type, const Sizes &sizes,
                   bool decayed, bool clipped) {
    const int64_t rows = sizes[0], inner = sizes[1], count = sizes[2];
    Compare compare;
    const int param = compare.update(random(rows * inner));
    compare.read(random(count * inner));
    std::vector<int64_t> at(size_t(count), rows);
    for (int64_t i = 0; i < count && i / 2 < rows; i += 2)
      at[size_t(i)] = rows - 1 - i / 2;
    compare.read(at);
    std::vector<int> states;
    for (int state = 0; state < optimizer.states; ++state) {
      std::vector<float> values = random(rows * inner);
      for (float &value : values) // sums of squares
        value = std::abs(value);
      states.push_back(type == ElementType::bf16 ? compare.update(std::vector<plimsoll::Bf16>(
                                                       values.begin(), values.end()))
                                                 : compare.update(values));
    }
    std::vector<double> sums(size_t(rows) + 1, -0.5);
    for (size_t row = 0; row < sums.size(); row += 3)
      sums[row] = -0.625;
    const int decay = decayed ? compare.update(sums) : compare.absent();
    std::vector<float> hyper(plimsoll::kHyperCount);
    hyper[plimsoll::kLearningRate] = 1e-2f;
    hyper[plimsoll::kDecayFactor] = 0.999f;
    hyper[plimsoll::kStepSize] = 3e-2f;
    hyper[plimsoll::kSqrtBias2] = 0.2f;
    hyper[plimsoll::kWeightDecay] = 0.1f;
    compare.read(hyper);
    if (clipped)
      compare.read(std::vector<float>{0.7f});
    std::vector<double> scalars = optimizer.scalars;
    if (clipped)
      scalars.insert(scalars.end(), {0.5, 0.02, 0.6});
    compare.run(optimizer.cpu, optimizer.cuda, {decayed, rows, inner, count}, scalars,
                {type, type});
    compare.expect<float>(param, 0);
    for (int state : states)
      if (type == ElementType::bf16)
        EXPECT_EQ(compare.result<uint16_t>(state), compare.emulated<uint16_t>(state));
      else
        compare.expect<float>(state, 0);
    if (decayed)
      compare.expect<double>(decay, 0);
  }
};

TEST_F(RowUpdates, RowsHaveTheBitsOfTheCpu) {
  for (const RowOptimizer &optimizer : everyRowOptimizer())
    for (ElementType type : {ElementType::f32, ElementType::bf16})
      for (const Sizes &sizes : std::vector<Sizes>{
               {20, 3, 7}, {1000, 64, 130}, {50, 132, 20}, {9, 1030, 5}, {4, 1, 8}, {5, 8, 0}})
        for (int variant = 0; variant < 4; ++variant)
          if (optimizer.states > 0 || type == ElementType::f32)
            compareRows(optimizer, type, sizes, variant & 1, variant & 2);
}

} // namespace
