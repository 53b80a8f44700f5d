//===- TensorTiles.h - products of 64-row tiles for attention, in bf16 --------===//
//
// A block of 4 warps; warp w has rows [16 w, 16 w + 16) of a tile of 64, all columns of it. The
// factors are rounded to bf16 as they come into shared memory; sums are f32 (Tensor.h).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_TENSORTILES_H
#define PLIMSOLL_CUDA_TENSORTILES_H

#include "AttentionTiles.h"
#include "Tensor.h"

namespace plimsoll::cuda::tensor {

inline constexpr int kThreads = 128;
inline constexpr int kRowWords = kDepth / 2 + 4;   ///< of a row of 32 features; no bank conflicts
inline constexpr int kAcrossWords = kTile / 2 + 4; ///< of a column of 64 rows
inline constexpr int kRowTile = kTile * kRowWords; ///< words
inline constexpr int kAcrossTile = kDepth * kAcrossWords;

/// Where a lane's elements lie: rows `row` and `row + 8`, columns `pair` and `pair + 1` of eight.
struct Lane {
  int group = static_cast<int>(threadIdx.x) % 32 / 4;
  int pair = static_cast<int>(threadIdx.x) % 4 * 2;
  int row = static_cast<int>(threadIdx.x) / 32 * 16 + group;
};

/// Four features of row `row` of `from`, those behind the end zero.
__device__ __forceinline__ float4 loadFeatures(const TileRows &from, int row, int feature) {
  float4 v = make_float4(0, 0, 0, 0);
  const int left = from.dim - feature;
  if (row >= from.rows || left <= 0)
    return v;
  const float *at = from.start + row * from.stride + feature;
  if (from.dim % 4 == 0)
    return loadVector<float4>(at);
  v.x = at[0];
  v.y = left > 1 ? at[1] : 0.0f;
  v.z = left > 2 ? at[2] : 0.0f;
  v.w = left > 3 ? at[3] : 0.0f;
  return v;
}

/// tile[row][pair of features]: features [first, first + 32) of 64 rows.
__device__ __forceinline__ void loadRows(const TileRows &from, int first, uint32_t *tile) {
  const int feature = static_cast<int>(threadIdx.x) % 8 * 4;
  PLIMSOLL_UNROLL
  for (int step = 0; step < kTile; step += kThreads / 8) {
    const int row = static_cast<int>(threadIdx.x) / 8 + step;
    const float4 v = loadFeatures(from, row, first + feature);
    tile[row * kRowWords + feature / 2] = packPair(v.x, v.y);
    tile[row * kRowWords + feature / 2 + 1] = packPair(v.z, v.w);
  }
}

/// tile[feature][pair of rows] of the same.
__device__ __forceinline__ void loadAcross(const TileRows &from, int first, uint32_t *tile) {
  const int feature = static_cast<int>(threadIdx.x) % 8 * 4;
  PLIMSOLL_UNROLL
  for (int step = 0; step < kTile / 2; step += kThreads / 8) {
    const int pair = static_cast<int>(threadIdx.x) / 8 + step;
    const float4 low = loadFeatures(from, 2 * pair, first + feature);
    const float4 high = loadFeatures(from, 2 * pair + 1, first + feature);
    uint32_t *to = tile + feature * kAcrossWords + pair;
    to[0] = packPair(low.x, high.x);
    to[kAcrossWords] = packPair(low.y, high.y);
    to[2 * kAcrossWords] = packPair(low.z, high.z);
    to[3 * kAcrossWords] = packPair(low.w, high.w);
  }
}

/// A warp's 16 rows of a tile of scores, eight columns at a time.
struct Scores {
  float at[8][4];
};

/// out = left right', of rows of both.
__device__ __forceinline__ void multiplyRows(const TileRows &left, const TileRows &right,
                                             uint32_t *leftTile, uint32_t *rightTile, Scores &out) {
  const Lane lane;
  out = {};
  PLIMSOLL_NO_UNROLL
  for (int first = 0; first < left.dim; first += kDepth) {
    __syncthreads();
    loadRows(left, first, leftTile);
    loadRows(right, first, rightTile);
    __syncthreads();
    PLIMSOLL_NO_UNROLL                            // registers are short
        for (int k = 0; k < kDepth / 2; k += 8) { // words
      const uint32_t *a = leftTile + lane.row * kRowWords + k + lane.pair / 2;
      const uint32_t rows[4] = {a[0], a[8 * kRowWords], a[4], a[8 * kRowWords + 4]};
      PLIMSOLL_UNROLL
      for (int n = 0; n < 8; ++n) {
        const uint32_t *b = rightTile + (n * 8 + lane.group) * kRowWords + k + lane.pair / 2;
        const uint32_t columns[2] = {b[0], b[4]};
        multiplyPairs(out.at[n], rows, columns);
      }
    }
  }
}

/// A warp's 16 rows of `chunks` times 32 columns.
template <int chunks> struct Sums {
  float at[4 * chunks][4];
};

/// sums += scores right, of columns [first, first + 32 chunks) of the rows `right`.
template <int chunks>
__device__ __forceinline__ void addProduct(const Scores &scores, const TileRows &right, int first,
                                           uint32_t *tile, Sums<chunks> &sums) {
  const Lane lane;
  PLIMSOLL_UNROLL
  for (int chunk = 0; chunk < chunks; ++chunk) {
    if (first + chunk * kDepth >= right.dim)
      break;
    __syncthreads();
    loadAcross(right, first + chunk * kDepth, tile);
    __syncthreads();
    PLIMSOLL_UNROLL
    for (int k = 0; k < 4; ++k) { // 16 rows of `right`
      const float (&low)[4] = scores.at[2 * k], (&high)[4] = scores.at[2 * k + 1];
      const uint32_t rows[4] = {packPair(low[0], low[1]), packPair(low[2], low[3]),
                                packPair(high[0], high[1]), packPair(high[2], high[3])};
      PLIMSOLL_UNROLL
      for (int n = 0; n < 4; ++n) {
        const uint32_t *b = tile + (n * 8 + lane.group) * kAcrossWords + k * 8 + lane.pair / 2;
        const uint32_t columns[2] = {b[0], b[4]};
        multiplyPairs(sums.at[chunk * 4 + n], rows, columns);
      }
    }
  }
}

/// Writes a lane's sums, times `factor` of its two rows, to columns [first, dim) of `to`.
template <int chunks>
__device__ __forceinline__ void storeSums(const Sums<chunks> &sums, const float (&factor)[2],
                                          const TileRows &to, int first) {
  const Lane lane;
  float *start = const_cast<float *>(to.start);
  PLIMSOLL_UNROLL
  for (int n = 0; n < 4 * chunks; ++n)
    PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int row = lane.row + i / 2 * 8, column = first + n * 8 + lane.pair + i % 2;
    if (row < to.rows && column < to.dim)
      start[row * to.stride + column] = sums.at[n][i] * factor[i / 2];
  }
}

} // namespace plimsoll::cuda::tensor

#endif // PLIMSOLL_CUDA_TENSORTILES_H
