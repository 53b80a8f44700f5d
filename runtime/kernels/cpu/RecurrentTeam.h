//===- RecurrentTeam.h - how threads share a recurrent layer ------------------===//
//
// A team of threads runs through all steps; each thread has some rows of the batch and some of
// the units, and waits for the others after each step only if units are divided. The weight is
// packed once. A sum is one chain of fused multiply-adds, so that bits depend neither on the
// division nor on the batch.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_RECURRENTTEAM_H
#define PLIMSOLL_KERNELS_RECURRENTTEAM_H

#include "../../rules/RecurrentLayer.h"
#include "Gemm.h"
#include "Team.h"

#include <type_traits>

namespace plimsoll::recurrent {

using Layer = RecurrentLayer;

inline int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/// What a member of a team computes: some rows of the batch, and of them some units.
struct Share {
  int64_t row, rowEnd, unit, unitEnd;
  int64_t me, members, across; ///< `across` members divide the units of the same rows

  Share(const Layer &layer, int64_t me, int64_t members, int64_t across)
      : me(me), members(members), across(across) {
    int64_t down = members / across, y = me / across, x = me % across;
    row = layer.batch * y / down, rowEnd = layer.batch * (y + 1) / down;
    int64_t panels = (layer.size + gemm::kColumnPadding - 1) / gemm::kColumnPadding;
    auto cut = [&](int64_t index) {
      int64_t first = panels * index / across * gemm::kColumnPadding;
      return first < layer.size ? first : layer.size;
    };
    unit = cut(x), unitEnd = cut(x + 1);
  }

  int64_t rows() const { return rowEnd - row; }
  int64_t units() const { return unitEnd - unit; }
  /// Waits for the members that computed other units of the same rows.
  void awaitUnits() const {
    if (across > 1)
      cpu::awaitTeam();
  }
};

/// Returns how many members of a team divide the units, where a step multiplies with `depth`
/// numbers for each unit. Rows are divided for nothing, units for a barrier a step.
inline int64_t membersAcross(const Layer &layer, int64_t depth, int64_t members) {
  constexpr double barrierSeconds = 5e-6, flopsPerSecond = 5e10;
  int64_t best = 1;
  double least = 0;
  for (int64_t across = 1; across <= members; ++across) {
    if (members % across)
      continue;
    int64_t most = 0; // rows times units of the busiest member
    for (int64_t me = 0; me < members; ++me) {
      Share share(layer, me, members, across);
      int64_t units = gemm::roundUp(share.units(), gemm::kPanelColumns);
      most = larger(most, share.rows() * units);
    }
    double seconds =
        2.0 * double(most * depth) / flopsPerSecond + (across > 1 ? barrierSeconds : 0);
    if (across == 1 || seconds < least)
      best = across, least = seconds;
  }
  return best;
}

/// Calls body(share) on every member of a team of `threads`, or of one where that is little work.
template <typename Body>
void forShares(int threads, const Layer &layer, int64_t depth, const Body &body) {
  int64_t work = layer.element(layer.steps, 0, 0) * (depth / 8 + 8);
  cpu::parallelTeam(work < cpu::kSmallWork ? 1 : threads, [&](int64_t me, int64_t members) {
    body(Share(layer, me, members, membersAcross(layer, depth, members)));
  });
}

/// A factor of a product: some columns of [rows, stride].
template <typename T> struct Columns {
  const T *data;
  int64_t stride;
};

/// A matrix [depth, size] as the right factor of products with some rows of states or gates.
/// `data` is the matrix, or its transpose, with element (k, unit) at data[k * down + unit * along].
template <typename T> struct Matrix;

template <> struct Matrix<float> {
  const float *data;
  int64_t depth, size, down, along;
  float *packed;

  static int64_t floats(int64_t depth, int64_t size) { return gemm::packedColumns(depth, size); }

  /// Packs the part of the matrix that the member `share.me` packs for all.
  void pack(const Share &share) {
    int64_t panels = (size + gemm::kPanelColumns - 1) / gemm::kPanelColumns;
    int64_t first = panels * share.me / share.members * gemm::kPanelColumns;
    int64_t last = panels * (share.me + 1) / share.members * gemm::kPanelColumns;
    last = last < size ? last : size;
    if (first < last)
      gemm::packRight({data + first * along, down, along}, depth, last - first,
                      packed + first * depth);
  }

  /// Packs the rows of `left` that `share` has; the result is for `multiply`.
  static void packLeft(Columns<float> left, const Share &share, int64_t depth, float *space) {
    gemm::packLeft({left.data + share.row * left.stride, left.stride, 1}, share.rows(), depth,
                   space);
  }

  /// to = addend + left * matrix, for the rows and units of `share`; a null addend is zero. `to`
  /// and `addend` begin with row 0 and unit 0 and have the same stride.
  void multiply(Columns<float>, const float *left, const Share &share, const float *addend,
                float *to, int64_t stride) const {
    int64_t first = share.row * stride + share.unit;
    gemm::multiplyOnto(addend ? addend + first : nullptr, left, packed + share.unit * depth,
                       share.rows(), share.units(), depth, to + first, stride);
  }
};

template <> struct Matrix<double> {
  const double *data;
  int64_t depth, size, down, along;
  double *packed;

  static int64_t floats(int64_t, int64_t) { return 0; }
  void pack(const Share &) {}
  static void packLeft(Columns<double>, const Share &, int64_t, double *) {}

  void multiply(Columns<double> left, const double *, const Share &share, const double *addend,
                double *to, int64_t stride) const {
    for (int64_t row = share.row; row < share.rowEnd; ++row)
      for (int64_t unit = share.unit; unit < share.unitEnd; ++unit) {
        double sum = 0;
        for (int64_t k = 0; k < depth; ++k)
          sum = __builtin_fma(left.data[row * left.stride + k], data[k * down + unit * along], sum);
        int64_t i = row * stride + unit;
        to[i] = addend ? addend[i] + sum : sum;
      }
  }
};

/// The workspace of a launch: packed matrices, then a left factor for each thread.
template <typename T> struct Space {
  T *matrices, *left;

  Space(const Launch &launch, const Layer &layer, int buffer, int64_t matrixFloats, int64_t depth,
        int64_t me) {
    matrices = std::is_same_v<T, float> ? launch.buffer<T>(buffer) : nullptr;
    left = matrices ? matrices + matrixFloats + me * gemm::packedRows(layer.batch, depth) : nullptr;
  }
};

/// Returns the bytes of a workspace for `matrices` packed matrices of [depth, size].
inline int64_t spaceBytes(const LaunchShape &shape, int64_t matrices, int64_t depth) {
  if (shape.type == ElementType::f64)
    return 0;
  int64_t batch = shape.sizes[1], size = shape.sizes[2];
  int64_t floats =
      matrices * gemm::packedColumns(depth, size) + shape.threads * gemm::packedRows(batch, depth);
  return larger(64, floats * int64_t(sizeof(float)));
}

} // namespace plimsoll::recurrent

#endif // PLIMSOLL_KERNELS_RECURRENTTEAM_H
