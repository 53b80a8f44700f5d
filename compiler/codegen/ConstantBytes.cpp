//===- ConstantBytes.cpp - the bytes of constants in the arena -------------------===//
#include "compiler/codegen/ConstantBytes.h"

using namespace mlir;

std::vector<char> plimsoll::codegen::constantBytes(DenseElementsAttr constant) {
  std::vector<char> bytes;
  if (constant.getElementType().isInteger(1)) { // the attribute packs these as bits
    for (bool value : constant.getValues<bool>())
      bytes.push_back(value);
    return bytes;
  }
  ArrayRef<char> raw = constant.getRawData();
  int64_t copies = constant.isSplat() ? constant.getNumElements() : 1;
  for (int64_t i = 0; i < copies; ++i)
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  return bytes;
}
