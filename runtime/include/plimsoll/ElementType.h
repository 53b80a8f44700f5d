//===- ElementType.h - what the elements of a tensor are --------------------===//
//
// One table (ElementTypes.inc) for the compiler, the runtime, its C interface, files and kernels.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_ELEMENTTYPE_H
#define PLIMSOLL_ELEMENTTYPE_H

#include <cstdint>

namespace plimsoll {

enum class ElementType : uint8_t {
#define PLIMSOLL_ELEMENT_TYPE(name, constant, bytes, isFloat, onnx, safetensors, Storage) name,
#include "ElementTypes.inc"
};

/// A row of the table.
struct ElementTypeInfo {
  ElementType type;
  const char *name;
  int64_t bytes;
  bool isFloat;
  int onnx;
  const char *safetensors;
  const char *storage; ///< "float"
};

inline constexpr ElementTypeInfo kElementTypes[] = {
#define PLIMSOLL_ELEMENT_TYPE(name, constant, bytes, isFloat, onnx, safetensors, Storage)          \
  {ElementType::name, #name, bytes, isFloat, onnx, safetensors, #Storage},
#include "ElementTypes.inc"
};

/// How many types kernels are told as a size: the first ones. A bool is told as u8.
inline constexpr int64_t kKernelTypes = 5;

constexpr const ElementTypeInfo &infoOf(ElementType type) {
  return kElementTypes[static_cast<int>(type)];
}
/// "f32"
constexpr const char *nameOf(ElementType type) {
  return infoOf(type).name;
}
/// Bytes of one element.
constexpr int64_t bytesOf(ElementType type) {
  return infoOf(type).bytes;
}
constexpr bool isFloat(ElementType type) {
  return infoOf(type).isFloat;
}
/// "F32": the type's name in safetensors files.
constexpr const char *safetensorsType(ElementType type) {
  return infoOf(type).safetensors;
}

} // namespace plimsoll

#endif // PLIMSOLL_ELEMENTTYPE_H
