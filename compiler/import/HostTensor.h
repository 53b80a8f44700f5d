//===- HostTensor.h - tensors of the compile-time interpreter ------*- C++ -*-===//
//
// Shapes, position ids and masks are computed while the model is imported. They are
// small, so elements are kept wide: integers and booleans as int64, floats as double
// (rounded to f32 after every operation where the type says so; for + - * / and square
// roots that gives the bits of f32 arithmetic).
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_IMPORT_HOSTTENSOR_H
#define PLIMSOLL_COMPILER_IMPORT_HOSTTENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "runtime/include/plimsoll/ElementType.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include <optional>
#include <vector>

namespace plimsoll::import {

/// f16 and bf16 are types of what is known: data is computed in f32 in their place.
using DType = plimsoll::ElementType;

using Shape = llvm::SmallVector<int64_t>;

/// begin, begin + 1, ... below end.
inline Shape ascending(int64_t begin, int64_t end) {
  return llvm::to_vector<6>(llvm::seq(begin, std::max(begin, end)));
}

/// The type of ONNX's `TensorProto.DataType`, if it is one we compute with.
std::optional<DType> dtypeOf(int onnxType);
/// ONNX's name of a data type, for messages: "bfloat16".
llvm::StringRef onnxTypeName(int onnxType);
/// True for the two types of two bytes.
inline bool isHalf(DType dtype) {
  return plimsoll::isFloat(dtype) && bytesOf(dtype) == 2;
}
/// The element type in the nn dialect.
mlir::Type elementType(mlir::MLIRContext *context, DType dtype);
std::optional<DType> dtypeOf(mlir::Type elementType);
inline int64_t byteSize(DType dtype) {
  return bytesOf(dtype);
}
/// `value` rounded to a floating-point type.
double rounded(double value, DType dtype);
/// The number whose bits in a type of two bytes are `bits`.
double halfOf(uint16_t bits, DType dtype);
uint16_t halfBits(double value, DType dtype);

/// The product, or nothing if a dimension is negative or 2^48 is exceeded.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> shape);
/// numpy's rule for two shapes.
std::optional<Shape> broadcastShape(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);
/// "4x128x64", "scalar".
std::string shapeText(llvm::ArrayRef<int64_t> shape);

struct HostTensor {
  DType dtype = DType::i64;
  Shape shape;
  /// The elements: `floats` for floating-point types, else `ints`.
  std::vector<int64_t> ints;
  std::vector<double> floats;

  HostTensor() = default;
  /// Zeros; the shape's count must have been checked.
  HostTensor(DType dtype, llvm::ArrayRef<int64_t> shape);

  bool isFloat() const { return plimsoll::isFloat(dtype); }
  int64_t size() const { return isFloat() ? floats.size() : ints.size(); }
  int64_t rank() const { return shape.size(); }
  /// Element `i` as `To` would have it from a C++ conversion.
  double number(int64_t i) const { return isFloat() ? floats[i] : double(ints[i]); }
  /// Stores with the rounding or wrapping of the type.
  void setInt(int64_t i, int64_t value);
  void setFloat(int64_t i, double value);
  /// A tensor of `shape` whose element `i` is this one's element `index[i]`.
  HostTensor take(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> index) const;
  HostTensor reshaped(llvm::ArrayRef<int64_t> shape) const;
  HostTensor cast(DType to) const;
};

/// For every element of `to` the element of `from` that numpy's broadcasting gives it.
std::vector<int64_t> broadcastIndex(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

/// Dense elements for `nn.constant`; a splat if all elements have the same bits.
mlir::DenseElementsAttr denseElements(mlir::MLIRContext *context, const HostTensor &tensor);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_HOSTTENSOR_H
