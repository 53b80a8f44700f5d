//===- AssignPrecision.cpp - factors of products in bf16 ------------------------===//
#include "dialects/nn/NNDialect.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/precision/Passes.h"

namespace plimsoll::precision {
#define GEN_PASS_DEF_ASSIGNPRECISIONPASS
#include "passes/precision/Passes.h.inc"
} // namespace plimsoll::precision

using namespace mlir;
using namespace plimsoll;

static bool isSingle(Value value) {
  return getElementTypeOrSelf(value.getType()).isF32();
}

static bool isNarrowing(Operation *op) {
  auto cast = dyn_cast<nn::CastOp>(op);
  return cast && cast.getTo().isBF16() && isSingle(cast.getX());
}

/// `value` in bf16; a reader of messages knows it by the name of what is rounded.
static Value narrowed(PatternRewriter &rewriter, Value value) {
  return nn::CastOp::create(rewriter, value.getLoc(), value, rewriter.getBF16Type());
}

namespace {

struct NarrowMatmul : OpRewritePattern<nn::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatmulOp op, PatternRewriter &rewriter) const override {
    if (!isSingle(op.getA()))
      return failure();
    Value a = narrowed(rewriter, op.getA()), b = narrowed(rewriter, op.getB());
    rewriter.modifyOpInPlace(op, [&] {
      op.getAMutable().assign(a);
      op.getBMutable().assign(b);
    });
    return success();
  }
};

/// The result too is rounded: its gradient and the next product read it.
struct NarrowAttention : OpRewritePattern<nn::AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionOp op, PatternRewriter &rewriter) const override {
    if (!isSingle(op.getQ()))
      return failure();
    auto rounded = nn::AttentionOp::create(
        rewriter, op.getLoc(), narrowed(rewriter, op.getQ()), narrowed(rewriter, op.getK()),
        narrowed(rewriter, op.getV()), op.getMask(), op.getScaleAttr(), op.getCausalAttr(),
        op.getHeadsInnerAttr());
    Value y = nn::CastOp::create(rewriter, op.getLoc(), rounded.getY(), rewriter.getF32Type());
    rewriter.replaceOp(op, {y, rounded.getLse()});
    return success();
  }
};

struct NarrowAttentionGrad : OpRewritePattern<nn::AttentionGradOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionGradOp op, PatternRewriter &rewriter) const override {
    if (!isSingle(op.getQ()))
      return failure();
    SmallVector<std::pair<OpOperand *, Value>> factors;
    for (OpOperand *operand : {&op.getDyMutable(), &op.getQMutable(), &op.getKMutable(),
                               &op.getVMutable(), &op.getYMutable()})
      factors.emplace_back(operand, narrowed(rewriter, operand->get()));
    rewriter.modifyOpInPlace(op, [&] {
      for (auto [operand, value] : factors)
        operand->set(value);
    });
    return success();
  }
};

struct MoveCastUp : OpRewritePattern<nn::CastOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::CastOp cast, PatternRewriter &rewriter) const override {
    Operation *movement = cast.getX().getDefiningOp();
    if (!movement || !isNarrowing(cast))
      return failure();
    bool alone = llvm::all_of(movement->getUsers(), isNarrowing);
    if (!isa<nn::ReshapeOp>(movement) &&
        !(alone && isa<nn::TransposeOp, nn::BroadcastOp, nn::ConcatOp, nn::SplitOp>(movement)))
      return failure();
    rewriter.setInsertionPoint(movement);
    IRMapping mapping;
    for (Value operand : movement->getOperands())
      mapping.map(operand, narrowed(rewriter, operand));
    Operation *moved = rewriter.clone(*movement, mapping);
    for (auto [wide, narrow] : llvm::zip(movement->getResults(), moved->getResults())) {
      narrow.setType(llvm::cast<RankedTensorType>(wide.getType()).clone(rewriter.getBF16Type()));
      for (Operation *user : llvm::make_early_inc_range(wide.getUsers()))
        if (isNarrowing(user))
          rewriter.replaceOp(user, narrow);
    }
    return success();
  }
};

struct AssignPrecisionPass : precision::impl::AssignPrecisionPassBase<AssignPrecisionPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<NarrowMatmul, NarrowAttention, NarrowAttentionGrad, MoveCastUp>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
