//===- RaiseAttention.cpp - raise decomposed attention --------------------------===//
//
// Four patterns, one after the other: products and a softmax become nn.attention on [batch, heads,
// tokens, features]; a constant mask that hides only the future becomes `causal`; keys and values
// whose heads were repeated for groups of queries are read unrepeated; transposes around the op
// become its layout.
//===----------------------------------------------------------------------===//
#include "dialects/nn/NNNames.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/prepare/Matching.h"
#include "passes/prepare/Passes.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_RAISEATTENTIONPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

static constexpr int64_t kSwapHeadsAndTokens[] = {0, 2, 1, 3};

/// Returns `value` with `permutation` applied; a transpose that made `value` becomes part of the
/// new one.
static Value permute(PatternRewriter &rewriter, Value value, ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> composed(permutation);
  if (auto inner = value.getDefiningOp<nn::TransposeOp>()) {
    for (int64_t &p : composed)
      p = inner.getPermutation()[p];
    value = inner.getX();
  }
  if (llvm::is_sorted(composed))
    return value;
  return nn::TransposeOp::create(rewriter, value.getLoc(), value, composed);
}

/// Returns the operand of a product with a constant and multiplies the constant into `scale`;
/// returns `value` if it is no such product.
static Value withoutScale(Value value, double &scale) {
  Product product = takeApart(value);
  if (product.factors.size() != 1)
    return value;
  scale *= product.number;
  return product.factors[0];
}

/// Returns the softmax below the exporter's guard `where(isnan(p), 0, p)`, or `p` itself; null if
/// there is none.
static nn::SoftmaxOp guardedSoftmax(Value value) {
  if (auto select = value.getDefiningOp<nn::SelectOp>()) {
    auto isNan = select.getCondition().getDefiningOp<nn::IsNanOp>();
    auto zero = constantNumber(select.getA());
    if (isNan && isNan.getX() == select.getB() && zero && *zero == 0.0)
      value = select.getB();
  }
  return value.getDefiningOp<nn::SoftmaxOp>();
}

// Masks ---------------------------------------------------------------------

namespace {
enum class MaskKind { Nothing, Causal, Other };
} // namespace

/// Classifies what a constant mask hides. Numbers at or below kHidden count as minus infinity.
static MaskKind classifyMask(DenseElementsAttr mask) {
  constexpr double kHidden = -1e30;
  constexpr int64_t kMostLookedAt = int64_t(1) << 30;
  auto type = cast<RankedTensorType>(mask.getType());
  if (type.getNumElements() > kMostLookedAt)
    return MaskKind::Other;
  SmallVector<bool> hidden;
  hidden.reserve(type.getNumElements());
  if (type.getElementType().isInteger(1)) {
    for (bool seen : mask.getValues<bool>())
      hidden.push_back(!seen);
  } else {
    for (const APFloat &value : mask.getValues<APFloat>()) {
      double number = value.convertToDouble();
      if (number != 0.0 && !(number <= kHidden))
        return MaskKind::Other;
      hidden.push_back(number != 0.0);
    }
  }
  if (llvm::none_of(hidden, [](bool h) { return h; }))
    return MaskKind::Nothing;
  int64_t keys = type.getShape().back();
  int64_t queries = type.getRank() < 2 ? 1 : type.getShape()[type.getRank() - 2];
  if (queries != keys)
    return MaskKind::Other;
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    int64_t query = i / keys % queries, key = i % keys;
    if (hidden[i] != (key > query))
      return MaskKind::Other;
  }
  return MaskKind::Causal;
}

// Heads ---------------------------------------------------------------------

/// Returns the tensor that `value`, [batch, group x repeats, tokens, features], repeats, with a
/// dimension of size 1 for the repeats; null if it repeats nothing. `heads` is the dimension of the
/// heads.
static Value repeated(Value value, int64_t heads) {
  auto merged = value.getDefiningOp<nn::ReshapeOp>();
  auto repeat = merged ? merged.getX().getDefiningOp<nn::BroadcastOp>() : nn::BroadcastOp();
  if (!repeat || repeat.getType().getRank() != 5)
    return {};
  SmallVector<int64_t> single(repeat.getType().getShape()), whole = single;
  single[heads + 1] = 1;
  whole[heads] *= whole[heads + 1];
  whole.erase(whole.begin() + heads + 1);
  bool repeats = repeat.getX().getType() != repeat.getType() &&
                 repeat.getX().getType().getShape() == ArrayRef<int64_t>(single) &&
                 merged.getType().getShape() == ArrayRef<int64_t>(whole);
  return repeats ? repeat.getX() : Value();
}

/// Returns `value` without dimension `d`, whose size is 1.
static Value dropDimension(PatternRewriter &rewriter, Value value, int64_t d) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape.erase(shape.begin() + d);
  return nn::ReshapeOp::create(rewriter, value.getLoc(), type.clone(shape), value);
}

