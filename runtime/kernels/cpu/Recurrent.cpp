//===- Recurrent.cpp - recurrent layers and their gradients ------------------===//
//
// Sizes of all: {steps, batch, size, reverse}, of rnn and rnn_grad also {relu}. States are
// [steps, batch, size], the state before the first step [batch, size], gates side by side in
// [steps, batch, gates * size], the weight [gates * size, size]. Recurrent.td gives the formulas.
//
// lstm {x, weight, h0, c0, hidden, cells, gates, [workspace]}: gates may be x's bytes.
// lstm_grad {dhidden, gates, cells, weight, c0, dcells, dx, dh0, dc0, [workspace]}: dcells may be
//   null, dx may be the gates' bytes.
// gru {x, weight, h0, bias, hidden, gates, inner, [workspace]}: bias may be null, gates may be x's
//   bytes.
// gru_grad {dhidden, gates, inner, hidden, weight, h0, dx, dinner, dh0, [workspace]}: dx may be the
//   gates' bytes, dinner those of inner.
// rnn {x, weight, h0, hidden, [workspace]}: hidden may be x's bytes.
// rnn_grad {dhidden, hidden, weight, dx, dh0, [workspace]}: dx may be the bytes of dhidden or of
//   hidden.
//
// A team of threads runs through all steps; each thread has some rows of the batch and some of
// the units, and waits for the others after each step only if units are divided. The weight is
// packed once. A sum is one chain of fused multiply-adds over the units of the state, so that bits
// depend neither on the division nor on the batch.
//===----------------------------------------------------------------------===//
#include "../../rules/Cells.h"
#include "../../rules/Elements.h"
#include "Gemm.h"
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

struct Layer {
  int64_t steps, batch, size;
  bool reverse;
  int threads;

  explicit Layer(const Launch &launch)
      : steps(launch.sizes[0]), batch(launch.sizes[1]), size(launch.sizes[2]),
        reverse(launch.sizes[3] != 0), threads(launch.threads) {}

  /// Returns the place of the step that is computed as number `index`.
  int64_t at(int64_t index) const { return reverse ? steps - 1 - index : index; }
  int64_t state() const { return batch * size; }
};

int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/// What a member of a team computes: some rows of the batch, and of them some units.
struct Share {
  int64_t row, rowEnd, unit, unitEnd;
  int64_t me, members, across; ///< `across` members divide the units of the same rows

  Share(const Layer &layer, int64_t me, int64_t members, int64_t across)
      : me(me), members(members), across(across) {
    int64_t down = members / across, y = me / across, x = me % across;
    row = layer.batch * y / down, rowEnd = layer.batch * (y + 1) / down;
    int64_t panels = (layer.size + gemm::kColumnPadding - 1) / gemm::kColumnPadding;
    auto cut = [&](int64_t index) {
      int64_t first = panels * index / across * gemm::kColumnPadding;
      return first < layer.size ? first : layer.size;
    };
    unit = cut(x), unitEnd = cut(x + 1);
  }

  int64_t rows() const { return rowEnd - row; }
  int64_t units() const { return unitEnd - unit; }
  /// Waits for the members that computed other units of the same rows.
  void awaitUnits() const {
    if (across > 1)
      cpu::awaitTeam();
  }
};

/// Returns how many members of a team divide the units, where a step multiplies with `depth`
/// numbers for each unit. Rows are divided for nothing, units for a barrier a step.
int64_t membersAcross(const Layer &layer, int64_t depth, int64_t members) {
  constexpr double barrierSeconds = 5e-6, flopsPerSecond = 5e10;
  int64_t best = 1;
  double least = 0;
  for (int64_t across = 1; across <= members; ++across) {
    if (members % across)
      continue;
    int64_t most = 0; // rows times units of the busiest member
    for (int64_t me = 0; me < members; ++me) {
      Share share(layer, me, members, across);
      int64_t units = gemm::roundUp(share.units(), gemm::kPanelColumns);
      most = larger(most, share.rows() * units);
    }
    double seconds =
        2.0 * double(most * depth) / flopsPerSecond + (across > 1 ? barrierSeconds : 0);
    if (across == 1 || seconds < least)
      best = across, least = seconds;
  }
  return best;
}

/// Calls body(share) on every member of a team.
template <typename Body> void forShares(const Layer &layer, int64_t depth, const Body &body) {
  int64_t work = layer.steps * layer.state() * (depth / 8 + 8);
  cpu::parallelTeam(work < cpu::kSmallWork ? 1 : layer.threads, [&](int64_t me, int64_t members) {
    body(Share(layer, me, members, membersAcross(layer, depth, members)));
  });
}

/// A factor of a product: some columns of [rows, stride].
template <typename T> struct Columns {
  const T *data;
  int64_t stride;
};

