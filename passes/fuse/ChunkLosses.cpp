//===- ChunkLosses.cpp - a last product and its losses, some rows at a time ----------===//
//
// Scores for a vocabulary are the largest values of a language model's step, and each row of them
// is needed for a moment only: for its losses and its share of two gradients. The pass finds the
// product that makes the scores, what leads from it to the losses, and what leads from the gradient
// of the scores to the products that read it (ScoredRows.h), and computes all of it for some rows
// after the others; a teacher's last product as well. Sums over rows (the gradients of weight and
// bias) go on from chunk to chunk.
//
// Inside, scores are matrices [rows, classes]: reshapes that only split or merge rows vanish.
//===----------------------------------------------------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Phases.h"
#include "dialects/nn/TensorType.h"
#include "mlir/IR/IRMapping.h"
#include "passes/fuse/Order.h"
#include "passes/fuse/Passes.h"
#include "passes/fuse/ScoredRows.h"

namespace plimsoll::fuse {
#define GEN_PASS_DEF_CHUNKLOSSESPASS
#include "passes/fuse/Passes.h.inc"
} // namespace plimsoll::fuse

using namespace mlir;
using namespace plimsoll;
using fuse::columnsOf, fuse::rowsOf, fuse::ScoredRows;
using nn::tensorType;

namespace {

/// Computes the ops on rows of scores chunk by chunk.
class Chunking {
public:
  Chunking(const ScoredRows &rows, Operation *last, int64_t chunkRows)
      : rows(rows), last(last), builder(last) {
    for (int64_t first = 0; first < rows.rows(); first += chunkRows)
      sizes.push_back(std::min(chunkRows, rows.rows() - first));
    for (Operation &op : *last->getBlock())
      if (rows.isMember(&op) || rows.isEnd(&op))
        ops.push_back(&op);
  }

  /// Makes what the ops read of others available before the last loss, which is where the chunks
  /// will be. Fails where that is impossible, or if something before that reads what they make.
  LogicalResult gatherOperands() {
    for (Operation *op : ops) {
      for (Value operand : op->getOperands())
        if (!rows.isMember(operand) && (isReplaced(nn::viewedValue(operand).getDefiningOp()) ||
                                        !fuse::makeAvailable(operand, last)))
          return failure();
      if (isReplaced(op) && llvm::any_of(op->getUsers(), [&](Operation *reader) {
            return reader->isBeforeInBlock(last);
          }))
        return failure();
    }
    return success();
  }

  void run() {
    int64_t first = 0;
    for (auto [chunk, size] : llvm::enumerate(sizes)) {
      IRMapping made;
      for (Operation *op : ops)
        build(op, made, chunk, first);
      first += size;
    }
    replace();
  }

private:
  /// True for the ops whose results others read.
  bool isReplaced(Operation *op) const {
    return op && (rows.isEnd(op) || (rows.isMember(op) && fuse::isLossOfScores(op)));
  }

  Value reshaped(Value value, ArrayRef<int64_t> shape) {
    RankedTensorType type = tensorType(value).clone(shape);
    return type == value.getType() ? value
                                   : nn::ReshapeOp::create(builder, value.getLoc(), type, value);
  }

  /// Returns a chunk's rows of a tensor that is made elsewhere: all chunks' are copied at once, or,
  /// of one as large as the scores, this chunk's.
  Value rowsOfChunk(Value value, unsigned chunk, int64_t first) {
    Value source = nn::viewedValue(value);
    int64_t columns = columnsOf(value);
    Location loc = nn::withPhase(nn::withoutValues(value.getLoc()), nn::Phase::backward);
    if (columns >= rows.classes()) {
      auto numbers = llvm::to_vector(llvm::seq(first, first + sizes[chunk]));
      auto type = RankedTensorType::get({sizes[chunk]}, builder.getI64Type());
      Value indices = nn::ConstantOp::create(
          builder, loc, DenseElementsAttr::get(type, ArrayRef<int64_t>(numbers)));
      return nn::GatherOp::create(builder, loc, reshaped(source, {rows.rows(), columns}), indices,
                                  0);
    }
    SmallVector<Value> &parts = split[{source, columns}];
    if (parts.empty()) {
      Value matrix = reshaped(source, {rows.rows(), columns});
      llvm::append_range(parts, nn::SplitOp::create(builder, loc, matrix, 0, sizes)->getResults());
    }
    return parts[chunk];
  }

  void build(Operation *op, IRMapping &made, unsigned chunk, int64_t first) {
    auto chunkOf = [&](Value value) {
      if (!made.contains(value))
        made.map(value, rowsOfChunk(value, chunk, first));
      return made.lookup(value);
    };
    Location loc = op->getLoc();
    if (rows.isSum(op)) {
      buildSum(op, chunkOf);
    } else if (auto product = dyn_cast<nn::MatmulOp>(op)) {
      Value part = nn::MatmulOp::create(builder, loc, chunkOf(product.getA()), product.getB(),
                                        false, product.getTransposeB());
      made.map(product.getY(), part);
      if (rows.isInputGradient(op))
        parts[product.getY()].push_back(part);
    } else if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
      made.map(reshape.getY(), chunkOf(reshape.getX()));
    } else {
      buildRowwise(op, chunkOf, made, chunk, first);
    }
  }

