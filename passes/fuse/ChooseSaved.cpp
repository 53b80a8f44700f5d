//===- ChooseSaved.cpp - what the forward pass leaves for the backward pass -----===//
//
// A minimum cut. Every forward value has an edge whose capacity is its bytes; what cannot be made
// again hangs on the source, and what the backward pass reads on the sink. Through ops that can be
// repeated the cut may move towards their operands, since edges from these to the result are not
// cut. A repetition is an edge from the source with its price in bytes, if it is a launch of its
// own, as for what a product reads or an exponential that is broadcast, or adds an exponential to
// the loop nest that reads it; other ops cost nothing there. What a product reads may also be
// written by a loop nest that reads the same operands anyway, as that of an activation's gradient
// does: it costs the bytes that are written, and products that come before that nest run behind it.
// The gradients of a layer normalisation write its rows in the same way, also in bf16.
// Rows of a layer normalisation cost nothing in a loop nest, which normalises with the statistics.
// The price of a second is the lowest at which all repetitions together stay below their share of
// the step, or would but for some that are worth the same. (As in the partitioner of PyTorch's
// AOTAutograd, min_cut_rematerialization_partition.)
//===----------------------------------------------------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Phases.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "passes/fuse/Fusion.h"
#include "passes/fuse/MinimumCut.h"
#include "passes/fuse/Passes.h"

namespace plimsoll::fuse {
#define GEN_PASS_DEF_CHOOSESAVEDPASS
#include "passes/fuse/Passes.h.inc"
} // namespace plimsoll::fuse

using namespace mlir;
using namespace plimsoll;

namespace {

/// Decides what the backward pass of one function reads, and repeats what it does not find.
class Saving {
public:
  explicit Saving(Block &block) : block(block) {
    for (Operation &op : block) {
      if (nn::isOutsideLaunch(&op))
        stepSeconds += seconds(&op);
      isNarrowStep |= isNarrow(&op);
      if (isForward(&op) && nn::isOutsideLaunch(&op))
        for (OpResult result : op.getResults())
          values.push_back(result);
    }
    for (BlockArgument argument : block.getArguments())
      values.push_back(argument);
    for (Value value : values)
      if (Operation *host = findHost(value))
        hosts[value] = host;
  }

  void run() {
    if (llvm::all_of(block, [](Operation &op) { return isForward(&op); }))
      return;
    // The lowest price at which repetitions stay below their share.
    double low = 0, high = 1;
    if (repeatedSeconds(low) > kShare * stepSeconds) {
      while (repeatedSeconds(high) > kShare * stepSeconds && high < kHighestPrice)
        high *= 16;
      for (int step = 0; step < 12; ++step) {
        double middle = std::sqrt(std::max(low, high / 16) * high);
        (repeatedSeconds(middle) > kShare * stepSeconds ? low : high) = middle;
      }
      keepLatest(low, high);
    }
    repeat();
  }

private:
  /// Of the predicted step, for launches that are repeated. The choice is the same for all targets:
  /// of the rates the ratio matters, 20 operations for a byte, as on CPUs and on GPUs in f32 and
  /// tf32, and ten times as many with factors of bf16. What a launch writes beside others is often
  /// still in a cache when it is read if it is small.
  static constexpr double kShare = 0.01, kFlopsPerSecond = 2e11, kBytesPerSecond = 1e10;
  static constexpr double kCachedBytes = double(1 << 20), kCachedBytesPerSecond = 4e10;
  static constexpr double kNarrowFlopsPerSecond = 2e12, kLaunchSeconds = 3e-6;
  static constexpr double kHighestPrice = 1e18; ///< bytes for a second

  static bool isForward(Operation *op) { return nn::phaseOf(op->getLoc()) == nn::Phase::forward; }

  static bool isNarrow(Operation *op) {
    return llvm::any_of(op->getOperandTypes(),
                        [](Type type) { return getElementTypeOrSelf(type).isBF16(); });
  }

  static double seconds(Operation *op) {
    auto cost = cast<nn::CostOpInterface>(op);
    double rate = isNarrow(op) ? kNarrowFlopsPerSecond : kFlopsPerSecond;
    return kLaunchSeconds +
           std::max(double(cost.getFlops()) / rate, double(cost.getTraffic()) / kBytesPerSecond);
  }

