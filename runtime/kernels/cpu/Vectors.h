//===- Vectors.h - vectors of floats, as wide as the instruction set has them ===//
#ifndef PLIMSOLL_KERNELS_VECTORS_H
#define PLIMSOLL_KERNELS_VECTORS_H

#include "Lanes.h"
#include "plimsoll/Bf16.h"

#include <cstdint>
#include <immintrin.h>

namespace plimsoll::cpu {

#ifdef __AVX512F__
using Vector = __m512;
inline constexpr int kLanes = 16;
// GCC 12 warns of the undefined registers in its headers; the forms with a mask have none.
inline constexpr __mmask16 kAllLanes = 0xffff;
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
inline Vector larger(Vector a, Vector b) {
  return _mm512_maskz_max_ps(kAllLanes, a, b);
}
inline float largestLane(Vector v) {
  __m512d halves = _mm512_castps_pd(v);
  __m256 low = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xff, halves, 0));
  __m256 high = _mm256_castpd_ps(_mm512_maskz_extractf64x4_pd(0xff, halves, 1));
  __m256 eight = _mm256_max_ps(low, high);
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
#else
using Vector = __m256;
inline constexpr int kLanes = 8;
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
inline Vector larger(Vector a, Vector b) {
  return _mm256_max_ps(a, b);
}
inline float largestLane(Vector v) {
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}
#endif

/// The sixteen f64 lanes of laneSum (Lanes.h), for sums of whole groups of lanes: in registers,
/// where a loop over an array is not.
class SumLanes {
public:
#ifdef __AVX512F__
  using Part = __m512d;
  static Part wide(const float *x) { return _mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(x)); }
#else
  using Part = __m256d;
  static Part wide(const float *x) { return _mm256_cvtps_pd(_mm_loadu_ps(x)); }
#endif

  /// Adds sixteen numbers: term(i) returns those of a part, from number i on.
  template <typename Term> void add(const Term &term) {
    for (int i = 0; i < kParts; ++i)
      parts[i] += term(kWidth * i);
  }
  /// Returns the sum of the lanes, added as a tree.
  double total() const {
#ifdef __AVX512F__
    __m512d eight = parts[0] + parts[1];
    __m256d four =
        _mm512_maskz_extractf64x4_pd(0xff, eight, 0) + _mm512_maskz_extractf64x4_pd(0xff, eight, 1);
#else
    __m256d four = (parts[0] + parts[2]) + (parts[1] + parts[3]);
#endif
    __m128d two = _mm256_castpd256_pd128(four) + _mm256_extractf128_pd(four, 1);
    return two[0] + two[1];
  }

private:
  static constexpr int kWidth = sizeof(Part) / sizeof(double), kParts = 16 / kWidth;
  Part parts[kParts] = {};
};

/// Returns the sum over i in [0, count) of term(i), of numbers made of floats, in the lanes and the
/// tree of laneSum. `wideTerm(i)` returns the same for the numbers of a SumLanes::Part.
template <typename Term, typename WideTerm>
inline double sumInLanes(int64_t count, const Term &term, const WideTerm &wideTerm) {
  constexpr int64_t group = 16;
  if (count % group != 0)
    return laneSum<double>(count, term);
  SumLanes sum;
  for (int64_t i = 0; i < count; i += group)
    sum.add([&](int64_t at) { return wideTerm(i + at); });
  return sum.total();
}

/// Returns the mask of the first `count` of eight lanes.
inline __m256i firstLanes(int64_t count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(count)),
                            _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/// Copies floats that may be few: no call, and nothing beyond them is read or written.
inline void copyFloats(const float *from, int64_t count, float *to) {
  if (count >= 8) {
    for (int64_t i = 0; i + 8 < count; i += 8)
      _mm256_storeu_ps(to + i, _mm256_loadu_ps(from + i));
    _mm256_storeu_ps(to + count - 8, _mm256_loadu_ps(from + count - 8));
  } else if (count >= 4) {
    __m128 last = _mm_loadu_ps(from + count - 4);
    _mm_storeu_ps(to, _mm_loadu_ps(from));
    _mm_storeu_ps(to + count - 4, last);
  } else {
    for (int64_t i = 0; i < count; ++i)
      to[i] = from[i];
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

/// As above, of numbers in bf16: `count` rows of as many numbers are widened first.
template <int count, typename Transpose>
inline void transposeWidened(const Bf16 *from, int64_t stride, const Transpose &transpose) {
  float rows[count * count];
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < count; ++j)
      rows[i * count + j] = from[i * stride + j];
  transpose(rows);
}
inline void transpose8(const Bf16 *from, int64_t stride, float *to, int64_t width) {
  transposeWidened<8>(from, stride, [=](const float *rows) { transpose8(rows, 8, to, width); });
}
inline void transpose4(const Bf16 *from, int64_t stride, float *to, int64_t width) {
  transposeWidened<4>(from, stride, [=](const float *rows) { transpose4(rows, 4, to, width); });
}

} // namespace plimsoll::cpu

#endif // PLIMSOLL_KERNELS_VECTORS_H
