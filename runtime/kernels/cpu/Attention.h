//===- Attention.h - heads and masks of scores that both directions share ----===//
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

/// Returns the rows of one head of `all`.
template <typename T> gemm::ViewOf<T> viewOf(const T *all, AttentionRows rows) {
  return {all + rows.first, rows.stride, 1};
}

/// Scores of a row are computed in groups of lanes.
inline constexpr int64_t kLaneGroup = 16;

/// Rows of a block of scores have room for whole tiles of a product.
inline int64_t paddedKeys(int64_t keys) {
  return gemm::roundUp(keys, gemm::kPanelColumns);
}

/// Scales the raw scores of row `row` of a block and adds the mask; keys that the query must not
/// see get -inf, as does what fills the last group of lanes. `mask` points at the mask of this
/// batch entry and head, or is null. Returns how many scores that are; the weights of all others
/// are 0.
inline int64_t scaleAndMask(const AttentionSizes &s, const void *mask, ScoreBlock block,
                            int64_t row, float scale, float *scores) {
  constexpr float hidden = -__builtin_inff();
  int64_t query = block.first + row, seen = block.keys;
  if (s.causal && query + 1 - block.firstKey < seen)
    seen = query < block.firstKey ? 0 : query + 1 - block.firstKey;
  int64_t offset = query * s.maskQueryStride + block.firstKey,
          whole = gemm::roundUp(seen, kLaneGroup);
  if (s.maskKind == 2) {
    const float *added = static_cast<const float *>(mask) + offset;
    for (int64_t j = 0; j < seen; ++j)
      scores[j] = scores[j] * scale + added[j];
  } else if (s.maskKind == 1) {
    const uint8_t *keep = static_cast<const uint8_t *>(mask) + offset;
    for (int64_t j = 0; j < seen; ++j)
      scores[j] = keep[j] ? scores[j] * scale : hidden;
  } else {
    for (int64_t j = 0; j < whole; ++j)
      scores[j] *= scale;
  }
  for (int64_t j = seen; j < whole; ++j)
    scores[j] = hidden;
  return whole;
}

/// Returns the mask of one batch entry and head, or null.
inline const void *maskOf(const AttentionSizes &s, const void *mask, int64_t entry, int64_t head) {
  int64_t offset = entry * s.maskBatchStride + head * s.maskHeadStride;
  return static_cast<const char *>(mask) + offset * (s.maskKind == 2 ? 4 : 1);
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_ATTENTION_H
