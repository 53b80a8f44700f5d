//===- ChunkLosses.cpp - a last product and its cross entropy, some rows at a time ----===//
//
// Scores for a vocabulary are the largest values of a language model's step, and each row of them
// is needed for a moment only: for its loss and its share of two gradients. The pass finds the
// product that makes the scores, what leads from it to the loss, and what leads from the gradient
// of the scores to the products that read it, and computes all of it for some rows after the
// others. Sums over rows (the gradients of weight and bias) go on from chunk to chunk.
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

namespace plimsoll::fuse {
#define GEN_PASS_DEF_CHUNKLOSSESPASS
#include "passes/fuse/Passes.h.inc"
} // namespace plimsoll::fuse

using namespace mlir;
using namespace plimsoll;
using nn::tensorType;

namespace {

static int64_t columnsOf(Value value) {
  RankedTensorType type = tensorType(value);
  return type.getRank() == 0 ? 1 : type.getShape().back();
}

static int64_t rowsOf(Value value) {
  int64_t columns = columnsOf(value);
  return columns == 0 ? 0 : tensorType(value).getNumElements() / columns;
}

/// True if the op only splits or merges rows.
static bool keepsRows(nn::ReshapeOp reshape) {
  return columnsOf(reshape.getX()) == columnsOf(reshape.getY());
}

/// The ops of one loss that work on rows of its scores.
class ScoredRows {
public:
  explicit ScoredRows(nn::CrossEntropyOp loss) : loss(loss) {}

  /// Finds the ops. Fails if something else reads what they make, or if they are not computed row
  /// by row.
  LogicalResult find() {
    int64_t last = tensorType(loss.getLogits()).getRank() - 1;
    if (last < 1 || loss.getClassAxis() != last || loss.getFirstRow() ||
        failed(findForward(loss.getLogits())) || !product || failed(findGradient()))
      return failure();
    members.insert(loss);
    return success(llvm::all_of(members, [&](Operation *op) {
      return op == loss || llvm::all_of(op->getUsers(), [&](Operation *user) {
               return members.contains(user) || isEnd(user);
             });
    }));
  }

  /// True for an op that reads rows and gives what others read: the input's gradient, or a sum.
  bool isEnd(Operation *op) const { return inputGradients.contains(op) || sums.contains(op); }
  bool isMember(Value value) const {
    return value.getDefiningOp() && members.contains(value.getDefiningOp());
  }

  nn::CrossEntropyOp loss;
  nn::CrossEntropyGradOp gradient; ///< null where nothing is trained
  nn::MatmulOp product;
  llvm::DenseSet<Operation *> members; ///< all of one row each, the loss and its gradient too
  llvm::DenseSet<Operation *> inputGradients; ///< products: one row of the result for each
  llvm::DenseSet<Operation *> sums;           ///< products and sums over rows

private:
  /// Adds what leads from the product to `value`.
  LogicalResult findForward(Value value) {
    Operation *op = value.getDefiningOp();
    if (!op)
      return failure();
    if (members.contains(op))
      return success();
    if (auto matmul = dyn_cast<nn::MatmulOp>(op)) {
      if (product || matmul.getTransposeA() || tensorType(matmul.getB()).getRank() != 2 ||
          !matmul.getAddends().empty())
        return failure();
      product = matmul;
    } else if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
      if (!keepsRows(reshape) || failed(findForward(reshape.getX())))
        return failure();
    } else if (!isRowwise(op) || failed(findForwardOperands(op))) {
      return failure();
    }
    members.insert(op);
    return success();
  }

  LogicalResult findForwardOperands(Operation *op) {
    bool found = false;
    for (Value operand : op->getOperands())
      if (operand.getType() == op->getResult(0).getType())
        found |= succeeded(findForward(operand));
    return success(found);
  }

  /// True if the op computes elements from those in the same place, or from numbers that all rows
  /// share.
  static bool isRowwise(Operation *op) {
    if (!op->hasTrait<nn::Elementwise>() || op->getNumResults() != 1)
      return false;
    RankedTensorType result = tensorType(op->getResult(0));
    return result.getRank() > 1 && llvm::all_of(op->getOperands(), [&](Value operand) {
             RankedTensorType type = tensorType(operand);
             return type.getShape() == result.getShape() || type.getRank() <= 1;
           });
  }

