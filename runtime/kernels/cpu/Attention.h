//===- Attention.h - masks of scores that both directions share ----===//
#ifndef PLIMSOLL_KERNELS_ATTENTION_H
#define PLIMSOLL_KERNELS_ATTENTION_H

#include "../../rules/AttentionSizes.h"
#include "Gemm.h"
#include "plimsoll/Kernel.h"

namespace plimsoll {

/// A block of scores: query rows [first, first + rows), keys [firstKey, firstKey + keys).
struct ScoreBlock {
  int64_t first, rows, firstKey, keys;
};

/// Scales raw scores [rows, keys] (row stride `stride`), adds the mask, and writes -inf for keys
/// that a query must not see. `mask` points at the mask of this batch entry and head, or is null.
inline void scaleAndMask(const AttentionSizes &s, const void *mask, ScoreBlock block, float scale,
                         float *scores, int64_t stride) {
  constexpr float hidden = -__builtin_inff();
  for (int64_t i = 0; i < block.rows; ++i) {
    float *row = scores + i * stride;
    int64_t query = block.first + i;
    int64_t offset = query * s.maskQueryStride + block.firstKey;
    if (s.maskKind == 2) {
      const float *added = static_cast<const float *>(mask) + offset;
      for (int64_t j = 0; j < block.keys; ++j)
        row[j] = row[j] * scale + added[j];
    } else if (s.maskKind == 1) {
      const uint8_t *keep = static_cast<const uint8_t *>(mask) + offset;
      for (int64_t j = 0; j < block.keys; ++j)
        row[j] = keep[j] ? row[j] * scale : hidden;
    } else {
      for (int64_t j = 0; j < block.keys; ++j)
        row[j] *= scale;
    }
    if (s.causal)
      for (int64_t j = query + 1 > block.firstKey ? query + 1 - block.firstKey : 0; j < block.keys;
           ++j)
        row[j] = hidden;
  }
}

/// Returns the mask of one batch entry and head, or null.
inline const void *maskOf(const AttentionSizes &s, const void *mask, int64_t entry, int64_t head) {
  int64_t offset = entry * s.maskBatchStride + head * s.maskHeadStride;
  return static_cast<const char *>(mask) + offset * (s.maskKind == 2 ? 4 : 1);
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_ATTENTION_H
