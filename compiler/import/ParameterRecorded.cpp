//===- ParameterRecorded.cpp - parameters by the exporter's own record -------------===//
//
// With torch's record in the file no role and no name is guessed: the record tells what each use
// of an initializer stands for, and ParameterLayout how it was made.
//===----------------------------------------------------------------------===//
#include "compiler/import/ParameterPlanner.h"

using namespace plimsoll::import;
using llvm::StringRef;

/// One parameter for each tensor of the module that the uses of an initializer stand for.
void Planner::visitRecorded(const Parameter &whole, llvm::ArrayRef<RoleUse> roles) {
  std::vector<std::pair<int, llvm::SmallVector<RoleUse>>> groups; // by first use
  for (const RoleUse &use : roles) {
    int tensor = targets.at(use.use).tensor;
    auto group = llvm::find_if(groups, [&](const auto &g) { return g.first == tensor; });
    if (group == groups.end())
      group = groups.insert(groups.end(), {tensor, {}});
    group->second.push_back(use);
  }
  int own = record.find(whole.fileName);
  if (groups.empty())
    groups.push_back({own, {}});
  // The one of the initializer's own name comes first: it is what an output of that name holds.
  llvm::stable_sort(
      groups, [&](const auto &a, const auto &b) { return (a.first == own) > (b.first == own); });
  for (const auto &[tensor, uses] : groups) {
    ParameterUse planned = useRecorded(whole, tensor, uses);
    for (const RoleUse &use : uses)
      plan.uses[{use.use.node, use.use.operand}] = planned;
    if (planned.parameter >= 0)
      plan.initializers.try_emplace(whole.initializer, planned);
  }
  if (groups.size() > 1 && plan.initializers.count(whole.initializer))
    plan.remarks.push_back("initializer '" + whole.fileName + "' stands for equal parameters of " +
                           std::to_string(groups.size()) + " modules: they are trained separately");
}

ParameterUse Planner::useRecorded(const Parameter &whole, int tensor,
                                  llvm::ArrayRef<RoleUse> uses) {
  if (std::optional<ParameterUse> recurrent = useRecurrent(whole, uses))
    return *recurrent;
  if (tensor < 0)
    return useComposite(whole, uses);
  bool isOne = record.find(whole.fileName) >= 0;
  UseTarget target = uses.empty() ? UseTarget() : targets.at(uses.front().use);
  Layout layout;
  if (!uses.empty())
    layout = layoutOf(graph, record, whole.initializer, target, uses.front());
  Parameter one = whole;
  one.role = drawRole(uses.empty() ? Role::Other : uses.front().role, whole.shape.size());
  if (!record.isParameter(tensor))
    return keepBuffer(std::move(one), tensor, layout, uses);
  one.declared = true;
  one.reason = "the exporter calls it a parameter";
  if (isOne && record.find(whole.fileName) != tensor)
    one.reason += ", merged with '" + whole.fileName + "'";
  one.name = record.tensor(tensor).name;
  addAliases(one, uses);
  switch (layout.kind) {
  case Layout::Kind::Computed:
    return trainComputed(whole, {tensor}, uses);
  case Layout::Kind::Moved:
    // The initializer's name may be that of another tensor of the module.
    if (!target.via.empty() && (isOne || taken.count(one.fileName)))
      one.fileName = target.via.str();
    return trainMoved(std::move(one), {tensor}, layout);
  default:
    return trainAs(std::move(one), tensor, layout);
  }
}

/// Under its own name and shape; another initializer may have brought it already.
ParameterUse Planner::trainAs(Parameter one, int tensor, const Layout &layout) {
  Shape seen = one.shape;
  one.name = record.tensor(tensor).name;
  one.transposed = layout.kind == Layout::Kind::Transposed;
  ParameterUse use;
  if (layout.kind == Layout::Kind::Reshaped) {
    use.view = seen;
    one.shape = layout.shape;
  } else if (layout.kind == Layout::Kind::Repeated) {
    use.repeated = seen;
    one.shape = layout.shape;
  }
  if (layout.isGuess && !taken.count(one.name))
    shaped.push_back("'" + one.name + "' (" + shapeText(one.shape) + ")");
  auto known = taken.find(one.name);
  if (known == taken.end()) {
    use.parameter = add(std::move(one));
    return use;
  }
  Parameter &first = plan.parameters[known->second];
  for (const std::string &alias : one.aliases)
    if (!llvm::is_contained(first.aliases, alias))
      first.aliases.push_back(alias);
  Shape ours = one.shape, theirs = first.shape;
  bool flipped = one.transposed != first.transposed;
  if (flipped)
    std::reverse(ours.begin(), ours.end());
  if (ours != theirs || renamed.count(tensor)) {
    lost.insert(tensor);
    return keepConstant(one, "another form of '" + one.name + "'");
  }
  use.parameter = known->second;
  use.transpose = flipped;
  return use;
}

