// Recurrent layers: f32 against the plain sums of f64, and what must not change any bit.
// test/numeric compares the formulas with another implementation.
#include "KernelHarness.h"

namespace {

class Recurrent : public KernelTest {
protected:
  struct Layer {
    int64_t steps, batch, size;
  };
  enum Extent { gates, states, state, weight, bias };

  /// A buffer's extent, and for a result the operand that it may overwrite, -1 for none.
  struct Buffer {
    Extent extent;
    bool isResult = false;
    int over = -1;
  };
  struct Kind {
    const char *name;
    int64_t gates;
    std::vector<Buffer> buffers;
    bool hasRelu = false;
  };

  static const std::vector<Kind> &kinds() {
    static const std::vector<Kind> all = {
        {"lstm",
         4,
         {{gates}, {weight}, {state}, {state}, {states, true}, {states, true}, {gates, true, 0}}},
        {"lstm_grad",
         4,
         {{states},
          {gates},
          {states},
          {weight},
          {state},
          {states},
          {gates, true, 1},
          {state, true},
          {state, true}}},
        {"gru",
         3,
         {{gates}, {weight}, {state}, {bias}, {states, true}, {gates, true, 0}, {states, true}}},
        {"gru_grad",
         3,
         {{states},
          {gates},
          {states},
          {states},
          {weight},
          {state},
          {gates, true, 1},
          {states, true, 2},
          {state, true}}},
        {"rnn", 1, {{gates}, {weight}, {state}, {states, true, 0}}, true},
        {"rnn_grad", 1, {{states}, {states}, {weight}, {states, true, 0}, {state, true}}, true}};
    return all;
  }

  static int64_t count(const Kind &kind, const Layer &layer, Extent extent) {
    switch (extent) {
    case gates:
      return kind.gates * layer.steps * layer.batch * layer.size;
    case states:
      return layer.steps * layer.batch * layer.size;
    case state:
      return layer.batch * layer.size;
    case weight:
      return kind.gates * layer.size * layer.size;
    case bias:
      break;
    }
    return layer.size;
  }

  std::vector<Floats> operands(const Kind &kind, const Layer &layer) {
    std::vector<Floats> all;
    for (const Buffer &buffer : kind.buffers) {
      int64_t elements = count(kind, layer, buffer.extent);
      float scale =
          buffer.extent == weight ? 0.7f / std::sqrt(float(kind.gates * layer.size)) : 0.7f;
      all.push_back(buffer.isResult ? nans(elements) : random(elements, scale));
    }
    return all;
  }

  template <typename T>
  std::vector<std::vector<T>> run(const Kind &kind, const Layer &layer, bool reverse, bool relu,
                                  const std::vector<std::vector<T>> &given, int threads = 2,
                                  bool inPlace = false) {
    std::vector<std::vector<T>> all = given;
    std::vector<const void *> pointers;
    for (size_t i = 0; i < all.size(); ++i) {
      int over = kind.buffers[i].over;
      pointers.push_back(all[i].empty()         ? nullptr
                         : inPlace && over >= 0 ? pointers[size_t(over)]
                                                : all[i].data());
    }
    Sizes sizes = {layer.steps, layer.batch, layer.size, reverse};
    if (kind.hasRelu)
      sizes.push_back(relu);
    EXPECT_TRUE(
        KernelTest::run(kind.name, pointers, sizes, {}, threads,
                        sizeof(T) == 8 ? plimsoll::ElementType::f64 : plimsoll::ElementType::f32));
    std::vector<std::vector<T>> results;
    for (size_t i = 0; i < all.size(); ++i) {
      int over = kind.buffers[i].over;
      if (kind.buffers[i].isResult)
        results.push_back(all[inPlace && over >= 0 ? size_t(over) : i]);
    }
    return results;
  }

  /// Fewer and more rows and units than a tile has, and one step.
  const std::vector<Layer> kLayers = {{1, 1, 1},   {3, 2, 5},   {4, 13, 16}, {2, 7, 33},
                                      {3, 25, 64}, {2, 1, 130}, {2, 40, 100}};

  template <typename Check> void forLayers(const Check &check) {
    for (const Kind &kind : kinds())
      for (const Layer &layer : kLayers)
        for (bool reverse : {false, true})
          for (bool relu : {false, true}) {
            if (relu && !kind.hasRelu)
              continue;
            SCOPED_TRACE(testing::Message()
                         << kind.name << " " << layer.steps << "x" << layer.batch << "x"
                         << layer.size << (reverse ? " reverse" : "") << (relu ? " relu" : ""));
            check(kind, layer, reverse, relu);
          }
  }
};

TEST_P(Recurrent, PackedProductsAreThePlainSums) {
  forLayers([&](const Kind &kind, const Layer &layer, bool reverse, bool relu) {
    std::vector<Floats> given = operands(kind, layer);
    std::vector<Doubles> wide;
    for (const Floats &each : given)
      wide.emplace_back(each.begin(), each.end());
    std::vector<Floats> got = run(kind, layer, reverse, relu, given);
    std::vector<Doubles> wanted = run(kind, layer, reverse, relu, wide);
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_LT(worst(got[i], wanted[i]), 5e-6) << "result " << i;
  });
}

TEST_P(Recurrent, BitsDependNeitherOnThreadsNorOnPlaces) {
  forLayers([&](const Kind &kind, const Layer &layer, bool reverse, bool relu) {
    std::vector<Floats> given = operands(kind, layer);
    std::vector<Floats> wanted = run(kind, layer, reverse, relu, given, 1);
    for (int threads : {2, 3, 4, 6})
      for (bool inPlace : {false, true}) {
        std::vector<Floats> got = run(kind, layer, reverse, relu, given, threads, inPlace);
        for (size_t i = 0; i < got.size(); ++i)
          EXPECT_TRUE(sameBits(got[i], wanted[i])) << threads << " threads, result " << i;
      }
  });
}

TEST_P(Recurrent, WithoutWhatMayBeAbsent) {
  Layer layer = {3, 5, 20};
  for (auto [kind, absent] : {std::pair(kinds()[1], 5), std::pair(kinds()[2], 3)}) {
    std::vector<Floats> given = operands(kind, layer), zeros = given;
    given[size_t(absent)].clear();
    std::fill(zeros[size_t(absent)].begin(), zeros[size_t(absent)].end(), 0.0f);
    std::vector<Floats> got = run(kind, layer, false, false, given);
    std::vector<Floats> wanted = run(kind, layer, false, false, zeros);
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_TRUE(sameBits(got[i], wanted[i])) << kind.name << ", result " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, Recurrent, testing::ValuesIn(libraries()), libraryName);

} // namespace
