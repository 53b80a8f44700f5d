//===- Gemm.cpp - packing and the micro-kernel ------------------------------===//
//
// Tiles: 6 x 16 with AVX2 (12 accumulators of 16 registers), 12 x 32 with AVX-512
// (24 of 32). See Gemm.h for the layout and for why results do not depend on tiles.
//===----------------------------------------------------------------------===//
#include "Gemm.h"

#include "Vectors.h"

#include <array>
#include <cstring>
#include <utility>

namespace plimsoll::gemm {
namespace {

using namespace cpu;

constexpr int kRows = kPanelRows, kColumns = kPanelColumns;
static_assert(kRowPadding % kRows == 0 && kColumnPadding % kColumns == 0);
static_assert(kColumns == 2 * kLanes);

/// The left operand of a tile. `Packed` is one of kRows rows, and has constant strides.
struct Packed {
  const float *data;
  static constexpr int64_t rowStride = 1, columnStride = kRows;
};

/// Computes the first `rows` rows of a tile: c (row stride `stride`) = addend, if there is one, +
/// sum over k of left column times right row.
template <int rows, typename Left>
inline void tile(Left from, const float *right, int64_t k, float *c, int64_t stride,
                 const float *addend) {
  const float *left = from.data;
  Vector sum[rows][2];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i)
    sum[i][0] = sum[i][1] = fill(0.0f);
  for (int64_t p = 0; p < k; ++p, left += from.columnStride, right += kColumns) {
    Vector b0 = load(right), b1 = load(right + kLanes);
    __builtin_prefetch(right + 8 * kColumns);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      Vector a = fill(left[i * from.rowStride]);
      sum[i][0] = multiplyAdd(a, b0, sum[i][0]);
      sum[i][1] = multiplyAdd(a, b1, sum[i][1]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
    float *row = c + i * stride;
    const float *before = addend + i * stride;
    store(row, addend ? load(before) + sum[i][0] : sum[i][0]);
    store(row + kLanes, addend ? load(before + kLanes) + sum[i][1] : sum[i][1]);
  }
}

template <typename Left>
using Tile = void (*)(Left left, const float *right, int64_t k, float *c, int64_t stride,
                      const float *addend);

/// The tile with each number of rows, from 1 on.
template <typename Left, int... before>
constexpr auto tilesOf(std::integer_sequence<int, before...>) {
  return std::array<Tile<Left>, sizeof...(before)>{tile<before + 1, Left>...};
}
template <typename Left>
constexpr auto kTiles = tilesOf<Left>(std::make_integer_sequence<int, kRows>());

/// Computes a tile at the border. Columns outside of c are computed in a buffer, rows not at all.
template <typename Left>
void borderTile(Left left, const float *right, int64_t k, float *c, int64_t stride,
                const float *addend, int64_t rows, int64_t columns) {
  if (columns == kColumns)
    return kTiles<Left>[size_t(rows - 1)](left, right, k, c, stride, addend);
  alignas(64) float whole[kRows * kColumns];
  kTiles<Left>[size_t(rows - 1)](left, right, k, whole, kColumns, nullptr);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      float x = whole[i * kColumns + j];
      c[i * stride + j] = addend ? addend[i * stride + j] + x : x;
    }
}

/// Packs `count` rows of k numbers as columns of a panel.
template <int width, typename T>
void packRows(const T *data, int64_t rowStride, int64_t count, int64_t k, float *out) {
  int64_t wholeDepth = k / 8 * 8;
  for (int64_t p = 0; p < wholeDepth; p += 8) {
    const T *from = data + p;
    float *to = out + p * width;
    int64_t v = 0;
    for (; v + 8 <= count; v += 8)
      transpose8(from + v * rowStride, rowStride, to + v, width);
    for (; v + 4 <= count; v += 4) {
      transpose4(from + v * rowStride, rowStride, to + v, width);
      transpose4(from + v * rowStride + 4, rowStride, to + 4 * width + v, width);
    }
    for (; v < count; ++v)
      for (int64_t i = 0; i < 8; ++i)
        to[i * width + v] = from[v * rowStride + i];
  }
  for (int64_t v = 0; v < count; ++v)
    for (int64_t p = wholeDepth; p < k; ++p)
      out[p * width + v] = data[v * rowStride + p];
}

/// Packs `count` vectors of k elements, element p of vector v to out[p * width + v]; the rest of
/// the panel is zero.
template <int width, typename T>
void packPanel(const T *data, int64_t vectorStride, int64_t stride, int64_t count, int64_t k,
               float *out) {
  if (count < width)
    std::memset(out, 0, sizeof(float) * width * k);
  if (stride == 1 && vectorStride != 1)
    return packRows<width, T>(data, vectorStride, count, k, out);
  if (vectorStride == 1 && count == width) {
    for (int64_t p = 0; p < k; ++p)
      for (int v = 0; v < width; ++v)
        out[p * width + v] = data[p * stride + v];
    return;
  }
  for (int64_t p = 0; p < k; ++p)
    for (int64_t v = 0; v < count; ++v)
      out[p * width + v] = data[p * stride + v * vectorStride];
}

int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

template <typename T> void packLeftOf(ViewOf<T> a, int64_t m, int64_t k, float *packed) {
  for (int64_t i = 0; i < m; i += kRows, packed += kRows * k)
    packPanel<kRows>(a.data + i * a.rowStride, a.rowStride, a.columnStride, least(kRows, m - i), k,
                     packed);
}

template <typename T> void packRightOf(ViewOf<T> b, int64_t k, int64_t n, float *packed) {
  for (int64_t j = 0; j < n; j += kColumns, packed += kColumns * k)
    packPanel<kColumns>(b.data + j * b.columnStride, b.columnStride, b.rowStride,
                        least(kColumns, n - j), k, packed);
}

/// c = addend + left * right. leftAt(i) returns the left operand from row i on.
template <typename LeftAt>
inline void multiplyTiles(const LeftAt &leftAt, const float *addend, const float *right, int64_t m,
                          int64_t n, int64_t k, float *c, int64_t stride) {
  for (int64_t j = 0; j < n; j += kColumns, right += kColumns * k)
    for (int64_t i = 0; i < m; i += kRows) {
      float *corner = c + i * stride + j;
      const float *before = addend ? addend + i * stride + j : nullptr;
      if (i + kRows <= m && j + kColumns <= n)
        tile<kRows>(leftAt(i), right, k, corner, stride, before);
      else
        borderTile(leftAt(i), right, k, corner, stride, before, least(kRows, m - i),
                   least(kColumns, n - j));
    }
}

} // namespace

