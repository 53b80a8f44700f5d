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

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_WINDOW_H
