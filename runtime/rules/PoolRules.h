//===- PoolRules.h - what a window's maximum and mean are --------------------===//
#ifndef PLIMSOLL_RULES_POOLRULES_H
#define PLIMSOLL_RULES_POOLRULES_H

#include "Window.h"

namespace plimsoll {

/// Index of the first largest element of a window, -1 if it holds none.
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

/// The number of element `i` of a plane whose first size runs fastest; -1 stays.
template <typename Index>
PLIMSOLL_INLINE Index inColumnMajor(const BasicWindow<Index> &w, Index i) {
  Index rest = i / w.size[2], column = i % w.size[2];
  return i < 0 ? i : (column * w.size[1] + rest % w.size[1]) * w.size[0] + rest / w.size[1];
}

/// By how much the sum of a window is divided.
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
      if (countPadding) { // a window may end behind the padding, where nothing counts
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
