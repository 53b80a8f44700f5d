//===- SimplifyParts.cpp - parts that are put together again --------------------===//
#include "passes/prepare/SimplifyParts.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll;
using nn::tensorType;

namespace {

/// Some slices of a tensor, next to each other along a dimension.
struct Segment {
  Value source;
  int64_t begin, size;

  bool isWhole(int64_t axis) const {
    return begin == 0 && size == tensorType(source).getDimSize(axis);
  }
};
using Segments = SmallVector<Segment>;

/// Appends the slices [begin, begin + size) of `value` along `axis`, found through splits and
/// concatenations along it, up to `depth` of them. Neighbours of the same tensor become one.
void collect(Value value, int64_t axis, int64_t begin, int64_t size, int depth, Segments &found) {
  if (size == 0)
    return;
  auto split = value.getDefiningOp<nn::SplitOp>();
  if (split && int64_t(split.getAxis()) == axis && depth > 0) {
    for (auto [result, length] : llvm::zip(split->getResults(), split.getSizes())) {
      if (result == value)
        break;
      begin += length;
    }
    return collect(split.getX(), axis, begin, size, depth - 1, found);
  }
  auto concat = value.getDefiningOp<nn::ConcatOp>();
  if (concat && int64_t(concat.getAxis()) == axis && depth > 0) {
    for (Value input : concat.getInputs()) {
      int64_t length = tensorType(input).getDimSize(axis);
      int64_t from = std::max<int64_t>(begin, 0), to = std::min(begin + size, length);
      if (from < to)
        collect(input, axis, from, to - from, depth - 1, found);
      begin -= length;
    }
    return;
  }
  if (!found.empty() && found.back().source == value &&
      found.back().begin + found.back().size == begin)
    found.back().size += size;
  else
    found.push_back({value, begin, size});
}

/// Returns the tensors that `value` is one after the other along `axis`; nothing if it has slices
/// of a tensor without the others.
std::optional<SmallVector<Value>> wholeTensors(Value value, int64_t axis) {
  constexpr int depth = 12;
  Segments segments;
  collect(value, axis, 0, tensorType(value).getDimSize(axis), depth, segments);
  SmallVector<Value> sources;
  for (const Segment &segment : segments) {
    if (!segment.isWhole(axis))
      return std::nullopt;
    sources.push_back(segment.source);
  }
  return sources.empty() ? std::nullopt : std::optional(sources);
}

/// Returns the tensors one after the other.
Value joined(PatternRewriter &rewriter, Location loc, ArrayRef<Value> tensors, int64_t axis) {
  return tensors.size() == 1 ? tensors[0]
                             : nn::ConcatOp::create(rewriter, loc, ValueRange(tensors), axis);
}

struct JoinAgain : OpRewritePattern<nn::ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::ConcatOp op, PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis();
    auto tensors = wholeTensors(op.getResult(), axis);
    if (!tensors || llvm::equal(*tensors, op.getInputs()))
      return failure();
    rewriter.replaceOp(op, joined(rewriter, op.getLoc(), *tensors, axis));
    return success();
  }
};

struct TakeApartAgain : OpRewritePattern<nn::SplitOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(nn::SplitOp op, PatternRewriter &rewriter) const override {
    int64_t axis = op.getAxis();
    if (op->use_empty())
      return failure();
    SmallVector<std::optional<SmallVector<Value>>> parts;
    for (Value result : op->getResults()) {
      parts.push_back(result.use_empty() ? std::nullopt : wholeTensors(result, axis));
      if (!result.use_empty() && !parts.back())
        return failure();
    }
    for (auto [result, tensors] : llvm::zip(op->getResults(), parts))
      if (tensors)
        rewriter.replaceAllUsesWith(result, joined(rewriter, op.getLoc(), *tensors, axis));
    rewriter.eraseOp(op);
    return success();
  }
};

} // namespace

void plimsoll::prepare::addPartsPatterns(RewritePatternSet &patterns) {
  patterns.add<JoinAgain, TakeApartAgain>(patterns.getContext());
}
