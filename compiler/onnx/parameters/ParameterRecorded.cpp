//===- ParameterRecorded.cpp - parameters according to the exporter's record -------===//
//
// With torch's record in the file no role or name is guessed: the record determines the tensor of
// each use of an initializer, and ParameterLayout how the initializer was made from it.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/parameters/ParameterPlanner.h"

using namespace plimsoll::import;
using llvm::StringRef;

/// Plans one parameter for each tensor of the module that the uses of an initializer are.
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
  // The tensor with the initializer's name comes first, because an output of that name is that
  // tensor.
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
    // The initializer may have the name of another tensor of the module.
    if (!target.via.empty() && (isOne || taken.count(one.fileName)))
      one.fileName = target.via.str();
    return trainMoved(std::move(one), {tensor}, layout);
  default:
    return trainAs(std::move(one), tensor, layout);
  }
}

/// Trains a parameter under the module's name and shape; another initializer may have added it
/// already.
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

/// Returns the names of tensors as text: "'a.weight', 'b.weight'".
static std::string namesOf(const ExporterRecord &record, llvm::ArrayRef<int> tensors) {
  std::string names;
  for (int tensor : tensors)
    names += (names.empty() ? "'" : ", '") + record.tensor(tensor).name + "'";
  return names;
}

/// Returns the initializer's name with a number if it is taken: equal tensors of several modules
/// may share an initializer.
std::string Planner::unusedName(const std::string &initializer) const {
  std::string name = initializer;
  for (int i = 2; taken.count(name); ++i)
    name = initializer + "." + std::to_string(i);
  return name;
}

/// Trains a parameter under the file's name, since its place in the module's tensor is not
/// recorded.
ParameterUse Planner::trainMoved(Parameter one, llvm::ArrayRef<int> tensors, const Layout &layout) {
  std::string names = namesOf(record, tensors);
  bool overlaps = false;
  for (int tensor : tensors) {
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
  one.name = one.fileName = unusedName(one.fileName);
  one.aliases.clear();
  one.reason = "made from " + names + "; the file does not tell where it belongs there";
  if (layout.isDoubtful)
    doubtful.insert(tensors.begin(), tensors.end());
  for (int tensor : tensors)
    renamed[tensor] += (renamed[tensor].empty() ? "'" : " and '") + one.fileName + "'";
  use.parameter = add(std::move(one));
  return use;
}

/// Keeps a buffer as a parameter if training moves it without a gradient, or if a checkpoint of the
/// module contains it; else as a constant.
ParameterUse Planner::keepBuffer(Parameter one, int tensor, const Layout &layout,
                                 llvm::ArrayRef<RoleUse> uses) {
  const ModuleTensor &buffer = record.tensor(tensor);
  bool isMoving = llvm::any_of(uses, [](const RoleUse &use) { return isStatistic(use.role); });
  bool isLarge = elementCount(one.shape).value_or(0) > options.maxFoldedElements;
  bool isTrained =
      matchesAny(options.parameters, one.fileName) || matchesAny(options.parameters, buffer.name);
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
  if (matchesAny(options.parameters, whole.fileName)) {
    Parameter forced = whole;
    forced.name = forced.fileName;
    forced.reason = "--trainable";
    return {add(std::move(forced))};
  }
  plan.constants.push_back({whole.fileName, whole.shape, why});
  return {};
}

/// Plans an initializer that was made from no tensor of the module, or from several.
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

/// Plans an initializer that was computed from parameters. A weight is trained in their place: the
/// model learns, but not as the module would.
ParameterUse Planner::trainComputed(const Parameter &whole, llvm::ArrayRef<int> tensors,
                                    llvm::ArrayRef<RoleUse> uses) {
  bool isWeight = whole.shape.size() > 1 && llvm::all_of(uses, [](const RoleUse &use) {
                    return use.role == Role::Matrix || use.role == Role::Table;
                  });
  std::string names = namesOf(record, tensors);
  if (!isWeight || uses.empty()) {
    lost.insert(tensors.begin(), tensors.end());
    return keepConstant(whole, "computed from " + names);
  }
  Parameter weight = whole;
  weight.name = weight.fileName = unusedName(whole.fileName);
  for (int tensor : tensors)
    replaced[tensor] = weight.name;
  weight.role = "matrix";
  weight.reason = "computed from " + names + ", and trained in their place";
  return {add(std::move(weight))};
}
