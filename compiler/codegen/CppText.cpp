//===- CppText.cpp - pieces of C++ text ----------------------------------------===//
#include "compiler/codegen/CppText.h"
#include "dialects/support/ElementType.h"
#include "mlir/IR/BuiltinTypes.h"
#include "plimsoll/Shown.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <charconv>
#include <cmath>

using namespace mlir;
using namespace plimsoll;

/// What is no type of the table is no type of a slice.
static const ElementTypeInfo &tableRow(Type type) {
  return infoOf(elementTypeOf(type).value_or(ElementType::u8));
}

std::string plimsoll::codegen::storageType(Type type) {
  return tableRow(type).storage;
}

std::string plimsoll::codegen::valueType(Type type) {
  return type.isInteger(1) ? "bool" : storageType(type);
}

std::string plimsoll::codegen::elementType(Type type) {
  return std::string("ElementType::") + tableRow(type).name;
}

std::string plimsoll::codegen::literal(double value, Type type) {
  bool single = type.isF32();
  std::string number = single ? "std::numeric_limits<float>::" : "std::numeric_limits<double>::";
  if (std::isnan(value))
    return number + "quiet_NaN()";
  if (std::isinf(value))
    return (value < 0 ? "-" : "") + number + "infinity()";
  char text[64]; // the shortest digits that read back as this number
  auto end = single ? std::to_chars(text, text + sizeof text, static_cast<float>(value)).ptr
                    : std::to_chars(text, text + sizeof text, value).ptr;
  std::string result(text, end);
  if (result.find_first_of(".e") == std::string::npos)
    result += ".0";
  return single ? result + "f" : result;
}

std::string plimsoll::codegen::quoted(StringRef text) {
  // Characters that compilers interpret or warn of in literals are written in octal, byte by byte.
  std::string result = "\"";
  auto octal = [&](unsigned char c) {
    result += {'\\', char('0' + c / 64), char('0' + c / 8 % 8), char('0' + c % 8)};
  };
  bool plain = shown(text) == text;
  for (char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '"' || c == '\\')
      result += {'\\', c};
    else if (static_cast<unsigned char>(c) < 32 || c == 127 || (!plain && (c & 0x80)))
      octal(c);
    else if (c == '?' && StringRef(result).ends_with("?")) // avoids a trigraph of older compilers
      octal(c);
    else
      result += c;
  }
  return result + "\"";
}

std::string plimsoll::codegen::identifier(StringRef name) {
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) ? c : '_';
  if (result.empty() || llvm::isDigit(result[0]))
    result.insert(0, "_");
  return result;
}

std::string plimsoll::codegen::oneLine(StringRef text) {
  std::string result = shown(text);
  // A backslash at the end would continue the comment in the next line, even if blanks follow it;
  // so would its trigraph.
  StringRef end = StringRef(result).rtrim();
  return end.ends_with("\\") || end.ends_with("?\?/") ? result + "." : result;
}

std::string plimsoll::codegen::hex(uint64_t value) {
  return llvm::formatv("{0:x8}", value);
}

std::string plimsoll::codegen::grouped(int64_t value) {
  std::string digits = std::to_string(value);
  for (int64_t i = int64_t(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(i, ",");
  return digits;
}
