//===- Trigonometry.h - trigonometric functions, from libm ------------------===//
//
// Emitted loops call these in f32 and f64, on every device. They are rare in models, so they
// are libm's, where the functions of Math.h are written to vectorise.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TRIGONOMETRY_H
#define PLIMSOLL_TRIGONOMETRY_H

#include "plimsoll/Inline.h"

#include <cmath>

namespace plimsoll {

template <typename T> PLIMSOLL_INLINE T tan(T x) {
  return std::tan(x);
}
template <typename T> PLIMSOLL_INLINE T asin(T x) {
  return std::asin(x);
}
template <typename T> PLIMSOLL_INLINE T acos(T x) {
  return std::acos(x);
}
template <typename T> PLIMSOLL_INLINE T atan(T x) {
  return std::atan(x);
}
template <typename T> PLIMSOLL_INLINE T sinh(T x) {
  return std::sinh(x);
}
template <typename T> PLIMSOLL_INLINE T cosh(T x) {
  return std::cosh(x);
}
template <typename T> PLIMSOLL_INLINE T asinh(T x) {
  return std::asinh(x);
}
template <typename T> PLIMSOLL_INLINE T acosh(T x) {
  return std::acosh(x);
}
template <typename T> PLIMSOLL_INLINE T atanh(T x) {
  return std::atanh(x);
}

} // namespace plimsoll

#endif // PLIMSOLL_TRIGONOMETRY_H
