//===- AttachLoss.cpp - make @forward return a loss ---------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/IR/Builders.h"
#include "passes/prepare/AddedLoss.h"
#include "passes/prepare/LossSpec.h"
#include "passes/prepare/Passes.h"
#include "passes/prepare/Probabilities.h"
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
  explicit AttachLossPass(std::optional<LossSpec> given) : given(std::move(given)), isText(false) {}

  void runOnOperation() override {
    func::FuncOp forward = nn::findFunction(getOperation(), "forward");
    if (!forward)
      return signalPassFailure();
    if (isText && failed(parseText(forward)))
      return signalPassFailure();
    if (!given)
      return limitIndices(forward);
    std::optional<AddedLoss> added = takeAddedLoss(forward);
    FailureOr<unsigned> output = findOutput(forward, given->output);
    if (failed(output) || failed(attach(forward, *given, *output)))
      return signalPassFailure();
    if (added && failed(prepare::mixLoss(forward, *added)))
      return signalPassFailure();
    limitIndices(forward);
  }

private:
  std::optional<LossSpec> given;
  bool isText = true; ///< the loss is the pass option, as in plimsoll-opt

  LogicalResult parseText(func::FuncOp forward) {
    if (loss.empty())
      return success();
    std::vector<std::string> problems;
    given = parseLoss(loss, problems);
    for (const std::string &problem : problems)
      forward.emitError("loss: ") << problem;
    return success(problems.empty());
  }

  /// Returns the index of the result called `output`, or, if that is empty, of the only one.
  FailureOr<unsigned> findOutput(func::FuncOp forward, StringRef output) {
    std::string names;
    for (unsigned i = 0; i < forward.getNumResults(); ++i) {
      auto name = forward.getResultAttrOfType<StringAttr>(i, nn::kNameAttr);
      if (name && name.getValue() == output)
        return i;
      names += (i ? ", '" : "'") + (name ? name.getValue().str() : std::to_string(i)) + "'";
    }
    if (output.empty() && forward.getNumResults() == 1)
      return 0u;
    if (output.empty())
      return forward.emitError("the model has several outputs: name the one that the loss reads, "
                               "as in --loss=cross-entropy:OUTPUT; there are ")
             << names;
    return forward.emitError("the loss reads output '") << output << "', the model has " << names;
  }

  LogicalResult attach(func::FuncOp forward, const LossSpec &spec, unsigned output) {
    Value value = forward.getBody().front().getTerminator()->getOperand(output);
    auto type = cast<RankedTensorType>(value.getType());
    if (!isa<FloatType>(type.getElementType()))
      return forward.emitError("the loss needs a floating-point output, got ") << type;
    if (spec.kind == "output")
      return attachOutput(forward, value);
    if (nn::findArgument(forward, "labels"))
      return forward.emitError("the model has an input 'labels' of its own, the name of the one "
                               "that the loss adds; rename it, or use the model's own loss with "
                               "--loss=output:NAME");
    std::optional<int64_t> axis;
    if (spec.kind == "cross-entropy" || spec.kind == "kl") {
      axis = classAxis(spec.axis, type.getRank());
      if (!axis)
        return refuseAxis(forward, spec, type);
    }
    if (axis || spec.kind == "bce-with-logits")
      warnOfProbabilities(forward, spec, value, axis, outputText(forward, output));
    std::string classes;
    if (axis)
      classes = noteClasses(spec, value, *axis, outputText(forward, output));
    if (spec.kind == "cross-entropy")
      return attachCrossEntropy(forward, spec, value, *axis, classes);
    Value labels = addLabels(forward, type, classes);
    if (axis && *axis != type.getRank() - 1) { // the kernels expect classes last
      value = lastToAxis(forward, value, *axis);
      labels = lastToAxis(forward, labels, *axis);
    }
    setResults(forward, {compare(forward, spec, value, labels)}, {"loss"});
    return success();
  }

  // Classes -----------------------------------------------------------------

  static LogicalResult refuseAxis(func::FuncOp forward, const LossSpec &spec,
                                  RankedTensorType type) {
    if (type.getRank() < 2)
      return forward.emitError(spec.kind == "kl" ? "kl" : "cross entropy")
             << " needs an output of two or more dimensions, rows and classes, got " << type;
    return forward.emitError("--loss: axis=")
           << *spec.axis << " is no dimension of the output " << type
           << " that classes could lie along; expected 1 to " << type.getRank() - 1
           << " (dimension 0 is the batch)";
  }

  static std::string outputText(func::FuncOp forward, unsigned output) {
    StringRef name = nn::resultName(forward, output);
    return name.empty() ? "the output" : "output '" + name.str() + "'";
  }

  /// Records which dimension was taken for the classes if there was a choice: for the summary, and
  /// for the program's message when labels have another shape.
  std::string noteClasses(const LossSpec &spec, Value value, int64_t axis, StringRef output) {
    auto type = cast<RankedTensorType>(value.getType());
    if (type.getRank() < 3)
      return "";
    std::string shape;
    llvm::raw_string_ostream stream(shape);
    llvm::interleave(type.getShape(), stream, "x");
    if (!spec.axis && type.getRank() == 3 && isOfConvolution(value))
      mlir::emitWarning(getOperation().getLoc())
          << output << " (" << shape
          << ") comes from a convolution, whose channels are dimension 1, while the last of three "
             "dimensions is taken for the classes; say which they are, --loss="
          << spec.kind << ",axis=1 or axis=2";
    std::string note = ("dimension " + Twine(axis) + " of " + output + " (" + shape + ")").str();
    getOperation()->setAttr(nn::kClassesAttr, Builder(&getContext()).getStringAttr(note));
    return note;
  }

  /// Warns if the loss applies a softmax or sigmoid to what is one already: a softmax of
  /// probabilities is nearly uniform, so hardly anything is learned.
  void warnOfProbabilities(func::FuncOp forward, const LossSpec &spec, Value value,
                           std::optional<int64_t> axis, StringRef output) {
    std::optional<Probabilities> found = probabilitiesOf(value, axis);
    if (!found)
      return;
    bool isBce = spec.kind == "bce-with-logits";
    InFlightDiagnostic warning = mlir::emitWarning(forward.getLoc());
    warning << output << " is the result of " << found->kind << " already ("
            << nn::describe(found->node) << "), and " << spec.kind
            << (isBce ? " applies a sigmoid to it once more" : " takes a softmax of it once more")
            << ": the loss is not that of these probabilities, and gradients are too small; ";
    StringRef before;
    if (Operation *scores = found->scores.getDefiningOp())
      before = nn::nodeName(scores->getLoc());
    if (!before.empty())
      warning << "let the loss read the scores before it, --loss=" << spec.kind << ":" << before
              << ", or ";
    warning << "export the model without it";
  }

  /// Returns `value` transposed so that dimension `axis` is last and the others keep their order.
  static Value lastToAxis(func::FuncOp forward, Value value, int64_t axis) {
    OpBuilder builder(forward.getBody().front().getTerminator());
    auto permutation =
        llvm::to_vector(llvm::seq<int64_t>(0, cast<RankedTensorType>(value.getType()).getRank()));
    permutation.erase(permutation.begin() + axis);
    permutation.push_back(axis);
    return nn::TransposeOp::create(builder, location(forward), value, permutation);
  }

  /// Makes `value`, a scalar that the model computes itself, the loss.
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

  static LogicalResult attachCrossEntropy(func::FuncOp forward, const LossSpec &spec, Value value,
                                          int64_t axis, StringRef note) {
    auto type = cast<RankedTensorType>(value.getType());
    int64_t classes = type.getDimSize(axis), given = spec.weights.size();
    if (given && given != classes)
      return forward.emitError("--loss: ")
             << given << " weights are given, the output has " << classes << " classes";
    OpBuilder builder(forward.getBody().front().getTerminator());
    SmallVector<int64_t> rows(type.getShape());
    rows.erase(rows.begin() + axis);
    Value labels = addLabels(forward, type.clone(rows, builder.getI64Type()), note);
    FloatAttr smoothing;
    IntegerAttr ignored, along;
    if (axis != type.getRank() - 1)
      along = builder.getI64IntegerAttr(axis);
    if (spec.labelSmoothing && *spec.labelSmoothing != 0)
      smoothing = builder.getF64FloatAttr(*spec.labelSmoothing);
    if (spec.ignoreIndex && *spec.ignoreIndex != -100)
      ignored = builder.getI64IntegerAttr(*spec.ignoreIndex);
    if (ignored)
      forward.setArgAttr(cast<BlockArgument>(labels).getArgNumber(), nn::kIgnoredAttr, ignored);
    auto op = nn::CrossEntropyOp::create(builder, location(forward), value, labels,
                                         weights(builder, spec, type), smoothing, ignored, along,
                                         /*first_row=*/IntegerAttr());
    setResults(forward, {op.getLoss(), op.getAccuracy()}, {"loss", "accuracy"});
    return success();
  }

  /// Returns the class weights as a constant, or null if there are none.
  static Value weights(OpBuilder &builder, const LossSpec &spec, RankedTensorType logits) {
    if (spec.weights.empty())
      return {};
    SmallVector<Attribute> numbers;
    for (double weight : spec.weights)
      numbers.push_back(builder.getFloatAttr(logits.getElementType(), weight));
    auto type = logits.clone({int64_t(numbers.size())});
    return nn::ConstantOp::create(builder, nn::userLocation(builder.getContext(), "loss", ""),
                                  DenseElementsAttr::get(type, numbers));
  }

  /// Returns a loss whose labels have the shape of the output.
  static Value compare(func::FuncOp forward, const LossSpec &spec, Value value, Value labels) {
    OpBuilder builder(forward.getBody().front().getTerminator());
    Location loc = location(forward);
    if (spec.kind == "mse")
      return meanSquare(builder, loc, value, labels);
    if (spec.kind == "kl")
      return nn::KlDivergenceOp::create(builder, loc, value, labels, APFloat(spec.temperature),
                                        /*batch=*/IntegerAttr());
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

  /// Sets `nn.limit` of each integer input that selects rows of a table, or classes, to their
  /// number.
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
            limit = std::min(limit, loss.getLogits().getType().getDimSize(loss.getClassAxis()));
        }
      }
      if (limit != std::numeric_limits<int64_t>::max())
        forward.setArgAttr(argument.getArgNumber(), nn::kLimitAttr,
                           Builder(forward.getContext()).getI64IntegerAttr(limit));
    }
  }

  /// Adds the input `labels`. `classes` says which dimension of the output the classes lie along,
  /// or is "".
  static Value addLabels(func::FuncOp forward, Type type, StringRef classes = "") {
    Builder builder(forward.getContext());
    NamedAttrList attributes;
    attributes.append(nn::kNameAttr, builder.getStringAttr("labels"));
    attributes.append(nn::kRoleAttr, builder.getStringAttr("labels"));
    if (!classes.empty())
      attributes.append(nn::kClassesAttr, builder.getStringAttr(classes));
    unsigned index = forward.getNumArguments();
    (void)forward.insertArgument(index, type, attributes.getDictionary(forward.getContext()),
                                 forward.getLoc());
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

std::unique_ptr<Pass> plimsoll::prepare::createAttachLossPass(std::optional<LossSpec> loss) {
  return std::make_unique<AttachLossPass>(std::move(loss));
}
