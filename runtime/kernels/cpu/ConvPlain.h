//===- ConvPlain.h - convolution in f64, for checks of gradients ------------===//
#ifndef PLIMSOLL_KERNELS_CONVPLAIN_H
#define PLIMSOLL_KERNELS_CONVPLAIN_H

#include "plimsoll/Kernel.h"

namespace plimsoll::plain {

/// Run the kernels of Conv.cpp on f64; buffers and sizes are theirs, without the workspace.
void convolve(const Launch &launch);
void convolveGradInput(const Launch &launch);
void convolveGradWeight(const Launch &launch);

} // namespace plimsoll::plain

#endif // PLIMSOLL_KERNELS_CONVPLAIN_H
