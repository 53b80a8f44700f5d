//===- Lanes.h - sums in sixteen fixed lanes and a fixed tree ---------------===//
//
// The lanes are part of the result's definition: element i goes to lane i mod 16,
// whatever the vector width, and the lanes are added as a tree. Sums are kept in
// f64, so that what is stored as f32 is near to the exact result.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_LANES_H
#define PLIMSOLL_KERNELS_LANES_H

#include <cstdint>

namespace plimsoll {

inline constexpr int kSumLanes = 16;

template <typename T> inline __attribute__((always_inline)) T sumTree(T *lanes) {
  for (int width = kSumLanes / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i)
      lanes[i] += lanes[i + width];
  return lanes[0];
}

/// Returns the sum over i in [0, count) of term(i).
template <typename T, typename Term>
inline __attribute__((always_inline)) T laneSum(int64_t count, const Term &term) {
  T lanes[kSumLanes] = {};
  int64_t whole = count / kSumLanes * kSumLanes;
  for (int64_t i = 0; i < whole; i += kSumLanes)
    for (int lane = 0; lane < kSumLanes; ++lane)
      lanes[lane] += term(i + lane);
  for (int64_t i = whole; i < count; ++i)
    lanes[i - whole] += term(i);
  return sumTree(lanes);
}

/// Returns the largest of value(i), i in [0, count), in any order: the bits are the same. A NaN may
/// be overlooked.
template <typename Value>
inline __attribute__((always_inline)) auto laneMax(int64_t count, const Value &value) {
  using T = decltype(value(int64_t()));
  T lanes[kSumLanes];
  for (T &lane : lanes)
    lane = -__builtin_inff();
  int64_t whole = count / kSumLanes * kSumLanes;
  for (int64_t i = 0; i < whole; i += kSumLanes)
    for (int lane = 0; lane < kSumLanes; ++lane) {
      T x = value(i + lane);
      lanes[lane] = lanes[lane] < x ? x : lanes[lane];
    }
  for (int64_t i = whole; i < count; ++i) {
    T x = value(i);
    lanes[i - whole] = lanes[i - whole] < x ? x : lanes[i - whole];
  }
  T result = lanes[0];
  for (T lane : lanes)
    result = result < lane ? lane : result;
  return result;
}

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_LANES_H
