//===- SideBySide.cpp - updates that run as one launch --------------------------===//
#include "passes/fuse/SideBySide.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Phases.h"
#include "dialects/nn/States.h"
#include "dialects/support/OptimizerKinds.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::fuse;

/// A table of parameters is among the arguments of CUDA's kernels, which have 4 KiB.
static constexpr size_t kMost = 48;
/// Larger updates take far longer than it takes to start them.
static constexpr int64_t kSmallBytes = int64_t(256) << 10;
/// What waits until the end, of the bytes of all parameters and states: 1 / kWaiting.
static constexpr int64_t kWaiting = 256;
/// What waits for a neighbour, likewise.
static constexpr int64_t kWaitingForNeighbour = 32;

namespace {

/// An update that may run beside others.
struct Update {
  Operation *op;
  unsigned shared; ///< the first of the operands that it must share with others

  /// Bytes of what it overwrites.
  int64_t overwrittenBytes() const {
    int64_t bytes = 0;
    for (nn::InPlacePair pair : cast<nn::InPlaceOpInterface>(op).getInPlacePairs())
      bytes += nn::tensorBytes(op->getOperand(pair.operand).getType());
    return bytes;
  }
  /// Bytes of what only it reads, which has to wait: a gradient, or statistics of the batch.
  int64_t waitingBytes() const {
    int64_t bytes = -overwrittenBytes();
    for (Value operand : op->getOperands().take_front(shared))
      bytes += nn::tensorBytes(operand.getType());
    return bytes;
  }
  OperandRange sharedOperands() const { return op->getOperands().drop_front(shared); }
  /// True if all gradients wait for the factor on them, which depends on all.
  bool waitsAnyway() const { return sharedOperands().size() > 1; }

  bool isLike(const Update &other) const {
    return op->getName() == other.op->getName() &&
           op->getAttrDictionary() == other.op->getAttrDictionary() &&
           nn::storedStates(op) == nn::storedStates(other.op) &&
           llvm::equal(sharedOperands(), other.sharedOperands());
  }
};

} // namespace

/// Returns `op` as an update whose kernel takes several; nothing if it is none.
static std::optional<Update> updateOf(Operation &op) {
  if (isa<nn::BatchNormUpdateOp>(op))
    return Update{&op, op.getNumOperands()};
  if (!findUpdateRule(op.getName().stripDialect()) || !isa<nn::InPlaceOpInterface>(op))
    return std::nullopt;
  return Update{&op, nn::ownOperands(&op)};
}

/// True if the gradients of both are made by one op, or by two that read the same tensor, as the
/// products for the weights that multiply it: these stand side by side.
static bool haveNeighbours(const Update &a, const Update &b) {
  auto makerOf = [](const Update &update) -> Operation * {
    auto gradients = cast<nn::InPlaceOpInterface>(update.op).getGradients();
    return gradients.empty()
               ? nullptr
               : nn::viewedValue(update.op->getOperand(gradients[0].gradient)).getDefiningOp();
  };
  Operation *first = makerOf(a), *second = makerOf(b);
  return first && second &&
         (first == second || llvm::any_of(first->getOperands(), [&](Value operand) {
            Value read = nn::viewedValue(operand);
            return !read.getDefiningOp<nn::LoadOp>() &&
                   llvm::any_of(second->getOperands(),
                                [&](Value other) { return nn::viewedValue(other) == read; });
          }));
}

/// Appends to `kinds` the groups among `updates`, in their order, that wait for neighbours only.
static void collectNeighbours(ArrayRef<Update> updates, int64_t most,
                              std::vector<SmallVector<Update>> &kinds) {
  for (size_t begin = 0, end = 0; begin < updates.size(); begin = end) {
    int64_t waiting = 0;
    for (end = begin + 1; end < updates.size(); ++end) {
      waiting += updates[end - 1].waitingBytes();
      if (updates[end].waitingBytes() > kSmallBytes || waiting > most ||
          !updates[end].isLike(updates[begin]) || !haveNeighbours(updates[end - 1], updates[end]))
        break;
    }
    if (end - begin > 1)
      kinds.emplace_back(updates.slice(begin, end - begin));
  }
}

/// Returns the updates of `block` that may wait for others, with those that are alike together.
static std::vector<SmallVector<Update>> collect(Block &block) {
  SmallVector<Update> all, others;
  int64_t overwritten = 0;
  for (Operation &op : block)
    if (std::optional<Update> update = updateOf(op)) {
      all.push_back(*update);
      overwritten += update->overwrittenBytes();
    }
  // The smallest first: those of norms and biases, of which there are many.
  llvm::stable_sort(
      all, [](const Update &a, const Update &b) { return a.waitingBytes() < b.waitingBytes(); });
  std::vector<SmallVector<Update>> kinds;
  int64_t waiting = 0;
  for (const Update &update : all) {
    if (!update.waitsAnyway()) {
      waiting += update.waitingBytes();
      if (update.waitingBytes() > kSmallBytes || waiting > overwritten / kWaiting) {
        others.push_back(update);
        continue;
      }
    }
    auto kind = llvm::find_if(
        kinds, [&](const SmallVector<Update> &others) { return others.front().isLike(update); });
    if (kind == kinds.end())
      kinds.push_back({update});
    else
      kind->push_back(update);
  }
  llvm::sort(others, [](const Update &a, const Update &b) { return a.op->isBeforeInBlock(b.op); });
  collectNeighbours(others, overwritten / kWaitingForNeighbour, kinds);
  return kinds;
}

/// Describes the launch of `updates`, which stand in order. They run in the place of the last one.
static LaunchGroup describe(ArrayRef<Update> updates) {
  Operation *last = updates.back().op;
  std::string what = isa<nn::BatchNormUpdateOp>(last) ? " running statistics" : " parameters";
  std::string name = "updates of " + std::to_string(updates.size()) + what;
  Location loc =
      nn::withPhase(nn::userLocation(last->getContext(), name, ""), nn::phaseOf(last->getLoc()));
  LaunchGroup group{{}, {}, {}, last, loc};
  for (const Update &update : updates) {
    group.ops.push_back(update.op);
    for (Value operand : update.op->getOperands())
      if (!llvm::is_contained(group.inputs, operand))
        group.inputs.push_back(operand);
    llvm::append_range(group.outputs, update.op->getResults());
  }
  return group;
}

std::vector<LaunchGroup> plimsoll::fuse::findSideBySide(Block &block) {
  std::vector<LaunchGroup> groups;
  for (SmallVector<Update> &updates : collect(block)) {
    llvm::sort(updates,
               [](const Update &a, const Update &b) { return a.op->isBeforeInBlock(b.op); });
    for (ArrayRef<Update> rest = updates; rest.size() > 1;) {
      ArrayRef<Update> group = rest.take_front(kMost);
      groups.push_back(describe(group));
      rest = rest.drop_front(group.size());
    }
  }
  return groups;
}
