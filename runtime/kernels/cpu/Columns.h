//===- Columns.h - the columns of a convolution as a matrix -----------------===//
//
// A convolution is a product of matrices: filters [k, c r s] times columns [c r s, n p q],
// where column (n, p q) holds the inputs in the window of output (n, p q). These functions lay out
// parts of the columns, or of the outputs that belong to them, as operands of Gemm.h,
// so that the whole matrix never exists (Chellapilla et al. 2006, in pieces).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_COLUMNS_H
#define PLIMSOLL_KERNELS_COLUMNS_H

#include "../../rules/ConvSizes.h"

namespace plimsoll {

/// Consecutive outputs of one row of one image.
struct Run {
  int64_t lane;   ///< column of the first output, counted from the start of the block
  int64_t length; ///< outputs
  int64_t image, out[3];

  int64_t firstOutput(const Window &w) const {
    return (out[0] * w.out[1] + out[1]) * w.out[2] + out[2];
  }
};

/// The part of a run whose tap lies inside the image.
struct Inside {
  int64_t begin, end; ///< outputs of the run, counted from its first
  int64_t first;      ///< the element of the plane under the tap for output `begin`
};

/// Cuts columns [begin, end) into runs at the ends of image rows, and also at multiples of `panel`
/// columns unless it is 0. Returns how many. `runs` must have room for one run per column.
int makeRuns(const ConvSizes &s, int64_t begin, int64_t end, int64_t panel, Run *runs);

/// Returns the outputs of `run` for which tap `tap` (counted over the window) is inside the plane.
Inside insideOf(const Window &w, const Run &run, int64_t tap);

/// Packs rows [first, first + depth) of the columns of `runs` as the right side [depth, width].
/// `x` is the first channel of the group in image 0.
void packColumns(const ConvSizes &s, const float *x, int64_t first, int64_t depth, const Run *runs,
                 int count, int64_t width, float *right);

/// Packs the transpose of these rows, as the right side [width, depth].
void packColumnsTransposed(const ConvSizes &s, const float *x, int64_t first, int64_t depth,
                           const Run *runs, int count, int64_t width, float *right);

/// Packs filters [first, first + depth) of the outputs of `runs` as the right side [depth, width].
/// `dy` is the first filter of the group in image 0.
void packOutputs(const ConvSizes &s, const float *dy, int64_t first, int64_t depth, const Run *runs,
                 int count, int64_t width, float *right);

/// Packs the same filters as the left side [depth, width].
void packOutputsLeft(const ConvSizes &s, const float *dy, int64_t first, int64_t depth,
                     const Run *runs, int count, int64_t width, float *left);

/// Adds rows [first, first + depth) of a matrix of columns [depth, width] to the inputs from which
/// packColumns() takes them. `dx` is the first channel of the group in image 0.
void addColumns(const ConvSizes &s, const float *columns, int64_t first, int64_t depth,
                const Run *runs, int count, int64_t width, float *dx);

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_COLUMNS_H
