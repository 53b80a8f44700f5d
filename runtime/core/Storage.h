//===- Storage.h - elements in memory, by their type ------------------------===//
#ifndef PLIMSOLL_CORE_STORAGE_H
#define PLIMSOLL_CORE_STORAGE_H

#include "plimsoll/Bf16.h"
#include "plimsoll/ElementType.h"
#include "plimsoll/F16.h"

namespace plimsoll {

/// Calls function.operator()<T>() with the C++ type of elements of `type`.
template <typename Function>
decltype(auto) withStorage(ElementType type, const Function &function) {
  switch (type) {
#define PLIMSOLL_ELEMENT_TYPE(name, constant, bytes, isFloat, onnx, safetensors, Storage)          \
  case ElementType::name:                                                                          \
    return function.template operator()<Storage>();
#include "plimsoll/ElementTypes.inc"
  }
  __builtin_unreachable();
}

} // namespace plimsoll

#endif // PLIMSOLL_CORE_STORAGE_H
