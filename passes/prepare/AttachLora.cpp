//===- AttachLora.cpp - low-rank adapters beside frozen weights ----------------===//
//
// Hu et al., LoRA: Low-Rank Adaptation of Large Language Models (2021). Names, layouts and initial
// values are PEFT's, so that adapters can be exchanged with it.
//===----------------------------------------------------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Random.h"
#include "mlir/IR/Builders.h"
#include "passes/prepare/Passes.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Regex.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_ATTACHLORAPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;

/// Returns the module of a parameter: "h.0.attn" for "h.0.attn.weight".
static StringRef moduleOf(StringRef parameter) {
  return parameter.contains('.') ? parameter.rsplit('.').first : parameter;
}

namespace {

struct AttachLoraPass : prepare::impl::AttachLoraPassBase<AttachLoraPass> {
  using AttachLoraPassBase::AttachLoraPassBase;

  void runOnOperation() override {
    func::FuncOp forward = nn::findFunction(getOperation(), "forward");
    if (!forward)
      return signalPassFailure();
    forward.walk([&](nn::LoadOp load) { loads[load.getSymbol()].push_back(load); });
    SmallVector<nn::ParameterOp> chosen;
    if (failed(choose(chosen)))
      return signalPassFailure();
    freeze(forward);
    for (nn::ParameterOp parameter : chosen)
      adapt(parameter);
    getOperation()->setAttr(nn::kLoraAlphaAttr,
                            Builder(&getContext()).getF64FloatAttr(double(alpha)));
  }

private:
  bool isNamed(nn::ParameterOp parameter, const llvm::Regex &regex) {
    if (regex.match(parameter.getSymName()))
      return true;
    ArrayAttr aliases = parameter.getAliasesAttr();
    return aliases && llvm::any_of(aliases.getAsRange<StringAttr>(),
                                   [&](StringAttr alias) { return regex.match(alias.getValue()); });
  }

  /// Returns why `parameter` cannot be adapted, or "".
  std::string obstacle(nn::ParameterOp parameter) {
    RankedTensorType type = parameter.getTensorType();
    if (type.getRank() != 2)
      return "it has " + std::to_string(type.getRank()) +
             " dimensions, and adapters are products of two matrices";
    if (!type.getElementType().isF32() && !type.getElementType().isF64())
      return "its numbers are rounded already, and adapters are trained in f32";
    for (nn::LoadOp load : loads.lookup(parameter.getSymName()))
      for (OpOperand &use : load.getValue().getUses()) {
        auto product = dyn_cast<nn::MatmulOp>(use.getOwner());
        if (!product || use.getOperandNumber() != 1)
          return (product ? "it is the left factor of '" : "it is used by '") +
                 use.getOwner()->getName().getStringRef().str() + "'" +
                 nn::inNode(use.getOwner()->getLoc()) +
                 ", and only the right factor of a matrix product can be adapted";
      }
    int64_t least = std::min(type.getDimSize(0), type.getDimSize(1));
    if (rank > least)
      return "its smaller size is " + std::to_string(least) + ", less than the rank " +
             std::to_string(rank);
    return "";
  }

  /// Collects the named matrices. Fails, after one error, if a named parameter cannot be adapted,
  /// unless another one of its module is: a bias or gain beside an adapted matrix just stays
  /// frozen.
  LogicalResult choose(SmallVectorImpl<nn::ParameterOp> &chosen) {
    llvm::Regex regex((StringRef(modules)));
    std::string error;
    if (rank < 1)
      return getOperation().emitError("--lora: rank=") << int64_t(rank) << " is not positive";
    if (!regex.isValid(error))
      return getOperation().emitError("--lora: '") << StringRef(modules) << "': " << error;
    llvm::MapVector<StringRef, std::string> obstacles;
    llvm::StringSet<> adapted;
    for (auto parameter : getOperation().getOps<nn::ParameterOp>()) {
      if (parameter->hasAttr(nn::kTeacherAttr) || !isNamed(parameter, regex) ||
          !loads.contains(parameter.getSymName()))
        continue;
      std::string why = obstacle(parameter);
      if (!why.empty()) {
        obstacles[parameter.getSymName()] = why;
        continue;
      }
      chosen.push_back(parameter);
      adapted.insert(moduleOf(parameter.getSymName()));
    }
    std::string text;
    for (auto &[name, why] : obstacles)
      if (!adapted.contains(moduleOf(name)))
        text += ("\n  '" + name + "': " + why).str();
    if (!text.empty())
      return getOperation().emitError("--lora names parameters that cannot be adapted; name "
                                      "others:")
             << text;
    if (chosen.empty())
      return getOperation().emitError("--lora: '")
             << StringRef(modules)
             << "' matches no parameter; plimsoll compile MODEL --dry-run lists them";
    return success();
  }

