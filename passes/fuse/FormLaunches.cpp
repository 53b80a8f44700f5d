//===- FormLaunches.cpp - decide which ops run as one launch -------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "passes/fuse/Fusion.h"
#include "passes/fuse/JoinKernels.h"
#include "passes/fuse/MergeOps.h"
#include "passes/fuse/Order.h"
#include "passes/fuse/Passes.h"
#include "passes/fuse/ProductSums.h"
#include "passes/fuse/SideBySide.h"

namespace plimsoll::fuse {
#define GEN_PASS_DEF_FORMLAUNCHESPASS
#include "passes/fuse/Passes.h.inc"
} // namespace plimsoll::fuse

using namespace mlir;
using namespace plimsoll;

namespace {

/// Drops the broadcast of an operand of an elementwise op, which broadcasts operands implicitly.
struct AbsorbBroadcast : RewritePattern {
  AbsorbBroadcast(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!op->hasTrait<nn::Elementwise>() || op->getNumOperands() < 2)
      return failure();
    for (OpOperand &operand : op->getOpOperands()) {
      auto broadcast = operand.get().getDefiningOp<nn::BroadcastOp>();
      if (!broadcast || !resultKeepsType(op, operand.getOperandNumber(), broadcast.getX()))
        continue;
      rewriter.modifyOpInPlace(op, [&] { operand.set(broadcast.getX()); });
      return success();
    }
    return failure();
  }

  /// True if the op's result keeps its shape with `replacement` as operand `index`.
  static bool resultKeepsType(Operation *op, unsigned index, Value replacement) {
    ArrayRef<int64_t> shape = cast<RankedTensorType>(op->getResult(0).getType()).getShape();
    SmallVector<bool> covered(shape.size(), false);
    int64_t rank = 0; // the operands' largest rank, dimensions of size 1 included
    for (auto [i, value] : llvm::enumerate(op->getOperands())) {
      auto type = cast<RankedTensorType>((i == index ? replacement : value).getType());
      int64_t missing = shape.size() - type.getRank();
      rank = std::max(rank, type.getRank());
      for (int64_t d = 0; d < type.getRank(); ++d)
        if (type.getDimSize(d) == shape[d + missing])
          covered[d + missing] = true;
    }
    return rank == std::ssize(shape) && llvm::all_of(llvm::zip(covered, shape), [](auto pair) {
             return std::get<0>(pair) || std::get<1>(pair) == 1;
           });
  }
};

struct FormLaunchesPass : fuse::impl::FormLaunchesPassBase<FormLaunchesPass> {
  using FormLaunchesPassBase::FormLaunchesPassBase;

  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    fuse::addLossPattern(patterns);
    if (fuseLoops)
      fuse::addMergePatterns(patterns);
    patterns.add<AbsorbBroadcast>(&getContext());
    GreedyRewriteConfig config;
    config.enableFolding(true);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns), config)))
      return signalPassFailure();
    for (Block &block : getOperation().getBody()) {
      copyGradients(block);
      if (fuseLoops) {
        fuse::addInProducts(block);
        formLaunches(fuse::findJoined(block));
        std::vector<fuse::LaunchGroup> groups = fuse::findLaunchGroups(block);
        llvm::append_range(groups,
                           fuse::findSideBySide(block)); // no loop nest reads what they make
        formLaunches(groups);
      }
      for (Operation &op : llvm::make_early_inc_range(block))
        if (nn::isOutsideLaunch(&op))
          formLaunch(op);
      eraseDead(block);
    }
  }

private:
  /// Erases what nothing reads, as the forward value that only a product read which reads a
  /// repetition now.
  static void eraseDead(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
  }

  /// Copies gradients that are a parameter itself, as with a loss of `p * q`. The updates of both
  /// would read what the other one overwrites, and could run in no order.
  static void copyGradients(Block &block) {
    llvm::DenseSet<Attribute> stored;
    for (auto store : block.getOps<nn::StoreOp>())
      stored.insert(store.getSymbolAttr());
    for (Operation &op : block) {
      auto inPlace = dyn_cast<nn::InPlaceOpInterface>(op);
      if (!inPlace)
        continue;
      for (nn::GradientPair pair : inPlace.getGradients()) {
        Value value = op.getOperand(pair.gradient);
        auto load = nn::viewedValue(value).getDefiningOp<nn::LoadOp>();
        if (load && stored.contains(load.getSymbolAttr()))
          op.setOperand(pair.gradient, copyOf(value, &op));
      }
    }
  }

  /// Returns `value` times 1, computed before `op`.
  static Value copyOf(Value value, Operation *op) {
    OpBuilder builder(op);
    Type element = getElementTypeOrSelf(value.getType());
    auto number = DenseElementsAttr::get(RankedTensorType::get({}, element),
                                         builder.getFloatAttr(element, 1.0));
    Value one = nn::ConstantOp::create(builder, op->getLoc(), number);
    return nn::MulOp::create(builder, op->getLoc(), value, one);
  }

  static void formLaunches(const std::vector<fuse::LaunchGroup> &groups) {
    llvm::DenseMap<Value, Value> replaced; // results of ops by those of launches
    for (const fuse::LaunchGroup &group : groups) {
      OpBuilder builder(group.root);
      auto inputs = llvm::map_to_vector(group.inputs, [&](Value input) {
        Value result = replaced.lookup(input);
        return result ? result : input;
      });
      auto launch = nn::LaunchOp::create(builder, group.loc, group.ops, inputs, group.outputs);
      for (Value input : inputs)
        fuse::makeAvailable(input, launch); // its launch is in front; views may not be
      for (auto [output, result] : llvm::zip(group.outputs, launch.getResults())) {
        replaced[output] = result;
        Value(output).replaceAllUsesWith(result);
        moveViewsAfter(result, launch);
      }
    }
    for (const fuse::LaunchGroup &group : llvm::reverse(groups))
      for (Operation *op : llvm::reverse(group.ops))
        if (op->use_empty()) // a reshape may have other readers
          op->erase();
  }

  /// Moves the reshapes and stores of `value`, which were in front of the op that makes it now,
  /// behind it.
  static void moveViewsAfter(Value value, Operation *maker) {
    for (Operation *user : value.getUsers())
      if (isa<nn::ReshapeOp, nn::StoreOp>(user) && user->isBeforeInBlock(maker)) {
        user->moveAfter(maker);
        for (Value view : user->getResults())
          moveViewsAfter(view, user);
      }
  }

  static void formLaunch(Operation &op) {
    OpBuilder builder(&op);
    auto launch = nn::LaunchOp::create(builder, op.getLoc(), &op);
    op.replaceAllUsesWith(launch->getResults());
    op.erase();
  }
};

} // namespace
