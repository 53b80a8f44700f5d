//===- Rotation.h - the pairs of a rotary embedding --------------------------===//
//
// Shared by every device.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_ROTATION_H
#define PLIMSOLL_RULES_ROTATION_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

/// The rows of `x`, [size[0], size[1], size[2]], and of a table that is broadcast to them.
struct RotaryRows {
  int64_t size[3], stride[3]; ///< strides in rows of the table, 0 where it is broadcast

  /// Reads {size[3], features, table[3], ...}.
  explicit RotaryRows(const int64_t *sizes) {
    int64_t rows = 1;
    for (int d = 2; d >= 0; --d) {
      size[d] = sizes[d];
      stride[d] = sizes[4 + d] == 1 ? 0 : rows;
      rows *= sizes[4 + d];
    }
  }
  int64_t count() const { return size[0] * size[1] * size[2]; }
  /// Returns the row of the table for a row of x.
  PLIMSOLL_INLINE int64_t table(int64_t row) const {
    int64_t last = row % size[2], rest = row / size[2];
    return last * stride[2] + rest % size[1] * stride[1] + rest / size[1] * stride[0];
  }
};

/// A pair of features, or two numbers of a table for it.
template <typename T> struct Pair {
  T first, second;
};

template <typename T>
PLIMSOLL_INLINE Pair<T> rotated(Pair<T> x, Pair<T> cos, Pair<T> sin, bool transposed) {
  return transposed ? Pair<T>{x.first * cos.first + x.second * sin.second,
                              x.second * cos.second - x.first * sin.first}
                    : Pair<T>{x.first * cos.first - x.second * sin.first,
                              x.second * cos.second + x.first * sin.second};
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_ROTATION_H