  /// Makes a copy of the op for the chunk, which for a loss says what the chunk is a part of.
  void buildRowwise(Operation *op, function_ref<Value(Value)> chunkOf, IRMapping &made,
                    unsigned chunk, int64_t first) {
    bool isClasses = isa<nn::CrossEntropyOp, nn::CrossEntropyGradOp>(op);
    IRMapping operands;
    for (OpOperand &operand : op->getOpOperands()) {
      Value value = operand.get();
      if (isClasses && operand.getOperandNumber() == 1) // the labels
        operands.map(value, labelsOfAll(value));
      else if (rows.isRows(value))
        operands.map(value, chunkOf(value));
    }
    Operation *part = builder.clone(*op, operands);
    if (isClasses)
      part->setAttr("first_row", builder.getI64IntegerAttr(first));
    else if (auto loss = dyn_cast<nn::KlDivergenceOp>(part); loss && !loss.getBatch())
      loss.setBatch(batchOf(op));
    else if (auto gradient = dyn_cast<nn::KlDivergenceGradOp>(part);
             gradient && !gradient.getBatch())
      gradient.setBatch(batchOf(op));
    if (fuse::isLossOfScores(op)) {
      for (auto [whole, result] : llvm::zip_equal(op->getResults(), part->getResults()))
        add(whole, result, op->getLoc());
      return;
    }
    SmallVector<int64_t> shape = {sizes[chunk], columnsOf(op->getResult(0))};
    part->getResult(0).setType(tensorType(op->getResult(0)).clone(shape));
    made.map(op->getResult(0), part->getResult(0));
  }

  Value labelsOfAll(Value value) {
    Value &all = labels[value];
    return all ? all : all = reshaped(value, {rows.rows()});
  }

  static int64_t batchOf(Operation *divergence) {
    return tensorType(divergence->getOperand(0)).getDimSize(0);
  }

  /// Adds the chunk's part of a sum over rows to that of the chunks before.
  void buildSum(Operation *op, function_ref<Value(Value)> chunkOf) {
    auto product = dyn_cast<nn::MatmulOp>(op);
    if (!product) {
      Value part = nn::ReduceSumOp::create(builder, op->getLoc(), chunkOf(op->getOperand(0)),
                                           ArrayRef<int64_t>(0));
      return add(op->getResult(0), part, op->getLoc());
    }
    Value before = total.lookup(product.getY());
    Value left = chunkOf(product.getA()), right = chunkOf(product.getB());
    total[product.getY()] = nn::MatmulOp::create(builder, op->getLoc(), left, right, true, false,
                                                 before ? ValueRange(before) : ValueRange());
  }

  void add(Value whole, Value part, Location loc) {
    Value before = total.lookup(whole);
    total[whole] = before ? Value(nn::AddOp::create(builder, loc, before, part)) : part;
  }

  void replace() {
    for (auto &[whole, chunks] : parts) {
      Value matrix = nn::ConcatOp::create(builder, whole.getLoc(), chunks, 0);
      total[whole] = reshaped(matrix, tensorType(whole).getShape());
    }
    for (auto &[whole, made] : total)
      Value(whole).replaceAllUsesWith(made);
    for (Operation *op : llvm::reverse(ops))
      op->erase();
  }

  const ScoredRows &rows;
  Operation *last; ///< loss
  OpBuilder builder;
  SmallVector<int64_t> sizes;
  SmallVector<Operation *> ops;        ///< in order
  llvm::DenseMap<Value, Value> labels; ///< of all rows
  llvm::DenseMap<std::pair<Value, int64_t>, SmallVector<Value>> split;
  llvm::MapVector<Value, SmallVector<Value>> parts; ///< rows of results
  llvm::MapVector<Value, Value> total;              ///< sums so far, by what they replace
};

struct ChunkLossesPass : fuse::impl::ChunkLossesPassBase<ChunkLossesPass> {
  using ChunkLossesPassBase::ChunkLossesPassBase;

  void runOnOperation() override {
    for (Block &block : getOperation().getBody()) {
      llvm::SetVector<Operation *> losses;
      for (Operation &op : block)
        if (fuse::isLossOfScores(&op))
          losses.insert(&op);
      while (!losses.empty())
        chunkLossesOf(losses);
    }
  }

private:
  /// Chunks the last loss of `losses` and those that read the same scores, and removes them there.
  void chunkLossesOf(llvm::SetVector<Operation *> &losses) {
    Operation *last = losses.pop_back_val();
    ScoredRows found(last);
    if (!found.find() || !isWorthwhile(found, nn::tensorBytes(last->getOperand(0).getType())))
      return;
    Chunking chunking(found, last, rowsOfChunk(found.rows()));
    if (failed(chunking.gatherOperands()))
      return;
    losses.remove_if([&](Operation *loss) { return found.isMember(loss); });
    chunking.run();
  }

  /// Rows so many that there are at most kMostChunks.
  int64_t rowsOfChunk(int64_t all) const {
    constexpr int64_t kMostChunks = 16;
    return std::max(rows.getValue(), (all + kMostChunks - 1) / kMostChunks);
  }

  /// True if there are scores for several chunks, which take memory that is worth saving.
  bool isWorthwhile(const ScoredRows &found, int64_t scoreBytes) const {
    return found.rows() > rowsOfChunk(found.rows()) && scoreBytes >= bytes;
  }
};

} // namespace
