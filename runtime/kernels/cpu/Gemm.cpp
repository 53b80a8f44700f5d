//===- Gemm.cpp - packing and the micro-kernel ------------------------------===//
//
// Tiles: 6 x 16 with AVX2 (12 accumulators of 16 registers), 12 x 32 with AVX-512
// (24 of 32). See Gemm.h for the layout and for why results do not depend on tiles.
//===----------------------------------------------------------------------===//
#include "Gemm.h"

#include <cstring>
#include <immintrin.h>

namespace plimsoll::gemm {
namespace {

#ifdef __AVX512F__
using Vector = __m512;
constexpr int kLanes = 16, kRows = 12;
inline Vector load(const float *p) {
  return _mm512_loadu_ps(p);
}
inline void store(float *p, Vector v) {
  _mm512_storeu_ps(p, v);
}
inline Vector fill(float x) {
  return _mm512_set1_ps(x);
}
inline Vector multiplyAdd(Vector a, Vector b, Vector c) {
  return _mm512_fmadd_ps(a, b, c);
}
#else
using Vector = __m256;
constexpr int kLanes = 8, kRows = 6;
inline Vector load(const float *p) {
  return _mm256_loadu_ps(p);
}
inline void store(float *p, Vector v) {
  _mm256_storeu_ps(p, v);
}
inline Vector fill(float x) {
  return _mm256_set1_ps(x);
}
inline Vector multiplyAdd(Vector a, Vector b, Vector c) {
  return _mm256_fmadd_ps(a, b, c);
}
#endif
constexpr int kColumns = 2 * kLanes;
static_assert(kRowPadding % kRows == 0 && kColumnPadding % kColumns == 0);
static_assert(kRows == kPanelRows && kColumns == kPanelColumns);

/// Computes one tile: c (row stride `stride`) = addend, if there is one, + sum over k of left
/// column times right row.
inline void tile(const float *left, const float *right, int64_t k, float *c, int64_t stride,
                 const float *addend) {
  Vector sum[kRows][2];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
    sum[i][0] = sum[i][1] = fill(0.0f);
  for (int64_t p = 0; p < k; ++p, left += kRows, right += kColumns) {
    Vector b0 = load(right), b1 = load(right + kLanes);
    __builtin_prefetch(right + 8 * kColumns);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      Vector a = fill(left[i]);
      sum[i][0] = multiplyAdd(a, b0, sum[i][0]);
      sum[i][1] = multiplyAdd(a, b1, sum[i][1]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    float *row = c + i * stride;
    const float *before = addend + i * stride;
    store(row, addend ? load(before) + sum[i][0] : sum[i][0]);
    store(row + kLanes, addend ? load(before + kLanes) + sum[i][1] : sum[i][1]);
  }
}

/// Computes a tile at the border: in a buffer, of which the part inside c is copied or added.
void borderTile(const float *left, const float *right, int64_t k, float *c, int64_t stride,
                const float *addend, int64_t rows, int64_t columns) {
  alignas(64) float whole[kRows * kColumns];
  tile(left, right, k, whole, kColumns, nullptr);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      float x = whole[i * kColumns + j];
      c[i * stride + j] = addend ? addend[i * stride + j] + x : x;
    }
}

/// Transposes eight rows of eight floats, `stride` apart, to eight rows `width` apart.
inline void transpose8(const float *from, int64_t stride, float *to, int64_t width) {
  __m256 r[8], s[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i)
    r[i] = _mm256_loadu_ps(from + i * stride);
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(s[i], s[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(s[i], s[i + 2], 0xee);
    r[i + 2] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(to + i * width, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
    _mm256_storeu_ps(to + (i + 4) * width, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
  }
}

/// Transposes four rows of four floats in the same way.
inline void transpose4(const float *from, int64_t stride, float *to, int64_t width) {
  __m128 r0 = _mm_loadu_ps(from), r1 = _mm_loadu_ps(from + stride);
  __m128 r2 = _mm_loadu_ps(from + 2 * stride), r3 = _mm_loadu_ps(from + 3 * stride);
  _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
  _mm_storeu_ps(to, r0), _mm_storeu_ps(to + width, r1);
  _mm_storeu_ps(to + 2 * width, r2), _mm_storeu_ps(to + 3 * width, r3);
}

/// Packs `count` rows of k floats as columns of a panel.
template <int width>
void packRows(const float *data, int64_t rowStride, int64_t count, int64_t k, float *out) {
  int64_t wholeDepth = k / 8 * 8;
  for (int64_t p = 0; p < wholeDepth; p += 8) {
    const float *from = data + p;
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
template <int width>
void packPanel(const float *data, int64_t vectorStride, int64_t stride, int64_t count, int64_t k,
               float *out) {
  if (count < width)
    std::memset(out, 0, sizeof(float) * width * k);
  if (stride == 1 && vectorStride != 1)
    return packRows<width>(data, vectorStride, count, k, out);
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

} // namespace

void packLeft(View a, int64_t m, int64_t k, float *packed) {
  for (int64_t i = 0; i < m; i += kRows, packed += kRows * k)
    packPanel<kRows>(a.data + i * a.rowStride, a.rowStride, a.columnStride, least(kRows, m - i), k,
                     packed);
}

void packRight(View b, int64_t k, int64_t n, float *packed) {
  for (int64_t j = 0; j < n; j += kColumns, packed += kColumns * k)
    packPanel<kColumns>(b.data + j * b.columnStride, b.columnStride, b.rowStride,
                        least(kColumns, n - j), k, packed);
}

void multiply(const float *left, const float *right, int64_t m, int64_t n, int64_t k, float *c,
              int64_t stride, bool accumulate) {
  multiplyOnto(accumulate ? c : nullptr, left, right, m, n, k, c, stride);
}

void multiplyOnto(const float *addend, const float *left, const float *right, int64_t m, int64_t n,
                  int64_t k, float *c, int64_t stride) {
  for (int64_t j = 0; j < n; j += kColumns, right += kColumns * k) {
    const float *panel = left;
    for (int64_t i = 0; i < m; i += kRows, panel += kRows * k) {
      float *corner = c + i * stride + j;
      const float *before = addend ? addend + i * stride + j : nullptr;
      if (i + kRows <= m && j + kColumns <= n)
        tile(panel, right, k, corner, stride, before);
      else
        borderTile(panel, right, k, corner, stride, before, least(kRows, m - i),
                   least(kColumns, n - j));
    }
  }
}

} // namespace plimsoll::gemm
