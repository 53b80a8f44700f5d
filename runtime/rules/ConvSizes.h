//===- ConvSizes.h - the sizes of a convolution, on every device ------------===//
#ifndef PLIMSOLL_RULES_CONVSIZES_H
#define PLIMSOLL_RULES_CONVSIZES_H

#include "Window.h"

namespace plimsoll {

struct ConvSizes {
  int64_t n, c, k, groups;
  Window window;

  /// Reads {n, c, k, groups, window}, 22 numbers.
  explicit ConvSizes(const int64_t *sizes)
      : n(sizes[0]), c(sizes[1]), k(sizes[2]), groups(sizes[3]), window(sizes + 4) {}

  int64_t channels() const { return c / groups; }
  int64_t filters() const { return k / groups; }
  int64_t taps() const { return window.taps(); }
  int64_t depth() const { return channels() * taps(); } ///< rows of the columns of a group
  int64_t outputs() const { return window.outputs(); }
  int64_t columns() const { return n * outputs(); }
  int64_t work() const { return columns() * k * depth() / 8; }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_CONVSIZES_H
