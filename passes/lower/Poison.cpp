//===- Poison.cpp - overwrite every value after its last use ------------------===//
#include "mlir/IR/Builders.h"
#include "passes/lower/Passes.h"

namespace plimsoll::lower {
#define GEN_PASS_DEF_POISONPASS
#include "passes/lower/Passes.h.inc"
} // namespace plimsoll::lower

using namespace mlir;
using namespace plimsoll;

namespace {

using Range = std::pair<int64_t, int64_t>;

struct PoisonPass : lower::impl::PoisonPassBase<PoisonPass> {
  void runOnOperation() override {
    Block &block = getOperation().getBody().front();
    DenseMap<Operation *, SmallVector<exec::SliceOp>> ending = findEnds(block);
    SmallVector<exec::SliceOp> live;
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (auto given = dyn_cast<exec::GivenOp>(op))
        for (Value value : given.getSlices())
          live.push_back(exec::sliceOf(value));
      if (!exec::isLaunch(&op))
        continue;
      for (Value value : exec::writesOf(&op))
        live.push_back(exec::sliceOf(value));
      auto it = ending.find(&op);
      if (it == ending.end())
        continue;
      llvm::erase_if(live,
                     [&](exec::SliceOp slice) { return llvm::is_contained(it->second, slice); });
      OpBuilder builder(op.getContext());
      builder.setInsertionPointAfter(&op);
      for (exec::SliceOp dead : it->second)
        for (auto [begin, end] : withoutLive(dead, live))
          exec::PoisonOp::create(builder, op.getLoc(), begin, end - begin);
    }
  }

private:
  /// Returns for each launch the slices that it uses last, except kept ones.
  static DenseMap<Operation *, SmallVector<exec::SliceOp>> findEnds(Block &block) {
    DenseMap<Operation *, SmallVector<exec::SliceOp>> ending;
    for (auto slice : block.getOps<exec::SliceOp>()) {
      Operation *last = nullptr;
      bool kept = false;
      for (Operation *user : slice->getUsers()) {
        kept |= isa<exec::KeptOp>(user);
        if (!last || last->isBeforeInBlock(user))
          last = user;
      }
      if (last && !kept && exec::isLaunch(last))
        ending[last].push_back(slice);
    }
    return ending;
  }

  /// Returns the parts of `dead` that overlap no live slice.
  static SmallVector<Range> withoutLive(exec::SliceOp dead, ArrayRef<exec::SliceOp> live) {
    SmallVector<Range> parts = {{dead.getOffset(), dead.getEnd()}};
    for (exec::SliceOp other : live) {
      int64_t from = exec::SliceOp(other).getOffset(), to = exec::SliceOp(other).getEnd();
      SmallVector<Range> rest;
      for (auto [begin, end] : parts) {
        if (to <= begin || end <= from) {
          rest.push_back({begin, end});
          continue;
        }
        if (begin < from)
          rest.push_back({begin, from});
        if (to < end)
          rest.push_back({to, end});
      }
      parts = std::move(rest);
    }
    return parts;
  }
};

} // namespace