void packLeft(View a, int64_t m, int64_t k, float *packed) {
  packLeftOf(a, m, k, packed);
}
void packLeft(ViewOf<Bf16> a, int64_t m, int64_t k, float *packed) {
  packLeftOf(a, m, k, packed);
}

void packRight(View b, int64_t k, int64_t n, float *packed) {
  packRightOf(b, k, n, packed);
}
void packRight(ViewOf<Bf16> b, int64_t k, int64_t n, float *packed) {
  packRightOf(b, k, n, packed);
}

void multiply(const float *left, const float *right, int64_t m, int64_t n, int64_t k, float *c,
              int64_t stride, bool accumulate) {
  multiplyOnto(accumulate ? c : nullptr, left, right, m, n, k, c, stride);
}

void multiplyOnto(const float *addend, const float *left, const float *right, int64_t m, int64_t n,
                  int64_t k, float *c, int64_t stride) {
  multiplyTiles([&](int64_t i) { return Packed{left + i * k}; }, addend, right, m, n, k, c, stride);
}

void multiplyPlain(View left, const float *right, int64_t m, int64_t n, int64_t k, float *c,
                   int64_t stride, bool accumulate) {
  multiplyTiles([&](int64_t i) { return left.at(i, 0); }, accumulate ? c : nullptr, right, m, n, k,
                c, stride);
}

} // namespace plimsoll::gemm
