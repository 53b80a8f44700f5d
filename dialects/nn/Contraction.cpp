//===- Contraction.cpp - matrix products and attention -------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll::nn;

using Types = SmallVectorImpl<Type>;

static LogicalResult inferLike(Value value, Types &results) {
  results.push_back(value.getType());
  return success();
}

/// Returns the element type of sums of products of such factors, the type of a matmul's result:
/// bf16 factors accumulate into f32, others into their own type.
static Type sumType(RankedTensorType factor) {
  Type element = factor.getElementType();
  return element.isBF16() ? Float32Type::get(factor.getContext()) : element;
}

// Matmul --------------------------------------------------------------------

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                         Adaptor adaptor, Types &results) {
  RankedTensorType a = tensorType(adaptor.getA()), b = tensorType(adaptor.getB());
  if (a.getElementType() != b.getElementType())
    return emitOptionalError(loc, "element types differ: ", a, " and ", b);
  if (a.getRank() < 2 || b.getRank() < 2)
    return emitOptionalError(loc, "operands need two dimensions or more: ", a, " and ", b);
  ArrayRef<int64_t> batchA = a.getShape().drop_back(2), batchB = b.getShape().drop_back(2);
  if (!batchA.empty() && !batchB.empty() && batchA != batchB)
    return emitOptionalError(loc, "leading dimensions differ: ", a, " and ", b);
  auto last = [](RankedTensorType type, bool second) {
    return type.getDimSize(type.getRank() - (second ? 1 : 2));
  };
  int64_t m = last(a, adaptor.getTransposeA()), ka = last(a, !adaptor.getTransposeA());
  int64_t kb = last(b, adaptor.getTransposeB()), n = last(b, !adaptor.getTransposeB());
  if (ka != kb)
    return emitOptionalError(loc, "inner dimensions differ: ", ka, " of ", a, " and ", kb, " of ",
                             b);
  SmallVector<int64_t> shape(batchA.empty() ? batchB : batchA);
  shape.append({m, n});
  results.push_back(RankedTensorType::get(shape, sumType(a)));
  return success();
}

IndexFactors MatmulOp::getIndexFactors() {
  IndexFactors result;
  RankedTensorType y = tensorType(getY());
  result.factors = llvm::to_vector(y.getShape());
  int64_t rank = y.getRank(), m = rank - 2, n = rank - 1, k = rank;
  result.factors.push_back(
      tensorType(getA()).getDimSize(tensorType(getA()).getRank() - (getTransposeA() ? 2 : 1)));
  result.results.push_back(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
  auto operand = [&](Value value, bool transposed, int64_t row, int64_t column) {
    SmallVector<int64_t> dims;
    if (tensorType(value).getRank() > 2)
      llvm::append_range(dims, llvm::seq<int64_t>(0, rank - 2));
    dims.push_back(transposed ? column : row);
    dims.push_back(transposed ? row : column);
    result.operands.push_back(std::move(dims));
  };
  operand(getA(), getTransposeA(), m, k);
  operand(getB(), getTransposeB(), k, n);
  return result;
}

int64_t MatmulOp::getFlops() {
  int64_t product = 2;
  for (int64_t size : getIndexFactors().factors)
    product *= size;
  return product;
}

// Softmax -------------------------------------------------------------------

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                          Adaptor adaptor, Types &results) {
  if (tensorType(adaptor.getX()).getRank() == 0)
    return emitOptionalError(loc, "a scalar has no last dimension");
  return inferLike(adaptor.getX(), results);
}

LogicalResult SoftmaxGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                              Adaptor adaptor, Types &results) {
  if (adaptor.getDy().getType() != adaptor.getY().getType())
    return emitOptionalError(loc, "dy and y differ: ", adaptor.getDy().getType(), " and ",
                             adaptor.getY().getType());
  if (tensorType(adaptor.getY()).getRank() == 0)
    return emitOptionalError(loc, "a scalar has no last dimension");
  return inferLike(adaptor.getY(), results);
}

// Attention -----------------------------------------------------------------

namespace {
/// The dimensions of an attention operand by name.
struct HeadShape {
  int64_t batch, heads, tokens, features;
  HeadShape(RankedTensorType type, bool headsInner)
      : batch(type.getDimSize(0)), heads(type.getDimSize(headsInner ? 2 : 1)),
        tokens(type.getDimSize(headsInner ? 1 : 2)), features(type.getDimSize(3)) {}
};
} // namespace

