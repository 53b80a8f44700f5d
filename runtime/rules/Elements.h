//===- Elements.h - kernels for several element types -----------------------===//
//
// A kernel that works on more than f32 asks its launch for the type.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_ELEMENTS_H
#define PLIMSOLL_RULES_ELEMENTS_H

#include "plimsoll/Kernel.h"

#include <cstdint>
#include <limits>
#include <type_traits>

namespace plimsoll {

/// Calls `function` with a null pointer to the C++ type of the launch's data.
template <typename Function> void withElements(const Launch &launch, const Function &function) {
  switch (launch.type) {
  case ElementType::f32:
    return function(static_cast<float *>(nullptr));
  case ElementType::f64:
    return function(static_cast<double *>(nullptr));
  case ElementType::i32:
    return function(static_cast<int32_t *>(nullptr));
  case ElementType::i64:
    return function(static_cast<int64_t *>(nullptr));
  case ElementType::u8:
  case ElementType::boolean:
    return function(static_cast<uint8_t *>(nullptr));
  case ElementType::bf16:
  case ElementType::f16:
    return; // exec-verify refuses a call of such a kernel on half precision
  }
}

/// Calls `run` with a null pointer to double if the launch's data is f64, else to float.
template <typename Function> void withFloats(const Launch &launch, const Function &run) {
  if (launch.type == ElementType::f64)
    return run(static_cast<double *>(nullptr));
  run(static_cast<float *>(nullptr));
}

template <typename T> bool isNan(T x) {
  return x != x;
}

/// The type in which sums of `T` are kept.
template <typename T> struct Accumulator {
  using Type = uint64_t; // integers wrap
};
template <> struct Accumulator<float> {
  using Type = double;
};
template <> struct Accumulator<double> {
  using Type = double;
};

/// The lowest and the highest value of the type, infinities included.
template <typename T> constexpr T lowest() {
  return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::lowest();
}
template <typename T> constexpr T highest() {
  return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::max();
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_ELEMENTS_H
