//===- ParameterMerge.cpp - undoes what exporters do to parameters ----------------===//
#include "compiler/onnx/parameters/ParameterPlanner.h"
#include "llvm/ADT/StringExtras.h"
#include <cmath>
#include <set>

using namespace plimsoll::import;
using llvm::StringRef;

/// Returns torch's placeholder for a parameter: "%p_model_h_0_weight" for "model.h.0.weight".
static std::string placeholder(StringRef name) {
  std::string result = "%p_" + name.str();
  std::replace(result.begin(), result.end(), '.', '_');
  return result;
}

/// A longer placeholder that begins with this one is another parameter.
bool plimsoll::import::mentionsParameter(StringRef fx, StringRef name) {
  std::string wanted = placeholder(name);
  for (size_t at = fx.find(wanted); at != StringRef::npos; at = fx.find(wanted, at + 1)) {
    StringRef rest = fx.drop_front(at + wanted.size());
    if (rest.empty() || !(llvm::isAlnum(rest.front()) || rest.front() == '_'))
      return true;
  }
  return false;
}

// Merged and tied initializers ----------------------------------------------

bool Planner::isConstantFill(int index) {
  constexpr int64_t limit = int64_t(64) << 20;
  Problems ignored; // reported when the bytes are located
  std::optional<std::string> bytes = graph.file.read(index, limit, ignored);
  std::optional<DType> dtype = dtypeOf(graph.proto.initializer(index).data_type());
  return bytes && dtype && !bytes->empty() && isConstant(*bytes, byteSize(*dtype));
}

/// Makes one parameter for each module that uses a constant fill: only its values are equal.
/// Returns false if there is only one such module.
bool Planner::split(int index, const Parameter &parameter, llvm::ArrayRef<RoleUse> roles) {
  std::vector<std::pair<std::string, llvm::SmallVector<RoleUse>>> groups; // by first use
  llvm::StringMap<size_t> places;
  for (const RoleUse &use : roles) {
    std::string name = traced.nameOf(use.use.node);
    if (name.empty())
      name = derivedName(use);
    if (name.empty())
      name = parameter.name;
    auto [place, isNew] = places.try_emplace(name, groups.size());
    if (isNew)
      groups.push_back({name, {}});
    groups[place->second].second.push_back(use);
  }
  if (groups.size() < 2 || parameter.shape.empty() || !isConstantFill(index))
    return false;
  for (auto &[name, uses] : groups) {
    Parameter one = parameter;
    one.name = name;
    one.role = drawRole(uses.front().role, one.shape.size());
    one.transposed =
        isTransposedLinear(uses.front(), graph.proto.initializer(index)) && parameter.transposed;
    Shape view = channelView(one, uses);
    one.reason = "split from '" + graph.proto.initializer(index).name() + "'";
    int id = add(std::move(one));
    for (const RoleUse &use : uses)
      plan.uses[{use.use.node, use.use.operand}] = {id, false, view};
    plan.initializers.try_emplace(index, ParameterUse{id, false, view});
  }
  plan.remarks.push_back("initializer '" + graph.proto.initializer(index).name() +
                         "' stands for equal parameters of " + std::to_string(groups.size()) +
                         " modules: they are trained separately");
  return true;
}

/// Adds aliases: names that a module of a known class gives the tensor. With the exporter's record,
/// an alias is a tensor of the module that reads it and that nothing else reads.
void Planner::addAliases(Parameter &parameter, llvm::ArrayRef<RoleUse> roles) const {
  StringRef last = StringRef(parameter.name).rsplit('.').second;
  for (const RoleUse &use : record.exists() ? roles : llvm::ArrayRef<RoleUse>()) {
    const NodeNames &names = graph.names[use.use.node];
    std::string name = names.module + "." + last.str();
    StringRef scope = StringRef(names.scope).rsplit('.').second;
    bool owner = scope.contains("Embedding") || scope.contains("Linear") ||
                 scope.contains("Conv") || scope.ends_with("Norm");
    int tensor = owner ? record.find(name) : -1;
    if (tensor >= 0 && record.isParameter(tensor) && !targets.isRead(tensor) &&
        name != parameter.name && !llvm::is_contained(parameter.aliases, name))
      parameter.aliases.push_back(name);
  }
  for (const RoleUse &use : record.exists() ? llvm::ArrayRef<RoleUse>() : roles) {
    if (std::string name = traced.nameOf(use.use.node);
        !name.empty() && name != parameter.name && !llvm::is_contained(parameter.aliases, name))
      parameter.aliases.push_back(name);
    const NodeNames &names = graph.names[use.use.node];
    StringRef scope = StringRef(names.scope).rsplit('.').second;
    bool owner = scope == "Embedding" || scope == "Linear" || scope == "Conv1D" ||
                 scope.ends_with("Norm") || scope.starts_with("Conv");
    if (!owner || names.module.empty())
      continue;
    std::string name = names.module + "." + frameworkName(use.role).str();
    if (name != parameter.name && !llvm::is_contained(parameter.aliases, name))
      parameter.aliases.push_back(name);
  }
}

