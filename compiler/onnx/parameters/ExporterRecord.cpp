//===- ExporterRecord.cpp - the records that torch's exporter leaves in a file ----===//
#include "compiler/onnx/parameters/ExporterRecord.h"
#include "llvm/ADT/StringExtras.h"

using namespace plimsoll::import;
using llvm::StringRef;

ExporterRecord::ExporterRecord(const Graph &graph) : graph(graph) {
  readSignature(metadata(graph.proto, "pkg.torch.export.ExportedProgram.graph_signature"));
  nodeCalls.assign(graph.proto.node_size(), -1);
  // A folded batch normalisation left the record of its own call on the convolution.
  for (int i = 0; i < graph.proto.node_size() && exists(); ++i)
    if (!StringRef(graph.names[i].rules).contains("FuseBatchNorm"))
      readCall(i, graph.names[i].fx);
}

int ExporterRecord::find(StringRef name) const {
  auto found = byName.find(name);
  return found == byName.end() ? -1 : found->second;
}

/// Reads lines of the form "p_h_0_weight: PARAMETER target='h.0.weight'" and "b_h_0_mean: BUFFER
/// target='h.0.mean' persistent=True".
void ExporterRecord::readSignature(StringRef text) {
  llvm::SmallVector<StringRef> lines;
  text.split(lines, '\n');
  for (StringRef line : lines) {
    auto [placeholder, rest] = line.trim().split(": ");
    StringRef kind = rest.take_until([](char c) { return c == ' '; });
    bool isParameter = kind == "PARAMETER", isBuffer = kind == "BUFFER";
    size_t begin = rest.find("target='");
    if ((!isParameter && !isBuffer && kind != "CONSTANT_TENSOR") || begin == StringRef::npos)
      continue;
    rest = rest.drop_front(begin + 8);
    size_t end = rest.find('\'');
    if (end == StringRef::npos)
      continue;
    byPlaceholder.try_emplace(placeholder, tensors.size());
    byName.try_emplace(rest.take_front(end), tensors.size());
    tensors.push_back({rest.take_front(end).str(),
                       isParameter ? ModuleTensor::Kind::Parameter
                       : isBuffer  ? ModuleTensor::Kind::Buffer
                                   : ModuleTensor::Kind::Constant,
                       isParameter || rest.contains("persistent=True")});
  }
}

static StringRef takeIdentifier(StringRef text) {
  return text.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
}

void ExporterRecord::readCall(int node, StringRef text) {
  constexpr StringRef target = "target=torch.ops.";
  size_t at = text.find(target);
  if (!text.starts_with("%") || at == StringRef::npos)
    return;
  auto [known, isNew] = byLine.try_emplace(text, calls.size());
  nodeCalls[node] = known->second;
  if (!isNew)
    return;
  FxCall call;
  call.text = text;
  call.result = takeIdentifier(text.drop_front()).str();
  StringRef rest = text.drop_front(at + target.size());
  call.op = rest.take_until([](char c) { return c == ']'; });
  readArguments(rest, call);
  results.insert(call.result);
  calls.push_back(std::move(call));
}

void ExporterRecord::readArguments(StringRef text, FxCall &call) const {
  for (size_t place = text.find('%'); place != StringRef::npos; place = text.find('%')) {
    text = text.drop_front(place + 1);
    StringRef name = takeIdentifier(text);
    auto tensor = byPlaceholder.find(name);
    if (tensor == byPlaceholder.end())
      call.args.push_back(name);
    else if (!llvm::is_contained(call.tensors, tensor->second))
      call.tensors.push_back(tensor->second);
  }
}

llvm::SmallVector<int> ExporterRecord::tensorsIn(StringRef text) const {
  FxCall call;
  readArguments(text, call);
  return call.tensors;
}

Origin ExporterRecord::origin(int index) const {
  const std::string &name = graph.proto.initializer(index).name();
  if (int own = find(name); own >= 0)
    return {{own}, {}};
  auto info = graph.valueInfo.find(name);
  if (info == graph.valueInfo.end())
    return {};
  Origin origin;
  for (const std::string &value :
       pythonList(metadata(*info->second, "pkg.onnxscript.optimizer.folded_from"))) {
    int tensor = find(value);
    if (tensor >= 0)
      origin.tensors.push_back(tensor);
    else
      origin.values.push_back(value);
  }
  return origin;
}

StringRef plimsoll::import::callKind(StringRef value) {
  StringRef head = value.rtrim("0123456789");
  return head.size() < value.size() && head.ends_with("_") ? head.drop_back() : value;
}
