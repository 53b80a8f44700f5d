//===- Window.h - a window over one to three dimensions ---------------------===//
//
// Kernels see three spatial dimensions; those that an op lacks come first, with size 1,
// stride 1, dilation 1 and no padding.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_WINDOW_H
#define PLIMSOLL_KERNELS_WINDOW_H

#include <cstdint>

namespace plimsoll {

struct Window {
  int64_t size[3], kernel[3], out[3], stride[3], pad[3], dilation[3];

  /// Reads the 18 numbers {size, kernel, out, stride, pad before, dilation}, three each.
  explicit Window(const int64_t *numbers) {
    for (int d = 0; d < 3; ++d) {
      size[d] = numbers[d];
      kernel[d] = numbers[3 + d];
      out[d] = numbers[6 + d];
      stride[d] = numbers[9 + d];
      pad[d] = numbers[12 + d];
      dilation[d] = numbers[15 + d];
    }
  }

  int64_t elements() const { return size[0] * size[1] * size[2]; }
  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t outputs() const { return out[0] * out[1] * out[2]; }
  /// Where tap `tap` of the window of output `o` lies along dimension `d`; may be outside.
  int64_t at(int d, int64_t o, int64_t tap) const {
    return o * stride[d] - pad[d] + tap * dilation[d];
  }
};

/// Taps of one window that lie inside the plane: [first[d], last[d]) along each dimension.
struct Taps {
  int64_t first[3], last[3];

  Taps(const Window &w, const int64_t *output) {
    for (int d = 0; d < 3; ++d) {
      int64_t start = w.at(d, output[d], 0), dilation = w.dilation[d];
      first[d] = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
      int64_t left = w.size[d] - start;
      last[d] = left <= 0 ? 0 : (left + dilation - 1) / dilation;
      last[d] = last[d] < w.kernel[d] ? last[d] : w.kernel[d];
    }
  }

  /// body(index of the element in the plane, number of the tap) in the order of the taps.
  template <typename Body>
  void forEach(const Window &w, const int64_t *output, const Body &body) const {
    for (int64_t t = first[0]; t < last[0]; ++t)
      for (int64_t r = first[1]; r < last[1]; ++r) {
        int64_t row = (w.at(0, output[0], t) * w.size[1] + w.at(1, output[1], r)) * w.size[2];
        for (int64_t s = first[2]; s < last[2]; ++s)
          body(row + w.at(2, output[2], s), (t * w.kernel[1] + r) * w.kernel[2] + s);
      }
  }
};

/// body(output position, its index, its taps) for each window of a plane.
template <typename Body> inline void forEachWindow(const Window &w, const Body &body) {
  int64_t index = 0, o[3];
  for (o[0] = 0; o[0] < w.out[0]; ++o[0])
    for (o[1] = 0; o[1] < w.out[1]; ++o[1])
      for (o[2] = 0; o[2] < w.out[2]; ++o[2])
        body(o, index++, Taps(w, o));
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_WINDOW_H
