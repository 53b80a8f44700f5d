//===- Window.h - a window over one to three dimensions ---------------------===//
//
// Kernels see three spatial dimensions; those that an op lacks come first, with size 1,
// stride 1, dilation 1 and no padding. `Index` counts elements of a plane: 64 bits on a CPU, 32
// on a GPU.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_WINDOW_H
#define PLIMSOLL_RULES_WINDOW_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

template <typename Index> struct BasicWindow {
  Index size[3], kernel[3], out[3], stride[3], pad[3], dilation[3];

  /// Reads the 18 numbers {size, kernel, out, stride, pad before, dilation}, three each.
  explicit BasicWindow(const int64_t *numbers) {
    for (int d = 0; d < 3; ++d) {
      size[d] = static_cast<Index>(numbers[d]);
      kernel[d] = static_cast<Index>(numbers[3 + d]);
      out[d] = static_cast<Index>(numbers[6 + d]);
      stride[d] = static_cast<Index>(numbers[9 + d]);
      pad[d] = static_cast<Index>(numbers[12 + d]);
      dilation[d] = static_cast<Index>(numbers[15 + d]);
    }
  }

  PLIMSOLL_INLINE Index elements() const { return size[0] * size[1] * size[2]; }
  PLIMSOLL_INLINE Index taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  PLIMSOLL_INLINE Index outputs() const { return out[0] * out[1] * out[2]; }
  /// Returns the position along dimension `d` of tap `tap` of output `o`; may be outside the plane.
  PLIMSOLL_INLINE Index at(int d, Index o, Index tap) const {
    return o * stride[d] - pad[d] + tap * dilation[d];
  }
};

/// Taps of one window that lie inside the plane: [first[d], last[d]) along each dimension.
template <typename Index> struct BasicTaps {
  Index first[3], last[3];

  PLIMSOLL_INLINE BasicTaps(const BasicWindow<Index> &w, const Index *output) {
    for (int d = 0; d < 3; ++d) {
      Index start = w.at(d, output[d], 0), dilation = w.dilation[d];
      first[d] = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
      Index left = w.size[d] - start;
      last[d] = left <= 0 ? 0 : (left + dilation - 1) / dilation;
      last[d] = last[d] < w.kernel[d] ? last[d] : w.kernel[d];
    }
  }

  /// Calls body(index of the element in the plane, number of the tap) in the order of the taps.
  template <typename Body>
  PLIMSOLL_INLINE void forEach(const BasicWindow<Index> &w, const Index *output,
                               const Body &body) const {
    for (Index t = first[0]; t < last[0]; ++t)
      for (Index r = first[1]; r < last[1]; ++r) {
        Index row = (w.at(0, output[0], t) * w.size[1] + w.at(1, output[1], r)) * w.size[2];
        for (Index s = first[2]; s < last[2]; ++s)
          body(row + w.at(2, output[2], s), (t * w.kernel[1] + r) * w.kernel[2] + s);
      }
  }
};

using Window = BasicWindow<int64_t>;
using Taps = BasicTaps<int64_t>;

/// Calls body(output position, its index, its taps) for each window of a plane.
template <typename Body> inline void forEachWindow(const Window &w, const Body &body) {
  int64_t index = 0, o[3];
  for (o[0] = 0; o[0] < w.out[0]; ++o[0])
    for (o[1] = 0; o[1] < w.out[1]; ++o[1])
      for (o[2] = 0; o[2] < w.out[2]; ++o[2])
        body(o, index++, Taps(w, o));
}

/// Calls body(output position, its index, tap) for each window that holds the element at
/// `position`, in the order of the windows; `tap` is the element's tap in the window, along each
/// dimension.
template <typename Index, typename Body>
PLIMSOLL_INLINE void forEachWindowAround(const BasicWindow<Index> &w, const Index *position,
                                         const Body &body) {
  Index reach[3], first[3], last[3], o[3], tap[3];
  for (int d = 0; d < 3; ++d) {
    reach[d] = position[d] + w.pad[d];
    Index span = (w.kernel[d] - 1) * w.dilation[d];
    first[d] = reach[d] > span ? (reach[d] - span + w.stride[d] - 1) / w.stride[d] : 0;
    last[d] = reach[d] / w.stride[d];
    last[d] = last[d] < w.out[d] ? last[d] : w.out[d] - 1;
  }
  for (o[0] = first[0]; o[0] <= last[0]; ++o[0]) {
    tap[0] = (reach[0] - o[0] * w.stride[0]) / w.dilation[0];
    if (w.at(0, o[0], tap[0]) != position[0])
      continue;
    for (o[1] = first[1]; o[1] <= last[1]; ++o[1]) {
      tap[1] = (reach[1] - o[1] * w.stride[1]) / w.dilation[1];
      if (w.at(1, o[1], tap[1]) != position[1])
        continue;
      for (o[2] = first[2]; o[2] <= last[2]; ++o[2]) {
        tap[2] = (reach[2] - o[2] * w.stride[2]) / w.dilation[2];
        if (w.at(2, o[2], tap[2]) == position[2])
          body(o, (o[0] * w.out[1] + o[1]) * w.out[2] + o[2], tap);
      }
    }
  }
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_WINDOW_H