  /// True if the op may run again: it costs little and gives the same bits.
  static bool isRepeatable(Operation *op) {
    return (fuse::isFusible(op) && !isa<nn::ReduceSumOp>(op)) ||
           isa<nn::LayerNormOp, nn::DropoutOp, nn::ConcatOp, nn::SplitOp, nn::RotaryOp>(op);
  }

  /// True for statistics of a layer normalisation: they are few, and rows are made again from them.
  static bool isStatistic(Value value) {
    auto norm = value.getDefiningOp<nn::LayerNormOp>();
    return norm && value != norm.getY();
  }

  /// True if the backward pass reads `value` in a launch that is no loop nest.
  static bool isReadWhole(Value value) {
    bool found = false;
    nn::forEachReader(value, [&](Operation *reader) {
      found |= nn::isOutsideLaunch(reader) && !isForward(reader) && !fuse::isFusible(reader);
    });
    return found;
  }

  /// True if a loop nest that reads `value` has more points, for each of which its op would run.
  static bool isReadRepeatedly(Value value) {
    bool found = false;
    nn::forEachReader(value, [&](Operation *reader) {
      found |= nn::isOutsideLaunch(reader) && fuse::isFusible(reader) &&
               !isa<nn::ReduceSumOp>(reader) && elements(reader->getResult(0)) > elements(value);
    });
    return found;
  }

  /// Calls visit(operand) for what the op of `value` reads, and for what the ops read that would be
  /// in one loop nest with it.
  static void forEachOperandInNest(Value value, llvm::function_ref<void(Value)> visit) {
    SmallVector<Value> pending = {value};
    llvm::DenseSet<Value> seen;
    while (!pending.empty()) {
      Operation *op = pending.pop_back_val().getDefiningOp();
      if (!op || !isForward(op) || !fuse::isFusible(op) || !isRepeatable(op))
        continue;
      for (Value operand : op->getOperands())
        if (Value viewed = nn::viewedValue(operand); seen.insert(viewed).second) {
          visit(viewed);
          pending.push_back(viewed);
        }
    }
  }

  /// True if all launches of the backward pass that are no loop nests and read `value` are behind
  /// `host`, or can run there: nothing before it reads their results.
  static bool canWriteFor(Operation *host, Value value) {
    bool can = true;
    nn::forEachReader(value, [&](Operation *reader) {
      if (isForward(reader) || fuse::isFusible(reader) || !reader->isBeforeInBlock(host))
        return;
      for (Operation *next : reader->getUsers())
        can &= host->isBeforeInBlock(next);
    });
    return can;
  }

  static int64_t elements(Value value) {
    return cast<RankedTensorType>(value.getType()).getNumElements();
  }

  /// True if `op` can be a part of a loop nest with `points` points, all of which it computes.
  static bool isPointwise(Operation *op, int64_t points) {
    return nn::isOutsideLaunch(op) && fuse::isFusible(op) && !isa<nn::ReduceSumOp>(op) &&
           elements(op->getResult(0)) == points;
  }

  /// Returns the last op that can be in one loop nest with `first`: of those that follow from it
  /// with as many points, and need nothing else that is made behind it. That is `first` itself if
  /// it is no part of a nest.
  static Operation *lastInNest(Operation *first) {
    constexpr int kMostOps = 128;
    llvm::SmallPtrSet<Operation *, 16> following = {first}, possible = {first};
    Operation *last = first, *op = fuse::isFusible(first) ? first->getNextNode() : nullptr;
    for (int count = 0; op && count < kMostOps; op = op->getNextNode(), ++count) {
      if (!isPointwise(op, elements(first->getResult(0))))
        continue;
      bool isPossible = true, follows = false;
      for (Value operand : op->getOperands()) {
        Operation *maker = nn::viewedValue(operand).getDefiningOp();
        isPossible &= !maker || maker->isBeforeInBlock(first) || possible.contains(maker);
        follows |= following.contains(maker);
      }
      if (isPossible)
        possible.insert(op);
      if (isPossible && follows)
        following.insert(last = op);
    }
    return last;
  }

