#include "compiler/onnx/fold/HostTensor.h"
#include "dialects/support/ElementType.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace plimsoll::import {

// Types ---------------------------------------------------------------------

std::optional<DType> dtypeOf(int onnxType) {
  for (const ElementTypeInfo &known : kElementTypes)
    if (known.onnx == onnxType)
      return known.type;
  return std::nullopt;
}

StringRef onnxTypeName(int onnxType) {
  static constexpr StringLiteral names[] = {
      "undefined",      "float",      "uint8",          "int8",       "uint16",   "int16",
      "int32",          "int64",      "string",         "bool",       "float16",  "double",
      "uint32",         "uint64",     "complex64",      "complex128", "bfloat16", "float8e4m3fn",
      "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz", "uint4",      "int4",     "float4e2m1"};
  if (onnxType < 0 || onnxType >= int(std::size(names)))
    return "an unknown type";
  return names[onnxType];
}

Type elementType(MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::boolean:
    return IntegerType::get(context, 1);
  case DType::u8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case DType::i32:
    return IntegerType::get(context, 32);
  case DType::i64:
    return IntegerType::get(context, 64);
  case DType::f32:
  case DType::f16:
  case DType::bf16:
    return Float32Type::get(context);
  case DType::f64:
    return Float64Type::get(context);
  }
  return {};
}

std::optional<DType> dtypeOf(Type type) {
  return plimsoll::elementTypeOf(type);
}

static const llvm::fltSemantics &semanticsOf(DType dtype) {
  return dtype == DType::f16 ? llvm::APFloat::IEEEhalf() : llvm::APFloat::BFloat();
}

double rounded(double value, DType dtype) {
  if (!isHalf(dtype))
    return dtype == DType::f32 ? static_cast<float>(value) : value;
  return halfOf(halfBits(value, dtype), dtype);
}

double halfOf(uint16_t bits, DType dtype) {
  return llvm::APFloat(semanticsOf(dtype), llvm::APInt(16, bits)).convertToDouble();
}

uint16_t halfBits(double value, DType dtype) {
  llvm::APFloat number(value);
  bool inexact;
  number.convert(semanticsOf(dtype), llvm::APFloat::rmNearestTiesToEven, &inexact);
  return static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue());
}

// Shapes --------------------------------------------------------------------

std::optional<int64_t> elementCount(ArrayRef<int64_t> shape) {
  constexpr int64_t limit = int64_t(1) << 48;
  int64_t count = 1;
  for (int64_t size : shape)
    if (size < 0 || llvm::MulOverflow(count, size, count) || count > limit)
      return std::nullopt;
  return count;
}

std::optional<Shape> broadcastShape(ArrayRef<int64_t> a, ArrayRef<int64_t> b) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {
    int64_t da = i < a.size() ? a[a.size() - 1 - i] : 1;
    int64_t db = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (da != db && da != 1 && db != 1)
      return std::nullopt;
    result[result.size() - 1 - i] = da == 1 ? db : da;
  }
  return result;
}

std::string shapeText(ArrayRef<int64_t> shape) {
  if (shape.empty())
    return "scalar";
  return llvm::join(llvm::map_range(shape, [](int64_t size) { return std::to_string(size); }), "x");
}

std::vector<int64_t> broadcastIndex(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  int64_t count = elementCount(to).value_or(0), missing = to.size() - from.size();
  Shape strides(to.size(), 0), position(to.size(), 0);
  int64_t stride = 1;
  for (int64_t d = int64_t(from.size()) - 1; d >= 0; --d) {
    strides[d + missing] = from[d] == 1 ? 0 : stride;
    stride *= from[d];
  }
  std::vector<int64_t> index(count);
  int64_t source = 0;
  for (int64_t i = 0; i < count; ++i) {
    index[i] = source;
    for (int64_t d = int64_t(to.size()) - 1; d >= 0; --d) {
      source += strides[d];
      if (++position[d] < to[d])
        break;
      source -= strides[d] * to[d];
      position[d] = 0;
    }
  }
  return index;
}

// Elements ------------------------------------------------------------------

HostTensor::HostTensor(DType dtype, ArrayRef<int64_t> shape) : dtype(dtype), shape(shape) {
  int64_t count = elementCount(shape).value_or(0);
  isFloat() ? floats.resize(count) : ints.resize(count);
}

void HostTensor::setInt(int64_t i, int64_t value) {
  switch (dtype) {
  case DType::boolean:
    ints[i] = value != 0;
    break;
  case DType::u8:
    ints[i] = static_cast<uint8_t>(value);
    break;
  case DType::i32:
    ints[i] = static_cast<int32_t>(value);
    break;
  case DType::i64:
    ints[i] = value;
    break;
  default:
    floats[i] = rounded(static_cast<double>(value), dtype);
  }
}

void HostTensor::setFloat(int64_t i, double value) {
  if (isFloat())
    floats[i] = rounded(value, dtype);
  else if (dtype == DType::boolean)
    ints[i] = value != 0;
  else if (std::isnan(value))
    ints[i] = 0;
  else // saturate: out-of-range conversions are undefined in C++
    setInt(i, value >= 0x1p63 ? INT64_MAX : value < -0x1p63 ? INT64_MIN : int64_t(value));
}

HostTensor HostTensor::take(ArrayRef<int64_t> newShape, ArrayRef<int64_t> index) const {
  HostTensor result;
  result.dtype = dtype;
  result.shape = Shape(newShape);
  if (isFloat())
    for (int64_t i : index)
      result.floats.push_back(floats[i]);
  else
    for (int64_t i : index)
      result.ints.push_back(ints[i]);
  return result;
}

HostTensor HostTensor::reshaped(ArrayRef<int64_t> newShape) const {
  HostTensor result = *this;
  result.shape = Shape(newShape);
  return result;
}

HostTensor HostTensor::cast(DType to) const {
  HostTensor result(to, shape);
  for (int64_t i = 0, n = size(); i < n; ++i)
    isFloat() ? result.setFloat(i, floats[i]) : result.setInt(i, ints[i]);
  return result;
}

// Attributes ----------------------------------------------------------------

template <typename T, typename From>
static DenseElementsAttr dense(RankedTensorType type, const std::vector<From> &elements) {
  bool splat = !elements.empty() && llvm::all_of(elements, [&](const From &e) {
    return std::memcmp(&e, &elements.front(), sizeof(From)) == 0;
  });
  std::vector<T> narrow(elements.begin(), splat ? elements.begin() + 1 : elements.end());
  auto bytes = ArrayRef(reinterpret_cast<const char *>(narrow.data()), narrow.size() * sizeof(T));
  return DenseElementsAttr::getFromRawBuffer(type, bytes);
}

DenseElementsAttr denseElements(MLIRContext *context, const HostTensor &tensor) {
  auto type = RankedTensorType::get(tensor.shape, elementType(context, tensor.dtype));
  switch (tensor.dtype) {
  case DType::boolean: {
    llvm::SmallVector<bool> flags(tensor.ints.begin(), tensor.ints.end());
    return DenseElementsAttr::get(type, ArrayRef<bool>(flags));
  }
  case DType::u8:
    return dense<uint8_t>(type, tensor.ints);
  case DType::i32:
    return dense<int32_t>(type, tensor.ints);
  case DType::i64:
    return dense<int64_t>(type, tensor.ints);
  case DType::f32:
  case DType::f16:
  case DType::bf16:
    return dense<float>(type, tensor.floats);
  case DType::f64:
    return dense<double>(type, tensor.floats);
  }
  return {};
}

} // namespace plimsoll::import