/// Under the name that the file gives it, because its place in the module's tensor is not told.
ParameterUse Planner::trainMoved(Parameter one, llvm::ArrayRef<int> tensors, const Layout &layout) {
  std::string names;
  bool overlaps = false;
  for (int tensor : tensors) {
    names += (names.empty() ? "'" : ", '") + record.tensor(tensor).name + "'";
    overlaps |= taken.count(record.tensor(tensor).name) != 0;
    if (renamed.count(tensor) && layout.rows.empty() && !layout.isDisjoint)
      overlaps = true;
    for (const std::string &row : layout.rows)
      overlaps |= !selected[tensor].insert(row).second;
  }
  if (overlaps) {
    lost.insert(tensors.begin(), tensors.end());
    return keepConstant(one, "a part of " + names);
  }
  ParameterUse use;
  if (layout.shape != one.shape && !layout.shape.empty()) {
    use.repeated = one.shape;
    one.shape = layout.shape;
  }
  one.name = one.fileName;
  one.aliases.clear();
  one.reason = "made from " + names + "; the file does not tell where it belongs there";
  for (int tensor : tensors)
    renamed[tensor] += (renamed[tensor].empty() ? "'" : " and '") + one.fileName + "'";
  use.parameter = add(std::move(one));
  return use;
}

/// What moves without a gradient, and what a checkpoint of the module holds.
ParameterUse Planner::keepBuffer(Parameter one, int tensor, const Layout &layout,
                                 llvm::ArrayRef<RoleUse> uses) {
  const ModuleTensor &buffer = record.tensor(tensor);
  bool isMoving = llvm::any_of(uses, [](const RoleUse &use) { return isStatistic(use.role); });
  bool isLarge = elementCount(one.shape).value_or(0) > options.maxFoldedElements;
  bool isTrained =
      matchesAny(options.trainable, one.fileName) || matchesAny(options.trainable, buffer.name);
  bool isKept = buffer.kind == ModuleTensor::Kind::Buffer && buffer.persistent;
  if (!isMoving && !isLarge && !isTrained && !isKept)
    return keepConstant(one, "the exporter calls it a buffer");
  one.reason = isTrained ? "--trainable" : "the exporter calls it a buffer";
  one.trainable = isTrained;
  if (layout.kind == Layout::Kind::Same)
    return trainAs(std::move(one), tensor, layout);
  if (!isLarge && !isTrained)
    return keepConstant(one, "made from the buffer '" + buffer.name + "'");
  ParameterUse use;
  use.parameter = add(std::move(one));
  return use;
}

ParameterUse Planner::keepConstant(const Parameter &whole, const std::string &why) {
  if (matchesAny(options.trainable, whole.fileName)) {
    Parameter forced = whole;
    forced.name = forced.fileName;
    forced.reason = "--trainable";
    return {add(std::move(forced))};
  }
  plan.constants.push_back({whole.fileName, whole.shape, why});
  return {};
}

/// What was made from no tensor of the module, or from several.
ParameterUse Planner::useComposite(const Parameter &whole, llvm::ArrayRef<RoleUse> uses) {
  Origin origin = record.origin(whole.initializer);
  llvm::SmallVector<int> parameters;
  llvm::copy_if(origin.tensors, std::back_inserter(parameters),
                [&](int tensor) { return record.isParameter(tensor); });
  bool isFolded = !uses.empty() && llvm::all_of(uses, [&](const RoleUse &use) {
    return StringRef(graph.names[use.use.node].rules).contains("FuseBatchNorm");
  });
  if (parameters.empty() && isFolded) {
    Parameter bias = whole;
    bias.reason = "a bias that the exporter folded a batch normalisation into";
    return {add(std::move(bias))};
  }
  if (parameters.size() == 1 && origin.values.empty())
    return keepConstant(whole, "merged with what the module does not have there");
  if (parameters.empty()) {
    bool isLarge = elementCount(whole.shape).value_or(0) > options.maxFoldedElements;
    if (!isLarge)
      return keepConstant(whole, "the exporter calls it no parameter");
    Parameter large = whole;
    large.reason = "too large for a constant";
    large.trainable = false;
    return {add(std::move(large))};
  }
  bool isRecurrentWeight = llvm::all_of(uses, [&](const RoleUse &use) {
    return isRecurrent(graph.node(use.consumer.node).op_type()) && use.consumer.operand <= 3;
  });
  if (isRecurrentWeight && !uses.empty())
    return trainMoved(whole, parameters, {Layout::Kind::Moved, whole.shape});
  return trainComputed(whole, parameters, uses);
}

