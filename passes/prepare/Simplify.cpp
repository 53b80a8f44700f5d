//===- Simplify.cpp - remove what exporters leave behind ------------------------===//
#include "dialects/nn/NNDialect.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/prepare/Matching.h"
#include "passes/prepare/Passes.h"
#include "passes/prepare/SimplifyParts.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_SIMPLIFYPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;

/// True if the permutation exchanges the last two dimensions and nothing else.
static bool swapsLastTwo(ArrayRef<int64_t> permutation) {
  int64_t rank = permutation.size();
  for (int64_t d = 0; d < rank; ++d) {
    int64_t expected = d == rank - 1 ? rank - 2 : d == rank - 2 ? rank - 1 : d;
    if (permutation[d] != expected)
      return false;
  }
  return rank >= 2;
}

namespace {

struct FoldTransposeIntoMatmul : OpRewritePattern<nn::MatmulOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::MatmulOp op, PatternRewriter &rewriter) const override {
    auto transposed = [](Value value) {
      auto transpose = value.getDefiningOp<nn::TransposeOp>();
      return transpose && swapsLastTwo(transpose.getPermutation()) ? transpose.getX() : Value();
    };
    Value a = transposed(op.getA()), b = transposed(op.getB());
    if (!a && !b)
      return failure();
    rewriter.replaceOpWithNewOp<nn::MatmulOp>(op, a ? a : op.getA(), b ? b : op.getB(),
                                              bool(a) != op.getTransposeA(),
                                              bool(b) != op.getTransposeB(), op.getAddends());
    return success();
  }
};

/// Replaces reshape(transpose(reshape(k, [-1, t, d])), [b, h, d, t]), by which exporters transpose
/// keys, by one transpose.
struct UnmergeTransposedBatch : OpRewritePattern<nn::ReshapeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ReshapeOp outer, PatternRewriter &rewriter) const override {
    auto transpose = outer.getX().getDefiningOp<nn::TransposeOp>();
    auto inner = transpose ? transpose.getX().getDefiningOp<nn::ReshapeOp>() : nn::ReshapeOp();
    if (!inner || !swapsLastTwo(transpose.getPermutation()))
      return failure();
    ArrayRef<int64_t> from = inner.getX().getType().getShape(), to = outer.getType().getShape();
    if (from.size() < 3 || from.size() != to.size() || from.drop_back(2) != to.drop_back(2) ||
        from.take_back(2) != inner.getType().getShape().take_back(2) ||
        to[to.size() - 2] != from[from.size() - 1] || to[to.size() - 1] != from[from.size() - 2])
      return failure();
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, from.size()));
    std::swap(permutation[from.size() - 2], permutation[from.size() - 1]);
    rewriter.replaceOpWithNewOp<nn::TransposeOp>(outer, inner.getX(), permutation);
    return success();
  }
};

/// Replaces a transposition that moves only dimensions of size 1 by a view.
struct ReshapeInsteadOfTranspose : OpRewritePattern<nn::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::TransposeOp op, PatternRewriter &rewriter) const override {
    SmallVector<int64_t> moved;
    for (int64_t d : op.getPermutation())
      if (op.getX().getType().getDimSize(d) != 1)
        moved.push_back(d);
    if (!llvm::is_sorted(moved))
      return failure();
    rewriter.replaceOpWithNewOp<nn::ReshapeOp>(op, op.getType(), op.getX());
    return success();
  }
};

/// Replaces a gather of all rows in order, as of positions 0, 1, ... by a view of the table.
struct ReshapeInsteadOfGather : OpRewritePattern<nn::GatherOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::GatherOp op, PatternRewriter &rewriter) const override {
    DenseIntElementsAttr indices;
    if (!matchPattern(op.getIndices(), m_Constant(&indices)) ||
        indices.getNumElements() != op.getTable().getType().getDimSize(op.getAxis()))
      return failure();
    for (auto [row, index] : llvm::enumerate(indices.getValues<APInt>()))
      if (index.getSExtValue() != int64_t(row))
        return failure();
    rewriter.replaceOpWithNewOp<nn::ReshapeOp>(op, op.getType(), op.getTable());
    return success();
  }
};

/// Drops x + 0 and x * 1, if the constant does not broadcast x.
template <typename Op> struct DropNeutral : OpRewritePattern<Op> {
  DropNeutral(MLIRContext *context, double neutral)
      : OpRewritePattern<Op>(context), neutral(neutral) {}

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    for (auto [kept, other] : {std::pair(op.getA(), op.getB()), std::pair(op.getB(), op.getA())}) {
      auto number = prepare::constantNumber(other);
      if (number && *number == neutral && kept.getType() == op.getY().getType()) {
        rewriter.replaceOp(op, kept);
        return success();
      }
    }
    return failure();
  }

  double neutral;
};

struct SimplifyPass : prepare::impl::SimplifyPassBase<SimplifyPass> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<FoldTransposeIntoMatmul, UnmergeTransposedBatch, ReshapeInsteadOfTranspose,
                 ReshapeInsteadOfGather>(&getContext());
    patterns.add<DropNeutral<nn::AddOp>>(&getContext(), 0.0);
    patterns.add<DropNeutral<nn::MulOp>>(&getContext(), 1.0);
    prepare::addPartsPatterns(patterns);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
