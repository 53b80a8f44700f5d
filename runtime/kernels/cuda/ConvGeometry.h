//===- ConvGeometry.h - the sizes of a convolution, in 32 bits ---------------===//
#ifndef PLIMSOLL_CUDA_CONVGEOMETRY_H
#define PLIMSOLL_CUDA_CONVGEOMETRY_H

#include "../../rules/ConvSizes.h"
#include "plimsoll/Kernel.h"

namespace plimsoll::cuda {

/// The sizes of a convolution. One image has fewer than 2^31 elements; a batch may have more.
struct ConvGeometry {
  int64_t n;
  int c, k, channels, filters; ///< the last two are those of one group
  int taps, depth, elements, outputs;
  BasicWindow<int> window;

  explicit ConvGeometry(const int64_t *sizes) : ConvGeometry(ConvSizes(sizes), sizes) {}

  static bool fits(const int64_t *sizes) {
    ConvSizes s(sizes);
    constexpr int64_t most = int64_t(1) << 31;
    return s.c * s.window.elements() < most && s.k * s.outputs() < most && s.k * s.depth() < most;
  }

private:
  ConvGeometry(const ConvSizes &s, const int64_t *sizes)
      : n(s.n), c(static_cast<int>(s.c)), k(static_cast<int>(s.k)),
        channels(static_cast<int>(s.channels())), filters(static_cast<int>(s.filters())),
        taps(static_cast<int>(s.taps())), depth(static_cast<int>(s.depth())),
        elements(static_cast<int>(s.window.elements())), outputs(static_cast<int>(s.outputs())),
        window(sizes + 4) {}
};

/// Run the kernels of ConvDirect.cu, for f64 and for groups too small for tiles.
void convolveDirect(const Launch &launch);
void convolveGradInputDirect(const Launch &launch);
void convolveGradWeightDirect(const Launch &launch);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_CONVGEOMETRY_H
