//===- JoinKernels.cpp - what a kernel does beside its op -----------------------===//
#include "passes/fuse/JoinKernels.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/Packed.h"
#include "dialects/nn/Phases.h"
#include "dialects/nn/TensorType.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::fuse;
using nn::tensorType;

/// Returns the launch of `ops`, in order, in the place of `root`.
static LaunchGroup launchOf(ArrayRef<Operation *> ops, ValueRange outputs, Operation *root,
                            Location loc) {
  LaunchGroup group{SmallVector<Operation *>(ops), {}, SmallVector<Value>(outputs), root, loc};
  for (Operation *op : ops)
    for (Value operand : op->getOperands())
      if (!llvm::is_contained(ops, operand.getDefiningOp()) &&
          !llvm::is_contained(group.inputs, operand))
        group.inputs.push_back(operand);
  return group;
}

// Sums of factors -----------------------------------------------------------

/// True if `sum` adds all rows of a matrix, perhaps of one that is cut into several.
static bool addsRows(nn::ReduceSumOp sum) {
  RankedTensorType x = tensorType(sum.getX());
  Type element = x.getElementType();
  return (element.isF32() || element.isF64()) && !sum.getAxes().empty() &&
         std::ssize(sum.getAxes()) == x.getRank() - 1 && sum.getAxes().back() == x.getRank() - 2;
}

/// Returns the factor of `product`, a matrix of which it adds over the rows, whose rows `sum` adds,
/// too; null if there is none.
static Value sharedFactor(nn::MatmulOp product, nn::ReduceSumOp sum) {
  int64_t columns = tensorType(sum.getX()).getShape().back();
  if (product.getType().getRank() != 2)
    return nullptr;
  for (unsigned side : {0, 1}) {
    Value factor = product->getOperand(side);
    bool addsOverRows = side == 0 ? product.getTransposeA() : !product.getTransposeB();
    if (addsOverRows && tensorType(factor).getDimSize(1) == columns &&
        nn::viewedValue(factor) == nn::viewedValue(sum.getX()))
      return factor;
  }
  return nullptr;
}

/// Moves `product` or `sum` so that both can run where `product` stands then. Returns false if that
/// is impossible.
static bool bringTogether(nn::MatmulOp product, nn::ReduceSumOp sum) {
  auto isBehind = [](Operation *op, Operation *place) { return place->isBeforeInBlock(op); };
  if (isBehind(sum, product) ||
      llvm::all_of(sum->getUsers(), [&](Operation *user) { return isBehind(user, product); }))
    return true; // the sum moves: its operand is the product's, too
  for (Value operand : product->getOperands())
    if (Operation *maker = operand.getDefiningOp(); maker && isBehind(maker, sum))
      return false;
  product->moveAfter(sum);
  return true;
}

/// Returns the launch of a product that adds up one of its factors as `sum` does; nothing if there
/// is none. `taken`: products that have a sum.
static std::optional<LaunchGroup> joinSum(nn::ReduceSumOp sum, llvm::DenseSet<Operation *> &taken) {
  if (!addsRows(sum))
    return std::nullopt;
  nn::MatmulOp product;
  nn::forEachReader(nn::viewedValue(sum.getX()), [&](Operation *reader) {
    auto candidate = dyn_cast<nn::MatmulOp>(reader);
    if (!product && candidate && candidate->getBlock() == sum->getBlock() &&
        !taken.contains(candidate) && sharedFactor(candidate, sum) &&
        nn::phaseOf(candidate.getLoc()) == nn::phaseOf(sum.getLoc()) &&
        bringTogether(candidate, sum))
      product = candidate;
  });
  if (!product)
    return std::nullopt;
  taken.insert(product);
  OpBuilder builder(product); // the same sum, of the matrix that the product reads
  auto ofFactor = nn::ReduceSumOp::create(builder, sum.getLoc(), sharedFactor(product, sum),
                                          builder.getDenseI64ArrayAttr({0}));
  sum.replaceAllUsesWith(ofFactor.getY());
  sum.erase();
  return launchOf({ofFactor, product}, {product.getY(), ofFactor.getY()}, product,
                  nn::locationOfBoth(product, ofFactor));
}

// Attention -----------------------------------------------------------------

/// Returns all ops that read parts of `split` if each is attention on it, or the gradients of that,
/// which nothing but their concatenation reads; otherwise nothing.
static SmallVector<Operation *> packedReaders(nn::SplitOp split) {
  llvm::SetVector<Operation *> readers;
  for (Value part : split.getParts())
    nn::forEachReader(part, [&](Operation *reader) { readers.insert(reader); });
  for (Operation *reader : readers) {
    auto gradients = dyn_cast<nn::AttentionGradOp>(reader);
    if (reader->getBlock() != split->getBlock() || nn::packedFactors(reader) != split ||
        (gradients && !nn::packedGradients(gradients)))
      return {};
  }
  return readers.takeVector();
}

/// Gives `attention` a split of its own, right before it. Returns the split and the reshapes that
/// follow it.
static SmallVector<Operation *> ownSplit(nn::SplitOp split, Operation *attention) {
  OpBuilder builder(attention);
  IRMapping mapping;
  SmallVector<Operation *> ops = {builder.clone(*split, mapping)};
  std::function<Value(Value)> own = [&](Value value) {
    auto reshape = value.getDefiningOp<nn::ReshapeOp>();
    if (reshape && !mapping.contains(value)) {
      own(reshape.getX());
      ops.push_back(builder.clone(*reshape, mapping));
    }
    return mapping.lookupOrDefault(value);
  };
  for (OpOperand &operand : attention->getOpOperands())
    if (nn::viewedValue(operand.get()).getDefiningOp() == split)
      operand.set(own(operand.get()));
  return ops;
}

