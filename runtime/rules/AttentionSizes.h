//===- AttentionSizes.h - sizes and layouts of attention, on every device ---===//
#ifndef PLIMSOLL_RULES_ATTENTIONSIZES_H
#define PLIMSOLL_RULES_ATTENTIONSIZES_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

/// How many sizes there are before the element type.
inline constexpr int kAttentionSizes = 13;

struct AttentionSizes {
  int64_t batch, heads, kvHeads, queryLen, keyLen, headDim, valueDim;
  bool headsInside; ///< layout 1: [batch, time, heads, dim]; else [batch, heads, time, dim]
  bool causal;
  int64_t maskKind, maskBatchStride, maskHeadStride, maskQueryStride;

  PLIMSOLL_INLINE explicit AttentionSizes(const int64_t *s)
      : batch(s[0]), heads(s[1]), kvHeads(s[2]), queryLen(s[3]), keyLen(s[4]), headDim(s[5]),
        valueDim(s[6]), headsInside(s[7]), causal(s[8]), maskKind(s[9]), maskBatchStride(s[10]),
        maskHeadStride(s[11]), maskQueryStride(s[12]) {}

  /// Floats from one time step to the next.
  PLIMSOLL_INLINE int64_t rowStride(int64_t allHeads, int64_t dim) const {
    return headsInside ? allHeads * dim : dim;
  }
  /// Where a head starts.
  PLIMSOLL_INLINE int64_t headOffset(int64_t entry, int64_t head, int64_t allHeads, int64_t length,
                                     int64_t dim) const {
    return headsInside ? entry * length * allHeads * dim + head * dim
                       : (entry * allHeads + head) * length * dim;
  }
  /// Keys that any query of the block [first, first + rows) can see lie below this.
  PLIMSOLL_INLINE int64_t visibleKeys(int64_t first, int64_t rows) const {
    return causal && first + rows < keyLen ? first + rows : keyLen;
  }
  /// Elementary operations of one product over all heads.
  int64_t work() const { return batch * heads * queryLen * keyLen * headDim / 4; }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_ATTENTIONSIZES_H
