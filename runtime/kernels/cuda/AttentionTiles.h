//===- AttentionTiles.h - products of 64 by 64 tiles for attention ----------===//
//
// A block has 256 threads; thread (y, x) of 16 by 16 computes four neighbouring rows and, of a tile
// of scores, four neighbouring columns. Every element is one chain of fused multiply-adds in f32.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_ATTENTIONTILES_H
#define PLIMSOLL_CUDA_ATTENTIONTILES_H

#include "plimsoll/Inline.h"
#include "plimsoll/cuda/Simt.h"

namespace plimsoll::cuda {

inline constexpr int kTile = 64;       ///< rows and columns
inline constexpr int kDepth = 32;      ///< features that are in shared memory at a time
inline constexpr int kTileStride = 68; ///< floats between rows of a tile: 16-byte aligned
inline constexpr int kTileThreads = 256;

/// Rows of one head in global memory; those from `rows` on are zero.
template <typename T> struct RowsOf {
  const T *start;
  int64_t stride, rows;
  int dim;
};
using TileRows = RowsOf<float>;

struct Place {
  int x = static_cast<int>(threadIdx.x) % 16, y = static_cast<int>(threadIdx.x) / 16;
};

/// Loads features [first, first + 32) of 64 rows to shared[feature][row] (`across`) or to
/// shared[row][feature] with rows of 32.
template <bool across>
__device__ __forceinline__ void loadTile(const TileRows &from, int first, float *shared) {
  const int feature = static_cast<int>(threadIdx.x) % 8 * 4;
  const bool four = from.dim % 4 == 0;
  PLIMSOLL_UNROLL
  for (int step = 0; step < kTile; step += 32) {
    const int row = static_cast<int>(threadIdx.x) / 8 + step;
    float4 v = make_float4(0, 0, 0, 0);
    const float *at = from.start + row * from.stride + first + feature;
    const int left = from.dim - first - feature;
    if (row < from.rows && left > 0) {
      if (four) {
        v = loadVector<float4>(at);
      } else {
        v.x = at[0];
        v.y = left > 1 ? at[1] : 0.0f;
        v.z = left > 2 ? at[2] : 0.0f;
        v.w = left > 3 ? at[3] : 0.0f;
      }
    }
    if constexpr (across) {
      shared[feature * kTileStride + row] = v.x;
      shared[(feature + 1) * kTileStride + row] = v.y;
      shared[(feature + 2) * kTileStride + row] = v.z;
      shared[(feature + 3) * kTileStride + row] = v.w;
    } else {
      storeVector(shared + row * kDepth + feature, v);
    }
  }
}

/// Computes out[i][j] = sum over features of left[y * 4 + i] right[x * 4 + j]. `leftTile` and
/// `rightTile`: shared memory of 32 x 68 floats.
__device__ __forceinline__ void multiplyRows(const TileRows &left, const TileRows &right,
                                             float *leftTile, float *rightTile, float out[4][4]) {
  const Place at;
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i)
    PLIMSOLL_UNROLL
  for (int j = 0; j < 4; ++j)
    out[i][j] = 0.0f;
  for (int first = 0; first < left.dim; first += kDepth) {
    __syncthreads();
    loadTile<true>(left, first, leftTile);
    loadTile<true>(right, first, rightTile);
    __syncthreads();
    PLIMSOLL_UNROLL
    for (int k = 0; k < kDepth; ++k) {
      const float4 a = loadVector<float4>(leftTile + k * kTileStride + at.y * 4);
      const float4 b = loadVector<float4>(rightTile + k * kTileStride + at.x * 4);
      const float rows[4] = {a.x, a.y, a.z, a.w}, columns[4] = {b.x, b.y, b.z, b.w};
      PLIMSOLL_UNROLL
      for (int i = 0; i < 4; ++i)
        PLIMSOLL_UNROLL
      for (int j = 0; j < 4; ++j)
        out[i][j] = fmaf(rows[i], columns[j], out[i][j]);
    }
  }
}

/// A thread's sums: four rows, and two of every 32 columns.
template <int chunks> struct Sums {
  float at[4][2 * chunks];
};

/// Adds sums[row y * 4 + i][column] += sum over k < 64 of tile[k][row] right[k][column], where
/// `right` is the rows of `from`, columns from `first` on. `rightTile`: shared memory of 64 x 32
/// floats.
template <int chunks>
__device__ __forceinline__ void addProduct(const float *tile, const TileRows &from, int first,
                                           float *rightTile, Sums<chunks> &sums) {
  const Place at;
  PLIMSOLL_UNROLL
  for (int chunk = 0; chunk < chunks; ++chunk) {
    if (first + chunk * kDepth >= from.dim)
      break;
    __syncthreads();
    loadTile<false>(from, first + chunk * kDepth, rightTile);
    __syncthreads();
    for (int k = 0; k < kTile; ++k) {
      const float4 a = loadVector<float4>(tile + k * kTileStride + at.y * 4);
      const float2 b = loadVector<float2>(rightTile + k * kDepth + at.x * 2);
      const float rows[4] = {a.x, a.y, a.z, a.w};
      PLIMSOLL_UNROLL
      for (int i = 0; i < 4; ++i) {
        sums.at[i][2 * chunk] = fmaf(rows[i], b.x, sums.at[i][2 * chunk]);
        sums.at[i][2 * chunk + 1] = fmaf(rows[i], b.y, sums.at[i][2 * chunk + 1]);
      }
    }
  }
}

/// Writes a thread's sums, times `factor[i]`, to columns [first, dim) of rows [0, rows).
template <int chunks>
__device__ __forceinline__ void storeSums(const Sums<chunks> &sums, const float factor[4],
                                          float *to, int64_t stride, int64_t rows, int first,
                                          int dim) {
  const Place at;
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i)
    PLIMSOLL_UNROLL
  for (int c = 0; c < 2 * chunks; ++c) {
    const int row = at.y * 4 + i, column = first + c / 2 * kDepth + at.x * 2 + c % 2;
    if (row < rows && column < dim)
      to[row * stride + column] = sums.at[i][c] * factor[i];
  }
}

/// Stores values[i][j] to tile[row y * 4 + i][column x * 4 + j], or to its transpose (`across`).
template <bool across>
__device__ __forceinline__ void storeTile(const float values[4][4], float *tile) {
  const Place at;
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    if constexpr (across)
      PLIMSOLL_UNROLL
    for (int j = 0; j < 4; ++j)
      tile[(at.x * 4 + j) * kTileStride + at.y * 4 + i] = values[i][j];
    else storeVector(tile + (at.y * 4 + i) * kTileStride + at.x * 4,
                     make_float4(values[i][0], values[i][1], values[i][2], values[i][3]));
  }
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_ATTENTIONTILES_H