  /// Makes every parameter frozen. Checkpoints omit those that the initial weights contain, but not
  /// running statistics of batch normalisations, which still change.
  void freeze(func::FuncOp forward) {
    llvm::StringSet<> statistics;
    forward.walk([&](nn::BatchNormInferenceOp op) {
      for (Value value : {op.getMean(), op.getVariance()})
        if (auto load = value.getDefiningOp<nn::LoadOp>())
          statistics.insert(load.getSymbol());
    });
    Builder builder(&getContext());
    for (auto parameter : getOperation().getOps<nn::ParameterOp>()) {
      lastParameter = parameter;
      if (parameter.getTrainable())
        parameter.setReason("frozen below --lora");
      parameter.setTrainable(false);
      wereDecayed[parameter] = parameter.getDecayed();
      parameter.setDecayed(false);
      if (!statistics.contains(parameter.getSymName()))
        parameter->setAttr(nn::kUnsavedAttr, builder.getUnitAttr());
    }
  }

  /// Adds a parameter for the adapter of `base` and returns its value.
  Value add(nn::ParameterOp base, StringRef suffix, ArrayRef<int64_t> shape, StringRef role) {
    StringRef module = base.getSymName();
    module.consume_back(".weight");
    std::string name = (module + suffix).str();
    OpBuilder builder(&getContext());
    builder.setInsertionPointAfter(lastParameter);
    auto type = RankedTensorType::get(shape, base.getTensorType().getElementType());
    OperationState state(nn::userLocation(&getContext(), name, ""),
                         nn::ParameterOp::getOperationName());
    state.addAttribute("sym_name", builder.getStringAttr(name));
    state.addAttribute("type", TypeAttr::get(type));
    state.addAttribute("role", builder.getStringAttr(role));
    state.addAttribute("reason", builder.getStringAttr("adapter of " + base.getSymName().str()));
    state.addAttribute("trainable", builder.getUnitAttr());
    if (wereDecayed.lookup(base))
      state.addAttribute("decayed", builder.getUnitAttr());
    lastParameter = builder.create(state);
    builder.setInsertionPointAfter(loads.lookup(base.getSymName()).front());
    return nn::LoadOp::create(builder, state.location, type, name);
  }

  /// Replaces y = x W by y + (alpha / rank) (x A^T) B^T at every use of the parameter.
  void adapt(nn::ParameterOp parameter) {
    SmallVector<nn::MatmulOp> products;
    for (nn::LoadOp load : loads.lookup(parameter.getSymName()))
      for (Operation *user : load.getValue().getUsers())
        products.push_back(cast<nn::MatmulOp>(user));
    llvm::sort(products, [](nn::MatmulOp a, nn::MatmulOp b) { return a->isBeforeInBlock(b); });
    ArrayRef<int64_t> shape = parameter.getTensorType().getShape();
    bool outFirst = products.front().getTransposeB();
    int64_t in = shape[outFirst ? 1 : 0], out = shape[outFirst ? 0 : 1];
    Value a = add(parameter, ".lora_A.weight", {rank, in}, "uniform");
    Value b = add(parameter, ".lora_B.weight", {out, rank}, "bias");
    for (nn::MatmulOp product : products)
      rewrite(product, a, b, product.getTransposeB() == outFirst);
  }

  /// Adds the adapter to one product. `straight`: the product uses the weight as stored, else its
  /// transpose.
  void rewrite(nn::MatmulOp product, Value a, Value b, bool straight) {
    OpBuilder builder(product->getContext());
    builder.setInsertionPointAfter(product);
    Location loc = product.getLoc();
    // x (B A)^T = (x A^T) B^T; with the transpose of the weight, x (B A) = (x B) A.
    Value first = straight ? a : b, second = straight ? b : a;
    Value x = product.getA();
    if (dropout > 0)
      x = nn::DropoutOp::create(builder, loc, x, Value(), nn::nextStream(*product->getBlock()),
                                APFloat(double(dropout)))
              .getY();
    Value low = nn::MatmulOp::create(builder, loc, x, first, product.getTransposeA(), straight);
    auto element = cast<RankedTensorType>(low.getType()).getElementType();
    Value scale = nn::ConstantOp::create(
        builder, loc,
        DenseElementsAttr::get(RankedTensorType::get({}, element),
                               builder.getFloatAttr(element, double(alpha) / double(rank))));
    low = nn::MulOp::create(builder, loc, low, scale);
    Value delta = nn::MatmulOp::create(builder, loc, low, second, false, straight);
    auto sum = nn::AddOp::create(builder, loc, product.getY(), delta);
    product.getY().replaceAllUsesExcept(sum.getY(), sum);
  }

  llvm::StringMap<SmallVector<nn::LoadOp>> loads;
  DenseMap<Operation *, bool> wereDecayed;
  Operation *lastParameter = nullptr; ///< new ones follow it, so that older ones keep their numbers
};

} // namespace