  LogicalResult findGradient() {
    for (Operation *user : loss.getLogits().getUsers())
      if (auto op = dyn_cast<nn::CrossEntropyGradOp>(user)) {
        if (gradient || op.getLabels() != loss.getLabels() || op->getBlock() != loss->getBlock())
          return failure();
        gradient = op;
      }
    if (!gradient)
      return success();
    members.insert(gradient);
    return findBackward(gradient.getDlogits());
  }

  /// Adds what reads `value`, rows of gradients.
  LogicalResult findBackward(Value value) {
    for (OpOperand &use : value.getUses()) {
      Operation *op = use.getOwner();
      auto reshape = dyn_cast<nn::ReshapeOp>(op);
      if (members.contains(op) || isEnd(op))
        continue;
      if (isInputGradient(use)) {
        inputGradients.insert(op);
      } else if (isSum(use)) {
        sums.insert(op);
      } else if ((reshape && keepsRows(reshape)) || isRowwise(op)) {
        members.insert(op);
        if (failed(findBackward(op->getResult(0))))
          return failure();
      } else {
        return failure();
      }
    }
    return success();
  }

  static bool isInputGradient(OpOperand &use) {
    auto matmul = dyn_cast<nn::MatmulOp>(use.getOwner());
    return matmul && use.getOperandNumber() == 0 && !matmul.getTransposeA() &&
           tensorType(matmul.getB()).getRank() == 2 && matmul.getAddends().empty();
  }

  /// True for a product over the rows of two matrices, and for a sum over all rows.
  static bool isSum(OpOperand &use) {
    if (auto reduce = dyn_cast<nn::ReduceSumOp>(use.getOwner()))
      return tensorType(reduce.getY()).getRank() == 1 &&
             columnsOf(reduce.getY()) == columnsOf(reduce.getX()) &&
             reduce.getAxes().back() == tensorType(reduce.getX()).getRank() - 2;
    auto matmul = dyn_cast<nn::MatmulOp>(use.getOwner());
    return matmul && tensorType(matmul.getA()).getRank() == 2 &&
           tensorType(matmul.getB()).getRank() == 2 && matmul.getTransposeA() &&
           !matmul.getTransposeB() && matmul.getAddends().empty() && use.getOperandNumber() < 2;
  }
};

/// Computes the ops of a loss chunk by chunk.
class Chunking {
public:
  Chunking(ScoredRows &rows, int64_t chunkRows)
      : rows(rows), builder(rows.loss), count(rowsOf(rows.loss.getLogits())) {
    for (int64_t first = 0; first < count; first += chunkRows)
      sizes.push_back(std::min(chunkRows, count - first));
    for (Operation &op : *rows.loss->getBlock())
      if (rows.members.contains(&op) || rows.isEnd(&op))
        ops.push_back(&op);
  }

  /// Makes what the ops read of others available before the loss; fails where that is impossible.
  LogicalResult gatherOperands() {
    for (Operation *op : ops)
      for (Value operand : op->getOperands())
        if (!rows.isMember(operand) && !fuse::makeAvailable(operand, rows.loss))
          return failure();
    return success();
  }

  void run() {
    labels = reshaped(rows.loss.getLabels(), {count});
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
  Value reshaped(Value value, ArrayRef<int64_t> shape) {
    RankedTensorType type = tensorType(value).clone(shape);
    return type == value.getType() ? value
                                   : nn::ReshapeOp::create(builder, value.getLoc(), type, value);
  }

  /// Returns rows of a tensor that is made elsewhere: of its chunk.
  Value rowsOfChunk(Value value, unsigned chunk) {
    Value source = nn::viewedValue(value);
    SmallVector<Value> &parts = split[{source, columnsOf(value)}];
    if (parts.empty()) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(rows.loss);
      Value matrix = reshaped(source, {count, columnsOf(value)});
      Location loc = nn::withPhase(nn::withoutValues(value.getLoc()), nn::Phase::backward);
      llvm::append_range(parts, nn::SplitOp::create(builder, loc, matrix, 0, sizes)->getResults());
    }
    return parts[chunk];
  }

