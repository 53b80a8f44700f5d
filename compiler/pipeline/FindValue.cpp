//===- FindValue.cpp - values of a plan by the user's names -------------------------===//
#include "compiler/pipeline/FindValue.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include <map>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
using frontend::OutlineNode;
using planner::ValueId;

namespace {

class Finder {
public:
  Finder(const StepView &view, ModuleOp module, const frontend::ModelOutline &outline)
      : view(view), outline(outline) {
    for (auto [id, value] : llvm::enumerate(view.problem().values))
      if (belongs(id))
        addNames(static_cast<ValueId>(id));
    for (auto parameter : module.getOps<nn::ParameterOp>())
      if (ArrayAttr aliases = parameter.getAliasesAttr())
        for (StringAttr alias : aliases.getAsRange<StringAttr>())
          byName[alias.str()] = byName[parameter.getSymName().str()];
    for (const OutlineNode &node : outline.nodes) {
      for (const std::string &result : node.results)
        producers[result] = &node;
      for (const std::string &input : node.inputs)
        consumers[input].push_back(&node);
    }
  }

  FoundValues find(StringRef name) {
    auto [stem, number] = name.rsplit('#');
    size_t index;
    if (number.getAsInteger(10, index) || index == 0)
      return findAll(name);
    FoundValues found = findAll(stem);
    if (index > found.values.size())
      return findAll(name);
    found.values = {found.values[index - 1]};
    return found;
  }

private:
  FoundValues findAll(StringRef name) {
    FoundValues found;
    if (StringRef inner = gradientOf(name); !inner.empty()) {
      found = exact(inner);
      found.values = gradientsOf(found.values);
    }
    if (found.values.empty())
      found = exact(name);
    if (found.values.empty())
      throughModel(name, found);
    putResultsFirst(found.values);
    if (found.values.empty())
      found.nearest = nearest(name);
    return found;
  }

  /// True if the value can be explained: only those of the training timeline are, and values
  /// without a place are no tensors.
  bool belongs(ValueId id) const {
    return view.kind(id) == ValueKind::Resident || view.writer(id) != planner::none ||
           llvm::is_contained(view.timeline().liveAtStart, id);
  }

  void addNames(ValueId id) {
    addName(view.problem().values[id].name, id);
    addName(view.title(id), id);
    OpResult result = view.computed(id);
    if (!result)
      return;
    addName(nn::nodeName(result.getLoc()).str(), id);
    addName(nn::modulePath(result.getLoc()).str(), id);
  }
  void addName(const std::string &name, ValueId id) {
    std::vector<ValueId> &values = byName[name];
    if (!name.empty() && !llvm::is_contained(values, id))
      values.push_back(id);
  }

  static StringRef gradientOf(StringRef name) {
    if (name.consume_front("gradient of ") || name.consume_front("gradient:"))
      return name;
    if (name.ends_with(")") && (name.consume_front("d(") || name.consume_front("grad(")))
      return name.drop_back();
    return "";
  }

  FoundValues exact(StringRef name) const {
    FoundValues found;
    auto it = byName.find(name.str());
    if (it != byName.end())
      found.values = it->second;
    return found;
  }

  std::vector<ValueId> gradientsOf(const std::vector<ValueId> &primals) const {
    std::vector<ValueId> values;
    for (size_t id = 0; id < view.problem().values.size(); ++id)
      for (ValueId primal : view.gradientOf(id))
        if (llvm::is_contained(primals, primal) && !llvm::is_contained(values, ValueId(id)))
          values.push_back(id);
    return values;
  }

  /// Sorts by what the user most likely means: results, then their gradients, then the rest.
  void putResultsFirst(std::vector<ValueId> &values) const {
    if (values.size() < 2)
      return;
    std::vector<ValueId> results, rest;
    for (ValueId value : values)
      (StringRef(view.title(value)).starts_with("result of ") ? results : rest).push_back(value);
    std::vector<ValueId> gradients = gradientsOf(results);
    llvm::erase_if(rest, [&](ValueId value) { return llvm::is_contained(gradients, value); });
    values = std::move(results);
    llvm::append_range(values, gradients);
    llvm::append_range(values, rest);
  }

  /// Looks for the node of a tensor's name. A node without a launch is a view of its first operand,
  /// or part of a launch that comes after it.
  void throughModel(StringRef name, FoundValues &found) {
    StringRef inner = gradientOf(name);
    bool isGradient = !inner.empty();
    const OutlineNode *node = nodeOf(isGradient ? inner : name);
    std::string start = node ? node->label : "";
    for (int hops = 0; node && hops < 64 && found.values.empty(); ++hops) {
      found.values = exact(node->label).values;
      if (isGradient)
        found.values = gradientsOf(found.values);
      if (!found.values.empty() && node->label != start)
        found.note = "node '" + start +
                     "' makes no bytes of its own: it is a view of, or part "
                     "of, node '" +
                     node->label + "'";
      node = next(*node);
    }
  }

  const OutlineNode *nodeOf(StringRef name) const {
    if (auto it = producers.find(name.str()); it != producers.end())
      return it->second;
    for (const OutlineNode &node : outline.nodes)
      if (node.label == name || (!node.module.empty() && node.module == name))
        return &node;
    return nullptr;
  }

  const OutlineNode *next(const OutlineNode &node) const {
    bool isView = llvm::is_contained(
        {"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Cast", "Expand"}, node.type);
    if (isView && !node.inputs.empty()) {
      auto it = producers.find(node.inputs.front());
      return it == producers.end() ? nullptr : it->second;
    }
    auto it = node.results.empty() ? consumers.end() : consumers.find(node.results.front());
    return it == consumers.end() ? nullptr : it->second.front();
  }

  std::vector<std::string> nearest(StringRef name) const {
    std::map<std::pair<unsigned, std::string>, bool> ranked;
    auto rank = [&](StringRef candidate) {
      unsigned distance =
          candidate.contains(name) || (name.contains(candidate) && candidate.size() > 3)
              ? 1
              : name.edit_distance(candidate);
      ranked[{distance, candidate.str()}] = true;
    };
    for (const auto &[candidate, values] : byName)
      if (!candidate.empty() && !StringRef(candidate).contains(" of "))
        rank(candidate);
    for (const auto &[tensor, node] : producers)
      rank(tensor);
    std::vector<std::string> names;
    for (const auto &[entry, unused] : ranked)
      if (names.size() < 5 && entry.first <= 1 + name.size() / 2)
        names.push_back(entry.second);
    return names;
  }

  const StepView &view;
  const frontend::ModelOutline &outline;
  std::map<std::string, std::vector<ValueId>> byName;
  std::map<std::string, const OutlineNode *> producers;
  std::map<std::string, std::vector<const OutlineNode *>> consumers;
};

} // namespace

FoundValues plimsoll::pipeline::findValues(const StepView &view, ModuleOp module,
                                           const frontend::ModelOutline &outline, StringRef name) {
  return Finder(view, module, outline).find(name);
}
