//===- AttentionSizes.h - sizes and layouts of attention, on every device ---===//
#ifndef PLIMSOLL_RULES_ATTENTIONSIZES_H
#define PLIMSOLL_RULES_ATTENTIONSIZES_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

struct AttentionSizes {
  int64_t batch, heads, kvHeads, queryLen, keyLen, headDim, valueDim;
  bool headsInside; ///< layout 1: [batch, time, heads, dim]; else [batch, heads, time, dim]
  bool causal;
  int64_t maskKind, maskBatchStride, maskHeadStride, maskQueryStride;

  PLIMSOLL_INLINE explicit AttentionSizes(const int64_t *s)
      : batch(s[0]), heads(s[1]), kvHeads(s[2]), queryLen(s[3]), keyLen(s[4]), headDim(s[5]),
        valueDim(s[6]), headsInside(s[7]), causal(s[8]), maskKind(s[9]), maskBatchStride(s[10]),
        maskHeadStride(s[11]), maskQueryStride(s[12]) {}

  /// The distance in elements from one time step to the next.
  PLIMSOLL_INLINE int64_t rowStride(int64_t allHeads, int64_t dim) const {
    return headsInside ? allHeads * dim : dim;
  }
  /// The element at which a head starts.
  PLIMSOLL_INLINE int64_t headOffset(int64_t entry, int64_t head, int64_t allHeads, int64_t length,
                                     int64_t dim) const {
    return headsInside ? entry * length * allHeads * dim + head * dim
                       : (entry * allHeads + head) * length * dim;
  }
  /// Returns a bound: no query of the block [first, first + rows) sees this key or a later one.
  PLIMSOLL_INLINE int64_t visibleKeys(int64_t first, int64_t rows) const {
    return causal && first + rows < keyLen ? first + rows : keyLen;
  }
  /// Work of one product over all heads, for choosing how many threads run it.
  int64_t work() const { return batch * heads * queryLen * keyLen * headDim / 4; }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_ATTENTIONSIZES_H
