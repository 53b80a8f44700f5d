//===- OpsContraction.cpp - matrix products -------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Returns `x` broadcast to the leading dimensions `batch`; a matrix stays as it is.
static Value broadcastBatch(Node &n, Value x, ArrayRef<int64_t> batch) {
  if (typeOf(x).getRank() == 2)
    return x;
  Shape shape(batch);
  llvm::append_range(shape, typeOf(x).getShape().take_back(2));
  return n.broadcast(x, shape);
}

/// Sets numpy's matmul: vectors become matrices and back, leading dimensions broadcast.
static void matmul(Node &n) {
  Value a = n.data(0), b = n.data(1);
  if (!a || !b)
    return;
  int64_t rankA = typeOf(a).getRank(), rankB = typeOf(b).getRank();
  if (rankA == 0 || rankB == 0)
    return n.error("a product of matrices takes no scalars");
  if (rankA == 1)
    a = n.reshape(a, {1, typeOf(a).getDimSize(0)});
  if (rankB == 1)
    b = n.reshape(b, {typeOf(b).getDimSize(0), 1});
  if (!a || !b)
    return;
  std::optional<Shape> batch =
      broadcastShape(typeOf(a).getShape().drop_back(2), typeOf(b).getShape().drop_back(2));
  if (!batch)
    return n.error("leading dimensions of " + shapeText(typeOf(a).getShape()) + " and " +
                   shapeText(typeOf(b).getShape()) + " do not broadcast");
  a = broadcastBatch(n, a, *batch);
  b = a ? broadcastBatch(n, b, *batch) : Value();
  Value y = n.emit<nn::MatmulOp>({a, b});
  if (y && (rankA == 1 || rankB == 1)) {
    Shape shape(*batch);
    if (rankA > 1)
      shape.push_back(typeOf(y).getDimSize(typeOf(y).getRank() - 2));
    if (rankB > 1)
      shape.push_back(typeOf(y).getShape().back());
    y = n.reshape(y, shape);
  }
  n.set(y);
}

static Value scaled(Node &n, Value x, double factor) {
  return factor == 1.0 || !x ? x : n.emit<nn::MulOp>({x, n.scalar(factor, x)});
}

static void gemm(Node &n) {
  Value a = n.data(0), b = n.data(1);
  SmallVector<NamedAttribute> attrs;
  if (n.intAttr("transA", 0))
    attrs.push_back(n.unitNamed("transpose_a"));
  if (n.intAttr("transB", 0))
    attrs.push_back(n.unitNamed("transpose_b"));
  if (a && b && (typeOf(a).getRank() != 2 || typeOf(b).getRank() != 2))
    return n.error("takes matrices, got " + shapeText(typeOf(a).getShape()) + " and " +
                   shapeText(typeOf(b).getShape()));
  Value y = scaled(n, n.emit<nn::MatmulOp>({a, b}, attrs), n.floatAttr("alpha", 1));
  if (y && n.has(2)) {
    Type product = y.getType();
    y = n.emit<nn::AddOp>({y, scaled(n, n.data(2), n.floatAttr("beta", 1))});
    if (y && y.getType() != product)
      return n.error("its third input is larger than the product");
  }
  n.set(y);
}

/// Sets determinants of matrices up to 3x3, by their formulas.
static void determinant(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  int64_t rank = x ? typeOf(x).getRank() : 0;
  if (!x || rank < 2 || shapeOf(x)[rank - 1] != shapeOf(x)[rank - 2])
    return n.error("needs square matrices");
  int64_t size = shapeOf(x).back();
  if (size < 1 || size > 3)
    return n.unsupported("determinants of matrices larger than 3x3 are not supported");
  auto at = [&](int64_t i, int64_t j) {
    Value element = n.part(n.part(x, rank - 2, i, 1), rank - 1, j, 1);
    return n.reshape(element, shapeOf(x).drop_back(2));
  };
  auto minor = [&](int64_t i, int64_t j, int64_t k, int64_t l) { // rows i and j, columns k and l
    return a.sub(a.mul(at(i, k), at(j, l)), a.mul(at(i, l), at(j, k)));
  };
  if (size < 3)
    return n.set(size == 1 ? at(0, 0) : minor(0, 1, 0, 1));
  Value sum = a.sub(a.mul(at(0, 0), minor(1, 2, 1, 2)), a.mul(at(0, 1), minor(1, 2, 0, 2)));
  n.set(a.add(sum, a.mul(at(0, 2), minor(1, 2, 0, 1))));
}

void plimsoll::import::addContractionOps(llvm::StringMap<OpEntry> &table) {
  table["MatMul"].data = matmul;
  table["Gemm"].data = gemm;
  table["Det"].data = determinant;
}
