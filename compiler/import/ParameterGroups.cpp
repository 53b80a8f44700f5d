//===- ParameterGroups.cpp - settings of groups of parameters ----------------------===//
#include "compiler/import/ParameterGroups.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

static bool matches(const std::string &expression, const Parameter &parameter) {
  return matchesAny({expression}, parameter.name) || matchesAny({expression}, parameter.fileName);
}

/// Returns the value of the last group that matches, if any.
static std::optional<double> groupOf(ArrayRef<Group> groups, const Parameter &parameter) {
  for (const Group &group : llvm::reverse(groups))
    if (matches(group.expression, parameter))
      return group.value;
  return std::nullopt;
}

static void warnOfUnused(const ParameterPlan &plan, StringRef option, ArrayRef<Group> groups,
                         Location where) {
  for (const Group &group : groups)
    if (llvm::none_of(plan.parameters,
                      [&](const Parameter &p) { return matches(group.expression, p); }))
      emitWarning(where) << option << "=" << group.expression << " matches no parameter";
}

void plimsoll::import::assignGroups(ModuleOp module, const ParameterPlan &plan,
                                    const ImportOptions &options, Problems &problems) {
  Builder builder(module.getContext());
  for (const Parameter &parameter : plan.parameters) {
    auto op = module.lookupSymbol<nn::ParameterOp>(parameter.name);
    if (!op || !op.getTrainable())
      continue;
    if (std::optional<double> factor = groupOf(options.lrScale, parameter))
      op.setLrScaleAttr(builder.getF64FloatAttr(*factor));
    std::optional<double> decay = groupOf(options.decay, parameter);
    if (!decay)
      continue;
    if (llvm::any_of(options.noDecay, [&](const std::string &e) { return matches(e, parameter); }))
      problems.add("parameter '" + parameter.name + "'", "--decay and --no-decay both match it",
                   "make one of the two expressions narrower");
    op.setDecayAttr(builder.getF64FloatAttr(*decay));
    op.setDecayed(*decay > 0);
  }
  Location where = nn::userLocation(module.getContext(), options.path, "");
  warnOfUnused(plan, "--decay", options.decay, where);
  warnOfUnused(plan, "--lr-scale", options.lrScale, where);
}
