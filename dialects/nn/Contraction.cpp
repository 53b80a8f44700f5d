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
  FactorBuilder builder(*this);
  FactorLabels y = builder.result(0) = builder.addAll(getY(), FactorKind::free);
  ArrayRef<int64_t> a = getA().getType().getShape();
  int64_t k = builder.add(a[a.size() - (getTransposeA() ? 2 : 1)], FactorKind::reduced);
  int64_t n = y.pop_back_val(), m = y.pop_back_val(); // what is left is the batch
  auto name = [&](unsigned index, bool transposed, int64_t row, int64_t column) {
    FactorLabels &labels = builder.operand(index);
    if (tensorType(getOperand(index)).getRank() > 2)
      labels = y;
    labels.push_back(transposed ? column : row);
    labels.push_back(transposed ? row : column);
  };
  name(0, getTransposeA(), m, k);
  name(1, getTransposeB(), k, n);
  for (unsigned index = 2; index < getNumOperands(); ++index) {
    builder[k].kind = FactorKind::whole; // every part would add them
    builder.operand(index) = getOperand(index) == getBias() ? FactorLabels{n} : builder.result(0);
  }
  return builder.finish();
}

LogicalResult MatmulOp::verify() {
  auto fits = [&](Value addend, bool isVector) {
    ArrayRef<int64_t> shape = getType().getShape();
    return addend.getType() == getType().clone(isVector ? shape.take_back() : shape);
  };
  OperandRange addends = getAddends();
  bool isRight = addends.size() <= 2;
  if (addends.size() == 1)
    isRight = fits(addends[0], true) || fits(addends[0], false);
  if (addends.size() == 2)
    isRight = fits(addends[0], true) && fits(addends[1], false);
  if (!isRight)
    return emitOpError("adds a vector of one number for each column, a tensor like its result, ")
           << getType() << ", or both in this order, got " << addends.getTypes();
  return success();
}

Value MatmulOp::getBias() {
  bool isVector = !getAddends().empty() && tensorType(getAddends().front()).getRank() == 1;
  return isVector ? getAddends().front() : Value();
}
Value MatmulOp::getAddend() {
  bool isLike = !getAddends().empty() && tensorType(getAddends().back()).getRank() > 1;
  return isLike ? getAddends().back() : Value();
}

SmallVector<InPlacePair> MatmulOp::getInPlacePairs() {
  if (!getAddend())
    return {};
  return {{0, getNumOperands() - 1}};
}

int64_t MatmulOp::getFlops() {
  int64_t product = 2;
  for (Factor factor : getIndexFactors().factors)
    product *= factor.size;
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

namespace {
/// Names the indices of attention and of its gradient.
class AttentionFactors {
public:
  FactorBuilder builder;

  template <typename Op>
  AttentionFactors(Op op, bool isGradient) : builder(op), inner(op.getHeadsInner()) {
    HeadShape q(op.getQ().getType(), inner), v(op.getV().getType(), inner);
    // The gradients of what others share are sums over those.
    FactorKind shared = isGradient ? FactorKind::reduced : FactorKind::free;
    FactorKind softmax = isGradient ? FactorKind::reduced : FactorKind::whole;
    bool causal = op.getCausal();
    batch = builder.add(q.batch, FactorKind::free);
    addHeads(q.heads, v.heads, shared);
    query = builder.add(q.tokens, causal ? FactorKind::ordered : shared);
    key = builder.add(v.tokens, causal && isGradient ? FactorKind::ordered : softmax);
    feature = builder.add(q.features, FactorKind::whole);
    value = builder.add(v.features, shared);
  }

  FactorLabels q() const { return order(heads, query, feature); }
  FactorLabels k() const { return order(keyHeads, key, feature); }
  FactorLabels v() const { return order(keyHeads, key, value); }
  FactorLabels y() const { return order(heads, query, value); }
  FactorLabels lse() const { return {batch, heads, query}; }

  /// Returns the labels of a mask, whose dimensions of size 1 are repeated.
  FactorLabels mask(Value mask) {
    FactorLabels labels;
    int64_t scores[] = {batch, heads, query, key};
    for (auto [label, size] : llvm::zip(scores, tensorType(mask).getShape()))
      labels.push_back(size == 1 && builder[label].size != 1 ? IndexFactors::kRepeated : label);
    return labels;
  }

  /// Returns `labels` with one for the sums of all heads that read the one head of keys.
  FactorLabels summed(FactorLabels labels) {
    int64_t &head = labels[inner ? 2 : 1];
    if (head == IndexFactors::kRepeated)
      head = builder.add(1, FactorKind::whole);
    return labels;
  }

private:
  /// Adds the heads. Groups of several that share one cannot be cut without their counts.
  void addHeads(int64_t count, int64_t keyCount, FactorKind shared) {
    bool isOne = count == keyCount, isShared = keyCount == 1;
    heads = builder.add(count, isOne ? FactorKind::free : isShared ? shared : FactorKind::whole);
    keyHeads = isOne      ? heads
               : isShared ? IndexFactors::kRepeated
                          : builder.add(keyCount, FactorKind::whole);
  }

  FactorLabels order(int64_t head, int64_t token, int64_t last) const {
    return inner ? FactorLabels{batch, token, head, last} : FactorLabels{batch, head, token, last};
  }

  bool inner;
  int64_t batch, heads, keyHeads, query, key, feature, value;
};
} // namespace

IndexFactors AttentionOp::getIndexFactors() {
  AttentionFactors factors(*this, /*isGradient=*/false);
  FactorBuilder &builder = factors.builder;
  builder.operand(0) = factors.q();
  builder.operand(1) = factors.k();
  builder.operand(2) = factors.v();
  if (Value mask = getMask())
    builder.operand(3) = factors.mask(mask);
  builder.result(0) = factors.y();
  builder.result(1) = factors.lse();
  return builder.finish();
}

/// Takes keys for independent, which they are once `lse` and `y` are given.
IndexFactors AttentionGradOp::getIndexFactors() {
  AttentionFactors factors(*this, /*isGradient=*/true);
  FactorBuilder &builder = factors.builder;
  builder.operand(0) = builder.operand(4) = factors.y();
  builder.operand(1) = builder.result(0) = factors.q();
  builder.operand(2) = factors.k();
  builder.operand(3) = factors.v();
  builder.operand(5) = factors.lse();
  if (Value mask = getMask())
    builder.operand(6) = factors.mask(mask);
  builder.result(1) = factors.summed(factors.k());
  builder.result(2) = factors.summed(factors.v());
  return builder.finish();
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
