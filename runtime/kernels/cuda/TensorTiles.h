//===- TensorTiles.h - products of 64-row tiles for attention, in bf16 --------===//
//
// A block has 4 warps; warp w computes rows [16 w, 16 w + 16) of a tile of 64, with all columns.
// Factors are bf16, sums are f32 (Tensor.h).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_TENSORTILES_H
#define PLIMSOLL_CUDA_TENSORTILES_H

#include "AttentionTiles.h"
#include "Tensor.h"

namespace plimsoll::cuda::tensor {

inline constexpr int kThreads = 128;
inline constexpr int kRowWords = kDepth / 2 + 4;   ///< for 32 features; avoids bank conflicts
inline constexpr int kAcrossWords = kTile / 2 + 4; ///< for a column of 64 rows
inline constexpr int kRowTile = kTile * kRowWords; ///< words
inline constexpr int kAcrossTile = kDepth * kAcrossWords;

/// The places of a lane's elements: rows `row` and `row + 8`, columns `pair` and `pair + 1` of
/// eight.
struct Lane {
  int group = static_cast<int>(threadIdx.x) % 32 / 4;
  int pair = static_cast<int>(threadIdx.x) % 4 * 2;
  int row = static_cast<int>(threadIdx.x) / 32 * 16 + group;
};

/// Eight features of a row, in pairs.
struct alignas(16) Features {
  uint32_t pairs[4];
};

/// Loads eight features of row `row` of `from`, from `feature` on; zero outside it.
__device__ __forceinline__ Features loadFeatures(const RowsOf<Bf16> &from, int row, int feature) {
  const int left = from.dim - feature;
  if (row >= from.rows || left <= 0)
    return {};
  const Bf16 *at = from.start + row * from.stride + feature;
  if (from.dim % 8 == 0)
    return loadVector<Features>(at);
  Features some = {};
  PLIMSOLL_UNROLL
  for (int i = 0; i < 8; ++i)
    if (i < left)
      some.pairs[i / 2] |= static_cast<uint32_t>(at[i].bits) << 16 * (i % 2);
  return some;
}

/// Loads features [first, first + 32) of 64 rows to tile[row][pair of features].
__device__ __forceinline__ void loadRows(const RowsOf<Bf16> &from, int first, uint32_t *tile) {
  const int feature = static_cast<int>(threadIdx.x) % 4 * 8;
  PLIMSOLL_UNROLL
  for (int step = 0; step < kTile; step += kThreads / 4) {
    const int row = static_cast<int>(threadIdx.x) / 4 + step;
    storeVector(tile + row * kRowWords + feature / 2, loadFeatures(from, row, first + feature));
  }
}

/// Loads features [first, first + 32) of 64 rows to tile[feature][pair of rows].
__device__ __forceinline__ void loadAcross(const RowsOf<Bf16> &from, int first, uint32_t *tile) {
  const int feature = static_cast<int>(threadIdx.x) % 4 * 8;
  const int pair = static_cast<int>(threadIdx.x) / 4;
  const Features low = loadFeatures(from, 2 * pair, first + feature);
  const Features high = loadFeatures(from, 2 * pair + 1, first + feature);
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    uint32_t *to = tile + (feature + 2 * i) * kAcrossWords + pair;
    to[0] = (low.pairs[i] & 0xffffu) | high.pairs[i] << 16;
    to[kAcrossWords] = low.pairs[i] >> 16 | (high.pairs[i] & 0xffff0000u);
  }
}

/// A warp's 16 rows of a tile of scores, eight columns at a time.
struct Scores {
  float at[8][4];
};

/// Computes out = left right': products of rows of `left` with rows of `right`.
__device__ __forceinline__ void multiplyRows(const RowsOf<Bf16> &left, const RowsOf<Bf16> &right,
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

/// Adds scores x right to `sums`, for columns [first, first + 32 chunks) of `right`.
template <int chunks>
__device__ __forceinline__ void addProduct(const Scores &scores, const RowsOf<Bf16> &right,
                                           int first, uint32_t *tile, Sums<chunks> &sums) {
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

/// Writes a lane's sums, times the `factor` of each of its two rows, to columns [first, dim) of
/// `to`.
template <int chunks, typename T>
__device__ __forceinline__ void storeSums(const Sums<chunks> &sums, const float (&factor)[2],
                                          const RowsOf<T> &to, int first) {
  const Lane lane;
  T *start = const_cast<T *>(to.start);
  PLIMSOLL_UNROLL
  for (int n = 0; n < 4 * chunks; ++n)
    PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int row = lane.row + i / 2 * 8, column = first + n * 8 + lane.pair + i % 2;
    if (row < to.rows && column < to.dim)
      start[row * to.stride + column] = static_cast<T>(sums.at[n][i] * factor[i / 2]);
  }
}

} // namespace plimsoll::cuda::tensor

#endif // PLIMSOLL_CUDA_TENSORTILES_H
