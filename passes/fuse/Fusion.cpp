//===- Fusion.cpp - which ops run as one loop nest -----------------------------===//
//
// Groups are merged in pairs. A merged group runs in the place of one of the two, so one of them
// moves, and it may if all that it reads is made before its new place and all others read it after
// that. No path through an op outside can then lead from the group to itself.
//===----------------------------------------------------------------------===//
#include "passes/fuse/Fusion.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Phases.h"
#include <set>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::fuse;

/// Limits of one launch: what is printed stays readable, and a GPU has registers for it.
static constexpr size_t kMostOps = 48, kMostInputs = 16, kMostOutputs = 6;

bool plimsoll::fuse::isFusible(Operation *op) {
  return op->getNumResults() == 1 && (op->hasTrait<nn::Elementwise>() ||
                                      isa<nn::BroadcastOp, nn::TransposeOp, nn::ReduceSumOp>(op));
}

bool plimsoll::fuse::isCheap(Operation *op) {
  return isa<nn::AddOp, nn::SubOp, nn::MulOp, nn::NegOp, nn::AbsOp, nn::MinOp, nn::MaxOp, nn::AndOp,
             nn::OrOp, nn::XorOp, nn::NotOp, nn::CompareOp, nn::SelectOp, nn::CastOp, nn::ReluOp,
             nn::ReluGradOp, nn::BroadcastOp, nn::TransposeOp, nn::ReshapeOp, nn::IsNanOp>(op);
}

/// True if the elements of a tensor are walked from the first to the last.
static bool isInOrder(ArrayRef<int64_t> strides) {
  int64_t last = std::numeric_limits<int64_t>::max();
  for (int64_t stride : strides) {
    if (stride == 0)
      continue;
    if (stride >= last)
      return false;
    last = stride;
  }
  return strides.empty() || strides.back() <= 1;
}

namespace {

class Fusion {
public:
  explicit Fusion(Block &block) : block(block) {
    for (auto [index, op] : llvm::enumerate(block)) {
      position[&op] = index;
      groupOf[&op] = index;
      groups.push_back({{&op}, &op});
      if (nn::isOutsideLaunch(&op) || isa<nn::LaunchOp>(op))
        places.insert(index);
    }
  }

  std::vector<LaunchGroup> run() {
    // A merge may make another one possible: of the ops that read what is made from it.
    for (bool changed = true; changed;) {
      changed = false;
      for (Operation &op : block)
        if (isFusible(&op))
          for (Value operand : op.getOperands())
            changed |= mergeProducer(operand, &op);
    }
    for (Operation &op : block)
      if (isFusible(&op))
        for (Value operand : op.getOperands())
          mergeReaders(operand, &op);
    std::vector<LaunchGroup> found;
    for (unsigned place : places)
      if (Group &group = groups[place]; group.ops.size() > 1)
        found.push_back(describe(group.ops, group.root));
    return found;
  }

private:
  struct Group {
    SmallVector<Operation *> ops; ///< in order, without reshapes; empty once merged into another
    Operation *root;              ///< the one in whose place they run
  };
  using OpSet = llvm::SmallDenseSet<Operation *, 16>;

  /// Tries to merge the group of the op that makes `value` with that of one that reads it.
  bool mergeProducer(Value value, Operation *reader) {
    Operation *producer = nn::viewedValue(value).getDefiningOp();
    if (!producer || !isFusible(producer) || producer->getBlock() != &block)
      return false;
    unsigned from = groupOf[producer], to = groupOf[reader];
    if (from == to || isa<nn::ReduceSumOp>(producer))
      return false;
    return merge(from, to, /*mayMove=*/true);
  }

  /// Tries to merge the group of `reader` with those of others that read `value`, where nothing
  /// runs between them.
  void mergeReaders(Value value, Operation *reader) {
    value = nn::viewedValue(value);
    if (isKeptAnyway(value))
      return;
    SmallVector<Operation *> others;
    nn::forEachReader(value, [&](Operation *other) {
      if (isFusible(other) && other->getBlock() == &block)
        others.push_back(other);
    });
    sort(others);
    for (Operation *other : others) {
      auto [first, second] = std::minmax({groupOf[reader], groupOf[other]});
      if (first != second)
        merge(first, second, /*mayMove=*/false);
    }
  }

  /// Merges group `first` with `second`, which runs later, if that is possible and good: in the
  /// place of either. With `mayMove` other launches may run between them.
  bool merge(unsigned first, unsigned second, bool mayMove) {
    Group &a = groups[first], &b = groups[second];
    if (a.ops.size() + b.ops.size() > kMostOps || first > second ||
        nn::phaseOf(a.root->getLoc()) != nn::phaseOf(b.root->getLoc()))
      return false;
    SmallVector<Operation *> ops(a.ops);
    ops.append(b.ops.begin(), b.ops.end());
    sort(ops);
    bool isAdjacent = !runsBetween(first, second);
    if (!isAdjacent && !mayMove)
      return false;
    for (bool late : {true, false}) {
      unsigned place = late ? second : first;
      LaunchGroup group = describe(ops, groups[place].root);
      if (group.inputs.size() > kMostInputs || group.outputs.size() > kMostOutputs ||
          !isPossibleAt(group, place))
        continue;
      if (!isAdjacent && !needsNoMoreBytes(late ? a : b, group, place, late))
        continue;
      std::optional<nn::LoopNest> nest = nn::loopNest(group.ops, group.inputs, group.outputs);
      if (!nest || !isFast(group, *nest))
        return false;
      moveInto(place, late ? first : second, std::move(ops));
      return true;
    }
    return false;
  }

