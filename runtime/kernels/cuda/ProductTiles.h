//===- ProductTiles.h - products of matrices that are never stored whole ----===//
//
// A block of 256 threads computes a tile [16 tm, 16 tn] of left x right, each thread tm x tn
// numbers of it. A sum is added in pieces of at most 256 terms, in order, each a chain of fused
// multiply-adds, so that the bits do not depend on the tile's size. A `Product` defines how
// elements are read and results are written, with these members:
//
//   leftByDepth, rightByDepth   neighbouring threads fetch neighbouring terms of one row (column);
//                               else one term of neighbouring rows
//   Table                       shared by the block, written in `begin`
//   out, rows, columns, rowStride, vector
//                               result, its extents, and whether four columns may be one access
//   Thread(product, table, firstRow, firstColumn, threadRow, threadColumn)
//   thread.begin(piece)         terms of the piece, the same for all threads; 0: nothing to add
//   thread.select(term)         called with the term that a thread fetches, if it fetches by depth
//   thread.left(row, term), thread.right(column, term)   0 outside
//   thread.place(column)        the address of the first row of a column of the result
//
// While a tile of 16 terms is multiplied, the next is loaded into registers.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_PRODUCTTILES_H
#define PLIMSOLL_CUDA_PRODUCTTILES_H

#include "plimsoll/Math.h"
#include "plimsoll/cuda/Four.h"

