//===- KernelKey.cpp - what identifies a kernel of a library --------------------===//
#include "dialects/support/KernelKey.h"
#include "dialects/support/ElementType.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace plimsoll;

std::optional<KernelKey> KernelKey::get(StringRef name, Type type, Type precision) {
  KernelKey key = {name.str()};
  if (type) {
    std::optional<ElementType> element = elementTypeOf(type);
    if (!element)
      return std::nullopt;
    key.type = *element;
  }
  if (precision) {
    if (!precision.isTF32() && !precision.isBF16())
      return std::nullopt;
    key.precision = precision.isTF32() ? Precision::tf32 : Precision::bf16;
  }
  return key;
}

Type KernelKey::typeIn(MLIRContext *context) const {
  return type == ElementType::f32 ? Type() : typeOf(type, context);
}

Type KernelKey::precisionIn(MLIRContext *context) const {
  switch (precision) {
  case Precision::stored:
    return {};
  case Precision::tf32:
    return FloatTF32Type::get(context);
  case Precision::bf16:
    return BFloat16Type::get(context);
  }
  return {};
}

std::string KernelKey::text() const {
  const char *narrow = narrowFactors(type, precision);
  return narrow ? name + "_" + narrow : name;
}
