//===- OpsBranch.cpp - If and Loop ----------------------------------------------===//
//
// Their behaviour must be known while the model is imported, see Unroll.h. A loop whose condition
// is always true runs for its trip count. A loop with a computed condition is unrolled iteration by
// iteration, as long as the condition of the next one is known.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/ops/OpTable.h"

using namespace plimsoll::import;
using llvm::Twine;

/// Limit of iterations of a loop with a condition; each needs a walk over the graph.
static constexpr int64_t kMaxIterations = 1'000;

static const onnx::GraphProto *bodyOf(Node &n, const char *name, int inputs, int outputs) {
  const auto *attribute = n.attr(name, onnx::AttributeProto::GRAPH);
  if (attribute && attribute->has_g() && attribute->g().input_size() == inputs &&
      attribute->g().output_size() == outputs)
    return &attribute->g();
  n.error("attribute '" + Twine(name) + "' is no graph of " + Twine(inputs) + " inputs and " +
          Twine(outputs) + " outputs");
  return nullptr;
}

/// Returns the element of a known operand; `missing` if the operand is absent; nothing after an
/// error.
static std::optional<int64_t> knownScalar(Node &n, int i, const char *what, int64_t missing) {
  if (!n.has(i))
    return missing;
  const HostTensor *tensor = n.knownOrNull(i);
  if (tensor && tensor->size() == 1 && !tensor->isFloat())
    return tensor->ints[0];
  std::string inputs;
  for (const std::string &name : n.inputsBehind(i))
    inputs += (inputs.empty() ? "" : " ") + ("--input=" + name + "=VALUE");
  n.error("its " + Twine(what) + " '" + n.operandName(i) + "' is not known at compile time",
          (inputs.empty() ? "" : "bind what decides it, " + inputs + ", or ") +
              "compute it from shapes and constants only, or export the model with inputs that "
              "take one way");
  return std::nullopt;
}

static void ifElse(Node &n) {
  int outputs = n.proto.output_size();
  if (!n.has(0))
    return n.error("needs a condition");
  std::optional<int64_t> condition = knownScalar(n, 0, "condition", 0);
  if (condition && bodyOf(n, *condition ? "then_branch" : "else_branch", 0, outputs))
    n.decision = ControlDecision{n.index, *condition != 0};
}

/// True if the body passes its condition on or sets it to true.
static bool alwaysGoesOn(const onnx::GraphProto &body) {
  std::string name = body.output(0).name();
  for (int i = body.node_size() - 1; i >= 0; --i) {
    const onnx::NodeProto &node = body.node(i);
    if (node.output_size() != 1 || node.output(0) != name)
      continue;
    if (node.op_type() == "Constant" && node.attribute_size() == 1) {
      const onnx::TensorProto &value = node.attribute(0).t();
      return value.data_type() == onnx::TensorProto::BOOL &&
             (value.int32_data_size() == 1 ? value.int32_data(0) != 0
                                           : value.raw_data() == std::string(1, '\1'));
    }
    if (node.op_type() != "Identity" || node.input_size() != 1)
      return false;
    name = node.input(0);
  }
  return name == body.input(1).name();
}

static bool hasScanned(Node &n, int output) {
  return n.findAttr(kScannedAttr + std::to_string(output)) != nullptr;
}

static void loop(Node &n) {
  int carried = n.numOperands() - 2, outputs = n.proto.output_size();
  const onnx::GraphProto *body =
      carried < 0 ? nullptr : bodyOf(n, "body", carried + 2, outputs + 1);
  if (!body || outputs < carried)
    return n.error("needs a trip count, a condition and as many results as it carries values");
  constexpr int64_t endless = std::numeric_limits<int64_t>::max();
  std::optional<int64_t> trips = knownScalar(n, 0, "trip count", endless);
  std::optional<int64_t> condition = knownScalar(n, 1, "condition", 1);
  if (!trips || !condition)
    return;
  int64_t done = n.intAttr(kIterationsAttr, 0), left = std::max<int64_t>(0, *trips - done);
  ControlDecision decision{n.index};
  decision.finished = *condition == 0 || left == 0 || alwaysGoesOn(*body);
  decision.iterations = *condition == 0 ? 0 : decision.finished ? left : 1;
  if (decision.iterations > kMaxUnrolledNodes / (body->node_size() + 2) || done >= kMaxIterations)
    return n.error("unrolled it is more than " + Twine(kMaxUnrolledNodes) + " nodes or " +
                       Twine(kMaxIterations) + " iterations by condition",
                   "export the model without the loop, or with fewer iterations");
  for (int i = carried; decision.finished && decision.iterations == 0 && i < outputs; ++i)
    if (!n.proto.output(i).empty() && !hasScanned(n, i))
      return n.error("its result '" + n.proto.output(i) +
                         "' collects the iterations, and there is "
                         "none",
                     "export the model with inputs for which the loop runs");
  n.decision = decision;
}

void plimsoll::import::addBranchOps(llvm::StringMap<OpEntry> &table) {
  table["If"].data = table["If"].fold = ifElse;
  table["Loop"].data = table["Loop"].fold = loop;
}