/// Returns the launch of attention forward on the parts of `split`.
static LaunchGroup joinForward(nn::SplitOp split, nn::AttentionOp attention) {
  SmallVector<Operation *> ops = ownSplit(split, attention);
  ops.push_back(attention);
  return launchOf(ops, attention.getResults(), attention, attention.getLoc());
}

/// Returns the launch of the gradients of attention on the parts of `split`, in the place of their
/// concatenation.
static LaunchGroup joinGradients(nn::SplitOp split, nn::AttentionGradOp gradients) {
  nn::ConcatOp concat = nn::packedGradients(gradients);
  SmallVector<Operation *> ops = ownSplit(split, gradients);
  ops.push_back(gradients);
  for (Value input : concat.getInputs()) {
    SmallVector<Operation *> reshapes;
    for (auto reshape = input.getDefiningOp<nn::ReshapeOp>(); reshape;
         reshape = reshape.getX().getDefiningOp<nn::ReshapeOp>())
      reshapes.push_back(reshape);
    ops.append(reshapes.rbegin(), reshapes.rend());
  }
  ops.push_back(concat);
  // Named after attention: the concatenation is the gradient of a split that no launch does.
  return launchOf(
      ops, concat.getResult(), concat,
      nn::withGradients(nn::withoutValues(gradients.getLoc()), nn::gradientsOf(concat.getLoc())));
}

// Layer normalisation -------------------------------------------------------

/// Returns the rows of `norm` as they are read: in bf16, if only the conversion to that reads them.
static Value rowsOf(nn::LayerNormOp norm) {
  Operation *reader = norm.getY().hasOneUse() ? *norm.getY().user_begin() : nullptr;
  bool isNarrow = reader && reader->getBlock() == norm->getBlock() &&
                  reader->getNumResults() == 1 && nn::normOfNarrowRows(reader->getResult(0));
  return isNarrow ? Value(reader->getResult(0)) : norm.getY();
}

/// Returns the gradients of the layer normalisation that `norm` repeats, if they have its operands
/// and all that reads its rows, perhaps in bf16, stands behind them; null if there are none.
static nn::LayerNormGradOp gradientsWith(nn::LayerNormOp norm) {
  if (nn::phaseOf(norm.getLoc()) == nn::Phase::forward || !norm.getMean().use_empty() ||
      !norm.getRstd().use_empty())
    return nullptr;
  for (Operation *reader : norm.getX().getUsers()) {
    auto gradients = dyn_cast<nn::LayerNormGradOp>(reader);
    if (!gradients || gradients->getBlock() != norm->getBlock() ||
        gradients.getX() != norm.getX() || gradients.getScale() != norm.getScale() ||
        gradients.getUncentered() != norm.getUncentered() || gradients->isBeforeInBlock(norm))
      continue;
    auto repeated = gradients.getMean().getDefiningOp<nn::LayerNormOp>();
    if (repeated && repeated.getX() == norm.getX() && repeated.getEpsilon() == norm.getEpsilon() &&
        llvm::all_of(rowsOf(norm).getUsers(),
                     [&](Operation *user) { return gradients->isBeforeInBlock(user); }))
      return gradients;
  }
  return nullptr;
}

/// Returns the launch of `gradients` that also gives the rows of `norm`.
static LaunchGroup joinRows(nn::LayerNormOp norm, nn::LayerNormGradOp gradients) {
  Value rows = rowsOf(norm);
  SmallVector<Operation *> ops = {norm, gradients};
  if (rows != norm.getY())
    ops.insert(ops.begin() + 1, rows.getDefiningOp());
  SmallVector<Value> outputs(gradients.getResults());
  outputs.push_back(rows);
  return launchOf(ops, outputs, gradients, gradients.getLoc());
}

std::vector<LaunchGroup> plimsoll::fuse::findJoined(Block &block) {
  std::vector<LaunchGroup> groups;
  llvm::DenseSet<Operation *> taken; // main ops that have something beside them
  // Both add such ops to the block.
  SmallVector<nn::ReduceSumOp> sums(block.getOps<nn::ReduceSumOp>());
  SmallVector<nn::SplitOp> splits(block.getOps<nn::SplitOp>());
  for (nn::ReduceSumOp sum : sums)
    if (std::optional<LaunchGroup> group = joinSum(sum, taken))
      groups.push_back(std::move(*group));
  for (nn::SplitOp split : splits)
    for (Operation *reader : packedReaders(split)) {
      auto forward = dyn_cast<nn::AttentionOp>(reader);
      groups.push_back(forward ? joinForward(split, forward)
                               : joinGradients(split, cast<nn::AttentionGradOp>(reader)));
    }
  for (auto norm : block.getOps<nn::LayerNormOp>())
    if (nn::LayerNormGradOp gradients = gradientsWith(norm);
        gradients && taken.insert(gradients).second)
      groups.push_back(joinRows(norm, gradients));
  llvm::sort(groups, [](const LaunchGroup &a, const LaunchGroup &b) {
    return a.root->isBeforeInBlock(b.root);
  });
  return groups;
}
