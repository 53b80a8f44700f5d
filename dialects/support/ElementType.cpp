//===- ElementType.cpp - MLIR's types as the runtime has them ------------------===//
#include "dialects/support/ElementType.h"
#include "mlir/IR/BuiltinTypes.h"

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

Type plimsoll::typeOf(ElementType type, MLIRContext *context) {
  switch (type) {
  case ElementType::f32:
    return Float32Type::get(context);
  case ElementType::f64:
    return Float64Type::get(context);
  case ElementType::bf16:
    return BFloat16Type::get(context);
  case ElementType::f16:
    return Float16Type::get(context);
  case ElementType::boolean:
    return IntegerType::get(context, 1);
  case ElementType::i32:
  case ElementType::i64:
  case ElementType::u8:
    return IntegerType::get(context, 8 * bytesOf(type));
  }
  return {};
}
