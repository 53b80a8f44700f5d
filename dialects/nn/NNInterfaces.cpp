//===- NNInterfaces.cpp - defaults of the interfaces -------------------------===//
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll::nn;

#include "dialects/nn/NNInterfaces.cpp.inc"

int64_t plimsoll::nn::elementBytes(Type elementType) {
  return (elementType.getIntOrFloatBitWidth() + 7) / 8;
}

int64_t plimsoll::nn::tensorBytes(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() * elementBytes(tensor.getElementType());
}

bool plimsoll::nn::isAddressable(Type type) {
  constexpr int64_t kMostElements = int64_t(1) << 48; // of any type, so at most 2^51 bytes
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isIntOrFloat())
    return false;
  int64_t left = kMostElements;
  for (int64_t size : tensor.getShape()) {
    if (size < 0 || size > left)
      return false;
    left /= std::max<int64_t>(size, 1);
  }
  return true;
}

bool plimsoll::nn::isModelTensor(Type type) {
  Type element = getElementTypeOrSelf(type);
  return isAddressable(type) && (element.isF32() || element.isF64() || element.isBF16() ||
                                 element.isSignlessInteger(1) || element.isSignlessInteger(32) ||
                                 element.isSignlessInteger(64) || element.isUnsignedInteger(8));
}

LogicalResult plimsoll::nn::detail::verifyAddressable(std::optional<Location> loc,
                                                      TypeRange operands, TypeRange results) {
  auto verify = [&](StringRef kind, TypeRange types) -> LogicalResult {
    for (auto [index, type] : llvm::enumerate(types))
      if (!isAddressable(type))
        return emitOptionalError(loc, kind, " ", index,
                                 " must be a tensor of static shape, of "
                                 "integers or floats, and of at most 2^48 elements, got ",
                                 type);
    return success();
  };
  return success(succeeded(verify("operand", operands)) && succeeded(verify("result", results)));
}

bool plimsoll::nn::detail::isFloat(Type type) {
  return isa<FloatType>(getElementTypeOrSelf(type));
}

int64_t plimsoll::nn::detail::largestElementCount(Operation *op) {
  int64_t largest = 0;
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    largest = std::max(largest, cast<RankedTensorType>(type).getNumElements());
  return largest;
}

int64_t plimsoll::nn::detail::operandAndResultBytes(Operation *op) {
  int64_t bytes = 0;
  for (Type type : llvm::concat<const Type>(op->getOperandTypes(), op->getResultTypes()))
    bytes += tensorBytes(type);
  return bytes;
}

SmallVector<InPlacePair> plimsoll::nn::detail::elementwiseInPlacePairs(Operation *op) {
  SmallVector<InPlacePair> pairs;
  for (auto [index, type] : llvm::enumerate(op->getOperandTypes()))
    if (type == op->getResult(0).getType())
      pairs.push_back({0, static_cast<unsigned>(index)});
  return pairs;
}
