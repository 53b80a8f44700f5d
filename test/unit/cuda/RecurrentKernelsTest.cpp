// Recurrent layers, on the emulator, against the CPU's kernels of the same name.
#include "Compare.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

namespace {

namespace cuda = plimsoll::cuda;

/// {steps, batch, size}: fewer and more rows, units and terms than a tile has, and one step.
const std::vector<Sizes> kLayers = {{1, 1, 1}, {3, 2, 5}, {2, 17, 16}, {2, 5, 33}, {3, 16, 40}};

class CudaRecurrent : public CudaKernels {
protected:
  /// Calls body(zero of the type, tolerance, sizes with `reverse`, elements of the states, of the
  /// state) for all layers.
  template <typename Body> void forLayers(const Body &body) {
    forFloats([&](auto zero, double tolerance) {
      for (const Sizes &layer : kLayers)
        for (int64_t reverse : {0, 1}) {
          Sizes sizes = layer;
          sizes.push_back(reverse);
          body(zero, tolerance, sizes, layer[0] * layer[1] * layer[2], layer[1] * layer[2]);
        }
    });
  }
  template <typename T> std::vector<T> values(int64_t count, double scale = 0.5) {
    return random<T>(count, scale);
  }
  template <typename T> std::vector<T> weights(int64_t gates, int64_t size) {
    return values<T>(gates * size * size, 0.5 / std::sqrt(double(gates * size)));
  }
};

TEST_F(CudaRecurrent, Lstm) {
  forLayers([&](auto zero, double tolerance, const Sizes &sizes, int64_t states, int64_t state) {
    using T = decltype(zero);
    for (bool inPlace : {false, true}) {
      Compare compare;
      auto x = values<T>(4 * states);
      int first = inPlace ? compare.update(x) : compare.read(x);
      compare.read(weights<T>(4, sizes[2]));
      compare.read(values<T>(state));
      compare.read(values<T>(state));
      int hidden = compare.write<T>(states), cells = compare.write<T>(states);
      int gates = inPlace ? compare.same(first) : compare.write<T>(4 * states);
      compare.run(plimsoll::lstm, cuda::lstm, sizes, {}, keyOf<T>());
      for (int result : {hidden, cells, gates})
        compare.expect<T>(result, tolerance);
    }
  });
}

TEST_F(CudaRecurrent, LstmGradient) {
  forLayers([&](auto zero, double tolerance, const Sizes &sizes, int64_t states, int64_t state) {
    using T = decltype(zero);
    for (bool inPlace : {false, true}) {
      Compare compare;
      compare.read(values<T>(states));
      auto saved = values<T>(4 * states);
      int first = inPlace ? compare.update(saved) : compare.read(saved);
      compare.read(values<T>(states));
      compare.read(weights<T>(4, sizes[2]));
      compare.read(values<T>(state));
      inPlace ? compare.read(values<T>(states)) : compare.absent();
      int dx = inPlace ? compare.same(first) : compare.write<T>(4 * states);
      int dh = compare.write<T>(state), dc = compare.write<T>(state);
      compare.run(plimsoll::lstm_grad, cuda::lstm_grad, sizes, {}, keyOf<T>());
      for (int result : {dx, dh, dc})
        compare.expect<T>(result, tolerance);
    }
  });
}

TEST_F(CudaRecurrent, Gru) {
  forLayers([&](auto zero, double tolerance, const Sizes &sizes, int64_t states, int64_t state) {
    using T = decltype(zero);
    for (bool inPlace : {false, true}) {
      Compare compare;
      auto x = values<T>(3 * states);
      int first = inPlace ? compare.update(x) : compare.read(x);
      compare.read(weights<T>(3, sizes[2]));
      compare.read(values<T>(state));
      inPlace ? compare.read(values<T>(sizes[2])) : compare.absent();
      int hidden = compare.write<T>(states);
      int gates = inPlace ? compare.same(first) : compare.write<T>(3 * states);
      int inner = compare.write<T>(states);
      compare.run(plimsoll::gru, cuda::gru, sizes, {}, keyOf<T>());
      for (int result : {hidden, gates, inner})
        compare.expect<T>(result, tolerance);
    }
  });
}

TEST_F(CudaRecurrent, GruGradient) {
  forLayers([&](auto zero, double tolerance, const Sizes &sizes, int64_t states, int64_t state) {
    using T = decltype(zero);
    for (bool inPlace : {false, true}) {
      Compare compare;
      compare.read(values<T>(states));
      auto gates = values<T>(3 * states), part = values<T>(states);
      int first = inPlace ? compare.update(gates) : compare.read(gates);
      int inner = inPlace ? compare.update(part) : compare.read(part);
      compare.read(values<T>(states));
      compare.read(weights<T>(3, sizes[2]));
      compare.read(values<T>(state));
      int dx = inPlace ? compare.same(first) : compare.write<T>(3 * states);
      int dinner = inPlace ? compare.same(inner) : compare.write<T>(states);
      int dh = compare.write<T>(state);
      compare.run(plimsoll::gru_grad, cuda::gru_grad, sizes, {}, keyOf<T>());
      for (int result : {dx, dinner, dh})
        compare.expect<T>(result, tolerance);
    }
  });
}

TEST_F(CudaRecurrent, Rnn) {
  forLayers([&](auto zero, double tolerance, Sizes sizes, int64_t states, int64_t state) {
    using T = decltype(zero);
    for (int64_t relu : {0, 1})
      for (bool inPlace : {false, true}) {
        sizes.resize(4);
        sizes.push_back(relu);
        Compare forward, backward;
        auto x = values<T>(states), dhidden = values<T>(states);
        int first = inPlace ? forward.update(x) : forward.read(x);
        forward.read(weights<T>(1, sizes[2]));
        forward.read(values<T>(state));
        int hidden = inPlace ? forward.same(first) : forward.write<T>(states);
        forward.run(plimsoll::rnn, cuda::rnn, sizes, {}, keyOf<T>());
        forward.expect<T>(hidden, tolerance);

        first = inPlace ? backward.update(dhidden) : backward.read(dhidden);
        backward.read(values<T>(states));
        backward.read(weights<T>(1, sizes[2]));
        int dx = inPlace ? backward.same(first) : backward.write<T>(states);
        int dh = backward.write<T>(state);
        backward.run(plimsoll::rnn_grad, cuda::rnn_grad, sizes, {}, keyOf<T>());
        backward.expect<T>(dx, tolerance);
        backward.expect<T>(dh, tolerance);
      }
  });
}

} // namespace