/// A matrix [depth, size] as the right factor of products with some rows of states or gates.
/// `data` is the matrix, or its transpose, with element (k, unit) at data[k * down + unit * along].
template <typename T> struct Matrix;

template <> struct Matrix<float> {
  const float *data;
  int64_t depth, size, down, along;
  float *packed;

  static int64_t floats(int64_t depth, int64_t size) { return gemm::packedColumns(depth, size); }

  /// Packs the part of the matrix that the member `share.me` packs for all.
  void pack(const Share &share) {
    int64_t panels = (size + gemm::kPanelColumns - 1) / gemm::kPanelColumns;
    int64_t first = panels * share.me / share.members * gemm::kPanelColumns;
    int64_t last = panels * (share.me + 1) / share.members * gemm::kPanelColumns;
    last = last < size ? last : size;
    if (first < last)
      gemm::packRight({data + first * along, down, along}, depth, last - first,
                      packed + first * depth);
  }

  /// Packs the rows of `left` that `share` has; the result is for `multiply`.
  static void packLeft(Columns<float> left, const Share &share, int64_t depth, float *space) {
    gemm::packLeft({left.data + share.row * left.stride, left.stride, 1}, share.rows(), depth,
                   space);
  }

  /// to = addend + left * matrix, for the rows and units of `share`; a null addend is zero. `to`
  /// and `addend` begin with row 0 and unit 0 and have the same stride.
  void multiply(Columns<float>, const float *left, const Share &share, const float *addend,
                float *to, int64_t stride) const {
    int64_t first = share.row * stride + share.unit;
    gemm::multiplyOnto(addend ? addend + first : nullptr, left, packed + share.unit * depth,
                       share.rows(), share.units(), depth, to + first, stride);
  }
};

template <> struct Matrix<double> {
  const double *data;
  int64_t depth, size, down, along;
  double *packed;

  static int64_t floats(int64_t, int64_t) { return 0; }
  void pack(const Share &) {}
  static void packLeft(Columns<double>, const Share &, int64_t, double *) {}

  void multiply(Columns<double> left, const double *, const Share &share, const double *addend,
                double *to, int64_t stride) const {
    for (int64_t row = share.row; row < share.rowEnd; ++row)
      for (int64_t unit = share.unit; unit < share.unitEnd; ++unit) {
        double sum = 0;
        for (int64_t k = 0; k < depth; ++k)
          sum = __builtin_fma(left.data[row * left.stride + k], data[k * down + unit * along], sum);
        int64_t i = row * stride + unit;
        to[i] = addend ? addend[i] + sum : sum;
      }
  }
};

/// Returns the floats of the packed left factors of a member of the team.
int64_t leftFloats(const Layer &layer, int64_t depth) {
  return gemm::packedRows(layer.batch, depth);
}

/// The workspace of a launch: packed matrices, then a left factor for each thread.
template <typename T> struct Space {
  T *matrices, *left;

  Space(const Launch &launch, const Layer &layer, int buffer, int64_t matrixFloats, int64_t depth,
        int64_t me) {
    matrices = std::is_same_v<T, float> ? launch.buffer<T>(buffer) : nullptr;
    left = matrices ? matrices + matrixFloats + me * leftFloats(layer, depth) : nullptr;
  }
};

/// Returns the bytes of a workspace for `matrices` packed matrices of [depth, size].
int64_t spaceBytes(const LaunchShape &shape, int64_t matrices, int64_t depth) {
  if (shape.type == ElementType::f64)
    return 0;
  int64_t batch = shape.sizes[1], size = shape.sizes[2];
  int64_t floats =
      matrices * gemm::packedColumns(depth, size) + shape.threads * gemm::packedRows(batch, depth);
  return larger(64, floats * int64_t(sizeof(float)));
}

