//===- ParameterWarnings.cpp - warnings of what the exporter lost -----------------===//
#include "compiler/onnx/parameters/ParameterPlanner.h"
#include <set>

using namespace plimsoll::import;
using llvm::StringRef;

static std::string listed(llvm::ArrayRef<std::string> names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

static std::string counted(size_t count) {
  return std::to_string(count) + (count == 1 ? " parameter" : " parameters");
}

/// Returns the parameter of another module that the module of `name` reads instead, or "". The
/// exporter also merges equal nodes, and then no call separates their parameters.
std::string Planner::mergedWith(StringRef name) const {
  auto [module, last] = name.rsplit('.');
  for (const auto &[index, use] : plan.initializers) {
    const std::string &other = plan.parameters[use.parameter].name;
    auto [otherModule, otherLast] = StringRef(other).rsplit('.');
    if (otherLast != last || otherModule == module)
      continue;
    for (const RoleUse &role : rolesOf(graph, graph.proto.initializer(index).name()))
      if (graph.names[role.consumer.node].module == module &&
          plan.find(index, role.use).parameter == use.parameter)
        return other;
  }
  return "";
}

/// Warns of buffers that training moves in PyTorch, according to their names, and not here.
void Planner::warnOfStill() {
  std::vector<std::string> vectors, statistics;
  for (auto [i, tensor] : llvm::enumerate(record.moduleTensors())) {
    StringRef name = tensor.name;
    if (tensor.kind != ModuleTensor::Kind::Buffer)
      continue;
    if ((name.ends_with("._u") && name.contains("parametrizations")) || name.ends_with("weight_u"))
      vectors.push_back("'" + tensor.name + "'");
    bool isStatistic = name.ends_with("running_mean") || name.ends_with("running_var");
    if (isStatistic && !taken.count(name) && !unfoldable.contains(i))
      statistics.push_back("'" + tensor.name + "'");
  }
  if (!vectors.empty())
    plan.warnings.push_back("the vectors of a spectral norm stand still, where PyTorch moves them "
                            "by one power iteration in every step: " +
                            listed(vectors));
  if (!statistics.empty())
    plan.warnings.push_back("running statistics of the module that no node of the file reads, "
                            "and that no step moves: " +
                            listed(statistics));
}

/// Warns of what torch's older exporter computed from parameters, which it gives names of its own.
void Planner::warnOfNameless() {
  std::vector<std::string> names;
  for (const Parameter &parameter : plan.parameters)
    if (isTracedConstant(parameter.name))
      names.push_back("'" + parameter.name + "'");
  if (!names.empty())
    plan.warnings.push_back(counted(names.size()) +
                            " without a name of the module in checkpoints, because the exporter "
                            "stored something that it made from the module's: " +
                            listed(names) +
                            ". Where that is more than another layout, training differs; export "
                            "with dynamo=True and optimize=False to keep them");
  std::vector<std::string> constants;
  for (const KeptConstant &constant : plan.constants)
    if (isTracedConstant(constant.name))
      constants.push_back("'" + constant.name + "'");
  if (!constants.empty())
    plan.warnings.push_back(
        "what the exporter computed beforehand is constant; parameters that went into it cannot be "
        "trained: " +
        listed(constants) + "; export with dynamo=True and optimize=False to keep them");
}

/// Returns what happens to a parameter of the module; Fate::Trained if it is trained as in the
/// module. Sets `text` to its name for messages.
Planner::Fate Planner::fateOf(int tensor, std::string &text) const {
  const std::string &name = record.tensor(tensor).name;
  text = "'" + name + "'";
  if (!record.isParameter(tensor) || unfoldable.contains(tensor))
    return Fate::Trained;
  if (matchesAny(options.untrained, name)) {
    auto as = renamed.find(tensor);
    if (as == renamed.end())
      return Fate::Trained;
    text += " as " + as->second;
    return Fate::Renamed; // a checkpoint has what is frozen, too
  }
  if (lost.contains(tensor))
    return Fate::Constant;
  if (auto by = replaced.find(tensor); by != replaced.end()) {
    text += " by '" + by->second + "'";
    return Fate::Replaced;
  }
  if (auto as = renamed.find(tensor); as != renamed.end()) {
    text += " as " + as->second;
    return doubtful.contains(tensor) ? Fate::Doubtful : Fate::Renamed;
  }
  bool isAlias = llvm::any_of(plan.parameters, [&](const Parameter &parameter) {
    return llvm::is_contained(parameter.aliases, name);
  });
  if (taken.count(name) || isAlias)
    return Fate::Trained;
  if (std::string one = mergedWith(name); !one.empty()) {
    text += " with '" + one + "'";
    return Fate::Merged;
  }
  return Fate::Unread;
}

/// Warns of every parameter of the module that is not trained as in the module.
void Planner::warnOfLost() {
  std::map<Fate, std::vector<std::string>> fates;
  for (size_t i = 0; i < record.moduleTensors().size(); ++i) {
    std::string text;
    Fate fate = fateOf(i, text);
    fates[fate].push_back(text);
  }
  auto tell = [&](llvm::ArrayRef<std::string> names, StringRef what, StringRef kept) {
    if (!names.empty())
      plan.warnings.push_back(counted(names.size()) + " of the module " + what.str() + ": " +
                              listed(names) + "; export with optimize=False to keep " + kept.str());
  };
  tell(fates[Fate::Constant],
       "cannot be trained, because the exporter folded what is computed from them into constants",
       "them");
  tell(fates[Fate::Merged],
       "cannot be trained by themselves, because the exporter merged what is made from them with "
       "the same of equal ones",
       "them");
  tell(fates[Fate::Replaced],
       "cannot be trained as the module does, because the exporter folded what is computed from "
       "them; weights that were computed are trained in their place",
       "them");
  tell(shaped,
       "may have other dimensions of 1 there, because the exporter expanded them and the file "
       "does not tell",
       "their shapes");
  tell(fates[Fate::Renamed],
       "will have other names and layouts in checkpoints, because the exporter folded them in a "
       "way that the file does not tell",
       "their names");
  tell(fates[Fate::Doubtful],
       "went into look-ups that the exporter folded. They have other names and layouts in "
       "checkpoints, and where the parameters, and not their indices, were computed with, "
       "training differs",
       "them");
  tell(fates[Fate::Unread],
       "that no node of the file reads. Unused there, or tied to one that is read, they are as in "
       "the module; otherwise the exporter merged them with equal ones or computed them away, and "
       "training differs",
       "them");
}

/// Warns of every tensor of checkpoints that the module does not have, unless a warning has named
/// it: what the exporter computed from parameters of the module, and is trained in their place.
void Planner::warnOfForeign() {
  std::set<StringRef> known;
  for (const ModuleTensor &tensor : record.moduleTensors())
    known.insert(tensor.name);
  if (known.empty())
    return;
  auto isKnown = [&](const Parameter &parameter) {
    auto names = [&](const std::string &alias) { return known.count(alias) > 0; };
    auto said = [&](const std::string &warning) {
      return StringRef(warning).contains("'" + parameter.name + "'");
    };
    return known.count(parameter.name) || llvm::any_of(parameter.aliases, names) ||
           llvm::any_of(plan.warnings, said);
  };
  std::vector<std::string> foreign;
  for (const Parameter &parameter : plan.parameters)
    if (!isKnown(parameter))
      foreign.push_back("'" + parameter.name + "'");
  if (!foreign.empty())
    plan.warnings.push_back(counted(foreign.size()) +
                            " in checkpoints that the module does not have, because the exporter "
                            "computed them from the module's: " +
                            listed(foreign) + "; export with optimize=False to keep the module's");
}
