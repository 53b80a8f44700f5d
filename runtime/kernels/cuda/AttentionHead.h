//===- AttentionHead.h - one head's operands and mask, for any kind of product ---===//
#ifndef PLIMSOLL_CUDA_ATTENTIONHEAD_H
#define PLIMSOLL_CUDA_ATTENTIONHEAD_H

#include "../../rules/AttentionSizes.h"
#include "AttentionTiles.h"
#include "plimsoll/Kernel.h"
#include "plimsoll/cuda/Sums.h"

#include <type_traits>

namespace plimsoll::cuda {

inline constexpr float kHidden = -__builtin_inff();

/// The operands of one head.
struct Head {
  AttentionSizes s;
  int64_t entry, head, kvHead;

  template <typename T>
  __device__ static RowsOf<T> rowsOf(const T *all, AttentionRows rows, int64_t length, int64_t dim,
                                     int64_t first) {
    return {all + rows.first + first * rows.stride, rows.stride, length - first,
            static_cast<int>(dim)};
  }
  template <typename T> __device__ RowsOf<T> queries(const T *all, int64_t first) const {
    return rowsOf(all, s.queries(entry, head), s.queryLen, s.headDim, first);
  }
  template <typename T> __device__ RowsOf<T> keys(const T *all, int64_t first) const {
    return rowsOf(all, s.keys(entry, kvHead), s.keyLen, s.headDim, first);
  }
  template <typename T> __device__ RowsOf<T> values(const T *all, int64_t first) const {
    return rowsOf(all, s.values(entry, kvHead), s.keyLen, s.valueDim, first);
  }
  template <typename T> __device__ RowsOf<T> outputs(const T *all, int64_t first) const {
    return rowsOf(all, s.outputs(entry, head), s.queryLen, s.valueDim, first);
  }
  __device__ int64_t lseOffset() const { return (entry * s.heads + head) * s.queryLen; }
};

/// Returns head `index`, counted over the batch: index = entry * heads + head.
__device__ __forceinline__ Head headOf(const AttentionSizes &s, int64_t index) {
  int64_t head = index % s.heads;
  return {s, index / s.heads, head, head / (s.heads / s.kvHeads)};
}

/// The mask of the tile of scores that begins at query `firstQuery` and key `firstKey`.
struct TileMask {
  const void *mask;
  float scale;
  int queries, keys, diagonal, kind; ///< query q of the tile sees keys below q + diagonal
  int64_t offset, stride;

  static __device__ int least(int64_t count, int most) {
    return count < most ? static_cast<int>(count) : most;
  }

  __device__ TileMask(const Head &h, const void *mask, float scale, int64_t firstQuery,
                      int64_t firstKey)
      : mask(mask), scale(scale), queries(least(h.s.queryLen - firstQuery, kTile)),
        keys(least(h.s.keyLen - firstKey, kTile)),
        diagonal(h.s.causal ? least(firstQuery - firstKey + 1, kTile) : kTile),
        kind(static_cast<int>(h.s.maskKind)),
        offset(h.entry * h.s.maskBatchStride + h.head * h.s.maskHeadStride +
               firstQuery * h.s.maskQueryStride + firstKey),
        stride(h.s.maskQueryStride) {}

  /// Returns a raw score, scaled and masked; -inf if the query must not see the key, or if there is
  /// no such query or key.
  __device__ float operator()(float score, int query, int key) const {
    if (query >= queries || key >= keys || key >= query + diagonal)
      return kHidden;
    if (kind == 2)
      return score * scale + static_cast<const float *>(mask)[offset + query * stride + key];
    if (kind == 1 && !static_cast<const uint8_t *>(mask)[offset + query * stride + key])
      return kHidden;
    return score * scale;
  }
};

/// Computes delta = rowsum(dout * out), one warp for each row.
template <int threads, typename T>
__global__ void __launch_bounds__(threads)
    outputDots(AttentionSizes s, const T *out, const T *dout, float *delta) {
  const int64_t row = int64_t(blockIdx.x) * (threads / 32) + threadIdx.x / 32;
  if (row >= s.batch * s.heads * s.queryLen)
    return;
  const Head h = headOf(s, row / s.queryLen);
  const T *a = h.outputs(out, row % s.queryLen).start;
  const T *b = h.outputs(dout, row % s.queryLen).start;
  double sum = 0;
  for (int64_t i = threadIdx.x % 32; i < s.valueDim; i += 32)
    sum += double(float(a[i])) * double(float(b[i]));
  sum = combineLanes<32>(sum, Add());
  if (threadIdx.x % 32 == 0)
    delta[row] = static_cast<float>(sum);
}

/// The operands of both kernels of the backward pass; T: the type of factors of products.
template <typename T> struct Backward {
  AttentionSizes s;
  const T *q, *k, *v, *dout;
  const void *mask;
  const float *lse, *delta;
  float scale;

  explicit Backward(const Launch &launch)
      : s(launch.sizes), q(launch.buffer<T>(0)), k(s.bufferOf(q, launch.buffer<const T>(1))),
        v(s.bufferOf(q, launch.buffer<const T>(2))), dout(launch.buffer<T>(6)),
        mask(launch.buffers[3]), lse(launch.buffer<float>(5)), delta(launch.buffer<float>(10)),
        scale(static_cast<float>(launch.scalars[0])) {}
};

/// Attention whose products take factors of bf16 (AttentionBf16.cu), and its gradients.
void runAttentionBf16(const Launch &launch);
void runAttentionGradBf16(const Launch &launch);

/// Returns the bytes of delta, f32 [batch, heads, queryLen].
inline int64_t attentionGradWorkspace(const LaunchShape &shape) {
  AttentionSizes s(shape.sizes);
  return s.batch * s.heads * s.queryLen * int64_t(sizeof(float));
}

/// Calls run(number of chunks of 32 columns, as a type) for `columns`, at most `most` per block.
template <int most, typename Run> void withChunks(int64_t columns, Run run) {
  if (columns <= 32)
    run(std::integral_constant<int, 1>());
  else if (columns <= 64 || most == 2)
    run(std::integral_constant<int, 2>());
  else if (columns <= 128 || most == 4)
    run(std::integral_constant < int, most<4 ? most : 4>());
  else
    run(std::integral_constant<int, most>());
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_ATTENTIONHEAD_H
