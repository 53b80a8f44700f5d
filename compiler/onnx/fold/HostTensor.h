//===- HostTensor.h - tensors of the compile-time interpreter ------*- C++ -*-===//
//
// Shapes, position ids and masks are computed while the model is imported. They are small, so
// elements are kept wide: integers and booleans as int64, floats as double, rounded to f32 after
// every operation if the type is f32. For + - * / and square roots this gives the bits of f32
// arithmetic.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_FOLD_HOSTTENSOR_H
#define PLIMSOLL_COMPILER_ONNX_FOLD_HOSTTENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "runtime/include/plimsoll/ElementType.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <optional>
#include <vector>

namespace plimsoll::import {

/// Element types. Only known tensors can be f16 and bf16: data of these types is computed in f32.
using DType = plimsoll::ElementType;

using Shape = llvm::SmallVector<int64_t>;

/// Returns begin, begin + 1, ... up to end, exclusive.
inline Shape ascending(int64_t begin, int64_t end) {
  return llvm::to_vector<6>(llvm::seq(begin, std::max(begin, end)));
}

/// Returns the type for ONNX's `TensorProto.DataType`, or nothing if it is not supported.
std::optional<DType> dtypeOf(int onnxType);
/// Returns ONNX's name of a data type, for messages: "bfloat16".
llvm::StringRef onnxTypeName(int onnxType);
/// True for the two 16-bit types.
inline bool isHalf(DType dtype) {
  return plimsoll::isFloat(dtype) && bytesOf(dtype) == 2;
}
/// Returns the element type in the nn dialect.
mlir::Type elementType(mlir::MLIRContext *context, DType dtype);
std::optional<DType> dtypeOf(mlir::Type elementType);
inline int64_t byteSize(DType dtype) {
  return bytesOf(dtype);
}
/// Returns `value` rounded to a floating-point type.
double rounded(double value, DType dtype);
/// Returns the number that `bits` represent in a 16-bit type.
double halfOf(uint16_t bits, DType dtype);
uint16_t halfBits(double value, DType dtype);

/// Returns the product of the sizes, or nothing if one is negative or the product exceeds 2^48.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> shape);
/// Returns the common shape of two shapes by numpy's rule, or nothing.
std::optional<Shape> broadcastShape(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);
/// Returns a shape as text: "4x128x64", "scalar".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

struct HostTensor {
  DType dtype = DType::i64;
  Shape shape;
  /// The elements: in `floats` for floating-point types, else in `ints`.
  std::vector<int64_t> ints;
  std::vector<double> floats;

  HostTensor() = default;
  /// Creates a tensor of zeros; elementCount must accept the shape.
  HostTensor(DType dtype, llvm::ArrayRef<int64_t> shape);

  bool isFloat() const { return plimsoll::isFloat(dtype); }
  int64_t size() const { return isFloat() ? floats.size() : ints.size(); }
  int64_t rank() const { return shape.size(); }
  /// Returns element `i` as a double.
  double number(int64_t i) const { return isFloat() ? floats[i] : double(ints[i]); }
  /// Stores `value` with the rounding or wrapping of the type.
  void setInt(int64_t i, int64_t value);
  void setFloat(int64_t i, double value);
  /// Returns a tensor of `shape` whose element `i` is this one's element `index[i]`.
  HostTensor take(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> index) const;
  HostTensor reshaped(llvm::ArrayRef<int64_t> shape) const;
  HostTensor cast(DType to) const;
};

/// Returns, for every element of a tensor of shape `to`, the element of one of shape `from` that
/// numpy's broadcasting assigns to it.
std::vector<int64_t> broadcastIndex(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

/// Returns dense elements for `nn.constant`; a splat if all elements have the same bits.
mlir::DenseElementsAttr denseElements(mlir::MLIRContext *context, const HostTensor &tensor);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FOLD_HOSTTENSOR_H
