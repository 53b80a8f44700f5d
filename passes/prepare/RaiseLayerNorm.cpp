//===- RaiseLayerNorm.cpp - raise decomposed layer normalisation ----------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/prepare/Matching.h"
#include "passes/prepare/Passes.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_RAISELAYERNORMPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

/// Returns the tensor whose mean over the last dimension is `value`, or null.
static Value averaged(Value value) {
  Product product = takeApart(nn::viewedValue(value));
  if (product.factors.size() != 1)
    return {};
  auto sum = nn::viewedValue(product.factors[0]).getDefiningOp<nn::ReduceSumOp>();
  if (!sum)
    return {};
  RankedTensorType type = sum.getX().getType();
  bool overLast = sum.getAxes().size() == 1 && sum.getAxes()[0] == type.getRank() - 1;
  return overLast && isNear(product.number, 1.0 / type.getShape().back()) ? sum.getX() : Value();
}

/// True if `value` is the square of `x`.
static bool isSquareOf(Value value, Value x) {
  if (auto mul = value.getDefiningOp<nn::MulOp>())
    return mul.getA() == x && mul.getB() == x;
  auto pow = value.getDefiningOp<nn::PowOp>();
  auto exponent = pow ? constantNumber(pow.getB()) : std::nullopt;
  return exponent && *exponent == 2.0 && pow.getA() == x;
}

namespace {

struct Normalised {
  Value x;
  double epsilon;
  bool uncentered;
};

} // namespace

/// Returns epsilon if `value` is sqrt(mean(centered^2) + epsilon).
static std::optional<double> deviationEpsilon(Value value, Value centered) {
  auto sqrt = value.getDefiningOp<nn::SqrtOp>();
  auto add = sqrt ? sqrt.getX().getDefiningOp<nn::AddOp>() : nn::AddOp();
  if (!add)
    return std::nullopt;
  for (auto [number, mean] : {std::pair(add.getA(), add.getB()), std::pair(add.getB(), add.getA())})
    if (auto epsilon = constantNumber(number))
      if (Value square = averaged(mean); square && isSquareOf(square, centered))
        return epsilon;
  return std::nullopt;
}

/// Matches `centered / deviation`, where `deviation` is that of `centered`, which is x - mean(x) or
/// x itself.
static std::optional<Normalised> matchQuotient(Value centered, Value deviation) {
  std::optional<double> epsilon = deviationEpsilon(deviation, centered);
  if (!epsilon)
    return std::nullopt;
  auto sub = centered.getDefiningOp<nn::SubOp>();
  if (sub && averaged(sub.getB()) == sub.getA())
    return Normalised{sub.getA(), *epsilon, false};
  return Normalised{centered, *epsilon, true};
}

/// Matches the quotient, as a division or as a product with the reciprocal.
static std::optional<Normalised> matchNormalised(Value value) {
  if (auto div = value.getDefiningOp<nn::DivOp>())
    return matchQuotient(div.getA(), div.getB());
  auto mul = value.getDefiningOp<nn::MulOp>();
  if (!mul)
    return std::nullopt;
  for (auto [centered, other] :
       {std::pair(mul.getA(), mul.getB()), std::pair(mul.getB(), mul.getA())})
    if (auto reciprocal = other.getDefiningOp<nn::ReciprocalOp>())
      if (auto matched = matchQuotient(centered, reciprocal.getX()))
        return matched;
  return std::nullopt;
}

namespace {

/// Matches the product with the scale; includes the addition of the bias if there is one.
struct RaiseLayerNorm : OpRewritePattern<nn::MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MulOp op, PatternRewriter &rewriter) const override {
    for (auto [value, scale] : {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto normalised = matchNormalised(value);
      if (!normalised || normalised->x.getType() != op.getType() ||
          scale.getType().getRank() != 1 ||
          scale.getType().getShape() != op.getType().getShape().take_back(1))
        continue;
      Operation *root = op;
      Value bias;
      if (op->hasOneUse())
        if (auto add = dyn_cast<nn::AddOp>(*op->user_begin()))
          if (Value other = otherOperand(add, op.getY()); other.getType() == scale.getType()) {
            root = add;
            bias = other;
          }
      rewriter.setInsertionPoint(root);
      emitRemark(root->getLoc(), "raised to nn.layer_norm: ") << nn::describe(root);
      auto norm = nn::LayerNormOp::create(rewriter, root->getLoc(), normalised->x, scale, bias,
                                          APFloat(normalised->epsilon), normalised->uncentered);
      rewriter.replaceOp(root, norm.getY());
      return success();
    }
    return failure();
  }
};

struct RaiseLayerNormPass : prepare::impl::RaiseLayerNormPassBase<RaiseLayerNormPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseLayerNorm>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
