//===- RaiseGelu.cpp - raise decomposed GELU ------------------------------------===//
#include "dialects/nn/NNNames.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/prepare/Matching.h"
#include "passes/prepare/Passes.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_RAISEGELUPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

/// True if the product of `factors` is x^3, as a power or as products.
static bool isCubeOf(ArrayRef<Value> factors, Value x) {
  if (factors.size() == 3)
    return llvm::all_equal(factors) && factors[0] == x;
  auto pow = factors.size() == 1 ? factors[0].getDefiningOp<nn::PowOp>() : nn::PowOp();
  auto exponent = pow ? constantNumber(pow.getB()) : std::nullopt;
  return exponent && *exponent == 3.0 && pow.getA() == x;
}

/// True if `value` is sqrt(2/pi) (x + 0.044715 x^3).
static bool isTanhInner(Value value, Value x) {
  Product product = takeApart(value);
  if (product.factors.size() != 1 || !isNear(product.number, 0.7978845608028654))
    return false;
  auto add = product.factors[0].getDefiningOp<nn::AddOp>();
  Value cube = add ? otherOperand(add, x) : Value();
  if (!cube)
    return false;
  Product cubed = takeApart(cube);
  return isNear(cubed.number, 0.044715) && isCubeOf(cubed.factors, x);
}

/// True if `value` is x / sqrt(2).
static bool isErfInner(Value value, Value x) {
  Product product = takeApart(value);
  return product.factors.size() == 1 && product.factors[0] == x &&
         isNear(product.number, 0.7071067811865476);
}

namespace {

struct RaiseGelu : OpRewritePattern<nn::MulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MulOp op, PatternRewriter &rewriter) const override {
    Product product = takeApart(op.getY());
    if (product.factors.size() != 2 || !isNear(product.number, 0.5))
      return failure();
    for (int i = 0; i < 2; ++i) {
      Value x = product.factors[i], inner = addendBesides(product.factors[1 - i], 1.0);
      if (!inner || x.getType() != op.getY().getType())
        continue;
      auto erf = inner.getDefiningOp<nn::ErfOp>();
      auto tanh = inner.getDefiningOp<nn::TanhOp>();
      if (!(erf && isErfInner(erf.getX(), x)) && !(tanh && isTanhInner(tanh.getX(), x)))
        continue;
      emitRemark(op.getLoc(), "raised to nn.gelu: ") << nn::describe(op);
      rewriter.replaceOpWithNewOp<nn::GeluOp>(op, x, /*tanh_approximation=*/bool(tanh));
      return success();
    }
    return failure();
  }
};

struct RaiseGeluPass : prepare::impl::RaiseGeluPassBase<RaiseGeluPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<RaiseGelu>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
