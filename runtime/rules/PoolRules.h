//===- PoolRules.h - the maximum and the mean of a window --------------------===//
#ifndef PLIMSOLL_RULES_POOLRULES_H
#define PLIMSOLL_RULES_POOLRULES_H

#include "Window.h"

namespace plimsoll {

/// Returns the index of the first largest element of a window (a NaN is the largest), -1 if the
/// window is empty.
template <typename T, typename Index>
PLIMSOLL_INLINE Index firstLargest(const BasicWindow<Index> &w, const Index *output,
                                   const BasicTaps<Index> &taps, const T *x) {
  Index best = -1;
  taps.forEach(w, output, [&](Index i, Index) {
    if (best < 0 || x[i] > x[best] || (x[i] != x[i] && x[best] == x[best]))
      best = i;
  });
  return best;
}

/// Returns the number that element `i` of a plane has if the first dimension runs fastest; -1 for
/// -1. The last dimension is the column, `i` counts it fastest.
template <typename Index>
PLIMSOLL_INLINE Index inColumnMajor(const BasicWindow<Index> &w, Index i) {
  Index rest = i / w.size[2], column = i % w.size[2];
  return i < 0 ? i : (column * w.size[1] + rest % w.size[1]) * w.size[0] + rest / w.size[1];
}

/// The number by which the sum of a window is divided for its mean.
template <typename Index> struct Divisor {
  Index padBehind[3];
  bool countPadding;

  /// Reads {padBehind[3], countPadding}.
  explicit Divisor(const int64_t *numbers) : countPadding(numbers[3] != 0) {
    for (int d = 0; d < 3; ++d)
      padBehind[d] = static_cast<Index>(numbers[d]);
  }

  PLIMSOLL_INLINE double operator()(const BasicWindow<Index> &w, const Index *output,
                                    const BasicTaps<Index> &taps) const {
    double count = 1;
    for (int d = 0; d < 3; ++d) {
      Index here = taps.last[d] - taps.first[d];
      if (countPadding) { // a window may reach past the padding; taps there do not count
        Index left = w.size[d] + padBehind[d] - w.at(d, output[d], 0);
        Index all = left <= 0 ? 0 : (left + w.dilation[d] - 1) / w.dilation[d];
        here = all < w.kernel[d] ? all : w.kernel[d];
      }
      count *= double(here);
    }
    return count;
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_POOLRULES_H
