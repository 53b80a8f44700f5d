//===- RecurrentLayer.h - sizes and tensors of recurrent layers ---------------===//
//
// Shared by every device; cpu/Recurrent.cpp and cpu/RecurrentGrad.cpp document buffers and sizes.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_RECURRENTLAYER_H
#define PLIMSOLL_RULES_RECURRENTLAYER_H

#include "plimsoll/Inline.h"
#include "plimsoll/Kernel.h"

namespace plimsoll {

struct RecurrentLayer {
  int64_t steps, batch, size;
  bool reverse;

  explicit RecurrentLayer(const Launch &launch)
      : steps(launch.sizes[0]), batch(launch.sizes[1]), size(launch.sizes[2]),
        reverse(launch.sizes[3] != 0) {}

  /// Returns the place of the step that is computed as number `index`; -1 for none.
  int64_t at(int64_t index) const {
    if (index < 0 || index >= steps)
      return -1;
    return reverse ? steps - 1 - index : index;
  }
  /// Returns the number of an element of the states, [steps, batch, size].
  PLIMSOLL_INLINE int64_t element(int64_t step, int64_t row, int64_t unit) const {
    return (step * batch + row) * size + unit;
  }
};

template <typename T> struct LstmTensors {
  RecurrentLayer layer;
  const T *x, *weight, *initial, *firstCell;
  T *hidden, *cells, *values;

  explicit LstmTensors(const Launch &l)
      : layer(l), x(l.buffer<T>(0)), weight(l.buffer<T>(1)), initial(l.buffer<T>(2)),
        firstCell(l.buffer<T>(3)), hidden(l.buffer<T>(4)), cells(l.buffer<T>(5)),
        values(l.buffer<T>(6)) {}
};

template <typename T> struct GruTensors {
  RecurrentLayer layer;
  const T *x, *weight, *initial, *bias;
  T *hidden, *values, *inner;

  explicit GruTensors(const Launch &l)
      : layer(l), x(l.buffer<T>(0)), weight(l.buffer<T>(1)), initial(l.buffer<T>(2)),
        bias(l.buffer<T>(3)), hidden(l.buffer<T>(4)), values(l.buffer<T>(5)),
        inner(l.buffer<T>(6)) {}
};

template <typename T> struct RnnTensors {
  RecurrentLayer layer;
  const T *x, *weight, *initial;
  T *hidden;

  explicit RnnTensors(const Launch &l)
      : layer(l), x(l.buffer<T>(0)), weight(l.buffer<T>(1)), initial(l.buffer<T>(2)),
        hidden(l.buffer<T>(3)) {}
};

template <typename T> struct LstmGradTensors {
  RecurrentLayer layer;
  const T *dhidden, *values, *cells, *weight, *firstCell, *dcells;
  T *dx, *dh, *dc;

  explicit LstmGradTensors(const Launch &l)
      : layer(l), dhidden(l.buffer<T>(0)), values(l.buffer<T>(1)), cells(l.buffer<T>(2)),
        weight(l.buffer<T>(3)), firstCell(l.buffer<T>(4)), dcells(l.buffer<T>(5)),
        dx(l.buffer<T>(6)), dh(l.buffer<T>(7)), dc(l.buffer<T>(8)) {}
};

template <typename T> struct GruGradTensors {
  RecurrentLayer layer;
  const T *dhidden, *values, *inner, *hidden, *weight, *initial;
  T *dx, *dinner, *dh;

  explicit GruGradTensors(const Launch &l)
      : layer(l), dhidden(l.buffer<T>(0)), values(l.buffer<T>(1)), inner(l.buffer<T>(2)),
        hidden(l.buffer<T>(3)), weight(l.buffer<T>(4)), initial(l.buffer<T>(5)), dx(l.buffer<T>(6)),
        dinner(l.buffer<T>(7)), dh(l.buffer<T>(8)) {}
};

template <typename T> struct RnnGradTensors {
  RecurrentLayer layer;
  const T *dhidden, *hidden, *weight;
  T *dx, *dh;

  explicit RnnGradTensors(const Launch &l)
      : layer(l), dhidden(l.buffer<T>(0)), hidden(l.buffer<T>(1)), weight(l.buffer<T>(2)),
        dx(l.buffer<T>(3)), dh(l.buffer<T>(4)) {}
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_RECURRENTLAYER_H
