//===- Cells.h - one step of one unit of a recurrent layer -------------------===//
//
// Shared by every device; nn's Recurrent.td gives the formulas. `forward` turns the sums of a
// unit's gates into their values in place, `backward` the values into gradients of the sums.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_CELLS_H
#define PLIMSOLL_RULES_CELLS_H

#include "plimsoll/Math.h"

namespace plimsoll {

struct LstmCell {
  template <typename T>
  static PLIMSOLL_INLINE void forward(T &i, T &f, T &g, T &o, T before, T &cell, T &hidden) {
    i = plimsoll::sigmoid(i);
    o = plimsoll::sigmoid(o);
    f = plimsoll::sigmoid(f);
    g = plimsoll::tanh(g);
    cell = f * before + i * g;
    hidden = o * plimsoll::tanh(cell);
  }

  /// `dh` is the gradient of the step's hidden state, `dc` that of its cell without the part that
  /// comes through the hidden state. On return `dc` is the gradient of the cell before.
  template <typename T>
  static PLIMSOLL_INLINE void backward(T &i, T &f, T &g, T &o, T before, T cell, T dh, T &dc) {
    T shown = plimsoll::tanh(cell);
    T all = dc + dh * o * (T(1) - shown * shown);
    T di = all * g * (i * (T(1) - i)), df = all * before * (f * (T(1) - f));
    T dg = all * i * (T(1) - g * g), d0 = dh * shown * (o * (T(1) - o));
    dc = all * f;
    i = di, o = d0, f = df, g = dg;
  }
};

struct GruCell {
  /// `inner` is the state's part of the last gate, bias included.
  template <typename T>
  static PLIMSOLL_INLINE void forward(T &r, T &z, T &n, T inner, T before, T &hidden) {
    z = plimsoll::sigmoid(z);
    r = plimsoll::sigmoid(r);
    n = plimsoll::tanh(n + r * inner);
    hidden = n + z * (before - n);
  }

  /// On return `inner` is its gradient, and `dh` the part of the gradient of the state before that
  /// comes through no product.
  template <typename T>
  static PLIMSOLL_INLINE void backward(T &r, T &z, T &n, T &inner, T before, T &dh) {
    T dn = dh * (T(1) - z) * (T(1) - n * n), dz = dh * (before - n) * (z * (T(1) - z));
    T dr = dn * inner * (r * (T(1) - r));
    inner = dn * r;
    dh = dh * z;
    z = dz, r = dr, n = dn;
  }
};

template <bool relu> struct RnnCell {
  template <typename T> static PLIMSOLL_INLINE void forward(T &hidden) {
    if (relu)
      hidden = hidden < T(0) ? T(0) : hidden; // NaN is not below zero, so it is kept
    else
      hidden = plimsoll::tanh(hidden);
  }

  /// Returns the gradient of the sum, `dh` being that of the hidden state.
  template <typename T> static PLIMSOLL_INLINE T backward(T hidden, T dh) {
    if (relu)
      return hidden > T(0) ? dh : T(0);
    return dh * (T(1) - hidden * hidden);
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_CELLS_H