// Dropped biases ------------------------------------------------------------

/// Restores a bias of zeros that the exporter dropped and torch's line still names.
void Planner::restoreBias(int index) {
  const onnx::NodeProto &node = graph.node(index);
  const NodeNames &names = graph.names[index];
  bool takesBias = node.op_type() == "Gemm" || node.op_type().starts_with("Conv");
  if (!takesBias || !StringRef(names.rules).contains("RemoveOptionalBias") ||
      node.input_size() != 2)
    return;
  if (auto norm = norms.find(index); norm != norms.end() && norm->second.isNew)
    return; // the normalisation has its own
  std::string name = names.module + ".bias";
  if (record.exists()) {
    int dropped = targets.droppedBias(index);
    name = dropped < 0 ? "" : record.tensor(dropped).name;
  }
  bool isNamed =
      record.exists() ? !name.empty() : !names.module.empty() && mentionsParameter(names.fx, name);
  if (!isNamed)
    return;
  auto weight = graph.initializers.find(node.input(1));
  if (weight == graph.initializers.end())
    return;
  ParameterUse use = plan.find(weight->second, {index, 1});
  if (use.parameter < 0)
    return;
  const Parameter &matrix = plan.parameters[use.parameter];
  if (matrix.shape.size() < 2 || node.op_type() == "ConvTranspose")
    return;
  Parameter bias;
  bias.name = name;
  bias.shape = {node.op_type() == "Gemm" && !isTransposedGemm(node) ? matrix.shape[1]
                                                                    : matrix.shape[0]};
  bias.dtype = matrix.dtype;
  bias.role = "bias";
  bias.reason = "a bias of zeros that the exporter dropped";
  auto shared = taken.find(bias.name); // known if the module is called twice
  int id = shared != taken.end() ? shared->second : add(std::move(bias));
  plan.restoredBiases[index] = id;
}

// Folded parameters ---------------------------------------------------------

/// Adds a remark if a constant may be a parameter that the exporter expanded or gathered, which
/// lost its name and shape: random numbers that are added or joined to data. Masks have only two
/// values.
void Planner::remarkOnSuspect(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) {
  bool exported = !roles.empty() && !graph.names[roles.front().consumer.node].module.empty();
  bool joined = exported && (roles.front().role == Role::Added ||
                             graph.node(roles.front().consumer.node).op_type() == "Concat");
  std::optional<int64_t> count =
      elementCount(llvm::ArrayRef(tensor.dims().data(), tensor.dims_size()));
  if (!joined || isExternal(tensor) || !count || *count < 16 || *count > (int64_t(1) << 22) ||
      exporterKind(tensor.name(), "kind") == "BUFFER")
    return;
  Problems ignored; // reported when the tensor is used
  std::optional<HostTensor> values = readTensor(tensor, "", *count, "", ignored);
  std::set<double> distinct;
  for (size_t i = 0; values && i < values->floats.size() && distinct.size() <= 2; ++i)
    if (!std::isnan(values->floats[i]))
      distinct.insert(values->floats[i]);
  if (distinct.size() > 2)
    plan.remarks.push_back("constant '" + tensor.name() + "' (" + shapeText(values->shape) +
                           ") may be a parameter that the exporter folded; train it with "
                           "--trainable=" +
                           tensor.name() + ", or export with optimize=False to keep it");
}
