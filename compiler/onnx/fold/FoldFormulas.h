//===- FoldFormulas.h - formulas of elementwise operators -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_FOLD_FOLDFORMULAS_H
#define PLIMSOLL_COMPILER_ONNX_FOLD_FOLDFORMULAS_H

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace plimsoll::import::formulas {

// Integer arithmetic wraps, as in two's complement.
inline int64_t wrap(uint64_t value) {
  return static_cast<int64_t>(value);
}

inline int64_t addInt(int64_t a, int64_t b) {
  return wrap(uint64_t(a) + uint64_t(b));
}
inline int64_t subInt(int64_t a, int64_t b) {
  return wrap(uint64_t(a) - uint64_t(b));
}
inline int64_t mulInt(int64_t a, int64_t b) {
  return wrap(uint64_t(a) * uint64_t(b));
}
inline int64_t divInt(int64_t a, int64_t b) {
  return b == 0 ? 0 : b == -1 ? wrap(-uint64_t(a)) : a / b; // division by zero is refused before
}
inline int64_t minInt(int64_t a, int64_t b) {
  return std::min(a, b);
}
inline int64_t maxInt(int64_t a, int64_t b) {
  return std::max(a, b);
}
inline int64_t modInt(int64_t a, int64_t b) {
  if (b == 0 || b == -1)
    return 0;
  int64_t rest = a % b;
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
inline int64_t andInt(int64_t a, int64_t b) {
  return a & b;
}
inline int64_t orInt(int64_t a, int64_t b) {
  return a | b;
}
inline int64_t xorInt(int64_t a, int64_t b) {
  return a ^ b;
}
inline int64_t powInt(int64_t base, int64_t exponent) {
  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1, base = mulInt(base, base))
    if (exponent & 1)
      result = mulInt(result, base);
  return result;
}

inline double addFloat(double a, double b) {
  return a + b;
}
inline double subFloat(double a, double b) {
  return a - b;
}
inline double mulFloat(double a, double b) {
  return a * b;
}
inline double divFloat(double a, double b) {
  return a / b;
}
inline double minFloat(double a, double b) {
  return std::isnan(a) || a < b ? a : b;
}
inline double maxFloat(double a, double b) {
  return std::isnan(a) || a > b ? a : b;
}
inline double modFloat(double a, double b) {
  return std::fmod(a, b);
}
inline double noFloat(double, double) {
  return 0;
}
inline double reciprocal(double x) {
  return 1 / x;
}
inline double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}
inline double relu(double x) {
  return std::isnan(x) || x > 0 ? x : 0;
}

template <typename T> bool equal(T a, T b) {
  return a == b;
}
template <typename T> bool less(T a, T b) {
  return a < b;
}
template <typename T> bool lessEqual(T a, T b) {
  return a <= b;
}
template <typename T> bool greater(T a, T b) {
  return a > b;
}
template <typename T> bool greaterEqual(T a, T b) {
  return a >= b;
}

} // namespace plimsoll::import::formulas

#endif // PLIMSOLL_COMPILER_ONNX_FOLD_FOLDFORMULAS_H
