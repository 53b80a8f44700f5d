//===- RecurrentGrad.cpp - gradients of recurrent layers ----------------------===//
//
// Sizes and tensors are those of Recurrent.cpp; of rnn_grad also {relu}.
//
// lstm_grad {dhidden, gates, cells, weight, c0, dcells, dx, dh0, dc0, [workspace]}: dcells may be
//   null, dx may be the gates' bytes.
// gru_grad {dhidden, gates, inner, hidden, weight, h0, dx, dinner, dh0, [workspace]}: dx may be the
//   gates' bytes, dinner those of inner.
// rnn_grad {dhidden, hidden, weight, dx, dh0, [workspace]}: dx may be the bytes of dhidden or of
//   hidden.
//===----------------------------------------------------------------------===//
#include "../../rules/Cells.h"
#include "../../rules/Elements.h"
#include "RecurrentTeam.h"
#include "plimsoll/Kernels.h"

namespace plimsoll {
namespace {

using namespace recurrent;

template <int gates> int64_t backwardSpace(const LaunchShape &shape) {
  return spaceBytes(shape, 1, gates * shape.sizes[2]);
}

/// Runs all steps of the gradient of `cell`, which has the members
///   gates, weight, dh, parts, carries
///   begin(row, unit, unitEnd)                sets what is carried from step to step to zero
///   step(step, before, row, unit, unitEnd)   writes the gradients of the sums; reads that of the
///                                            state from `dh`, and leaves there what comes through
///                                            no product, if the cell `carries` that
///   part(p, step)                            the gradients of the sums that multiply part p of the
///                                            weight's rows, [batch, stride]
///   partRows(p)                              how many rows these are
template <typename T, typename Cell>
void runBackward(const Launch &launch, int spaceBuffer, const Cell &cell) {
  const Layer &layer = cell.layer;
  int64_t size = layer.size, depth = Cell::gates * size;
  forShares(launch.threads, layer, depth, [&](const Share &share) {
    Space<T> space(launch, layer, spaceBuffer, Matrix<T>::floats(depth, size), depth, share.me);
    Matrix<T> matrix[Cell::parts];
    T *packed = space.matrices;
    for (int p = 0, first = 0; p < Cell::parts; first += int(cell.partRows(p)), ++p) {
      matrix[p] = {cell.weight + first * size, cell.partRows(p), size, size, 1, packed};
      matrix[p].pack(share);
      packed += Matrix<T>::floats(cell.partRows(p), size);
    }
    for (int64_t row = share.row; row < share.rowEnd; ++row)
      cell.begin(row, share.unit, share.unitEnd);
    cpu::awaitTeam();
    for (int64_t index = layer.steps - 1; index >= 0; --index) {
      int64_t step = layer.at(index), before = layer.at(index - 1);
      for (int64_t row = share.row; row < share.rowEnd; ++row)
        cell.step(step, before, row, share.unit, share.unitEnd);
      share.awaitUnits();
      for (int p = 0; p < Cell::parts; ++p) {
        Columns<T> left = cell.part(p, step);
        Matrix<T>::packLeft(left, share, matrix[p].depth, space.left);
        matrix[p].multiply(left, space.left, share, p > 0 || Cell::carries ? cell.dh : nullptr,
                           cell.dh, size);
      }
    }
  });
}

template <typename T>
void fillZeros(T *states, int64_t size, int64_t row, int64_t unit, int64_t end) {
  for (int64_t u = unit; u < end; ++u)
    states[row * size + u] = T(0);
}

template <typename T> struct LstmGrad : LstmGradTensors<T> {
  static constexpr int gates = 4, parts = 1;
  static constexpr bool carries = false; // nothing reaches the state before but through products
  using Tensors = LstmGradTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::dhidden, Tensors::values, Tensors::cells,
      Tensors::weight, Tensors::firstCell, Tensors::dcells, Tensors::dx, Tensors::dh, Tensors::dc;

  void begin(int64_t row, int64_t unit, int64_t end) const {
    fillZeros(dh, layer.size, row, unit, end);
    fillZeros(dc, layer.size, row, unit, end);
  }

  void step(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = layer.element(step, row, 0);
    const T *old = (before < 0 ? firstCell : cells + layer.element(before, 0, 0)) + row * size;
    const T *i = values + here * gates, *f = i + size, *g = f + size, *o = g + size;
    T *di = dx + here * gates, *df = di + size, *dg = df + size, *d0 = dg + size;
    const T *c = cells + here, *given = dhidden + here, *dcell = dcells ? dcells + here : nullptr;
    T *state = dh + row * size, *cell = dc + row * size;
    if (dcell)
      for (int64_t u = unit; u < end; ++u)
        cell[u] += dcell[u];
#pragma omp simd
    for (int64_t u = unit; u < end; ++u) {
      T a = i[u], b = f[u], d = g[u], e = o[u];
      LstmCell::backward(a, b, d, e, old[u], c[u], given[u] + state[u], cell[u]);
      di[u] = a, df[u] = b, dg[u] = d, d0[u] = e;
    }
  }

  int64_t partRows(int) const { return gates * layer.size; }
  Columns<T> part(int, int64_t step) const {
    return {dx + gates * layer.element(step, 0, 0), gates * layer.size};
  }
};

template <typename T> struct GruGrad : GruGradTensors<T> {
  static constexpr int gates = 3, parts = 2;
  static constexpr bool carries = true;
  using Tensors = GruGradTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::dhidden, Tensors::values, Tensors::inner,
      Tensors::hidden, Tensors::weight, Tensors::initial, Tensors::dx, Tensors::dinner, Tensors::dh;

  void begin(int64_t row, int64_t unit, int64_t end) const {
    fillZeros(dh, layer.size, row, unit, end);
  }

  void step(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = layer.element(step, row, 0);
    const T *old = (before < 0 ? initial : hidden + layer.element(before, 0, 0)) + row * size;
    const T *r = values + here * gates, *z = r + size, *n = z + size;
    T *dr = dx + here * gates, *dz = dr + size, *dn = dz + size;
    const T *part = inner + here, *given = dhidden + here;
    T *dpart = dinner + here, *state = dh + row * size;
#pragma omp simd
    for (int64_t u = unit; u < end; ++u) {
      T a = r[u], b = z[u], c = n[u], d = part[u], e = given[u] + state[u];
      GruCell::backward(a, b, c, d, old[u], e);
      dr[u] = a, dz[u] = b, dn[u] = c, dpart[u] = d, state[u] = e;
    }
  }

  int64_t partRows(int p) const { return p == 0 ? 2 * layer.size : layer.size; }
  Columns<T> part(int p, int64_t step) const {
    if (p == 0)
      return {dx + gates * layer.element(step, 0, 0), gates * layer.size};
    return {dinner + layer.element(step, 0, 0), layer.size};
  }
};

template <typename T, bool relu> struct RnnGrad : RnnGradTensors<T> {
  static constexpr int gates = 1, parts = 1;
  static constexpr bool carries = false;
  using Tensors = RnnGradTensors<T>;
  using Tensors::Tensors, Tensors::layer, Tensors::dhidden, Tensors::hidden, Tensors::weight,
      Tensors::dx, Tensors::dh;

  void begin(int64_t row, int64_t unit, int64_t end) const {
    fillZeros(dh, layer.size, row, unit, end);
  }

  void step(int64_t step, int64_t, int64_t row, int64_t unit, int64_t end) const {
    int64_t here = layer.element(step, row, 0);
    const T *h = hidden + here, *given = dhidden + here, *state = dh + row * layer.size;
    T *to = dx + here;
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      to[u] = RnnCell<relu>::backward(h[u], given[u] + state[u]);
  }

  int64_t partRows(int) const { return layer.size; }
  Columns<T> part(int, int64_t step) const { return {dx + layer.element(step, 0, 0), layer.size}; }
};

void runLstmGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runBackward<T>(launch, 9, LstmGrad<T>(launch));
  });
}

void runGruGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runBackward<T>(launch, 9, GruGrad<T>(launch));
  });
}

void runRnnGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    if (launch.sizes[4])
      runBackward<T>(launch, 5, RnnGrad<T, true>(launch));
    else
      runBackward<T>(launch, 5, RnnGrad<T, false>(launch));
  });
}

} // namespace

const KernelOf<GatedArguments> lstm_grad = {"lstm_grad", runLstmGrad, backwardSpace<4>};
const KernelOf<GatedArguments> gru_grad = {"gru_grad", runGruGrad, backwardSpace<3>};
const KernelOf<RnnArguments> rnn_grad = {"rnn_grad", runRnnGrad, backwardSpace<1>};

} // namespace plimsoll
