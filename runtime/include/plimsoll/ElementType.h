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

/// What the factors of products are rounded to before they are multiplied. Sums are f32, or f64 for
/// factors of f64.
enum class Precision : uint8_t { stored, tf32, bf16 };

/// Returns "tf32", "bf16" or "f16" if factors of the type are narrower than f32 when they are
/// multiplied in the precision; else null. Texts that name a kernel and what it computes in, such
/// as "matmul_bf16", are made of it.
constexpr const char *narrowFactors(ElementType type, Precision precision) {
  if (precision != Precision::stored)
    return precision == Precision::tf32 ? "tf32" : "bf16";
  return type == ElementType::bf16 || type == ElementType::f16 ? nameOf(type) : nullptr;
}

} // namespace plimsoll

#endif // PLIMSOLL_ELEMENTTYPE_H