namespace plimsoll::cuda {

inline constexpr int kTileThreads = 256, kTileDepth = 16, kPiece = 256;

/// The rows (columns) and terms of a tile `extent` wide that a thread fetches, `count` elements.
template <bool byDepth, int extent> struct Fetch {
  static constexpr int count = extent * kTileDepth / kTileThreads;
  static __device__ __forceinline__ int line(int i) {
    return byDepth ? int(threadIdx.x) / kTileDepth + kTileThreads / kTileDepth * i
                   : int(threadIdx.x) % extent;
  }
  static __device__ __forceinline__ int term(int i) {
    return byDepth ? int(threadIdx.x) % kTileDepth
                   : int(threadIdx.x) / extent + kTileThreads / extent * i;
  }
};

/// Adds left x right to `sums`, over one tile's depth.
template <int tm, int tn>
__device__ __forceinline__ void multiplyTile(const float *left, int leftPitch, const float *right,
                                             int rightPitch, float (&sums)[tm][tn]) {
  const int row = int(threadIdx.x) / 16 * tm, column = int(threadIdx.x) % 16 * 4;
  PLIMSOLL_UNROLL
  for (int term = 0; term < kTileDepth; ++term) {
    float a[tm], b[tn];
    if constexpr (tm == 4) {
      Four<float> four = loadFour(left + term * leftPitch + row);
      PLIMSOLL_UNROLL
      for (int i = 0; i < tm; ++i)
        a[i] = four.at[i];
    } else {
      float2 two = loadVector<float2>(left + term * leftPitch + row);
      a[0] = two.x, a[1] = two.y;
    }
    PLIMSOLL_UNROLL
    for (int j = 0; j < tn; j += 4) {
      Four<float> four = loadFour(right + term * rightPitch + column + 16 * j);
      PLIMSOLL_UNROLL
      for (int l = 0; l < 4; ++l)
        b[j + l] = four.at[l];
    }
    PLIMSOLL_UNROLL
    for (int i = 0; i < tm; ++i)
      PLIMSOLL_UNROLL
    for (int j = 0; j < tn; ++j)
      sums[i][j] = detail::fma(a[i], b[j], sums[i][j]);
  }
}

/// Writes the thread's sums of the tile that begins at (firstRow, firstColumn).
template <int tm, int tn, typename Product, typename Thread>
__device__ __forceinline__ void storeTile(const Product &p, const Thread &thread, int firstRow,
                                          int64_t firstColumn, const float (&sums)[tm][tn]) {
  const int row = firstRow + int(threadIdx.x) / 16 * tm;
  PLIMSOLL_UNROLL
  for (int j = 0; j < tn; j += 4) {
    const int64_t column = firstColumn + int(threadIdx.x) % 16 * 4 + 16 * j;
    if (p.vector && column < p.columns) {
      float *out = p.out + thread.place(column);
      PLIMSOLL_UNROLL
      for (int i = 0; i < tm; ++i)
        if (row + i < p.rows)
          storeFour(out + int64_t(row + i) * p.rowStride,
                    Four<float>{{sums[i][j], sums[i][j + 1], sums[i][j + 2], sums[i][j + 3]}});
      continue;
    }
    PLIMSOLL_UNROLL
    for (int l = 0; l < 4; ++l) {
      if (column + l >= p.columns)
        continue;
      float *out = p.out + thread.place(column + l);
      PLIMSOLL_UNROLL
      for (int i = 0; i < tm; ++i)
        if (row + i < p.rows)
          out[int64_t(row + i) * p.rowStride] = sums[i][j + l];
    }
  }
}

/// Computes tile (blockIdx.y, blockIdx.x).
template <int tm, int tn, typename Product>
__global__ void __launch_bounds__(kTileThreads, 2) multiplyTiles(Product p) {
  constexpr int rows = 16 * tm, columns = 16 * tn;
  constexpr int leftPitch = rows + 4, rightPitch = columns + 4; // fewer bank conflicts
  PLIMSOLL_SHARED(float, left, kTileDepth *leftPitch);
  PLIMSOLL_SHARED(float, right, kTileDepth *rightPitch);
  PLIMSOLL_SHARED(typename Product::Table, table, 1);
  using Left = Fetch<Product::leftByDepth, rows>;
  using Right = Fetch<Product::rightByDepth, columns>;
  p.enter();
  const int firstRow = int(blockIdx.y) * rows;
  const int64_t firstColumn = int64_t(blockIdx.x) * columns;
  if (firstColumn >= p.columns)
    return;
  typename Product::Thread thread(p, *table, firstRow, firstColumn, Left::line(0), Right::line(0));

  float sums[tm][tn] = {}, nextLeft[Left::count], nextRight[Right::count];
  auto fetch = [&](int first) {
    thread.select(first + int(threadIdx.x) % kTileDepth);
    PLIMSOLL_UNROLL
    for (int i = 0; i < Left::count; ++i)
      nextLeft[i] = thread.left(Left::line(i), first + Left::term(i));
    PLIMSOLL_UNROLL
    for (int i = 0; i < Right::count; ++i)
      nextRight[i] = thread.right(Right::line(i), first + Right::term(i));
  };
  const int pieces = p.pieces();
  for (int piece = 0; piece < pieces; ++piece) {
    const int depth = thread.begin(piece);
    __syncthreads();
    float part[tm][tn] = {};
    if (depth > 0)
      fetch(0);
    for (int first = 0; first < depth; first += kTileDepth) {
      PLIMSOLL_UNROLL
      for (int i = 0; i < Left::count; ++i)
        left[Left::term(i) * leftPitch + Left::line(i)] = nextLeft[i];
      PLIMSOLL_UNROLL
      for (int i = 0; i < Right::count; ++i)
        right[Right::term(i) * rightPitch + Right::line(i)] = nextRight[i];
      __syncthreads();
      if (first + kTileDepth < depth)
        fetch(first + kTileDepth);
      multiplyTile<tm, tn>(left, leftPitch, right, rightPitch, part);
      __syncthreads(); // the tile and the table may be written again
    }
    PLIMSOLL_UNROLL
    for (int i = 0; i < tm; ++i)
      PLIMSOLL_UNROLL
    for (int j = 0; j < tn; ++j)
      sums[i][j] += part[i][j];
  }
  storeTile<tm, tn>(p, thread, firstRow, firstColumn, sums);
}

/// Launches a product with tiles that fit it.
struct Tiles {
  /// `columns`: the columns of `product`; `layers`: blocks along z.
  template <typename Product>
  static void launch(Stream stream, const Product &product, int64_t columns, int64_t layers) {
    if (product.rows <= 32)
      cuda::launch(stream, gridOf(product, columns, layers, 32, 64), kTileThreads,
                   multiplyTiles<2, 4, Product>, product);
    else
      cuda::launch(stream, gridOf(product, columns, layers, 64, 128), kTileThreads,
                   multiplyTiles<4, 8, Product>, product);
  }

  /// Returns a grid with a block for each tile [tileRows, tileColumns].
  template <typename Product>
  static dim3 gridOf(const Product &product, int64_t columns, int64_t layers, int tileRows,
                     int tileColumns) {
    return dim3(static_cast<unsigned>(blocksFor(columns, tileColumns)),
                static_cast<unsigned>(blocksFor(product.rows, tileRows)),
                static_cast<unsigned>(layers));
  }
};

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_PRODUCTTILES_H