/// Refuses a mask that does not have one bool or number for each score, or a size of 1 in
/// dimensions other than the keys.
static LogicalResult checkMask(std::optional<Location> loc, Value mask, RankedTensorType qType,
                               const HeadShape &q, const HeadShape &k) {
  RankedTensorType type = tensorType(mask);
  int64_t full[] = {q.batch, q.heads, q.tokens, k.tokens};
  bool fits = type.getRank() == 4;
  for (int d = 0; fits && d < 4; ++d)
    fits = type.getDimSize(d) == full[d] || (type.getDimSize(d) == 1 && d < 3);
  if (!fits)
    return emitOptionalError(loc, "mask ", type, " does not broadcast to ", q.batch, "x", q.heads,
                             "x", q.tokens, "x", k.tokens);
  if (!type.getElementType().isInteger(1) && type.getElementType() != sumType(qType))
    return emitOptionalError(loc, "mask ", type, " is neither of i1 nor of ", sumType(qType));
  return success();
}

/// Refuses operands q, k, v and mask whose shapes or types do not fit together.
template <typename Adaptor>
static LogicalResult checkAttention(std::optional<Location> loc, Adaptor adaptor) {
  RankedTensorType qType = tensorType(adaptor.getQ()), kType = tensorType(adaptor.getK()),
                   vType = tensorType(adaptor.getV());
  if (qType.getRank() != 4 || kType.getRank() != 4 || vType.getRank() != 4)
    return emitOptionalError(loc, "q, k and v need four dimensions");
  bool inner = adaptor.getHeadsInner();
  HeadShape q(qType, inner), k(kType, inner), v(vType, inner);
  if (k.batch != q.batch || v.batch != q.batch || k.tokens != v.tokens || k.heads != v.heads ||
      k.features != q.features)
    return emitOptionalError(loc, "q, k and v do not belong together: ", qType, ", ", kType, ", ",
                             vType);
  if (k.heads == 0 || q.heads % k.heads != 0)
    return emitOptionalError(loc, "the ", q.heads, " heads of q are no multiple of the ", k.heads,
                             " of k");
  if (qType.getElementType() != kType.getElementType() ||
      qType.getElementType() != vType.getElementType())
    return emitOptionalError(loc, "element types of q, k and v differ: ", qType, ", ", kType, ", ",
                             vType);
  Value mask = adaptor.getMask();
  return mask ? checkMask(loc, mask, qType, q, k) : success();
}

/// Returns the types of the results of attention on these operands: y and lse.
template <typename Adaptor> static SmallVector<Type> attended(Adaptor adaptor) {
  RankedTensorType qType = tensorType(adaptor.getQ());
  HeadShape q(qType, adaptor.getHeadsInner());
  SmallVector<int64_t> shape(qType.getShape());
  shape[3] = tensorType(adaptor.getV()).getDimSize(3);
  return {qType.clone(shape), RankedTensorType::get({q.batch, q.heads, q.tokens}, sumType(qType))};
}

LogicalResult AttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                            Adaptor adaptor, Types &results) {
  if (failed(checkAttention(loc, adaptor)))
    return failure();
  results.append(attended(adaptor));
  return success();
}

int64_t AttentionOp::getFlops() {
  HeadShape q(getQ().getType(), getHeadsInner()), v(getV().getType(), getHeadsInner());
  int64_t pairs = q.batch * q.heads * q.tokens * v.tokens;
  return (getCausal() ? pairs / 2 : pairs) * (2 * q.features + 2 * v.features + 6);
}

LogicalResult AttentionGradOp::inferReturnTypes(MLIRContext *, std::optional<Location> loc,
                                                Adaptor adaptor, Types &results) {
  if (adaptor.getDy().getType() != adaptor.getY().getType())
    return emitOptionalError(loc, "dy and y differ: ", adaptor.getDy().getType(), " and ",
                             adaptor.getY().getType());
  if (failed(checkAttention(loc, adaptor)))
    return failure();
  SmallVector<Type> expected = attended(adaptor);
  if (adaptor.getY().getType() != expected[0] || adaptor.getLse().getType() != expected[1])
    return emitOptionalError(loc, "y and lse should be ", expected[0], " and ", expected[1],
                             ", got ", adaptor.getY().getType(), " and ",
                             adaptor.getLse().getType());
  for (Value value : {adaptor.getQ(), adaptor.getK(), adaptor.getV()})
    results.push_back(tensorType(value).clone(sumType(tensorType(value))));
  return success();
}

int64_t AttentionGradOp::getFlops() {
  HeadShape q(getQ().getType(), getHeadsInner()), v(getV().getType(), getHeadsInner());
  int64_t pairs = q.batch * q.heads * q.tokens * v.tokens;
  return (getCausal() ? pairs / 2 : pairs) * (6 * q.features + 4 * v.features + 8);
}
