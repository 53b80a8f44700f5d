//===- AttentionPlain.h - attention in f64, for checks of gradients ---------===//
#ifndef PLIMSOLL_KERNELS_ATTENTIONPLAIN_H
#define PLIMSOLL_KERNELS_ATTENTIONPLAIN_H

#include "plimsoll/Kernel.h"

namespace plimsoll::plain {

/// Run the kernels `attention` and `attention_grad` on f64; buffers, sizes and scalars are theirs.
void attend(const Launch &launch);
void attendGrad(const Launch &launch);

} // namespace plimsoll::plain

#endif // PLIMSOLL_KERNELS_ATTENTIONPLAIN_H
