//===- ParameterRecurrent.cpp - weights of recurrent networks ----------------------===//
//
// ONNX has the weights of all directions of an LSTM, GRU or RNN in one tensor, and both biases in
// another, with its own order of gates. The module's parameters are found in these: each parameter
// consists of some pieces of the initializer, and the operand of parts of the parameters.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/parameters/ParameterPlanner.h"

using namespace plimsoll::import;
using llvm::StringRef;

/// Returns, for ONNX's gates in order, the place of each among torch's: i, o, f, c within i, f, c,
/// o; and z, r, h within r, z, h.
static llvm::SmallVector<int> gatesOf(StringRef op) {
  if (op == "LSTM")
    return {0, 3, 1, 2};
  if (op == "GRU")
    return {1, 0, 2};
  return {0};
}

/// Returns the layer of a tensor, "l0", from names such as "weight_ih_l0" and "bias_hh_l0_reverse".
static std::optional<std::string> layerOf(StringRef name) {
  size_t at = name.rfind("_l");
  StringRef layer = at == StringRef::npos ? "" : name.drop_front(at + 1);
  layer.consume_back("_reverse");
  bool isLayer =
      layer.size() > 1 && layer.drop_front().find_first_not_of("0123456789") == StringRef::npos;
  return isLayer ? std::optional(layer.str()) : std::nullopt;
}

/// Returns the tensor that a call reads and whose name ends with `last`, or -1.
static int tensorNamed(const ExporterRecord &record, const FxCall &call, StringRef last) {
  for (int tensor : call.tensors)
    if (StringRef(record.tensor(tensor).name).rsplit('.').second == last ||
        record.tensor(tensor).name == last)
      return tensor;
  return -1;
}

/// Returns the kinds of tensors that an operand holds for each direction: "weight_ih", or both
/// biases.
static llvm::SmallVector<StringRef> kindsAt(int operand) {
  if (operand == 3)
    return {"bias_ih", "bias_hh"};
  return {operand == 1 ? StringRef("weight_ih") : StringRef("weight_hh")};
}

/// Returns the parts of the operand; nothing if it is not what torch's exporter makes of the
/// module's tensors.
std::optional<ParameterUse> Planner::useRecurrent(const Parameter &whole,
                                                  llvm::ArrayRef<RoleUse> uses) {
  const FxCall *call = uses.empty() ? nullptr : record.call(uses.front().use.node);
  Origin origin = record.origin(whole.initializer);
  if (!call || origin.tensors.empty() || whole.shape.size() < 2)
    return std::nullopt;
  Use use = uses.front().consumer;
  const onnx::NodeProto &node = graph.node(use.node);
  std::optional<std::string> layer = layerOf(record.tensor(origin.tensors.front()).name);
  bool isAlone = llvm::all_of(uses, [&](const RoleUse &other) {
    return record.call(other.use.node) == call && other.consumer.operand == use.operand &&
           !other.moved;
  });
  bool isWeight = isRecurrent(node.op_type()) && use.operand >= 1 && use.operand <= 3;
  if (!layer || !isAlone || !isWeight)
    return std::nullopt;
  llvm::SmallVector<int> gates = gatesOf(node.op_type());
  llvm::SmallVector<StringRef> kinds = kindsAt(use.operand);
  int64_t directions = whole.shape[0], blocks = gates.size() * kinds.size();
  int64_t elements = elementCount(whole.shape).value_or(0);
  if (directions > 2 || elements == 0 || elements % (directions * blocks) != 0)
    return std::nullopt;
  int64_t block = elements / (directions * blocks);
  ParameterUse result;
  result.view = whole.shape;
  int64_t place = 0;
  for (int64_t direction = 0; direction < directions; ++direction)
    for (StringRef kind : kinds) {
      std::string last = kind.str() + "_" + *layer + (direction ? "_reverse" : "");
      int tensor = tensorNamed(record, *call, last);
      if (tensor < 0)
        return std::nullopt;
      int id = addRecurrent(whole, tensor, gates, place, block);
      for (int gate : gates)
        result.parts.push_back({id, gate * block, block});
      place += gates.size() * block;
    }
  result.parameter = result.parts.front().parameter;
  return result;
}

/// Returns the parameter whose gates are at `place` of an initializer, in ONNX's order; adds it if
/// it is new.
int Planner::addRecurrent(const Parameter &whole, int tensor, llvm::ArrayRef<int> gates,
                          int64_t place, int64_t block) {
  const std::string &name = record.tensor(tensor).name;
  if (auto known = taken.find(name); known != taken.end())
    return known->second;
  Parameter one = whole;
  one.name = name;
  one.declared = true;
  one.reason = "the exporter calls it a parameter";
  int64_t columns = whole.shape.size() == 3 ? whole.shape[2] : 0;
  one.shape = {int64_t(gates.size()) * block};
  if (columns > 0)
    one.shape = {int64_t(gates.size()) * block / columns, columns};
  one.role = drawRole(columns > 0 ? Role::Matrix : Role::Bias, one.shape.size());
  for (int64_t gate = 0; gate < int64_t(gates.size()); ++gate)
    one.pieces.push_back({place + (llvm::find(gates, gate) - gates.begin()) * block, block});
  return add(std::move(one));
}
