//===- TensorProducts.h - the products of ProductTiles.h on tensor cores ------===//
//
// A block of 8 warps computes a tile [32 m, 32 n] of a `Product`: the warps are arranged 2 by 4,
// and each computes [16 m, 8 n] of it. Factors are rounded when they are written to shared memory.
// Sums are f32, in the order of the terms; within a step of 8 or 16 terms the tensor core adds.
//
// In shared memory a line (row of the left, column of the right factor) has 16 words: 32 terms of
// bf16 in pairs, or 16 of tf32; both kinds of fragments are the same words (Tensor.h). Words are
// permuted within a line, so that neither stores of 32 neighbouring lines nor loads of fragments
// have bank conflicts. While a tile is multiplied, the next is loaded into registers.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_TENSORPRODUCTS_H
#define PLIMSOLL_CUDA_TENSORPRODUCTS_H

#include "ProductTiles.h"
#include "Tensor.h"

namespace plimsoll::cuda {

inline constexpr int kLineWords = 16;

/// Factors with 8 bits of mantissa, two in a word.
struct Bf16Factors {
  using Element = uint16_t;
  static constexpr int terms = 2;
  static __device__ __forceinline__ uint32_t word(const float (&x)[2]) {
    return packPair(x[0], x[1]);
  }
  static __device__ __forceinline__ Element element(float x) {
    return static_cast<Element>(packPair(x, 0.0f));
  }
  static __device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    multiplyPairs(c, a, b);
  }
};

/// Factors with 11 bits of mantissa, one in a word.
struct Tf32Factors {
  using Element = uint32_t;
  static constexpr int terms = 1;
  static __device__ __forceinline__ uint32_t word(const float (&x)[1]) { return roundTf32(x[0]); }
  static __device__ __forceinline__ Element element(float x) { return roundTf32(x); }
  static __device__ __forceinline__ void multiply(float (&c)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    multiplyTf32(c, a, b);
  }
};

/// Returns the index in shared memory of word `word` of a line.
__device__ __forceinline__ int wordAt(int line, int word) {
  return line * kLineWords + (word ^ ((line >> 1 & 3) << 2 | (line >> 3 & 3)));
}

/// `extent` lines of a tile in registers, before they are stored: neighbouring threads have
/// neighbouring terms of one line (`byDepth`), or one word of neighbouring lines.
template <typename Format, bool byDepth, int extent> struct Lines {
  static constexpr int depth = kLineWords * Format::terms;
  static constexpr int terms = byDepth ? 1 : Format::terms; ///< fetched at once
  static constexpr int count = extent * depth / kTileThreads / terms;
  float next[count][terms];

  static __device__ __forceinline__ int line(int i) {
    return byDepth ? int(threadIdx.x) / depth + kTileThreads / depth * i
                   : int(threadIdx.x) % extent;
  }
  /// Returns the first of the terms that the thread fetches at once.
  static __device__ __forceinline__ int term(int i) {
    return byDepth ? int(threadIdx.x) % depth
                   : (int(threadIdx.x) / extent + kTileThreads / extent * i) * terms;
  }
  template <typename Element> __device__ __forceinline__ void fetch(int first, Element element) {
    PLIMSOLL_UNROLL
    for (int i = 0; i < count; ++i)
      PLIMSOLL_UNROLL
    for (int k = 0; k < terms; ++k)
      next[i][k] = element(line(i), first + term(i) + k);
  }
  __device__ __forceinline__ void store(uint32_t *tile) const {
    PLIMSOLL_UNROLL
    for (int i = 0; i < count; ++i) {
      const int at = wordAt(line(i), term(i) / Format::terms);
      if constexpr (byDepth)
        reinterpret_cast<typename Format::Element *>(
            tile)[at * Format::terms + term(i) % Format::terms] = Format::element(next[i][0]);
      else
        tile[at] = Format::word(next[i]);
    }
  }
};

/// A lane's elements of the block's tile: rows `row` and `row + 8` of every 16, columns `column`
/// and `column + 1` of every 8.
template <int m, int n> struct WarpTile {
  int lane = int(threadIdx.x) % 32, warp = int(threadIdx.x) / 32;
  int firstRow = warp / 4 * 16 * m, firstColumn = warp % 4 * 8 * n;
  int row = firstRow + lane / 4, column = firstColumn + lane % 4 * 2;
};

