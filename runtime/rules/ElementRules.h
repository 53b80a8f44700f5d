//===- ElementRules.h - combining and comparing single elements --------------===//
//
// Shared by every device.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_RULES_ELEMENTRULES_H
#define PLIMSOLL_RULES_ELEMENTRULES_H

#include "plimsoll/Inline.h"

#include <cstdint>

namespace plimsoll {

/// Returns the element that scatter_elements writes when `given` is scattered to `old`: update 0
/// replaces, 1 adds, 2 multiplies, 3 keeps the larger, 4 the smaller.
template <typename T> PLIMSOLL_INLINE T updated(T old, T given, int64_t update) {
  switch (update) {
  case 1:
    return static_cast<T>(old + given);
  case 2:
    return static_cast<T>(old * given);
  case 3:
    return given > old ? given : old;
  case 4:
    return given < old ? given : old;
  default:
    return given;
  }
}

/// True if `a` comes strictly before `b` in descending (smallest: ascending) order; a NaN is larger
/// than every number.
template <typename T> PLIMSOLL_INLINE bool precedes(T a, T b, bool smallest) {
  if (a != a || b != b)
    return smallest ? a == a : b == b;
  return smallest ? a < b : a > b;
}

} // namespace plimsoll

#endif // PLIMSOLL_RULES_ELEMENTRULES_H