// Forward ---------------------------------------------------------------------

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
void runForward(const Launch &launch, const Layer &layer, int spaceBuffer, const Cell &cell) {
  int64_t size = layer.size, each = Matrix<T>::floats(size, size);
  forShares(layer, Cell::gates * size, [&](const Share &share) {
    Space<T> space(launch, layer, spaceBuffer, Cell::gates * each, size, share.me);
    Matrix<T> matrix[Cell::gates];
    for (int g = 0; g < Cell::gates; ++g) {
      matrix[g] = {cell.weight + g * size * size, size, size, 1, size, space.matrices + g * each};
      matrix[g].pack(share);
    }
    cpu::awaitTeam();
    for (int64_t index = 0; index < layer.steps; ++index) {
      int64_t step = layer.at(index), before = index > 0 ? layer.at(index - 1) : -1;
      Columns<T> left = {before < 0 ? cell.initial : cell.hidden + before * layer.state(), size};
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

template <typename T> struct Lstm {
  static constexpr int gates = 4;
  Layer layer;
  const T *x, *weight, *initial, *firstCell;
  T *hidden, *cells, *values;

  explicit Lstm(const Launch &l)
      : layer(l), x(l.buffer<T>(0)), weight(l.buffer<T>(1)), initial(l.buffer<T>(2)),
        firstCell(l.buffer<T>(3)), hidden(l.buffer<T>(4)), cells(l.buffer<T>(5)),
        values(l.buffer<T>(6)) {}

  Place<T> place(int gate, int64_t step) const {
    int64_t first = step * gates * layer.state() + gate * layer.size;
    return {x + first, values + first, gates * layer.size};
  }

  void activate(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = (step * layer.batch + row) * size;
    const T *old = (before < 0 ? firstCell : cells + before * layer.state()) + row * size;
    T *i = values + here * gates, *f = i + size, *g = f + size, *o = g + size;
    T *c = cells + here, *h = hidden + here;
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      LstmCell::forward(i[u], f[u], g[u], o[u], old[u], c[u], h[u]);
  }
};

template <typename T> struct Gru {
  static constexpr int gates = 3;
  Layer layer;
  const T *x, *weight, *initial, *bias;
  T *hidden, *values, *inner;

  explicit Gru(const Launch &l)
      : layer(l), x(l.buffer<T>(0)), weight(l.buffer<T>(1)), initial(l.buffer<T>(2)),
        bias(l.buffer<T>(3)), hidden(l.buffer<T>(4)), values(l.buffer<T>(5)),
        inner(l.buffer<T>(6)) {}

  /// The sums of the last gate are apart: the reset gate multiplies them first.
  Place<T> place(int gate, int64_t step) const {
    if (gate == 2)
      return {nullptr, inner + step * layer.state(), layer.size};
    int64_t first = step * gates * layer.state() + gate * layer.size;
    return {x + first, values + first, gates * layer.size};
  }

  void activate(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = (step * layer.batch + row) * size;
    const T *old = (before < 0 ? initial : hidden + before * layer.state()) + row * size;
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

template <typename T, bool relu> struct Rnn {
  static constexpr int gates = 1;
  Layer layer;
  const T *x, *weight, *initial;
  T *hidden;

  explicit Rnn(const Launch &l)
      : layer(l), x(l.buffer<T>(0)), weight(l.buffer<T>(1)), initial(l.buffer<T>(2)),
        hidden(l.buffer<T>(3)) {}

  Place<T> place(int, int64_t step) const {
    int64_t first = step * layer.state();
    return {x + first, hidden + first, layer.size};
  }

  void activate(int64_t step, int64_t, int64_t row, int64_t unit, int64_t end) const {
    T *h = hidden + (step * layer.batch + row) * layer.size;
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      RnnCell<relu>::forward(h[u]);
  }
};

void runLstm(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runForward<T>(launch, Layer(launch), 7, Lstm<T>(launch));
  });
}

void runGru(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runForward<T>(launch, Layer(launch), 7, Gru<T>(launch));
  });
}

void runRnn(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    if (launch.sizes[4])
      runForward<T>(launch, Layer(launch), 4, Rnn<T, true>(launch));
    else
      runForward<T>(launch, Layer(launch), 4, Rnn<T, false>(launch));
  });
}

// Backward --------------------------------------------------------------------

template <int gates> int64_t backwardSpace(const LaunchShape &shape) {
  return spaceBytes(shape, 1, gates * shape.sizes[2]);
}

