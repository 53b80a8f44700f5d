//===- ElementType.cpp - MLIR's types as the runtime has them ------------------===//
#include "dialects/support/ElementType.h"

using namespace mlir;
using namespace plimsoll;

std::optional<ElementType> plimsoll::elementTypeOf(Type type) {
  if (type.isF32())
    return ElementType::f32;
  if (type.isF64())
    return ElementType::f64;
  if (type.isBF16())
    return ElementType::bf16;
  if (type.isF16())
    return ElementType::f16;
  if (type.isInteger(64))
    return ElementType::i64;
  if (type.isInteger(32))
    return ElementType::i32;
  if (type.isInteger(8))
    return ElementType::u8;
  if (type.isInteger(1))
    return ElementType::boolean;
  return std::nullopt;
}
