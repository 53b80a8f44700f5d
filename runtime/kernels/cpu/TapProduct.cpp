//===- TapProduct.cpp - products of packed rows with floats that lie anywhere ===//
//
// Tiles: 6 x 16 with AVX2, or 12 x 8 where a panel has no more columns (12 accumulators of 16
// registers); 24 x 16 with AVX-512 (24 of 32), where an element that is used once is read as part
// of the multiplication. The last rows have tiles of a third or two thirds.
//===----------------------------------------------------------------------===//
#include "TapProduct.h"

#include "Gemm.h"
#include "Vectors.h"

namespace plimsoll::taps {
namespace {

using namespace cpu;

constexpr int64_t kColumns = gemm::kPanelColumns;
constexpr int kVectors = kLanes == 16 ? 1 : 2;        ///< of a tile
constexpr int kAccumulators = kLanes == 16 ? 24 : 12; ///< vectors of a whole tile
static_assert(kRowPadding % kAccumulators == 0);

template <int vectors, int rows>
void tile(const float *left, const int32_t *starts, const int32_t *distances, int64_t depth,
          const float *right, float *to, bool accumulate) {
  const float *at[rows];
  Vector sum[rows][vectors];
#pragma GCC unroll 32
  for (int j = 0; j < rows; ++j) {
    at[j] = left + starts[j];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      sum[j][v] = fill(0.0f);
  }
  for (int64_t p = 0; p < depth; ++p, right += kColumns) {
    int64_t distance = distances[p];
    Vector b[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v)
      b[v] = load(right + v * kLanes);
#pragma GCC unroll 32
    for (int j = 0; j < rows; ++j) {
      Vector a = fill(at[j][distance]);
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v)
        sum[j][v] = multiplyAdd(a, b[v], sum[j][v]);
    }
  }
#pragma GCC unroll 32
  for (int j = 0; j < rows; ++j)
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      float *place = to + j * kColumns + v * kLanes;
      store(place, accumulate ? load(place) + sum[j][v] : sum[j][v]);
    }
}

template <int vectors>
void multiplyPanel(const float *left, const int32_t *starts, int64_t rows, const int32_t *distances,
                   int64_t depth, const float *right, float *to, bool accumulate) {
  constexpr int whole = kAccumulators / vectors, third = whole / 3;
  for (; rows > 0; rows -= whole, starts += whole, to += whole * kColumns) {
    auto run = rows > 2 * third ? tile<vectors, whole>
               : rows > third   ? tile<vectors, 2 * third>
                                : tile<vectors, third>;
    run(left, starts, distances, depth, right, to, accumulate);
  }
}

} // namespace

void multiply(const float *left, const int32_t *starts, int64_t rows, const int32_t *distances,
              int64_t depth, const float *right, int64_t columns, float *to, bool accumulate) {
  for (int64_t column = 0; column < columns; column += kVectors * kLanes) {
    auto run = columns - column > kLanes ? multiplyPanel<kVectors> : multiplyPanel<1>;
    run(left, starts, rows, distances, depth, right + column, to + column, accumulate);
  }
}

/// Transposes `height` rows, four or eight.
template <int height>
static void transposeRows(const float *from, int64_t columns, float *to, int64_t columnStride) {
  int64_t i = 0;
  if constexpr (height == 8)
    for (; i + 8 <= columns; i += 8)
      transpose8(from + i, kColumns, to + i * columnStride, columnStride);
  for (; i + 4 <= columns; i += 4)
    for (int j = 0; j < height; j += 4)
      transpose4(from + j * kColumns + i, kColumns, to + i * columnStride + j, columnStride);
  for (; i < columns; ++i)
    for (int j = 0; j < height; ++j)
      to[i * columnStride + j] = from[j * kColumns + i];
}

void writeTransposed(const float *from, int64_t rows, int64_t columns, float *to,
                     int64_t columnStride, int64_t rowStep) {
  int64_t j = 0;
  if (rowStep == 1) {
    for (; j + 8 <= rows; j += 8)
      transposeRows<8>(from + j * kColumns, columns, to + j, columnStride);
    for (; j + 4 <= rows; j += 4)
      transposeRows<4>(from + j * kColumns, columns, to + j, columnStride);
  }
  if (j < rows)
    for (int64_t i = 0; i < columns; ++i)
      for (int64_t rest = j; rest < rows; ++rest)
        to[i * columnStride + rest * rowStep] = from[rest * kColumns + i];
}

} // namespace plimsoll::taps
