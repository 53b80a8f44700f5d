//===- AssignPrecision.cpp - factors of products in bf16 ------------------------===//
#include "dialects/nn/Phases.h"
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

/// Returns `value` cast to bf16. The cast has the location of `value`, whose name messages show,
/// but is not the value of which the location may say what it is the gradient of.
static Value narrowed(PatternRewriter &rewriter, Value value) {
  return nn::CastOp::create(rewriter, nn::withoutValues(value.getLoc()), value,
                            rewriter.getBF16Type());
}

/// Casts the first `count` operands of `op`, its factors, to bf16.
static void narrowFactors(PatternRewriter &rewriter, Operation *op, unsigned count) {
  SmallVector<Value> factors;
  for (Value factor : op->getOperands().take_front(count))
    factors.push_back(narrowed(rewriter, factor));
  rewriter.modifyOpInPlace(op, [&] { op->setOperands(0, count, factors); });
}

namespace {

/// Casts the first `count` operands of `Op` to bf16. The results stay f32.
template <typename Op, unsigned count> struct NarrowFactors : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!isSingle(op->getOperand(0)))
      return failure();
    narrowFactors(rewriter, op, count);
    return success();
  }
};

/// Casts the factors and the result of attention to bf16: its gradient and the next product read
/// the result.
struct NarrowAttention : OpRewritePattern<nn::AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AttentionOp op, PatternRewriter &rewriter) const override {
    if (!isSingle(op.getQ()))
      return failure();
    narrowFactors(rewriter, op, 3);
    rewriter.modifyOpInPlace(
        op, [&] { op.getY().setType(op.getY().getType().clone(rewriter.getBF16Type())); });
    rewriter.setInsertionPointAfter(op);
    Value y = nn::CastOp::create(rewriter, nn::withoutValues(op.getLoc()), op.getY(),
                                 rewriter.getF32Type());
    rewriter.replaceAllUsesExcept(op.getY(), y, y.getDefiningOp());
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
    patterns.add<NarrowFactors<nn::MatmulOp, 2>, NarrowFactors<nn::AttentionGradOp, 5>,
                 NarrowAttention, MoveCastUp>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