  /// Returns the first op of the gradients of `norm` if its launch could also write `rows`.
  Operation *findHost(nn::LayerNormOp norm, Value rows) const {
    Operation *first = nullptr;
    int gradients = 0; // of the input, and of the parameters: these are one launch
    for (Operation *reader : norm.getRstd().getUsers()) {
      bool suits = isa<nn::LayerNormGradInputOp, nn::LayerNormGradParamsOp>(reader) &&
                   !isForward(reader) && reader->getBlock() == &block;
      if (suits && (!first || reader->isBeforeInBlock(first)))
        first = reader;
      gradients += suits;
    }
    return gradients == 2 && canWriteFor(first, rows) ? first : nullptr;
  }

  /// Returns the first op of the backward pass whose launch could also write `value`, because it
  /// reads the same operands, for launches that read it whole; null if there is none.
  Operation *findHost(Value value) const {
    Operation *op = value.getDefiningOp();
    if (auto norm = dyn_cast_or_null<nn::LayerNormOp>(op); norm && value == norm.getY())
      return isReadWhole(value) ? findHost(norm, value) : nullptr;
    if (nn::LayerNormOp norm = nn::normOfNarrowRows(value); norm && isReadWhole(value))
      if (Operation *host = findHost(norm, value))
        return host;
    if (!op || !fuse::isFusible(op) || !isRepeatable(op) || !isReadWhole(value))
      return nullptr;
    Operation *first = nullptr;
    forEachOperandInNest(value, [&](Value operand) {
      nn::forEachReader(operand, [&](Operation *reader) {
        bool suits = !isForward(reader) && reader->getBlock() == &block &&
                     isPointwise(reader, elements(value));
        if (suits && (!first || reader->isBeforeInBlock(first)) &&
            canWriteFor(lastInNest(reader), value))
          first = reader;
      });
    });
    return first;
  }

  /// Returns the op before which `value` is made again for `reader`.
  Operation *placeFor(Value value, Operation *reader) const {
    Operation *host = hosts.lookup(value);
    bool fits = host && !fuse::isFusible(reader);
    if (fits && !isa<nn::LayerNormGradInputOp, nn::LayerNormGradParamsOp>(host))
      forEachOperandInNest(value, [&](Value operand) { // launches, made for readers behind it
        fits &= !repeated.contains(operand) || fuse::isFusible(operand.getDefiningOp());
      });
    return fits ? host : reader;
  }

  /// Returns the layer normalisation that makes the rows `value`, if only loop nests of the
  /// backward pass read them: these normalise again, with the statistics that are kept.
  static nn::LayerNormOp normalisedInNests(Value value) {
    auto norm = value.getDefiningOp<nn::LayerNormOp>();
    return norm && value == norm.getY() && !isReadWhole(value) ? norm : nullptr;
  }

  /// True if the launch that makes `op` again computes what is expensive in it anyway: that of its
  /// gradient does.
  bool isInGradient(Operation *op) const {
    return isa<nn::LayerNormOp>(op) ||
           llvm::any_of(op->getOperand(0).getUsers(), [&](Operation *user) {
             return nn::isGradientOf(user, op) && !isForward(user);
           });
  }

  /// Returns what making `value` again takes: a launch, what a loop nest writes more, or what an
  /// exponential or the like adds to one. Where products have factors of bf16, on a GPU, a nest
  /// waits for memory alone.
  double secondsAgain(Value value) const {
    constexpr double kOperations = 20; // of an exponential
    Operation *op = value.getDefiningOp();
    bool isWritten = isReadWhole(value);
    if (normalisedInNests(value))
      return 0;
    Operation *host = hosts.lookup(value);
    if ((!fuse::isFusible(op) && !host) || (isWritten && !host) ||
        (!fuse::isCheap(op) && isReadRepeatedly(value)))
      return seconds(op);
    double bytes = double(nn::tensorBytes(value.getType()));
    double writing =
        isWritten ? bytes / (bytes <= kCachedBytes ? kCachedBytesPerSecond : kBytesPerSecond) : 0;
    if (isNarrowStep || fuse::isCheap(op) || (host && isInGradient(op)))
      return writing;
    return writing + double(elements(value)) * kOperations / kFlopsPerSecond;
  }

