//===- AssignRecipe.cpp - which parameters are trained, and how -------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "passes/prepare/Passes.h"
#include "llvm/Support/Regex.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_ASSIGNRECIPEPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

static bool matches(StringRef expression, StringRef name) {
  return llvm::Regex(expression).match(name);
}

static bool matches(StringRef expression, nn::ParameterOp parameter) {
  auto fileName = parameter->getAttrOfType<StringAttr>(nn::kFileNameAttr);
  return matches(expression, parameter.getSymName()) ||
         (fileName && matches(expression, fileName.getValue()));
}

static bool matchesAny(ArrayRef<std::string> expressions, nn::ParameterOp parameter) {
  return llvm::any_of(expressions, [&](const std::string &e) { return matches(e, parameter); });
}

/// Returns the value of the last group that matches.
static std::optional<double> groupOf(ArrayRef<NumberGroup> groups, nn::ParameterOp parameter) {
  for (const NumberGroup &group : llvm::reverse(groups))
    if (matches(group.expression, parameter))
      return group.value;
  return std::nullopt;
}

namespace {

class RecipeAssignment {
public:
  RecipeAssignment(ModuleOp module, const Recipe &recipe) : module(module), recipe(recipe) {}

  LogicalResult run() {
    checkExpressions("--trainable", recipe.trainable);
    checkExpressions("--freeze", recipe.freeze);
    checkExpressions("--no-decay", recipe.noDecay);
    checkExpressions("--decay", expressionsOf(recipe.decay));
    checkExpressions("--lr-scale", expressionsOf(recipe.lrScale));
    if (hasFailed)
      return failure();
    for (auto parameter : module.getOps<nn::ParameterOp>()) {
      correct(parameter);
      if (parameter.getTrainable())
        assignGroups(parameter);
      if (matchesAny(recipe.sparse, parameter))
        parameter.setSparse(true);
    }
    checkSparse();
    return failure(hasFailed);
  }

private:
  static std::vector<std::string> expressionsOf(ArrayRef<NumberGroup> groups) {
    std::vector<std::string> expressions;
    for (const NumberGroup &group : groups)
      expressions.push_back(group.expression);
    return expressions;
  }

  bool matchesSomething(StringRef expression) {
    if (llvm::any_of(module.getOps<nn::ParameterOp>(),
                     [&](nn::ParameterOp one) { return matches(expression, one); }))
      return true;
    auto constants = module->getAttrOfType<ArrayAttr>(nn::kConstantsAttr);
    return constants && llvm::any_of(constants, [&](Attribute constant) {
             auto entry = dyn_cast<DictionaryAttr>(constant);
             auto name = entry ? entry.getAs<StringAttr>("name") : StringAttr();
             return name && matches(expression, name.getValue());
           });
  }

  void checkExpressions(StringRef option, ArrayRef<std::string> expressions) {
    for (const std::string &expression : expressions) {
      std::string message;
      if (!llvm::Regex(expression).isValid(message)) {
        module.emitError(option) << "=" << expression
                                 << " is not a regular expression: " << message;
        hasFailed = true;
      } else if (!matchesSomething(expression)) {
        module.emitWarning(option) << "=" << expression << " matches no parameter";
      }
    }
  }

  /// An expression for tables that matches none is no slip to warn of: what it should save is lost.
  void checkSparse() {
    for (const std::string &expression : recipe.sparse)
      if (llvm::none_of(module.getOps<nn::ParameterOp>(),
                        [&](nn::ParameterOp one) { return matches(expression, one); })) {
        module.emitError("--sparse=")
            << expression << " matches no parameter; --dry-run lists the names";
        hasFailed = true;
      }
  }

  void correct(nn::ParameterOp parameter) {
    if (!parameter.getTrainable() && matchesAny(recipe.trainable, parameter)) {
      parameter.setTrainable(true);
      parameter.setReason("--trainable");
    }
    if (parameter.getTrainable() && matchesAny(recipe.freeze, parameter)) {
      parameter.setTrainable(false);
      parameter.setReason("--freeze");
    }
    parameter.setDecayed(parameter.getTrainable() && parameter.getTensorType().getRank() >= 2 &&
                         parameter.getRole() != "bias" && !matchesAny(recipe.noDecay, parameter));
  }

  void assignGroups(nn::ParameterOp parameter) {
    Builder builder(module.getContext());
    if (std::optional<double> factor = groupOf(recipe.lrScale, parameter))
      parameter.setLrScaleAttr(builder.getF64FloatAttr(*factor));
    std::optional<double> decay = groupOf(recipe.decay, parameter);
    if (!decay)
      return;
    if (matchesAny(recipe.noDecay, parameter)) {
      module.emitError("parameter '")
          << parameter.getSymName()
          << "': --decay and --no-decay both match it; make one of the two expressions narrower";
      hasFailed = true;
    }
    parameter.setDecayAttr(builder.getF64FloatAttr(*decay));
    parameter.setDecayed(*decay > 0);
  }

  ModuleOp module;
  const Recipe &recipe;
  bool hasFailed = false;
};

struct AssignRecipePass : prepare::impl::AssignRecipePassBase<AssignRecipePass> {
  using AssignRecipePassBase::AssignRecipePassBase;

  void runOnOperation() override {
    Recipe recipe{trainable, freeze, noDecay, sparse, {}, {}};
    if (failed(parseGroups("decay", decay, recipe.decay)) ||
        failed(parseGroups("lr-scale", lrScale, recipe.lrScale)) ||
        failed(assignRecipe(getOperation(), recipe)))
      signalPassFailure();
  }

private:
  /// Parses `REGEX=NUMBER`, where the expression may have a `=` of its own.
  LogicalResult parseGroups(StringRef option, ArrayRef<std::string> texts,
                            std::vector<NumberGroup> &groups) {
    for (StringRef text : texts) {
      auto [expression, value] = text.rsplit('=');
      double number = 0;
      if (expression.empty() || value.getAsDouble(number))
        return getOperation().emitError(option) << ": expected REGEX=NUMBER, got '" << text << "'";
      groups.push_back({expression.str(), number});
    }
    return success();
  }
};

} // namespace

LogicalResult plimsoll::prepare::assignRecipe(ModuleOp module, const Recipe &recipe) {
  return RecipeAssignment(module, recipe).run();
}
