//===- BuildForward.cpp - the forward pass as a timeline of its own ----------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/autodiff/Backward.h"
#include "passes/autodiff/Passes.h"
#include "passes/autodiff/RandomSource.h"

namespace plimsoll::autodiff {
#define GEN_PASS_DEF_BUILDFORWARDPASS
#include "passes/autodiff/Passes.h.inc"
} // namespace plimsoll::autodiff

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

namespace {

struct BuildForwardPass : plimsoll::autodiff::impl::BuildForwardPassBase<BuildForwardPass> {
  using BuildForwardPassBase::BuildForwardPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>("forward");
    if (!forward) {
      getOperation().emitError("the module has no function @forward");
      return signalPassFailure();
    }
    forward.setName("evaluate");
    if (drawsNumbers(forward))
      drawFrom(forward, addHyper(forward));
    if (gradients && failed(addGradients(forward)))
      signalPassFailure();
  }

private:
  static std::string nameOf(Attribute name) {
    return name ? cast<StringAttr>(name).getValue().str() : std::string();
  }

  static bool isHyper(func::FuncOp function, BlockArgument argument) {
    auto role = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), nn::kRoleAttr);
    return role && role.getValue() == "hyper";
  }

  LogicalResult addGradients(func::FuncOp function) {
    SmallVector<Value> leaves;
    for (BlockArgument argument : function.getArguments())
      if (nn::detail::isFloat(argument.getType()) && !isHyper(function, argument))
        leaves.push_back(argument);
    Value loss = weightedSum(function);
    if (!loss)
      return function.emitError("no result is floating point: there is nothing to differentiate");
    FailureOr<SmallVector<Value>> found = appendBackward(function, loss, leaves, scaleRule);
    if (failed(found))
      return failure();
    for (auto [leaf, gradient] : llvm::zip(leaves, *found))
      if (gradient) {
        unsigned argument = cast<BlockArgument>(leaf).getArgNumber();
        addResult(function, "gradient:" + nameOf(function.getArgAttr(argument, nn::kNameAttr)),
                  gradient);
      }
    return success();
  }

  /// The sum of `y * weight:y` over all elements of all floating-point results.
  static Value weightedSum(func::FuncOp function) {
    Operation *terminator = function.getBody().front().getTerminator();
    OpBuilder builder(terminator);
    Value sum;
    for (unsigned i = 0, count = function.getNumResults(); i < count; ++i) {
      Value y = terminator->getOperand(i);
      if (!nn::detail::isFloat(y.getType()))
        continue;
      std::string name = nameOf(function.getResultAttr(i, nn::kNameAttr));
      Value term = nn::MulOp::create(builder, y.getLoc(), y, addInput(function, name, y.getType()));
      auto rank = cast<RankedTensorType>(y.getType()).getRank();
      if (rank > 0)
        term = nn::ReduceSumOp::create(builder, y.getLoc(), term,
                                       llvm::to_vector(llvm::seq<int64_t>(0, rank)));
      sum = sum ? Value(nn::AddOp::create(builder, y.getLoc(), sum, term)) : term;
    }
    return sum;
  }

  static Value addInput(func::FuncOp function, const std::string &result, Type type) {
    Builder builder(function.getContext());
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr("weight:" + result)),
         builder.getNamedAttr(nn::kRoleAttr, builder.getStringAttr("input"))});
    unsigned index = function.getNumArguments();
    (void)function.insertArgument(index, type, attributes, function.getLoc());
    return function.getArgument(index);
  }

  static void addResult(func::FuncOp function, const std::string &name, Value value) {
    Builder builder(function.getContext());
    Operation *terminator = function.getBody().front().getTerminator();
    auto attributes = builder.getDictionaryAttr(
        {builder.getNamedAttr(nn::kNameAttr, builder.getStringAttr(name))});
    (void)function.insertResult(function.getNumResults(), value.getType(), attributes);
    terminator->insertOperands(terminator->getNumOperands(), value);
  }
};

} // namespace
