//===- MergeOps.cpp - ops for which there is one kernel -------------------------===//
#include "passes/fuse/MergeOps.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Phases.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace plimsoll;

/// Lets the op that replaces both `a` and `b`, of one block, stand where the first one does.
static void insertAtFirst(PatternRewriter &rewriter, Operation *a, Operation *b) {
  rewriter.setInsertionPoint(a->isBeforeInBlock(b) ? a : b);
}

/// True if `value` exists where `op` stands.
static bool isThereBefore(Value value, Operation *op) {
  Operation *maker = value.getDefiningOp();
  return !maker || maker->getBlock() != op->getBlock() || maker->isBeforeInBlock(op);
}

namespace {

/// Merges a cross entropy and its gradient into one op if the gradient of the loss is the constant
/// 1.
struct MergeCrossEntropy : OpRewritePattern<nn::CrossEntropyGradOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::CrossEntropyGradOp gradient,
                                PatternRewriter &rewriter) const override {
    DenseFPElementsAttr dloss;
    if (!matchPattern(gradient.getDloss(), m_Constant(&dloss)) || !dloss.isSplat() ||
        !dloss.getSplatValue<APFloat>().isExactlyValue(1.0))
      return failure();
    for (Operation *user : gradient.getLogits().getUsers()) {
      auto loss = dyn_cast<nn::CrossEntropyOp>(user);
      if (!loss || loss.getLogits() != gradient.getLogits() ||
          loss.getLabels() != gradient.getLabels() || loss.getWeights() != gradient.getWeights() ||
          loss.getLabelSmoothingAttr() != gradient.getLabelSmoothingAttr() ||
          loss.getIgnoreIndexAttr() != gradient.getIgnoreIndexAttr() ||
          loss.getAxisAttr() != gradient.getAxisAttr() ||
          loss.getFirstRowAttr() != gradient.getFirstRowAttr() ||
          loss->getBlock() != gradient->getBlock())
        continue;
      insertAtFirst(rewriter, gradient, loss);
      auto both = nn::CrossEntropyWithGradOp::create(
          rewriter, nn::locationOfBoth(loss, gradient), loss.getLogits(), loss.getLabels(),
          loss.getWeights(), loss.getLabelSmoothingAttr(), loss.getIgnoreIndexAttr(),
          loss.getAxisAttr(), loss.getFirstRowAttr());
      rewriter.replaceOp(loss, {both.getLoss(), both.getAccuracy()});
      rewriter.replaceOp(gradient, both.getDlogits());
      return success();
    }
    return failure();
  }
};

/// Merges the gradients of a layer normalisation with respect to its input and to its parameters.
struct MergeLayerNormGradients : OpRewritePattern<nn::LayerNormGradParamsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::LayerNormGradParamsOp params,
                                PatternRewriter &rewriter) const override {
    for (Operation *user : params.getDy().getUsers()) {
      auto input = dyn_cast<nn::LayerNormGradInputOp>(user);
      if (!input || input.getDy() != params.getDy() || input.getX() != params.getX() ||
          input.getMean() != params.getMean() || input.getRstd() != params.getRstd() ||
          input.getScale().getType() != params.getDscale().getType() ||
          input->getBlock() != params->getBlock() || !isThereBefore(input.getScale(), params))
        continue;
      insertAtFirst(rewriter, input, params);
      auto both = nn::LayerNormGradOp::create(rewriter, nn::locationOfBoth(input, params),
                                              input.getDy(), input.getX(), input.getScale(),
                                              input.getMean(), input.getRstd(), /*addend=*/Value(),
                                              input.getUncenteredAttr());
      rewriter.replaceOp(input, both.getDx());
      rewriter.replaceOp(params, {both.getDscale(), both.getDbias()});
      return success();
    }
    return failure();
  }
};

/// Merges a batch normalisation, perhaps what is added to it, and a relu.
struct MergeBatchNormRelu : OpRewritePattern<nn::ReluOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ReluOp relu, PatternRewriter &rewriter) const override {
    if (nn::BatchNormOp norm = onlyReadBy(relu->getOperand(0), relu))
      return merge(norm, {}, relu, rewriter);
    auto add = relu->getOperand(0).getDefiningOp<nn::AddOp>();
    if (!add || !add->hasOneUse())
      return failure();
    for (unsigned side : {0, 1}) {
      Value addend = add->getOperand(1 - side);
      nn::BatchNormOp norm = onlyReadBy(add->getOperand(side), add);
      if (norm && addend.getType() == norm.getY().getType() && isThereBefore(addend, norm))
        return merge(norm, addend, relu, rewriter);
    }
    return failure();
  }

  /// Returns the batch normalisation that makes `value`, if only `reader` reads that.
  static nn::BatchNormOp onlyReadBy(Value value, Operation *reader) {
    auto norm = value.getDefiningOp<nn::BatchNormOp>();
    bool isOnly =
        norm && value == norm.getY() && value.hasOneUse() && norm->getBlock() == reader->getBlock();
    return isOnly ? norm : nullptr;
  }

  static LogicalResult merge(nn::BatchNormOp norm, Value addend, nn::ReluOp relu,
                             PatternRewriter &rewriter) {
    rewriter.setInsertionPoint(norm);
    // The relu's number is of its one result; here the statistics follow it.
    auto both =
        nn::BatchNormReluOp::create(rewriter, nn::withoutValues(relu.getLoc()), norm.getX(),
                                    norm.getScale(), norm.getBias(), addend, norm.getEpsilonAttr());
    rewriter.replaceOp(relu, both.getY());
    rewriter.replaceAllUsesWith(norm.getMean(), both.getMean());
    rewriter.replaceAllUsesWith(norm.getVariance(), both.getVariance());
    return success(); // the others are dead
  }
};

/// Merges the gradients of a relu and of the batch normalisation before it.
struct MergeBatchNormReluGradients : OpRewritePattern<nn::BatchNormGradOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::BatchNormGradOp norm,
                                PatternRewriter &rewriter) const override {
    auto relu = norm.getDy().getDefiningOp<nn::ReluGradOp>();
    Type type = norm.getX().getType();
    if (!relu || !relu->hasOneUse() || relu->getOperand(0).getType() != type ||
        relu->getOperand(1).getType() != type)
      return failure();
    rewriter.replaceOpWithNewOp<nn::BatchNormReluGradOp>(
        norm, relu->getOperand(0), relu->getOperand(1), norm.getX(), norm.getScale(),
        norm.getMean(), norm.getVariance(), norm.getEpsilonAttr());
    return success();
  }
};

} // namespace

void plimsoll::fuse::addLossPattern(RewritePatternSet &patterns) {
  patterns.add<MergeCrossEntropy>(patterns.getContext());
}

void plimsoll::fuse::addMergePatterns(RewritePatternSet &patterns) {
  patterns.add<MergeLayerNormGradients, MergeBatchNormRelu, MergeBatchNormReluGradients>(
      patterns.getContext());
}
