//===- AttentionSizes.h - sizes and layouts of attention, on every device ---===//
#ifndef PLIMSOLL_RULES_ATTENTIONSIZES_H
#define PLIMSOLL_RULES_ATTENTIONSIZES_H

#include "plimsoll/Inline.h"
#include "plimsoll/KernelArguments.h"

#include <cstdint>

namespace plimsoll {

// How the tensors of attention lie in memory:
//   headsOutside  [batch, heads, time, dim]
//   headsInside   [batch, time, heads, dim]
//   packed        headsInside, but queries, keys and values are one tensor, and so are their
//                 gradients: [batch, time, heads + 2 * kvHeads, headDim], queries first

/// Where the rows of one head are, in elements: time step i at `first + i * stride`.
struct AttentionRows {
  int64_t first, stride;
};

struct AttentionSizes {
  int64_t batch, heads, kvHeads, queryLen, keyLen, headDim, valueDim;
  AttentionLayout layout;
  bool causal;
  int64_t maskKind, maskBatchStride, maskHeadStride, maskQueryStride;

  PLIMSOLL_INLINE explicit AttentionSizes(const int64_t *s)
      : batch(s[0]), heads(s[1]), kvHeads(s[2]), queryLen(s[3]), keyLen(s[4]), headDim(s[5]),
        valueDim(s[6]), layout(AttentionLayout(s[7])), causal(s[8]), maskKind(s[9]),
        maskBatchStride(s[10]), maskHeadStride(s[11]), maskQueryStride(s[12]) {}

  // Rows of a head of queries, keys, values or outputs of batch entry `entry`.
  PLIMSOLL_INLINE AttentionRows queries(int64_t entry, int64_t head) const {
    return rows(entry, head, layout == AttentionLayout::packed ? packedHeads() : heads, queryLen,
                headDim);
  }
  PLIMSOLL_INLINE AttentionRows keys(int64_t entry, int64_t head) const {
    return layout == AttentionLayout::packed
               ? rows(entry, heads + head, packedHeads(), keyLen, headDim)
               : rows(entry, head, kvHeads, keyLen, headDim);
  }
  PLIMSOLL_INLINE AttentionRows values(int64_t entry, int64_t head) const {
    return layout == AttentionLayout::packed
               ? rows(entry, heads + kvHeads + head, packedHeads(), keyLen, valueDim)
               : rows(entry, head, kvHeads, keyLen, valueDim);
  }
  PLIMSOLL_INLINE AttentionRows outputs(int64_t entry, int64_t head) const {
    return rows(entry, head, heads, queryLen, valueDim);
  }
  /// Of two buffers, returns that of keys or values (or of their gradients): their own, or, packed,
  /// that of queries.
  template <typename T> PLIMSOLL_INLINE T *bufferOf(T *queries, T *own) const {
    return layout == AttentionLayout::packed ? queries : own;
  }

  /// Returns a bound: no query of the block [first, first + rows) sees this key or a later one.
  PLIMSOLL_INLINE int64_t visibleKeys(int64_t first, int64_t rows) const {
    return causal && first + rows < keyLen ? first + rows : keyLen;
  }
  /// Work of one product over all heads, for choosing how many threads run it.
  int64_t work() const { return batch * heads * queryLen * keyLen * headDim / 4; }

private:
  PLIMSOLL_INLINE int64_t packedHeads() const { return heads + 2 * kvHeads; }
  /// Returns the rows of head `head` of a tensor with `allHeads` heads of `dim` features.
  PLIMSOLL_INLINE AttentionRows rows(int64_t entry, int64_t head, int64_t allHeads, int64_t length,
                                     int64_t dim) const {
    return layout == AttentionLayout::headsOutside
               ? AttentionRows{(entry * allHeads + head) * length * dim, dim}
               : AttentionRows{(entry * length * allHeads + head) * dim, allHeads * dim};
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_RULES_ATTENTIONSIZES_H