namespace {

struct RaiseAttention : OpRewritePattern<nn::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatmulOp op, PatternRewriter &rewriter) const override {
    nn::SoftmaxOp softmax = guardedSoftmax(op.getA());
    if (!softmax || op.getTransposeA() || op.getTransposeB() || op.getType().getRank() != 4 ||
        !op.getAddends().empty())
      return failure();
    double scale = 1.0;
    Value mask, scores = withoutScale(softmax.getX(), scale);
    if (auto add = scores.getDefiningOp<nn::AddOp>(); add && scale == 1.0) {
      bool left = isScores(add.getA());
      if (!left && !isScores(add.getB()))
        return failure();
      mask = left ? add.getB() : add.getA();
      scores = withoutScale(left ? add.getA() : add.getB(), scale);
    }
    auto product = scores.getDefiningOp<nn::MatmulOp>();
    if (!product || product.getTransposeA() || !product.getAddends().empty() ||
        product.getType() != softmax.getType())
      return failure();
    Value q = withoutScale(product.getA(), scale), k = withoutScale(product.getB(), scale);
    if (q.getType() != product.getA().getType() || k.getType() != product.getB().getType())
      return failure();
    for (Value operand : {q, k, Value(op.getB())}) // a matrix shared by all heads has rank 2 and
                                                   // does not match
      if (auto type = cast<RankedTensorType>(operand.getType());
          type.getRank() != 4 || type.getDimSize(1) == 0 ||
          type.getElementType() != getElementTypeOrSelf(q.getType()))
        return failure();
    int64_t keys = product.getType().getShape().back();
    if (mask && (!isFixed(mask) || !(mask = asFourDimensions(rewriter, mask, keys))))
      return failure();
    if (!product.getTransposeB())
      k = permute(rewriter, k, {0, 1, 3, 2});
    emitRemark(op.getLoc(), "raised to nn.attention: ") << nn::describe(op);
    auto attention = nn::AttentionOp::create(rewriter, op.getLoc(), q, k, op.getB(), mask,
                                             APFloat(scale), /*causal=*/false,
                                             /*heads_inner=*/false);
    rewriter.replaceOp(op, attention.getY());
    return success();
  }

  /// True if `value` is a matrix product, scaled or not.
  static bool isScores(Value value) {
    double scale = 1.0;
    return withoutScale(value, scale).getDefiningOp<nn::MatmulOp>() != nullptr;
  }
};

/// Replaces constant masks that hide nothing, or the future, by attributes.
struct RecogniseMask : OpRewritePattern<nn::AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionOp op, PatternRewriter &rewriter) const override {
    DenseElementsAttr mask;
    if (!op.getMask() || !matchPattern(op.getMask(), m_Constant(&mask)))
      return failure();
    MaskKind kind = classifyMask(mask);
    if (kind == MaskKind::Other)
      return failure();
    if (kind == MaskKind::Causal)
      emitRemark(op.getLoc(), "causal mask recognised: ") << nn::describe(op);
    rewriter.replaceOpWithNewOp<nn::AttentionOp>(
        op, op.getQ(), op.getK(), op.getV(), Value(), op.getScale(),
        op.getCausal() || kind == MaskKind::Causal, op.getHeadsInner());
    return success();
  }
};

/// Drops the repetition of heads of keys and values: the op shares them between queries itself.
struct ShareHeads : OpRewritePattern<nn::AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionOp op, PatternRewriter &rewriter) const override {
    int64_t heads = op.getHeadsInner() ? 2 : 1;
    Value k = repeated(op.getK(), heads), v = repeated(op.getV(), heads);
    if (!k || !v ||
        cast<RankedTensorType>(k.getType()).getDimSize(heads) !=
            cast<RankedTensorType>(v.getType()).getDimSize(heads))
      return failure();
    emitRemark(op.getLoc(), "heads of keys and values shared, not repeated: ") << nn::describe(op);
    k = dropDimension(rewriter, k, heads + 1);
    v = dropDimension(rewriter, v, heads + 1);
    rewriter.modifyOpInPlace(op, [&] {
      op.getKMutable().assign(k);
      op.getVMutable().assign(v);
    });
    return success();
  }
};

/// Drops transposes that swap heads and tokens around the op, by setting `heads_inner`.
struct KeepHeadsInside : OpRewritePattern<nn::AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionOp op, PatternRewriter &rewriter) const override {
    if (op.getHeadsInner())
      return failure();
    for (Value operand : {op.getQ(), op.getK(), op.getV()}) {
      auto transpose = operand.getDefiningOp<nn::TransposeOp>();
      if (!transpose || transpose.getPermutation() != ArrayRef(kSwapHeadsAndTokens))
        return failure();
    }
    auto source = [](Value value) { return value.getDefiningOp<nn::TransposeOp>().getX(); };
    auto inner = nn::AttentionOp::create(rewriter, op.getLoc(), source(op.getQ()),
                                         source(op.getK()), source(op.getV()), op.getMask(),
                                         op.getScale(), op.getCausal(), /*heads_inner=*/true);
    Value y = nn::TransposeOp::create(rewriter, op.getLoc(), inner.getY(), kSwapHeadsAndTokens);
    rewriter.replaceOp(op, {y, inner.getLse()});
    return success();
  }
};

struct RaiseAttentionPass : prepare::impl::RaiseAttentionPassBase<RaiseAttentionPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseAttention, RecogniseMask, ShareHeads, KeepHeadsInside>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