/// Runs all steps of the gradient of `cell`, which has the members
///   gates, weight, dh, parts
///   begin(row, unit, unitEnd)                sets what is carried from step to step to zero
///   step(step, before, row, unit, unitEnd)   writes the gradients of the sums, reading the
///   gradient
///                                            of the state from `dh`, where it leaves the part that
///                                            comes through no product; true if there is one
///   part(p, step)                            the gradients of the sums that multiply part p of the
///                                            weight's rows, [batch, stride]
///   partRows(p)                              how many rows these are
template <typename T, typename Cell>
void runBackward(const Launch &launch, const Layer &layer, int spaceBuffer, const Cell &cell) {
  int64_t size = layer.size, depth = Cell::gates * size;
  forShares(layer, depth, [&](const Share &share) {
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
      int64_t step = layer.at(index), before = index > 0 ? layer.at(index - 1) : -1;
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

template <typename T> struct LstmGrad {
  static constexpr int gates = 4, parts = 1;
  static constexpr bool carries = false; // nothing reaches the state before but through products
  Layer layer;
  const T *dhidden, *values, *cells, *weight, *firstCell, *dcells;
  T *dx, *dh, *dc;

  explicit LstmGrad(const Launch &l)
      : layer(l), dhidden(l.buffer<T>(0)), values(l.buffer<T>(1)), cells(l.buffer<T>(2)),
        weight(l.buffer<T>(3)), firstCell(l.buffer<T>(4)), dcells(l.buffer<T>(5)),
        dx(l.buffer<T>(6)), dh(l.buffer<T>(7)), dc(l.buffer<T>(8)) {}

  void begin(int64_t row, int64_t unit, int64_t end) const {
    fillZeros(dh, layer.size, row, unit, end);
    fillZeros(dc, layer.size, row, unit, end);
  }

  void step(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = (step * layer.batch + row) * size;
    const T *old = (before < 0 ? firstCell : cells + before * layer.state()) + row * size;
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
    return {dx + step * gates * layer.state(), gates * layer.size};
  }
};

template <typename T> struct GruGrad {
  static constexpr int gates = 3, parts = 2;
  static constexpr bool carries = true;
  Layer layer;
  const T *dhidden, *values, *inner, *hidden, *weight, *initial;
  T *dx, *dinner, *dh;

  explicit GruGrad(const Launch &l)
      : layer(l), dhidden(l.buffer<T>(0)), values(l.buffer<T>(1)), inner(l.buffer<T>(2)),
        hidden(l.buffer<T>(3)), weight(l.buffer<T>(4)), initial(l.buffer<T>(5)), dx(l.buffer<T>(6)),
        dinner(l.buffer<T>(7)), dh(l.buffer<T>(8)) {}

  void begin(int64_t row, int64_t unit, int64_t end) const {
    fillZeros(dh, layer.size, row, unit, end);
  }

  void step(int64_t step, int64_t before, int64_t row, int64_t unit, int64_t end) const {
    int64_t size = layer.size, here = (step * layer.batch + row) * size;
    const T *old = (before < 0 ? initial : hidden + before * layer.state()) + row * size;
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
      return {dx + step * gates * layer.state(), gates * layer.size};
    return {dinner + step * layer.state(), layer.size};
  }
};

template <typename T, bool relu> struct RnnGrad {
  static constexpr int gates = 1, parts = 1;
  static constexpr bool carries = false;
  Layer layer;
  const T *dhidden, *hidden, *weight;
  T *dx, *dh;

  explicit RnnGrad(const Launch &l)
      : layer(l), dhidden(l.buffer<T>(0)), hidden(l.buffer<T>(1)), weight(l.buffer<T>(2)),
        dx(l.buffer<T>(3)), dh(l.buffer<T>(4)) {}

  void begin(int64_t row, int64_t unit, int64_t end) const {
    fillZeros(dh, layer.size, row, unit, end);
  }

  void step(int64_t step, int64_t, int64_t row, int64_t unit, int64_t end) const {
    int64_t here = (step * layer.batch + row) * layer.size;
    const T *h = hidden + here, *given = dhidden + here, *state = dh + row * layer.size;
    T *to = dx + here;
#pragma omp simd
    for (int64_t u = unit; u < end; ++u)
      to[u] = RnnCell<relu>::backward(h[u], given[u] + state[u]);
  }

  int64_t partRows(int) const { return layer.size; }
  Columns<T> part(int, int64_t step) const { return {dx + step * layer.state(), layer.size}; }
};

void runLstmGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runBackward<T>(launch, Layer(launch), 9, LstmGrad<T>(launch));
  });
}

void runGruGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    runBackward<T>(launch, Layer(launch), 9, GruGrad<T>(launch));
  });
}

void runRnnGrad(const Launch &launch) {
  withFloats(launch, [&](auto *tag) {
    using T = std::remove_pointer_t<decltype(tag)>;
    if (launch.sizes[4])
      runBackward<T>(launch, Layer(launch), 5, RnnGrad<T, true>(launch));
    else
      runBackward<T>(launch, Layer(launch), 5, RnnGrad<T, false>(launch));
  });
}

} // namespace

const KernelOf<GatedArguments> lstm = {"lstm", runLstm, forwardSpace<4>};
const KernelOf<GatedArguments> lstm_grad = {"lstm_grad", runLstmGrad, backwardSpace<4>};
const KernelOf<GatedArguments> gru = {"gru", runGru, forwardSpace<3>};
const KernelOf<GatedArguments> gru_grad = {"gru_grad", runGruGrad, backwardSpace<3>};
const KernelOf<RnnArguments> rnn = {"rnn", runRnn, forwardSpace<1>};
const KernelOf<RnnArguments> rnn_grad = {"rnn_grad", runRnnGrad, backwardSpace<1>};

} // namespace plimsoll