  /// Finds the best cut if a second of repetitions is worth `price` bytes. Returns the seconds of
  /// all repetitions.
  double repeatedSeconds(double price) {
    fuse::MinimumCut network;
    llvm::DenseMap<Value, unsigned> before; // the node behind it has the next number
    for (Value value : values) {
      unsigned node = before[value] = network.add();
      network.connect(node, network.add(), nn::tensorBytes(value.getType()));
    }
    for (Value value : values) {
      unsigned node = before[value];
      Operation *op = value.getDefiningOp();
      if (!op || !isRepeatable(op) || isStatistic(value) || kept.contains(value)) {
        network.connect(network.source, node, fuse::MinimumCut::kUncut);
      } else {
        for (Value operand : op->getOperands())
          if (auto made = before.find(nn::viewedValue(operand)); made != before.end())
            network.connect(made->second + 1, node, fuse::MinimumCut::kUncut);
        if (nn::LayerNormOp norm = normalisedInNests(value))
          for (Value statistic : {norm.getMean(), norm.getRstd()})
            network.connect(before[statistic] + 1, node, fuse::MinimumCut::kUncut);
        if (double cost = price * secondsAgain(value); cost >= 1)
          network.connect(network.source, node,
                          static_cast<int64_t>(std::min(cost, double(fuse::MinimumCut::kUncut))));
      }
      bool isRead = false, isResult = false;
      nn::forEachReader(value, [&](Operation *reader) {
        isRead |= nn::isOutsideLaunch(reader) && !isForward(reader);
        isResult |= reader->hasTrait<OpTrait::IsTerminator>();
      });
      if (isRead)
        network.connect(node + 1, network.sink, fuse::MinimumCut::kUncut);
      if (isResult) // alive until the end
        network.connect(network.source, node + 1, fuse::MinimumCut::kUncut);
    }
    network.solve();
    repeated.clear();
    double sum = 0;
    for (Value value : values)
      if (network.isBehindCut(before[value]) && value.getDefiningOp()) {
        repeated.insert(value);
        sum += secondsAgain(value);
      }
    return sum;
  }

  /// Finds a cut between those for the prices `low`, whose repetitions take more than their share,
  /// and `high`. What is repeated at `low` only has about the same bytes for a second, as layers
  /// are alike: of these the latest are kept, since they are read soonest.
  void keepLatest(double low, double high) {
    repeatedSeconds(high);
    const llvm::DenseSet<Value> better = repeated;
    while (true) {
      double excess = repeatedSeconds(low) - kShare * stepSeconds;
      if (excess <= 0)
        return;
      size_t before = kept.size();
      for (Value value : llvm::reverse(values))
        if (excess > 0 && repeated.contains(value) && !better.contains(value) &&
            secondsAgain(value) > 0) {
          kept.insert(value);
          excess -= secondsAgain(value);
        }
      if (kept.size() == before) { // others took their place
        repeatedSeconds(high);
        return;
      }
    }
  }

  using Copies = llvm::DenseMap<Value, Value>;

  /// Lets the backward pass read repetitions of what is not saved. Launches that are no loop nests
  /// share them; each loop nest has its own, which will be a part of it.
  void repeat() {
    Copies shared;
    for (Operation &reader : llvm::make_early_inc_range(block)) {
      if (!nn::isOutsideLaunch(&reader) || isForward(&reader) || moveBehindHost(&reader))
        continue;
      Copies own;
      bool isNest = fuse::isFusible(&reader);
      for (OpOperand &operand : reader.getOpOperands())
        operand.set(remake(operand.get(), &reader, isNest ? own : shared, shared));
    }
  }

  /// Moves `reader` behind the loop nests that make operands again, if it comes before one.
  bool moveBehindHost(Operation *reader) {
    Operation *latest = reader;
    for (Value operand : reader->getOperands())
      if (Value value = nn::viewedValue(operand); repeated.contains(value))
        if (Operation *host = placeFor(value, reader); host != reader)
          if (Operation *last = lastInNest(host); latest->isBeforeInBlock(last))
            latest = last;
    if (latest == reader)
      return false;
    Operation *&last = lastBehind.try_emplace(latest, latest).first->second;
    reader->moveAfter(last);
    last = reader;
    return true;
  }

