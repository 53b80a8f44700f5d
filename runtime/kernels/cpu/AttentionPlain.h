//===- AttentionPlain.h - attention in f64, for checks of gradients ---------===//
#ifndef PLIMSOLL_KERNELS_ATTENTIONPLAIN_H
#define PLIMSOLL_KERNELS_ATTENTIONPLAIN_H

#include "plimsoll/Kernel.h"

namespace plimsoll::plain {

/// The kernels `attention` and `attention_grad`, with their buffers, sizes and scalars.
void attend(const Launch &launch);
void attendGrad(const Launch &launch);

} // namespace plimsoll::plain

#endif // PLIMSOLL_KERNELS_ATTENTIONPLAIN_H
