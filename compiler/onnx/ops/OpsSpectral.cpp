//===- OpsSpectral.cpp - DFT, as a product with a constant matrix ----------------===//
//
// The transform is linear and its length is known: it is a row of numbers (of pairs if complex)
// times the matrix of its sines and cosines, so the gradient is known.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include <cmath>
#include <numbers>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

namespace {
struct Transform {
  int64_t axis;
  int64_t length;      ///< of the signal that is transformed
  int64_t in, out;     ///< elements of the operand that are used, and of the result
  int64_t parts, made; ///< numbers per element: 1 real, 2 complex
  bool inverse, real;  ///< `real`: from half a spectrum to a real signal
};
} // namespace

static std::optional<Transform> transformOf(Node &n, ArrayRef<int64_t> x) {
  int64_t rank = x.size(), given = n.intAttr("axis", 1);
  if (n.opset >= 20) {
    std::optional<Shape> operand = n.has(2) ? n.knownInts(2) : std::optional(Shape{-2});
    given = operand && operand->size() == 1 ? (*operand)[0] : INT64_MIN;
  }
  std::optional<int64_t> axis = n.failed() ? std::nullopt : n.axis(given, rank);
  std::optional<Shape> length = n.has(1) ? n.knownInts(1) : std::optional(Shape());
  if (!axis || !length)
    return std::nullopt;
  bool inverse = n.intAttr("inverse", 0), half = n.intAttr("onesided", 0);
  Transform t{*axis, x[*axis], 0, 0, x[rank - 1], 2, inverse, inverse && half};
  if (!length->empty())
    t.length = (*length)[0];
  else if (t.real)
    t.length = 2 * (x[*axis] - 1);
  if (*axis == rank - 1 || (t.parts != 1 && t.parts != 2) || t.length < 1 ||
      t.length > int64_t(1) << 30 || (half && t.parts != (inverse ? 2 : 1))) {
    n.error("cannot transform " + shapeText(x) + " along dimension " + Twine(*axis));
    return std::nullopt;
  }
  t.in = std::min(x[*axis], t.real ? t.length / 2 + 1 : t.length);
  t.out = half && !inverse ? t.length / 2 + 1 : t.length;
  t.made = t.real ? 1 : 2;
  return t;
}

/// Returns the matrix [in * parts, out * made] of what each number adds to each number of the
/// result.
static HostTensor matrixOf(const Transform &t, DType dtype) {
  HostTensor matrix(dtype, {t.in * t.parts, t.out * t.made});
  double scale = t.inverse ? 1.0 / double(t.length) : 1.0;
  for (int64_t j = 0; j < t.in; ++j)
    for (int64_t k = 0; k < t.out; ++k) {
      double angle = 2 * std::numbers::pi * double(j * k % t.length) / double(t.length);
      double real = scale * std::cos(angle), imaginary = scale * std::sin(angle);
      imaginary *= t.inverse ? 1 : -1;
      // The other half of a real signal's spectrum is the complex conjugate of this one.
      bool twice = t.real && j > 0 && 2 * j != t.length;
      double turn[2][2] = {{real, imaginary}, {-imaginary, real}};
      for (int64_t p = 0; p < t.parts; ++p)
        for (int64_t m = 0; m < t.made; ++m)
          matrix.setFloat((j * t.parts + p) * t.out * t.made + k * t.made + m,
                          turn[p][m] * (twice ? 2 : 1));
    }
  return matrix;
}

static void dft(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  if (!x || typeOf(x).getRank() < 2)
    return n.error("needs [dimensions..., 1 or 2], the numbers of an element last");
  std::optional<Transform> t = transformOf(n, shapeOf(x));
  if (!t || !n.mayFold({t->in * t->parts, t->out * t->made}))
    return;
  int64_t rank = typeOf(x).getRank();
  Shape swap = ascending(0, rank);
  std::swap(swap[t->axis], swap[rank - 2]);
  Value rows = n.transpose(n.part(x, t->axis, 0, t->in), swap);
  if (!rows)
    return;
  Shape shape(shapeOf(rows));
  int64_t count = *elementCount(ArrayRef<int64_t>(shape).drop_back(2));
  Value matrix = n.constant(matrixOf(*t, *n.dtype(0)));
  Value y = a.matmul(n.reshape(rows, {count, t->in * t->parts}), matrix);
  shape[rank - 2] = t->out;
  shape[rank - 1] = t->made;
  n.set(n.transpose(n.reshape(y, shape), swap));
}

void plimsoll::import::addSpectralOps(llvm::StringMap<OpEntry> &table) {
  table["DFT"].data = dft;
}