  void build(Operation *op, IRMapping &made, unsigned chunk, int64_t first) {
    auto chunkOf = [&](Value value) {
      return rows.isMember(value) ? made.lookup(value) : rowsOfChunk(value, chunk);
    };
    Location loc = op->getLoc();
    if (op == rows.loss) {
      auto part = nn::CrossEntropyOp::create(
          builder, loc, chunkOf(rows.loss.getLogits()), labels, rows.loss.getWeights(),
          rows.loss.getLabelSmoothingAttr(), rows.loss.getIgnoreIndexAttr(), IntegerAttr(),
          builder.getI64IntegerAttr(first));
      add(rows.loss.getLoss(), part.getLoss(), loc);
      add(rows.loss.getAccuracy(), part.getAccuracy(), loc);
    } else if (op == rows.gradient) {
      auto part = nn::CrossEntropyGradOp::create(
          builder, loc, chunkOf(rows.gradient.getLogits()), labels, rows.gradient.getDloss(),
          rows.gradient.getWeights(), rows.gradient.getLabelSmoothingAttr(),
          rows.gradient.getIgnoreIndexAttr(), IntegerAttr(), builder.getI64IntegerAttr(first));
      made.map(rows.gradient.getDlogits(), part.getDlogits());
    } else if (rows.sums.contains(op)) {
      buildSum(op, chunkOf);
    } else if (auto product = dyn_cast<nn::MatmulOp>(op)) {
      Value part = nn::MatmulOp::create(builder, loc, chunkOf(product.getA()), product.getB(),
                                        false, product.getTransposeB());
      made.map(product.getY(), part);
      if (rows.inputGradients.contains(op))
        parts[product.getY()].push_back(part);
    } else if (auto reshape = dyn_cast<nn::ReshapeOp>(op)) {
      made.map(reshape.getY(), chunkOf(reshape.getX()));
    } else {
      buildRowwise(op, made, chunk, chunkOf);
    }
  }

  void buildRowwise(Operation *op, IRMapping &made, unsigned chunk,
                    function_ref<Value(Value)> chunkOf) {
    IRMapping operands;
    for (Value operand : op->getOperands())
      operands.map(operand, tensorType(operand).getRank() > 1 ? chunkOf(operand) : operand);
    Operation *part = builder.clone(*op, operands);
    RankedTensorType type = tensorType(op->getResult(0));
    SmallVector<int64_t> shape = {sizes[chunk], columnsOf(op->getResult(0))};
    part->getResult(0).setType(type.clone(shape));
    made.map(op->getResult(0), part->getResult(0));
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
    total[product.getY()] = nn::MatmulOp::create(builder, op->getLoc(), chunkOf(product.getA()),
                                                 chunkOf(product.getB()), true, false,
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

  ScoredRows &rows;
  OpBuilder builder;
  int64_t count; ///< rows
  SmallVector<int64_t> sizes;
  SmallVector<Operation *> ops; ///< in order
  Value labels;
  llvm::MapVector<std::pair<Value, int64_t>, SmallVector<Value>> split;
  llvm::MapVector<Value, SmallVector<Value>> parts; ///< rows of results
  llvm::MapVector<Value, Value> total;              ///< sums so far, by what they replace
};

struct ChunkLossesPass : fuse::impl::ChunkLossesPassBase<ChunkLossesPass> {
  using ChunkLossesPassBase::ChunkLossesPassBase;

  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      for (auto loss : llvm::make_early_inc_range(block.getOps<nn::CrossEntropyOp>())) {
        ScoredRows found(loss);
        if (failed(found.find()) || !isWorthwhile(found))
          continue;
        Chunking chunking(found, rowsOfChunk(rowsOf(loss.getLogits())));
        if (succeeded(chunking.gatherOperands()))
          chunking.run();
      }
  }

private:
  /// Rows so many that there are at most kMostChunks.
  int64_t rowsOfChunk(int64_t all) const {
    constexpr int64_t kMostChunks = 16;
    return std::max(rows.getValue(), (all + kMostChunks - 1) / kMostChunks);
  }

  /// True if there are scores for several chunks, which take memory that is worth saving.
  bool isWorthwhile(ScoredRows &found) const {
    Value scores = found.product.getY();
    return rowsOf(scores) > rowsOfChunk(rowsOf(scores)) &&
           nn::tensorBytes(scores.getType()) >= bytes;
  }
};

} // namespace
