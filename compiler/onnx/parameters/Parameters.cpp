//===- Parameters.cpp - decides which initializers are trained, and their names ---===//
#include "compiler/onnx/parameters/ParameterPlanner.h"
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

// The exporter's metadata ---------------------------------------------------

StringRef Planner::exporterKind(StringRef name, StringRef key) const {
  auto info = graph.valueInfo.find(name);
  if (info == graph.valueInfo.end())
    return "";
  return metadata(*info->second, ("pkg.torch.export.graph_signature.InputSpec." + key).str());
}

/// Returns the name that the module of a use gives the tensor, or "" if there is no evidence.
std::string Planner::derivedName(const RoleUse &use) const {
  if (isRecurrent(graph.node(use.consumer.node).op_type()))
    return "";
  const NodeNames &direct = graph.names[use.use.node];
  const NodeNames &names = direct.module.empty() ? graph.names[use.consumer.node] : direct;
  if (names.module.empty())
    return "";
  std::string name = names.module + "." + frameworkName(use.role).str();
  bool named = names.fx.empty() || StringRef(names.fx).contains("%p_") == false ||
               mentionsParameter(names.fx, name);
  return named ? name : "";
}

static constexpr llvm::StringLiteral kModuleName = "it has the name of a tensor of the module";

// Decisions -----------------------------------------------------------------

std::string Planner::whyTrained(const onnx::TensorProto &tensor,
                                llvm::ArrayRef<RoleUse> roles) const {
  StringRef kind = exporterKind(tensor.name(), "kind");
  if (kind == "PARAMETER")
    return "the exporter calls it a parameter";
  if (kind == "BUFFER" || (tensor.dims_size() == 0 && !hasModuleName(tensor, roles)))
    return "";
  if (isMask(tensor, roles))
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
  if (hasModuleName(tensor, roles))
    return kModuleName.str();
  return "";
}

