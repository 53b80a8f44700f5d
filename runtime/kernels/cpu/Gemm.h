//===- Gemm.h - the packed product that matmul and attention share ----------===//
//
// Operands are packed into panels: A in panels of kRows rows, B in panels of
// kColumns columns, each panel with k running slowest, padded with zeros. The
// micro-kernel keeps a kRows x kColumns tile of C in registers. Every element of C
// is one chain of fused multiply-adds over k, so that neither the instruction set,
// nor the tile an element falls into, nor the number of threads changes its bits.
//
// Source: Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication (2008).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_GEMM_H
#define PLIMSOLL_KERNELS_GEMM_H

#include "plimsoll/Bf16.h"

#include <cstdint>

namespace plimsoll::gemm {

/// Padding of packed operands: a multiple of every instruction set's tile, so that
/// workspaces have the same size on all of them.
inline constexpr int64_t kRowPadding = 12, kColumnPadding = 32;

/// Rows and columns of a panel, for callers that pack their operands themselves.
#ifdef __AVX512F__
inline constexpr int64_t kPanelRows = 12, kPanelColumns = 32;
#else
inline constexpr int64_t kPanelRows = 6, kPanelColumns = 16;
#endif

constexpr int64_t roundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}
/// Floats of a packed [m, k] or [k, n] operand; a multiple of 16, so that panels stay aligned.
constexpr int64_t packedRows(int64_t m, int64_t k) {
  return roundUp(roundUp(m, kRowPadding) * k, 16);
}
constexpr int64_t packedColumns(int64_t k, int64_t n) {
  return roundUp(n, kColumnPadding) * k;
}

/// A matrix with any strides: element (i, j) is at data[i * rowStride + j * columnStride].
template <typename T> struct ViewOf {
  const T *data;
  int64_t rowStride, columnStride;

  ViewOf at(int64_t i, int64_t j) const {
    return {data + i * rowStride + j * columnStride, rowStride, columnStride};
  }
  ViewOf transposed() const { return {data, columnStride, rowStride}; }
};
using View = ViewOf<float>;

/// Packs the [m, k] matrix `a` for the left side; bf16 becomes f32.
void packLeft(View a, int64_t m, int64_t k, float *packed);
void packLeft(ViewOf<Bf16> a, int64_t m, int64_t k, float *packed);

/// Packs the [k, n] matrix `b` for the right side; bf16 becomes f32.
void packRight(View b, int64_t k, int64_t n, float *packed);
void packRight(ViewOf<Bf16> b, int64_t k, int64_t n, float *packed);

/// c [m, n] (row stride `stride`) = left * right, or += if `accumulate`. Both operands are packed.
void multiply(const float *left, const float *right, int64_t m, int64_t n, int64_t k, float *c,
              int64_t stride, bool accumulate);

/// As `multiply`, with a left operand that is not packed: with few columns in the right one,
/// packing would cost more than it saves.
void multiplyPlain(View left, const float *right, int64_t m, int64_t n, int64_t k, float *c,
                   int64_t stride, bool accumulate);

/// c = addend + left * right; the addend has the row stride of c and may be c; null adds nothing.
void multiplyOnto(const float *addend, const float *left, const float *right, int64_t m, int64_t n,
                  int64_t k, float *c, int64_t stride);

} // namespace plimsoll::gemm

#endif // PLIMSOLL_KERNELS_GEMM_H
