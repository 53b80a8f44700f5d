#include "dialects/nn/Stored.h"
#include "llvm/ADT/APFloat.h"
#include <cstring>

using namespace mlir;
using namespace plimsoll;

Type nn::storedElementType(ParameterOp parameter) {
  auto stored = parameter->getAttrOfType<TypeAttr>(kStoredAttr);
  return stored ? stored.getValue() : parameter.getTensorType().getElementType();
}

bool nn::isStoredOtherwise(ParameterOp parameter) {
  return parameter->hasAttr(kPiecesAttr) || parameter->hasAttr(kStoredAttr) ||
         parameter->hasAttr(kScaleAttr);
}

/// Returns the bytes of a parameter, joined from its pieces of `source`.
static std::string piecesOf(nn::ParameterOp parameter, StringRef source) {
  auto pieces = parameter->getAttrOfType<DenseI64ArrayAttr>(nn::kPiecesAttr);
  if (!pieces)
    return source.str();
  std::string result;
  for (size_t i = 0; i + 1 < size_t(pieces.size()); i += 2)
    result += source.substr(pieces[i], pieces[i + 1]);
  return result;
}

template <typename T> static double numberAt(StringRef bytes, size_t i) {
  T number;
  std::memcpy(&number, bytes.data() + i * sizeof(T), sizeof(T));
  return static_cast<double>(number);
}

/// Returns number `i` of `bytes`, an array of the 16-bit type `type`.
static double halfAt(StringRef bytes, size_t i, FloatType type) {
  uint16_t bits;
  std::memcpy(&bits, bytes.data() + i * sizeof bits, sizeof bits);
  return APFloat(type.getFloatSemantics(), APInt(16, bits)).convertToDouble();
}

static double numberAt(StringRef bytes, size_t i, FloatType type) {
  return type.isF32()   ? numberAt<float>(bytes, i)
         : type.isF64() ? numberAt<double>(bytes, i)
                        : halfAt(bytes, i, type);
}

template <typename T> static void append(std::string &text, T number) {
  text.append(reinterpret_cast<const char *>(&number), sizeof number);
}

static void append(std::string &text, double number, FloatType type) {
  if (type.isF32())
    return append(text, static_cast<float>(number));
  if (type.isF64())
    return append<double>(text, number);
  APFloat value(number);
  bool inexact;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven, &inexact);
  append(text, static_cast<uint16_t>(value.bitcastToAPInt().getZExtValue()));
}

std::string nn::numbersOf(ParameterOp parameter, StringRef source, Type stored, Type to) {
  std::string bytes = piecesOf(parameter, source);
  auto scale = parameter->getAttrOfType<FloatAttr>(kScaleAttr);
  if (stored == to && !scale)
    return bytes;
  double factor = scale ? scale.getValueAsDouble() : 1;
  auto from = cast<FloatType>(stored), target = cast<FloatType>(to);
  size_t count = bytes.size() / (from.getWidth() / 8);
  std::string result;
  result.reserve(count * target.getWidth() / 8);
  for (size_t i = 0; i < count; ++i)
    append(result, numberAt(bytes, i, from) * factor, target);
  return result;
}