/// What was computed from parameters. A weight is trained in their place: the model learns, though
/// not as the module would.
ParameterUse Planner::trainComputed(const Parameter &whole, llvm::ArrayRef<int> tensors,
                                    llvm::ArrayRef<RoleUse> uses) {
  bool isWeight = whole.shape.size() > 1 && llvm::all_of(uses, [](const RoleUse &use) {
                    return use.role == Role::Matrix || use.role == Role::Table;
                  });
  std::string names;
  for (int tensor : tensors)
    names += (names.empty() ? "'" : ", '") + record.tensor(tensor).name + "'";
  if (!isWeight || uses.empty()) {
    lost.insert(tensors.begin(), tensors.end());
    return keepConstant(whole, "computed from " + names);
  }
  for (int tensor : tensors)
    replaced[tensor] = whole.fileName;
  Parameter weight = whole;
  weight.name = weight.fileName;
  weight.role = "matrix";
  weight.reason = "computed from " + names + ", and trained in their place";
  return {add(std::move(weight))};
}

// What the exporter lost -----------------------------------------------------

static std::string listed(llvm::ArrayRef<std::string> names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text;
}

static std::string counted(size_t count) {
  return std::to_string(count) + (count == 1 ? " parameter" : " parameters");
}

/// The parameter that the module of `name` reads in its place, though it is another module's, or
/// "": the exporter merges equal nodes, too, behind which no call tells them apart.
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

/// Buffers that training moves in PyTorch, by their names, and not here.
void Planner::warnOfStill() {
  std::vector<std::string> vectors, statistics;
  for (auto [i, tensor] : llvm::enumerate(record.moduleTensors())) {
    StringRef name = tensor.name;
    if (tensor.kind != ModuleTensor::Kind::Buffer)
      continue;
    if ((name.ends_with("._u") && name.contains("parametrizations")) || name.ends_with("weight_u"))
      vectors.push_back("'" + tensor.name + "'");
    bool isStatistic = name.ends_with("running_mean") || name.ends_with("running_var");
    if (isStatistic && !taken.count(name) && !foldedNorms.contains(i))
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

/// Every parameter of the module is trained as what it is there, or is named here.
void Planner::warnOfLost() {
  std::vector<std::string> constant, other, instead, merged, unread;
  for (auto [i, tensor] : llvm::enumerate(record.moduleTensors())) {
    if (!record.isParameter(i) || foldedNorms.contains(i) ||
        matchesAny(options.freeze, tensor.name))
      continue;
    bool isAlias = llvm::any_of(plan.parameters, [&, &name = tensor.name](const Parameter &p) {
      return llvm::is_contained(p.aliases, name);
    });
    auto known = renamed.find(i);
    if (lost.contains(i))
      constant.push_back("'" + tensor.name + "'");
    else if (auto by = replaced.find(i); by != replaced.end())
      instead.push_back("'" + tensor.name + "' by '" + by->second + "'");
    else if (known != renamed.end())
      other.push_back("'" + tensor.name + "' as " + known->second);
    else if (taken.count(tensor.name) || isAlias)
      continue;
    else if (std::string one = mergedWith(tensor.name); !one.empty())
      merged.push_back("'" + tensor.name + "' with '" + one + "'");
    else
      unread.push_back("'" + tensor.name + "'");
  }
  const std::string fix = "; export with optimize=False to keep ";
  if (!constant.empty())
    plan.warnings.push_back(counted(constant.size()) +
                            " of the module cannot be trained, because the exporter folded what "
                            "is computed from them into constants: " +
                            listed(constant) + fix + "them");
  if (!merged.empty())
    plan.warnings.push_back(counted(merged.size()) +
                            " of the module cannot be trained by themselves, because the exporter "
                            "merged what is made from them with the same of equal ones: " +
                            listed(merged) + fix + "them");
  if (!instead.empty())
    plan.warnings.push_back(counted(instead.size()) +
                            " of the module cannot be trained as the module does, because the "
                            "exporter folded what is computed from them; weights that were "
                            "computed are trained in their place: " +
                            listed(instead) + fix + "them");
  if (!shaped.empty())
    plan.warnings.push_back(counted(shaped.size()) +
                            " of the module may have other dimensions of 1 there, because the "
                            "exporter expanded them and the file does not tell: " +
                            listed(shaped) + fix + "their shapes");
  if (!other.empty())
    plan.warnings.push_back(counted(other.size()) +
                            " of the module will have other names and layouts in checkpoints, "
                            "because the exporter folded them in a way that the file does not "
                            "tell: " +
                            listed(other) + fix + "their names");
  if (!unread.empty())
    plan.warnings.push_back(counted(unread.size()) +
                            " of the module that no node of the file reads. Unused there, or tied "
                            "to one that is read, they are as in the module; otherwise the "
                            "exporter merged them with equal ones or computed them away, and "
                            "training differs" +
                            fix + "them: " + listed(unread));
}
