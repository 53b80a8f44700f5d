//===- TapProduct.h - products of packed rows with floats that lie anywhere --===//
//
// The micro-kernel of convolutions: a tile of results, vectors of filters wide and some outputs
// (or taps) high, is kept in registers. The left factor's element (j, p) is read where it lies in a
// patch, at starts[j] + distances[p], and used for all lanes; the right factor is packed in panels
// of gemm::kPanelColumns, as by gemm::packRight().
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_TAPPRODUCT_H
#define PLIMSOLL_KERNELS_TAPPRODUCT_H

#include <cstdint>

namespace plimsoll::taps {

/// `starts` must have a multiple of this many elements, and the result as many rows.
inline constexpr int64_t kRowPadding = 24;

/// Writes, or adds if `accumulate`, for each j in [0, rows) and each lane of a panel of which
/// `columns` are wanted: to[j * kPanelColumns + lane] = sum over p of
/// left[starts[j] + distances[p]] * right[p * kPanelColumns + lane]. Each is one chain of fused
/// multiply-adds over p.
void multiply(const float *left, const int32_t *starts, int64_t rows, const int32_t *distances,
              int64_t depth, const float *right, int64_t columns, float *to, bool accumulate);

/// Transposes rows [0, rows) of `columns` floats, gemm::kPanelColumns apart: element (j, i) goes to
/// to[i * columnStride + j * rowStep].
void writeTransposed(const float *from, int64_t rows, int64_t columns, float *to,
                     int64_t columnStride, int64_t rowStep);

} // namespace plimsoll::taps

#endif // PLIMSOLL_KERNELS_TAPPRODUCT_H
