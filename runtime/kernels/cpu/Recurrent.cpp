//===- Recurrent.cpp - recurrent layers --------------------------------------===//
//
// Sizes of all: {steps, batch, size, reverse}, of rnn also {relu}. States are [steps, batch, size],
// the state before the first step [batch, size], gates side by side in [steps, batch, gates *
// size], the weight [gates * size, size]. Recurrent.td gives the formulas.
//
// lstm {x, weight, h0, c0, hidden, cells, gates, [workspace]}: gates may be x's bytes.
// gru {x, weight, h0, bias, hidden, gates, inner, [workspace]}: bias may be null, gates may be x's
//   bytes.
// rnn {x, weight, h0, hidden, [workspace]}: hidden may be x's bytes.
//===----------------------------------------------------------------------===//
#include "../../rules/Cells.h"
#include "../../rules/Elements.h"
#include "RecurrentTeam.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

using namespace recurrent;

template <int gates> int64_t forwardSpace(const LaunchShape &shape) {
  return spaceBytes(shape, gates, shape.sizes[2]);
}

/// Where the sums of a gate go at some step: to = addend + product.
template <typename T> struct Place {
  const T *addend;
  T *to;
  int64_t stride;
};

/// Runs all steps of `cell`, which has the members
///   gates, weight, initial, hidden
///   place(gate, step)                            where the sums of a gate go
///   activate(step, before, row, unit, unitEnd)   computes the state of some units; `before` is the
///                                                step before, -1 at the first
template <typename T, typename Cell>
void runForward(const Launch &launch, int spaceBuffer, const Cell &cell) {
  const Layer &layer = cell.layer;
  int64_t size = layer.size, each = Matrix<T>::floats(size, size);
  forShares(launch.threads, layer, Cell::gates * size, [&](const Share &share) {
    Space<T> space(launch, layer, spaceBuffer, Cell::gates * each, size, share.me);
    Matrix<T> matrix[Cell::gates];
    for (int g = 0; g < Cell::gates; ++g) {
      matrix[g] = {cell.weight + g * size * size, size, size, 1, size, space.matrices + g * each};
      matrix[g].pack(share);
    }
    cpu::awaitTeam();
    for (int64_t index = 0; index < layer.steps; ++index) {
      int64_t step = layer.at(index), before = layer.at(index - 1);
      Columns<T> left = {before < 0 ? cell.initial : cell.hidden + layer.element(before, 0, 0),
                         size};
      Matrix<T>::packLeft(left, share, size, space.left);
      for (int g = 0; g < Cell::gates; ++g) {
        Place<T> place = cell.place(g, step);
        matrix[g].multiply(left, space.left, share, place.addend, place.to, place.stride);
      }
      for (int64_t row = share.row; row < share.rowEnd; ++row)
        cell.activate(step, before, row, share.unit, share.unitEnd);
      share.awaitUnits();
    }
  });
}

template <typename T> struct Lstm : LstmTensors<T> {
  static constexpr int gates = 4;
  using Tensors = LstmTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::x, Tensors::weight, Tensors::initial,
      Tensors::firstCell, Tensors::hidden, Tensors::cells, Tensors::values;

  Place<T> place(int gate, int64_t step) const {
    int64_t first = gates * layer.element(step, 0, 0) + gate * layer.size;
    return {x + first, values + first, gates * layer.size};
  }

  void activate(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = layer.element(step, row, 0);
    const T *old = (before < 0 ? firstCell : cells + layer.element(before, 0, 0)) + row * size;
    T *i = values + here * gates, *f = i + size, *g = f + size, *o = g + size;
    T *c = cells + here, *h = hidden + here;
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      LstmCell::forward(i[u], f[u], g[u], o[u], old[u], c[u], h[u]);
  }
};

template <typename T> struct Gru : GruTensors<T> {
  static constexpr int gates = 3;
  using Tensors = GruTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::x, Tensors::weight, Tensors::initial,
      Tensors::bias, Tensors::hidden, Tensors::values, Tensors::inner;

  /// The sums of the last gate are apart: the reset gate multiplies them first.
  Place<T> place(int gate, int64_t step) const {
    if (gate == 2)
      return {nullptr, inner + layer.element(step, 0, 0), layer.size};
    int64_t first = gates * layer.element(step, 0, 0) + gate * layer.size;
    return {x + first, values + first, gates * layer.size};
  }

  void activate(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = layer.element(step, row, 0);
    const T *old = (before < 0 ? initial : hidden + layer.element(before, 0, 0)) + row * size;
    T *r = values + here * gates, *z = r + size, *n = z + size;
    T *part = inner + here, *h = hidden + here;
    if (bias)
      for (int64_t u = unit; u < end; ++u)
        part[u] += bias[u];
    const T *fresh = x + here * gates + 2 * size; // n's bytes, or apart
    if (fresh != n)
      std::memcpy(n + unit, fresh + unit, size_t(end - unit) * sizeof(T));
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      GruCell::forward(r[u], z[u], n[u], part[u], old[u], h[u]);
  }
};

template <typename T, bool relu> struct Rnn : RnnTensors<T> {
  static constexpr int gates = 1;
  using Tensors = RnnTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::x, Tensors::weight, Tensors::initial,
      Tensors::hidden;

  Place<T> place(int, int64_t step) const {
    int64_t first = layer.element(step, 0, 0);
    return {x + first, hidden + first, layer.size};
  }

  void activate(int64_t step, int64_t, int64_t row, int64_t unit, int64_t end) const {
    T *h = hidden + layer.element(step, row, 0);
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      RnnCell<relu>::forward(h[u]);
  }
};

void runLstm(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runForward<T>(launch, 7, Lstm<T>(launch));
  });
}

void runGru(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runForward<T>(launch, 7, Gru<T>(launch));
  });
}

void runRnn(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    if (launch.sizes[4])
      runForward<T>(launch, 4, Rnn<T, true>(launch));
    else
      runForward<T>(launch, 4, Rnn<T, false>(launch));
  });
}

} // namespace

const KernelOf<GatedArguments> lstm = {"lstm", runLstm, forwardSpace<4>};
const KernelOf<GatedArguments> gru = {"gru", runGru, forwardSpace<3>};
const KernelOf<RnnArguments> rnn = {"rnn", runRnn, forwardSpace<1>};

} // namespace plimsoll