/// True for zeros and very negative numbers that are added to scores: a mask, however it is used.
bool Planner::isMask(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const {
  bool isAdded = llvm::any_of(
      roles, [&](const RoleUse &use) { return graph.node(use.consumer.node).op_type() == "Add"; });
  std::optional<int64_t> count =
      elementCount(llvm::ArrayRef(tensor.dims().data(), tensor.dims_size()));
  if (!isAdded || tensor.dims_size() < 2 || isExternal(tensor) || !count ||
      *count > (int64_t(1) << 24))
    return false;
  Problems ignored; // reported when the tensor is used
  std::optional<HostTensor> values = readTensor(tensor, "", *count, "", ignored);
  return values && llvm::is_contained(values->floats, 0.0) &&
         llvm::all_of(values->floats, [](double x) { return x == 0 || x <= -1e4; });
}

/// True if torch's older exporter named the tensor after one of the module ("m.cls_token") and the
/// graph uses it like a parameter. What that exporter computes has names such as "onnx::Add_12" or
/// "12".
bool Planner::hasModuleName(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const {
  StringRef name = tensor.name(), last = name.contains('.') ? name.rsplit('.').second : name;
  static const llvm::StringSet<> buffers = {
      "inv_freq", "mask",      "attn_mask",  "pe",
      "mean",     "std",       "anchors",    "num_batches_tracked",
      "window",   "mel_scale", "image_mean", "image_std"};
  bool isTorch = graph.file.model.producer_name() == "pytorch" && !name.contains("::") &&
                 !name.contains('/') && !name.starts_with("val_") && !name.empty() &&
                 !llvm::isDigit(name.front());
  bool isStatisticToo =
      llvm::any_of(roles, [](const RoleUse &use) { return isStatistic(use.role); });
  return isTorch && !roles.empty() && !isStatisticToo && !buffers.contains(last);
}

std::string Planner::whyKept(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const {
  if (exporterKind(tensor.name(), "kind") == "BUFFER")
    return "the exporter calls it a buffer";
  if (tensor.dims_size() == 0)
    return "a scalar";
  return roles.empty() ? "not used" : roleText(graph, roles.front());
}

/// True for a weight that the exporter stores for `x W` while the framework has `x W^T`.
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

/// True for a scale of ones or a bias of zeros in place of one that the model lacks: neither the
/// exporter nor a module that uses it calls it a parameter.
bool Planner::isPlaceholder(const Parameter &parameter, llvm::ArrayRef<RoleUse> roles) {
  if (roles.empty() || exporterKind(parameter.name, "kind") != "")
    return false;
  return llvm::all_of(
             roles,
             [&](const RoleUse &use) {
               const onnx::NodeProto &node = graph.node(use.consumer.node);
               const NodeNames &names = graph.names[use.consumer.node];
               auto data = graph.producers.find(node.input(0));
               bool grouped = node.op_type() == "InstanceNormalization" &&
                              data != graph.producers.end() &&
                              graph.node(data->second).op_type() == "Reshape";
               bool unnamed =
                   StringRef(names.fx).contains("%p_") && !names.module.empty() &&
                   !mentionsParameter(names.fx, names.module + "." + frameworkName(use.role).str());
               return (use.role == Role::Gain || use.role == Role::Bias) && (grouped || unnamed);
             }) &&
         isConstantFill(parameter.initializer);
}

/// Sets `reason` and `trainable`. Returns false for a tensor that stays a constant.
bool Planner::decide(Parameter &parameter, const onnx::TensorProto &tensor,
                     llvm::ArrayRef<RoleUse> roles) {
  if (!matchesAny(options.parameters, tensor.name()) && isPlaceholder(parameter, roles)) {
    plan.constants.push_back(
        {tensor.name(), parameter.shape, "stands for a scale or bias that the model lacks"});
    return false;
  }
  if (!matchesAny(options.parameters, tensor.name()) && isTracedLiteral(tensor.name())) {
    plan.constants.push_back({tensor.name(), parameter.shape, "made by the module's own code"});
    return false;
  }
  parameter.reason = whyTrained(tensor, roles);
  if (parameter.reason.empty() && matchesAny(options.parameters, tensor.name()))
    parameter.reason = "--trainable";
  if (!parameter.reason.empty())
    return true;
  std::string why = whyKept(tensor, roles);
  bool statistic = llvm::any_of(roles, [](const RoleUse &use) { return isStatistic(use.role); });
  bool persistent = exporterKind(tensor.name(), "kind") == "BUFFER" &&
                    exporterKind(tensor.name(), "persistent") == "True";
  // It is too large for a constant of the program and is kept as data beside it.
  bool large = elementCount(parameter.shape).value_or(0) > options.maxFoldedElements;
  if (!persistent && !statistic && !large) {
    remarkOnSuspect(tensor, roles);
    plan.constants.push_back({tensor.name(), parameter.shape, why});
    return false;
  }
  parameter.reason = why;
  parameter.trainable = false;
  return true;
}

/// Makes the shape of a gain or bias of group normalisation the framework's, which exporters store
/// as [channels, 1, 1]. Returns the shape that the uses see; empty for other tensors.
Shape Planner::channelView(Parameter &parameter, llvm::ArrayRef<RoleUse> roles) const {
  Shape view = parameter.shape;
  bool isChannel =
      view.size() > 1 && !roles.empty() &&
      llvm::all_of(llvm::ArrayRef(view).drop_front(), [](int64_t s) { return s == 1; });
  bool isGain = llvm::all_of(roles, [&](const RoleUse &use) {
    StringRef op = graph.node(use.consumer.node).op_type(), call = graph.names[use.use.node].call;
    return call.contains("norm") &&
           ((use.role == Role::Gain && op == "Mul") || (use.role == Role::Bias && op == "Add"));
  });
  StringRef name = graph.proto.initializer(parameter.initializer).name();
  if (!isChannel || !isGain || exporterKind(name, "kind") != "")
    return {};
  parameter.shape.resize(1);
  return view;
}

void Planner::visit(int index) {
  const onnx::TensorProto &tensor = graph.proto.initializer(index);
  std::optional<DType> dtype = dtypeOf(tensor.data_type());
  if (!dtype || !HostTensor(*dtype, {0}).isFloat())
    return;
  llvm::SmallVector<RoleUse> roles = rolesOf(graph, tensor.name());
  Parameter parameter;
  parameter.name = parameter.fileName = tensor.name();
  parameter.shape = Shape(tensor.dims().begin(), tensor.dims().end());
  parameter.dtype = *dtype;
  parameter.initializer = index;
  parameter.role = drawRole(roles.empty() ? Role::Other : roles.front().role, tensor.dims_size());
  if (llvm::any_of(roles, [&](const RoleUse &use) { return isFoldedBias(use.use); })) {
    llvm::erase_if(roles, [&](const RoleUse &use) { return isFoldedBias(use.use); });
    if (roles.empty())
      return; // its node gets the module's bias
  }
  if (record.exists())
    return visitRecorded(parameter, roles);
  parameter.declared = exporterKind(tensor.name(), "kind") == "PARAMETER";
  if (!decide(parameter, tensor, roles))
    return;
  // A tensor that only the user calls a parameter has no place in a module, and so no name from it.
  bool forced = parameter.trainable && whyTrained(tensor, roles).empty();
  if (!parameter.declared && !forced && !roles.empty() && !StringRef(tensor.name()).contains('.')) {
    std::string derived = derivedName(roles.front());
    std::string linear = traced.linearWeight(tensor.name(), roles.front());
    if (std::string name = derived.empty() ? linear : derived;
        !name.empty() && !taken.count(name)) {
      parameter.name = name;
      parameter.transposed =
          derived.empty() ? tensor.dims_size() == 2 : isTransposedLinear(roles.front(), tensor);
    }
  }
  if (parameter.trainable && parameter.reason == kModuleName)
    plan.warnings.push_back(
        "'" + parameter.name +
        "' is taken for a parameter because it has the name of a tensor of the module; if it is a "
        "buffer there, freeze it with --freeze=" +
        parameter.name);
  if (split(index, parameter, roles))
    return;
  addAliases(parameter, roles);
  Shape view = channelView(parameter, roles);
  int id = add(std::move(parameter));
  plan.initializers[index] = {id, false, view};
}

ParameterPlan plimsoll::import::planParameters(const Graph &graph, const ModelOptions &options,
                                               Problems &problems) {
  return Planner(graph, options, problems).run();
}
