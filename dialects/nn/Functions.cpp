//===- Functions.cpp - functions that passes can read -------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll::nn;

LogicalResult plimsoll::nn::checkFunction(func::FuncOp function) {
  if (!function.getBody().hasOneBlock())
    return function.emitError("@") << function.getName() << " must have a body of one block, got "
                                   << function.getBody().getBlocks().size() << " blocks";
  for (BlockArgument argument : function.getArguments())
    if (!isModelTensor(argument.getType()))
      return function.emitError("argument ")
             << argument.getArgNumber() << " is no tensor of a model: " << argument.getType();
  for (Operation &op : function.getBody().front())
    if (!isa_and_nonnull<NNDialect>(op.getDialect()) && !isa<func::ReturnOp>(op))
      return op.emitError("'") << op.getName() << "' cannot stand in a model's function";
  return success();
}

bool plimsoll::nn::isOutsideLaunch(Operation *op) {
  return isa<CostOpInterface>(op) && !isa<LaunchOp, ReshapeOp>(op);
}

Value plimsoll::nn::viewedValue(Value value) {
  while (auto reshape = value.getDefiningOp<ReshapeOp>())
    value = reshape.getX();
  return value;
}

LayerNormOp plimsoll::nn::normOfNarrowRows(Value value) {
  auto rounded = value.getDefiningOp<CastOp>();
  auto norm = rounded ? rounded.getX().getDefiningOp<LayerNormOp>() : nullptr;
  bool isNarrow = norm && rounded.getX() == norm.getY() && rounded.getTo().isBF16();
  return isNarrow ? norm : nullptr;
}

bool plimsoll::nn::isGradientOf(Operation *gradient, Operation *op) {
  return op->getNumOperands() == 1 &&
         gradient->getName().getStringRef() == (op->getName().getStringRef() + "_grad").str() &&
         llvm::is_contained(gradient->getOperands(), op->getOperand(0));
}

void plimsoll::nn::forEachReader(Value value, llvm::function_ref<void(Operation *)> visit) {
  for (Operation *user : value.getUsers()) {
    if (auto reshape = dyn_cast<ReshapeOp>(user))
      forEachReader(reshape.getResult(), visit);
    else
      visit(user);
  }
}

func::FuncOp plimsoll::nn::findFunction(ModuleOp module, StringRef name) {
  auto function = module.lookupSymbol<func::FuncOp>(name);
  if (!function)
    module.emitError("the module has no function @") << name;
  return function && succeeded(checkFunction(function)) ? function : func::FuncOp();
}

StringRef plimsoll::nn::argumentName(func::FuncOp function, unsigned index) {
  auto name = function.getArgAttrOfType<StringAttr>(index, kNameAttr);
  return name ? name.getValue() : StringRef();
}

BlockArgument plimsoll::nn::findArgument(func::FuncOp function, StringRef name) {
  for (BlockArgument argument : function.getArguments())
    if (argumentName(function, argument.getArgNumber()) == name)
      return argument;
  return {};
}

StringRef plimsoll::nn::resultName(func::FuncOp function, unsigned index) {
  auto name = function.getResultAttrOfType<StringAttr>(index, kNameAttr);
  return name ? name.getValue() : StringRef();
}