  /// Makes `ops` the group at `kept`, and none the group at `gone`.
  void moveInto(unsigned kept, unsigned gone, SmallVector<Operation *> ops) {
    for (Operation *op : groups[gone].ops)
      groupOf[op] = kept;
    places.erase(gone);
    groups[gone].ops.clear();
    groups[kept].ops = std::move(ops);
  }

  void sort(SmallVectorImpl<Operation *> &ops) {
    llvm::sort(ops, [&](Operation *a, Operation *b) { return position[a] < position[b]; });
  }

  /// True if a launch runs after `first` and before `last`.
  bool runsBetween(unsigned first, unsigned last) {
    auto next = places.upper_bound(first);
    return next != places.end() && *next < last;
  }

  /// True for what is in memory during the whole step.
  static bool isKeptAnyway(Value value) {
    return isa_and_nonnull<nn::LoadOp, nn::ConstantOp>(value.getDefiningOp());
  }

  /// Describes the launch of `ops`: adds the reshapes between them, inputs and outputs.
  LaunchGroup describe(ArrayRef<Operation *> ops, Operation *root) {
    LaunchGroup group{{}, {}, {}, root, ops.back()->getLoc()};
    OpSet members(ops.begin(), ops.end());
    for (Operation *op : ops)
      for (Value operand : op->getOperands())
        if (members.contains(nn::viewedValue(operand).getDefiningOp()))
          for (auto reshape = operand.getDefiningOp<nn::ReshapeOp>(); reshape;
               reshape = reshape.getX().getDefiningOp<nn::ReshapeOp>())
            members.insert(reshape);
    group.ops.assign(members.begin(), members.end());
    sort(group.ops);
    for (Operation *op : group.ops)
      for (Value operand : op->getOperands())
        if (!members.contains(operand.getDefiningOp()) &&
            !llvm::is_contained(group.inputs, operand))
          group.inputs.push_back(operand);
    for (Operation *op : ops)
      nn::forEachReader(op->getResult(0), [&](Operation *reader) {
        if (!members.contains(reader) && !llvm::is_contained(group.outputs, op->getResult(0)))
          group.outputs.push_back(op->getResult(0));
      });
    return group;
  }

  /// True if the inputs of the group are made before position `place` and its outputs read after
  /// it.
  bool isPossibleAt(const LaunchGroup &group, unsigned place) {
    for (Value input : group.inputs) {
      Operation *maker = nn::viewedValue(input).getDefiningOp();
      if (maker && maker->getBlock() == &block && groupOf.lookup(maker) >= place)
        return false;
    }
    OpSet members(group.ops.begin(), group.ops.end());
    bool possible = true;
    for (Value output : group.outputs)
      nn::forEachReader(output, [&](Operation *reader) {
        possible &= members.contains(reader) || groupOf.lookup(reader) > place;
      });
    return possible;
  }

  static bool isFast(const LaunchGroup &group, const nn::LoopNest &nest) {
    for (auto [op, repetitions] : llvm::zip(group.ops, nest.repetitions))
      if (repetitions > 1 && !isCheap(op))
        return false;
    auto jumps = [](ArrayRef<int64_t> strides) { return !isInOrder(strides); };
    return llvm::count_if(nest.inputs, jumps) + llvm::count_if(nest.outputs, jumps) <=
           llvm::count_if(group.ops, [](Operation *op) { return isa<nn::TransposeOp>(op); });
  }

  /// True if `moved`, a part of `group`, needs no more bytes at `place` than where it runs now:
  /// what lives longer for it is not more than what does not have to live meanwhile. `later` says
  /// in which direction it moves.
  bool needsNoMoreBytes(const Group &moved, const LaunchGroup &group, unsigned place, bool later) {
    LaunchGroup alone = describe(moved.ops, moved.root);
    OpSet members(group.ops.begin(), group.ops.end());
    int64_t inputs = 0, outputs = 0;
    llvm::SmallDenseSet<Value, 8> seen;
    for (Value input : alone.inputs) { // those that the group alone keeps alive
      Value value = nn::viewedValue(input);
      if (isKeptAnyway(value) || !seen.insert(value).second)
        continue;
      bool isReadLater = false;
      nn::forEachReader(value, [&](Operation *reader) {
        isReadLater |= !members.contains(reader) && groupOf.lookup(reader) > place;
      });
      if (!isReadLater)
        inputs += nn::tensorBytes(value.getType());
    }
    for (Value output : alone.outputs)
      outputs += nn::tensorBytes(output.getType());
    return later ? inputs <= outputs : outputs <= inputs;
  }

  Block &block;
  llvm::DenseMap<Operation *, unsigned> position; ///< in the block
  llvm::DenseMap<Operation *, unsigned> groupOf;  ///< also the position at which the op runs
  std::vector<Group> groups;                      ///< each at the position of its root
  std::set<unsigned> places;                      ///< positions of launches
};

} // namespace

std::vector<LaunchGroup> plimsoll::fuse::findLaunchGroups(Block &block) {
  return Fusion(block).run();
}
