//===- AttachLoss.cpp - make @forward return a loss ---------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/Builders.h"
#include "passes/prepare/AddedLoss.h"
#include "passes/prepare/LossSpec.h"
#include "passes/prepare/Passes.h"
#include "llvm/ADT/StringSwitch.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_ATTACHLOSSPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

namespace {

struct AttachLossPass : prepare::impl::AttachLossPassBase<AttachLossPass> {
  using AttachLossPassBase::AttachLossPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward) {
      getOperation().emitError("the module has no function @forward");
      return signalPassFailure();
    }
    if (loss.empty())
      return limitIndices(forward);
    std::optional<AddedLoss> added = takeAddedLoss(forward);
    std::vector<std::string> problems;
    LossSpec spec = parseLoss(loss, problems);
    for (const std::string &problem : problems)
      forward.emitError("--loss: ") << problem;
    if (!problems.empty())
      return signalPassFailure();
    FailureOr<Value> value = findOutput(forward, spec.output);
    if (failed(value) || failed(attach(forward, spec, *value)))
      return signalPassFailure();
    if (added)
      prepare::mixLoss(forward, *added);
    limitIndices(forward);
  }

private:
  /// The result called `output`, or the only one.
  FailureOr<Value> findOutput(func::FuncOp forward, StringRef output) {
    std::string names;
    Operation *terminator = forward.getBody().front().getTerminator();
    for (unsigned i = 0; i < forward.getNumResults(); ++i) {
      auto name = forward.getResultAttrOfType<StringAttr>(i, nn::kNameAttr);
      if (name && name.getValue() == output)
        return terminator->getOperand(i);
      names += (i ? ", '" : "'") + (name ? name.getValue().str() : std::to_string(i)) + "'";
    }
    if (output.empty() && forward.getNumResults() == 1)
      return terminator->getOperand(0);
    if (output.empty())
      return forward.emitError("the model has several outputs: name the one that the loss reads, "
                               "as in --loss=cross-entropy:OUTPUT; there are ")
             << names;
    return forward.emitError("the loss reads output '") << output << "', the model has " << names;
  }

  LogicalResult attach(func::FuncOp forward, const LossSpec &spec, Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    if (!isa<FloatType>(type.getElementType()))
      return forward.emitError("the loss needs a floating-point output, got ") << type;
    if (spec.kind == "output")
      return attachOutput(forward, value);
    if (hasInput(forward, "labels"))
      return forward.emitError("the model has an input 'labels' of its own, the name of the one "
                               "that the loss adds; rename it, or use the model's own loss with "
                               "--loss=output:NAME");
    if (spec.kind == "cross-entropy")
      return attachCrossEntropy(forward, spec, value);
    if (spec.kind == "kl" && type.getRank() < 2)
      return forward.emitError("kl needs an output of two or more dimensions, classes last, got ")
             << type;
    Value labels = addLabels(forward, type);
    setResults(forward, {compare(forward, spec, value, labels)}, {"loss"});
    return success();
  }

  /// The scalar that the model computes itself.
  static LogicalResult attachOutput(func::FuncOp forward, Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getNumElements() != 1)
      return forward.emitError("a loss must be a scalar, the output is ") << type;
    OpBuilder builder(forward.getBody().front().getTerminator());
    if (type.getRank() != 0)
      value =
          nn::ReshapeOp::create(builder, location(forward), type.clone(ArrayRef<int64_t>{}), value);
    setResults(forward, {value}, {"loss"});
    return success();
  }

  static LogicalResult attachCrossEntropy(func::FuncOp forward, const LossSpec &spec, Value value) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getRank() < 2)
      return forward.emitError("cross entropy needs an output of two or more dimensions, "
                               "classes last, got ")
             << type;
    int64_t classes = type.getShape().back(), given = spec.weights.size();
    if (given && given != classes)
      return forward.emitError("--loss: ")
             << given << " weights are given, the output has " << classes << " classes";
    OpBuilder builder(forward.getBody().front().getTerminator());
    Value labels =
        addLabels(forward, type.clone(type.getShape().drop_back(), builder.getI64Type()));
    FloatAttr smoothing;
    IntegerAttr ignored;
    if (spec.labelSmoothing && *spec.labelSmoothing != 0)
      smoothing = builder.getF64FloatAttr(*spec.labelSmoothing);
    if (spec.ignoreIndex && *spec.ignoreIndex != -100)
      ignored = builder.getI64IntegerAttr(*spec.ignoreIndex);
    if (ignored)
      forward.setArgAttr(cast<BlockArgument>(labels).getArgNumber(), nn::kIgnoredAttr, ignored);
    auto op = nn::CrossEntropyOp::create(builder, location(forward), value, labels,
                                         weights(builder, spec, type), smoothing, ignored);
    setResults(forward, {op.getLoss(), op.getAccuracy()}, {"loss", "accuracy"});
    return success();
  }

  /// One number for each class, or null.
  static Value weights(OpBuilder &builder, const LossSpec &spec, RankedTensorType logits) {
    if (spec.weights.empty())
      return {};
    SmallVector<Attribute> numbers;
    for (double weight : spec.weights)
      numbers.push_back(builder.getFloatAttr(logits.getElementType(), weight));
    auto type = logits.clone(logits.getShape().take_back());
    return nn::ConstantOp::create(builder, nn::userLocation(builder.getContext(), "loss", ""),
                                  DenseElementsAttr::get(type, numbers));
  }

  /// A loss whose labels are like the output.
  static Value compare(func::FuncOp forward, const LossSpec &spec, Value value, Value labels) {
    OpBuilder builder(forward.getBody().front().getTerminator());
    Location loc = location(forward);
    if (spec.kind == "mse")
      return meanSquare(builder, loc, value, labels);
    if (spec.kind == "kl")
      return nn::KlDivergenceOp::create(builder, loc, value, labels, APFloat(spec.temperature));
    auto kind = llvm::StringSwitch<nn::PointwiseLossKind>(spec.kind)
                    .Case("l1", nn::PointwiseLossKind::l1)
                    .Case("huber", nn::PointwiseLossKind::huber)
                    .Default(nn::PointwiseLossKind::bce_with_logits);
    FloatAttr delta;
    if (kind == nn::PointwiseLossKind::huber)
      delta = builder.getF64FloatAttr(spec.delta);
    return nn::PointwiseLossOp::create(builder, loc, kind, value, labels, delta);
  }

  static Value meanSquare(OpBuilder &builder, Location loc, Value value, Value labels) {
    auto type = cast<RankedTensorType>(value.getType());
    Value difference = nn::SubOp::create(builder, loc, value, labels);
    Value square = nn::MulOp::create(builder, loc, difference, difference);
    auto axes = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
    Value sum = nn::ReduceSumOp::create(builder, loc, square, axes);
    Value share = nn::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(
            type.clone(ArrayRef<int64_t>{}),
            builder.getFloatAttr(type.getElementType(), 1.0 / type.getNumElements())));
    return nn::MulOp::create(builder, loc, sum, share);
  }

  static Location location(func::FuncOp forward) {
    return nn::userLocation(forward.getContext(), "loss", "");
  }

  /// Notes for each integer input that picks rows of a table, or classes, how many there are.
  static void limitIndices(func::FuncOp forward) {
    for (BlockArgument argument : forward.getArguments()) {
      int64_t limit = std::numeric_limits<int64_t>::max();
      SmallVector<Value> views = {argument};
      while (!views.empty()) {
        Value value = views.pop_back_val();
        for (Operation *user : value.getUsers()) {
          if (auto reshape = dyn_cast<nn::ReshapeOp>(user))
            views.push_back(reshape);
          auto gather = dyn_cast<nn::GatherOp>(user);
          if (gather && gather.getIndices() == value)
            limit = std::min(limit, gather.getTable().getType().getDimSize(gather.getAxis()));
          auto loss = dyn_cast<nn::CrossEntropyOp>(user);
          if (loss && loss.getLabels() == value)
            limit = std::min(limit, loss.getLogits().getType().getShape().back());
        }
      }
      if (limit != std::numeric_limits<int64_t>::max())
        forward.setArgAttr(argument.getArgNumber(), nn::kLimitAttr,
                           Builder(forward.getContext()).getI64IntegerAttr(limit));
    }
  }

  static bool hasInput(func::FuncOp forward, StringRef name) {
    for (unsigned i = 0; i < forward.getNumArguments(); ++i)
      if (auto given = forward.getArgAttrOfType<StringAttr>(i, nn::kNameAttr))
        if (given.getValue() == name)
          return true;
    return false;
  }

  static Value addLabels(func::FuncOp forward, Type type) {
    Builder builder(forward.getContext());
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr("labels")),
         builder.getNamedAttr(nn::kRoleAttr, builder.getStringAttr("labels"))});
    unsigned index = forward.getNumArguments();
    (void)forward.insertArgument(index, type, attributes, forward.getLoc());
    return forward.getArgument(index);
  }

  static void setResults(func::FuncOp forward, ArrayRef<Value> values, ArrayRef<StringRef> names) {
    Builder builder(forward.getContext());
    llvm::BitVector all(forward.getNumResults(), true);
    (void)forward.eraseResults(all);
    forward.getBody().front().getTerminator()->setOperands(values);
    for (auto [i, value, name] : llvm::enumerate(values, names)) {
      auto attribute = builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr(name));
      (void)forward.insertResult(i, value.getType(), builder.getDictionaryAttr({attribute}));
    }
  }
};

} // namespace
