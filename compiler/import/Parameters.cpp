#include "compiler/import/Parameters.h"
#include "llvm/ADT/StringExtras.h"

using namespace plimsoll::import;
using llvm::StringRef;
using llvm::Twine;

ParameterUse ParameterPlan::find(int initializer, Use use) const {
  auto own = uses.find({use.node, use.operand});
  if (own != uses.end())
    return own->second;
  return initializers.lookup(initializer);
}

namespace {
class Planner {
public:
  Planner(const Graph &graph, const ImportOptions &options, Problems &problems)
      : graph(graph), options(options), problems(problems) {}

  ParameterPlan run() {
    for (int i = 0; i < graph.proto.initializer_size(); ++i)
      visit(i);
    for (int i = 0; i < graph.proto.node_size(); ++i)
      restoreBias(i);
    remarkOnFoldedNorms();
    tieEqualParameters(graph, plan, problems);
    applyCorrections(options, plan, problems);
    return std::move(plan);
  }

private:
  void visit(int index);
  std::string whyTrained(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const;
  std::string whyKept(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const;
  StringRef exporterKind(StringRef name, StringRef key) const;
  std::string derivedName(const RoleUse &use) const;
  bool isTransposedLinear(const RoleUse &use, const onnx::TensorProto &tensor) const;
  bool split(int index, const Parameter &parameter, llvm::ArrayRef<RoleUse> roles);
  bool isConstantFill(int index);
  void addAliases(Parameter &parameter, llvm::ArrayRef<RoleUse> roles) const;
  void restoreBias(int node);
  void remarkOnFoldedNorms();
  int add(Parameter parameter);

  const Graph &graph;
  const ImportOptions &options;
  Problems &problems;
  ParameterPlan plan;
  llvm::StringMap<int> taken;
};
} // namespace

// What the exporter says ----------------------------------------------------

StringRef Planner::exporterKind(StringRef name, StringRef key) const {
  auto info = graph.valueInfo.find(name);
  if (info == graph.valueInfo.end())
    return "";
  return metadata(*info->second, ("pkg.torch.export.graph_signature.InputSpec." + key).str());
}

/// "model.h.0" + "weight" as torch writes it in placeholders: "%p_model_h_0_weight".
static std::string placeholder(StringRef name) {
  std::string result = "%p_" + name.str();
  std::replace(result.begin(), result.end(), '.', '_');
  return result;
}

/// True if `fx` names the placeholder, and not a longer one.
static bool mentions(StringRef fx, StringRef name) {
  std::string wanted = placeholder(name);
  for (size_t at = fx.find(wanted); at != StringRef::npos; at = fx.find(wanted, at + 1)) {
    StringRef rest = fx.drop_front(at + wanted.size());
    if (rest.empty() || !(llvm::isAlnum(rest.front()) || rest.front() == '_'))
      return true;
  }
  return false;
}

/// The name that the module of a use gives the tensor, or "" where there is no evidence.
std::string Planner::derivedName(const RoleUse &use) const {
  const NodeNames &direct = graph.names[use.use.node];
  const NodeNames &names = direct.module.empty() ? graph.names[use.consumer.node] : direct;
  if (names.module.empty())
    return "";
  bool bias = use.role == Role::Bias || use.role == Role::Added;
  std::string name = names.module + (bias ? ".bias" : ".weight");
  bool named =
      names.fx.empty() || StringRef(names.fx).contains("%p_") == false || mentions(names.fx, name);
  return named ? name : "";
}

// Decisions -----------------------------------------------------------------

std::string Planner::whyTrained(const onnx::TensorProto &tensor,
                                llvm::ArrayRef<RoleUse> roles) const {
  StringRef kind = exporterKind(tensor.name(), "kind");
  if (kind == "PARAMETER")
    return "the exporter calls it a parameter";
  if (kind == "BUFFER" || tensor.dims_size() == 0)
    return "";
  for (const RoleUse &use : roles)
    if (use.role == Role::Matrix || use.role == Role::Table)
      if (tensor.dims_size() >= 2)
        return roleText(graph, use);
  for (const RoleUse &use : roles)
    if (use.role == Role::Gain || use.role == Role::Bias)
      return roleText(graph, use);
  StringRef name = tensor.name();
  if (!roles.empty() && (name.ends_with(".weight") || name.ends_with(".bias")))
    return "it has a parameter's name";
  return "";
}

std::string Planner::whyKept(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const {
  if (exporterKind(tensor.name(), "kind") == "BUFFER")
    return "the exporter calls it a buffer";
  if (tensor.dims_size() == 0)
    return "a scalar";
  return roles.empty() ? "not used" : roleText(graph, roles.front());
}

/// True for a weight that the exporter stores as `x W` where the framework has `x W^T`.
bool Planner::isTransposedLinear(const RoleUse &use, const onnx::TensorProto &tensor) const {
  const NodeNames &names = graph.names[use.use.node];
  bool linear = names.call == "aten.linear.default" || StringRef(names.scope).ends_with(".Linear");
  const onnx::NodeProto &node = graph.node(use.consumer.node);
  return linear && use.role == Role::Matrix && tensor.dims_size() == 2 && !use.moved &&
         use.consumer.operand == 1 && node.op_type() == "MatMul";
}

int Planner::add(Parameter parameter) {
  auto [found, isNew] = taken.try_emplace(parameter.name, plan.parameters.size());
  if (!isNew) {
    problems.add("parameter '" + parameter.name + "'",
                 "two different tensors of the file would have this name",
                 "export the model with distinct module names");
    return found->second;
  }
  plan.parameters.push_back(std::move(parameter));
  return plan.parameters.size() - 1;
}

void Planner::visit(int index) {
  const onnx::TensorProto &tensor = graph.proto.initializer(index);
  std::optional<DType> dtype = dtypeOf(tensor.data_type());
  if (!dtype || !HostTensor(*dtype, {0}).isFloat())
    return;
  llvm::SmallVector<RoleUse> roles = rolesOf(graph, tensor.name());
  Parameter parameter;
  parameter.name = tensor.name();
  parameter.shape = Shape(tensor.dims().begin(), tensor.dims().end());
  parameter.dtype = *dtype;
  parameter.initializer = index;
  parameter.reason = whyTrained(tensor, roles);
  parameter.role = drawRole(roles.empty() ? Role::Other : roles.front().role, tensor.dims_size());
  bool persistent = exporterKind(tensor.name(), "kind") == "BUFFER" &&
                    exporterKind(tensor.name(), "persistent") == "True";
  if (parameter.reason.empty() && matchesAny(options.trainable, tensor.name()))
    parameter.reason = "--trainable";
  if (parameter.reason.empty()) {
    std::string why = whyKept(tensor, roles);
    if (!persistent) {
      plan.constants.push_back({tensor.name(), parameter.shape, why});
      return;
    }
    parameter.reason = why;
    parameter.trainable = false;
  }
  bool known = exporterKind(tensor.name(), "kind") == "PARAMETER";
  if (!known && !roles.empty() && !StringRef(tensor.name()).contains('.')) {
    std::string derived = derivedName(roles.front());
    if (!derived.empty() && !taken.count(derived)) {
      parameter.name = derived;
      parameter.transposed = isTransposedLinear(roles.front(), tensor);
    }
  }
  if (split(index, parameter, roles))
    return;
  addAliases(parameter, roles);
  int id = add(std::move(parameter));
  plan.initializers[index] = {id, false};
}

// Merged and tied initializers ----------------------------------------------

bool Planner::isConstantFill(int index) {
  constexpr int64_t limit = int64_t(64) << 20;
  Problems ignored; // told when the bytes are located
  std::optional<std::string> bytes = graph.file.read(index, limit, ignored);
  std::optional<DType> dtype = dtypeOf(graph.proto.initializer(index).data_type());
  if (!bytes || !dtype || bytes->empty())
    return false;
  // All elements equal: the bytes equal themselves moved by one element.
  size_t step = byteSize(*dtype);
  return StringRef(*bytes).drop_front(step) == StringRef(*bytes).drop_back(step);
}

/// Makes one parameter for each module that uses a constant tensor: nothing but their
/// equal values says that they are one.
bool Planner::split(int index, const Parameter &parameter, llvm::ArrayRef<RoleUse> roles) {
  std::vector<std::pair<std::string, llvm::SmallVector<RoleUse>>> groups; // by first use
  llvm::StringMap<size_t> places;
  for (const RoleUse &use : roles) {
    std::string name = derivedName(use);
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
    one.reason = "split from '" + graph.proto.initializer(index).name() + "'";
    int id = add(std::move(one));
    for (const RoleUse &use : uses)
      plan.uses[{use.use.node, use.use.operand}] = {id, false};
    plan.initializers.try_emplace(index, ParameterUse{id, false});
  }
  plan.remarks.push_back("initializer '" + graph.proto.initializer(index).name() +
                         "' stands for equal parameters of " + std::to_string(groups.size()) +
                         " modules: they are trained separately");
  return true;
}

/// A module of a known class names its tensor: other such names are aliases.
void Planner::addAliases(Parameter &parameter, llvm::ArrayRef<RoleUse> roles) const {
  for (const RoleUse &use : roles) {
    const NodeNames &names = graph.names[use.use.node];
    StringRef scope = StringRef(names.scope).rsplit('.').second;
    bool owner = scope == "Embedding" || scope == "Linear" || scope == "Conv1D" ||
                 scope.ends_with("Norm") || scope.starts_with("Conv");
    if (!owner || names.module.empty())
      continue;
    bool bias = use.role == Role::Bias || use.role == Role::Added;
    std::string name = names.module + (bias ? ".bias" : ".weight");
    if (name != parameter.name && !llvm::is_contained(parameter.aliases, name))
      parameter.aliases.push_back(name);
  }
}

// Dropped biases ------------------------------------------------------------

/// The exporter drops a bias of zeros: torch's line still names it.
void Planner::restoreBias(int index) {
  const onnx::NodeProto &node = graph.node(index);
  const NodeNames &names = graph.names[index];
  bool takesBias = node.op_type() == "Gemm" || node.op_type() == "Conv";
  if (!takesBias || !StringRef(names.rules).contains("RemoveOptionalBias") ||
      node.input_size() != 2 || names.module.empty() || !mentions(names.fx, names.module + ".bias"))
    return;
  auto weight = graph.initializers.find(node.input(1));
  if (weight == graph.initializers.end())
    return;
  ParameterUse use = plan.find(weight->second, {index, 1});
  if (use.parameter < 0)
    return;
  const Parameter &matrix = plan.parameters[use.parameter];
  bool transB = false;
  for (const auto &attribute : node.attribute())
    transB |= attribute.name() == "transB" && attribute.i() != 0;
  if (matrix.shape.size() < 2)
    return;
  Parameter bias;
  bias.name = names.module + ".bias";
  bias.shape = {node.op_type() == "Gemm" && !transB ? matrix.shape[1] : matrix.shape[0]};
  bias.dtype = matrix.dtype;
  bias.role = "bias";
  bias.reason = "a bias of zeros that the exporter dropped";
  auto shared = taken.find(bias.name); // the module is called twice
  int id = shared != taken.end() ? shared->second : add(std::move(bias));
  plan.restoredBiases[index] = id;
}

/// What was multiplied into the weights cannot be taken out again.
void Planner::remarkOnFoldedNorms() {
  int count = llvm::count_if(graph.names, [](const NodeNames &names) {
    return StringRef(names.rules).contains("FuseBatchNorm");
  });
  if (count > 0)
    plan.remarks.push_back("the exporter folded " + std::to_string(count) +
                           " batch normalisations into weights; the model is trained without "
                           "them; export with optimize=False to keep them");
}

ParameterPlan plimsoll::import::planParameters(const Graph &graph, const ImportOptions &options,
                                               Problems &problems) {
  return Planner(graph, options, problems).run();
}