/// Adds left x right to `sums`, over the tile's depth.
template <typename Format, int m, int n>
__device__ __forceinline__ void multiplyWords(const uint32_t *left, const uint32_t *right,
                                              float (&sums)[m][n][4]) {
  const WarpTile<m, n> own;
  const int line = own.lane / 4, word = own.lane % 4;
  PLIMSOLL_NO_UNROLL // there are too few registers
      for (int first = 0; first < kLineWords; first += 8) {
    uint32_t a[m][4];
    PLIMSOLL_UNROLL
    for (int i = 0; i < m; ++i)
      PLIMSOLL_UNROLL
    for (int k = 0; k < 4; ++k)
      a[i][k] = left[wordAt(own.firstRow + 16 * i + k % 2 * 8 + line, first + k / 2 * 4 + word)];
    PLIMSOLL_UNROLL
    for (int j = 0; j < n; ++j) {
      const int column = own.firstColumn + 8 * j + line;
      const uint32_t b[2] = {right[wordAt(column, first + word)],
                             right[wordAt(column, first + 4 + word)]};
      PLIMSOLL_UNROLL
      for (int i = 0; i < m; ++i)
        Format::multiply(sums[i][j], a[i], b);
    }
  }
}

/// Writes a lane's sums of the tile that begins at (firstRow, firstColumn).
template <int m, int n, typename Product, typename Thread>
__device__ __forceinline__ void storeWords(const Product &p, const Thread &thread, int firstRow,
                                           int64_t firstColumn, const float (&sums)[m][n][4]) {
  const WarpTile<m, n> own;
  PLIMSOLL_UNROLL
  for (int j = 0; j < n; ++j) {
    const int64_t column = firstColumn + own.column + 8 * j;
    if (column >= p.columns)
      continue;
    const bool two = column + 1 < p.columns;
    float *first = p.out + thread.place(column);
    float *second = p.vector || !two ? first + 1 : p.out + thread.place(column + 1);
    PLIMSOLL_UNROLL
    for (int k = 0; k < 2 * m; ++k) {
      const int64_t row = firstRow + own.row + 8 * k;
      if (row >= p.rows)
        continue;
      const float *pair = sums[k / 2][j] + k % 2 * 2;
      if (p.vector) {
        storeVector(first + row * p.rowStride, make_float2(pair[0], pair[1]));
        continue;
      }
      first[row * p.rowStride] = pair[0];
      if (two)
        second[row * p.rowStride] = pair[1];
    }
  }
}

/// Computes tile (blockIdx.y, blockIdx.x).
template <typename Format, int m, int n, typename Product>
__global__ void __launch_bounds__(kTileThreads, 2) multiplyOnTensorCores(Product p) {
  constexpr int rows = 32 * m, columns = 32 * n;
  PLIMSOLL_SHARED(uint32_t, left, rows *kLineWords);
  PLIMSOLL_SHARED(uint32_t, right, columns *kLineWords);
  PLIMSOLL_SHARED(typename Product::Table, table, 1);
  using Left = Lines<Format, Product::leftByDepth, rows>;
  using Right = Lines<Format, Product::rightByDepth, columns>;
  p.enter();
  const int firstRow = int(blockIdx.y) * rows;
  const int64_t firstColumn = int64_t(blockIdx.x) * columns;
  if (firstColumn >= p.columns)
    return;
  typename Product::Thread thread(p, *table, firstRow, firstColumn, Left::line(0), Right::line(0));

  float sums[m][n][4] = {};
  Left nextLeft;
  Right nextRight;
  auto fetch = [&](int first) {
    thread.select(first + int(threadIdx.x) % Left::depth);
    nextLeft.fetch(first, [&](int row, int term) { return thread.left(row, term); });
    nextRight.fetch(first, [&](int column, int term) { return thread.right(column, term); });
  };
  const int pieces = p.pieces();
  for (int piece = 0; piece < pieces; ++piece) {
    const int depth = thread.begin(piece);
    __syncthreads();
    if (depth > 0)
      fetch(0);
    for (int first = 0; first < depth; first += Left::depth) {
      nextLeft.store(left);
      nextRight.store(right);
      __syncthreads();
      if (first + Left::depth < depth)
        fetch(first + Left::depth);
      multiplyWords<Format, m, n>(left, right, sums);
      __syncthreads(); // the tile and the table may be written again
    }
  }
  storeWords<m, n>(p, thread, firstRow, firstColumn, sums);
}

/// As Tiles, on tensor cores.
template <typename Format> struct TensorTiles {
  template <typename Product>
  static void launch(Stream stream, const Product &product, int64_t columns, int64_t layers) {
    if (product.rows <= 32)
      cuda::launch(stream, Tiles::gridOf(product, columns, layers, 32, 64), kTileThreads,
                   multiplyOnTensorCores<Format, 1, 2, Product>, product);
    else
      cuda::launch(stream, Tiles::gridOf(product, columns, layers, 64, 64), kTileThreads,
                   multiplyOnTensorCores<Format, 2, 2, Product>, product);
  }
};

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_TENSORPRODUCTS_H
