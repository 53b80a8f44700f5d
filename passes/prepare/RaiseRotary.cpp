//===- RaiseRotary.cpp - raise decomposed rotary embeddings ----------------------===//
#include "dialects/nn/NNNames.h"
#include "dialects/nn/TensorType.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/prepare/Matching.h"
#include "passes/prepare/Passes.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_RAISEROTARYPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;
using nn::tensorType;

/// Returns `x` if `value` is its half number `half` along the last of four dimensions, else null.
static Value wholeOfHalf(Value value, unsigned half) {
  auto split = value.getDefiningOp<nn::SplitOp>();
  bool halves = split && split.getNumResults() == 2 && split.getAxis() == 3 &&
                split.getResult(0).getType() == split.getResult(1).getType();
  return halves && value == split.getResult(half) ? split.getX() : Value();
}

/// Returns `x` if `value` is `concat(-x2, x1)`, else null.
static Value turnedOf(Value value) {
  auto concat = value.getDefiningOp<nn::ConcatOp>();
  if (!concat || concat.getInputs().size() != 2 || concat.getAxis() != 3)
    return {};
  auto negative = concat.getInputs()[0].getDefiningOp<nn::NegOp>();
  Value x = negative ? wholeOfHalf(negative.getX(), 1) : Value();
  return x && x == wholeOfHalf(concat.getInputs()[1], 0) ? x : Value();
}

namespace {

struct RaiseRotary : OpRewritePattern<nn::AddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::AddOp op, PatternRewriter &rewriter) const override {
    for (auto [plain, turned] : {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())})
      if (succeeded(raise(op, plain.getDefiningOp<nn::MulOp>(), turned.getDefiningOp<nn::MulOp>(),
                          rewriter)))
        return success();
    return failure();
  }

private:
  static LogicalResult raise(nn::AddOp op, nn::MulOp plain, nn::MulOp turned,
                             PatternRewriter &rewriter) {
    if (!plain || !turned || tensorType(op.getY()).getRank() != 4)
      return failure();
    for (auto [turns, sin] :
         {std::pair(turned.getA(), turned.getB()), std::pair(turned.getB(), turned.getA())}) {
      Value x = turnedOf(turns), cos = x ? otherOperand(plain, x) : Value();
      if (!cos || x.getType() != op.getY().getType() || cos.getType() != sin.getType() ||
          !isFixed(cos) || !isFixed(sin))
        continue;
      int64_t features = tensorType(x).getDimSize(3);
      Value first = asFourDimensions(rewriter, cos, features);
      if (!first)
        continue;
      Value second = asFourDimensions(rewriter, sin, features); // of the same type
      emitRemark(op.getLoc(), "raised to nn.rotary: ") << nn::describe(op);
      rewriter.replaceOpWithNewOp<nn::RotaryOp>(op, x, first, second, /*transposed=*/false);
      return success();
    }
    return failure();
  }
};

/// Moves a transposition of all but the features behind the op.
struct RotateFirst : OpRewritePattern<nn::RotaryOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::RotaryOp op, PatternRewriter &rewriter) const override {
    auto transpose = op.getX().getDefiningOp<nn::TransposeOp>();
    if (!transpose || transpose.getPermutation().back() != 3)
      return failure();
    ArrayRef<int64_t> permutation = transpose.getPermutation();
    SmallVector<int64_t> inverse = invertPermutationVector(permutation);
    auto turned = [&](Value table) -> Value {
      return nn::TransposeOp::create(rewriter, op.getLoc(), table, inverse);
    };
    Value cos = turned(op.getCos()), sin = turned(op.getSin());
    Value y =
        nn::RotaryOp::create(rewriter, op.getLoc(), transpose.getX(), cos, sin, op.getTransposed());
    rewriter.replaceOpWithNewOp<nn::TransposeOp>(op, y, permutation);
    return success();
  }
};

struct RaiseRotaryPass : prepare::impl::RaiseRotaryPassBase<RaiseRotaryPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseRotary, RotateFirst>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