  /// Normalises rows again with their statistics, in the loop nest of `reader`.
  Value normaliseAgain(nn::LayerNormOp norm, Operation *reader, Copies &copies, Copies &shared) {
    if (Value copy = copies.lookup(norm.getY()))
      return copy;
    auto again = [&](Value value) { return remake(value, reader, copies, shared); };
    Value x = again(norm.getX()), mean = again(norm.getMean()), rstd = again(norm.getRstd());
    Value scale = again(norm.getScale()), bias = norm.getBias() ? again(norm.getBias()) : Value();
    OpBuilder builder(reader);
    Location loc = nn::withPhase(nn::withoutValues(norm.getLoc()), nn::phaseOf(reader->getLoc()));
    auto type = cast<RankedTensorType>(x.getType());
    SmallVector<int64_t> rows(type.getShape());
    int64_t trailing = cast<RankedTensorType>(scale.getType()).getRank();
    std::fill(rows.end() - trailing, rows.end(), 1);
    auto ofRows = [&](Value statistic) {
      return nn::ReshapeOp::create(builder, loc, type.clone(rows), statistic);
    };
    Value y = x;
    if (!norm.getUncentered())
      y = nn::SubOp::create(builder, loc, y, ofRows(mean));
    y = nn::MulOp::create(builder, loc, y, ofRows(rstd));
    DenseFPElementsAttr factor;
    if (!matchPattern(scale, m_Constant(&factor)) || !factor.isSplat() ||
        !factor.getSplatValue<APFloat>().isExactlyValue(1.0))
      y = nn::MulOp::create(builder, loc, y, scale);
    if (bias)
      y = nn::AddOp::create(builder, loc, y, bias);
    return copies[norm.getY()] = y;
  }

  /// Returns `value`, computed again before `reader` if it is not saved. `copies` has what was
  /// remade for this reader.
  Value remake(Value value, Operation *reader, Copies &copies, Copies &shared) {
    if (!repeated.contains(nn::viewedValue(value)))
      return value;
    Operation *op = value.getDefiningOp();
    if (nn::LayerNormOp norm = normalisedInNests(value); norm && fuse::isFusible(reader))
      return normaliseAgain(norm, reader, copies, shared);
    bool isView = isa<nn::ReshapeOp>(op);
    Copies &known = isView || fuse::isFusible(op) ? copies : shared;
    if (Value copy = known.lookup(value))
      return copy;
    IRMapping mapping;
    Copies own; // of a launch that others read, whose operands are in its own loop nest
    bool isShared = &known == &shared && !isView;
    Operation *place = isShared ? placeFor(value, reader) : reader;
    for (Value operand : op->getOperands())
      mapping.map(operand, remake(operand, place, isShared ? own : known, shared));
    Operation *copy = op->clone(mapping);
    copy->setLoc(nn::withPhase(nn::withoutValues(op->getLoc()), nn::phaseOf(reader->getLoc())));
    block.getOperations().insert(place->getIterator(), copy);
    for (auto [result, made] : llvm::zip(op->getResults(), copy->getResults()))
      known[result] = made;
    return known.lookup(value);
  }

  Block &block;
  std::vector<Value> values; ///< of the forward pass: results and arguments
  double stepSeconds = 0;
  bool isNarrowStep = false;                ///< products have factors of bf16
  llvm::DenseMap<Value, Operation *> hosts; ///< ops whose loop nests may also write a value
  llvm::DenseMap<Operation *, Operation *> lastBehind; ///< of what was moved behind a host
  llvm::DenseSet<Value> kept;                          ///< though they could be repeated
  llvm::DenseSet<Value> repeated;                      ///< in the backward pass
};

struct ChooseSavedPass : fuse::impl::ChooseSavedPassBase<ChooseSavedPass> {
  void runOnOperation() override {
    for (Block &block : getOperation().getBody())
      Saving(block).run();
  }
};

} // namespace
