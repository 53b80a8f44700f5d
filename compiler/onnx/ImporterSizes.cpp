//===- ImporterSizes.cpp - compares shapes with the file's, and follows new sizes -----===//
#include "compiler/onnx/Importer.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;

/// Records what an import at other sizes needs to know about this one.
void Importer::note(const Node &node, Operation *before) {
  for (auto [i, name] : llvm::enumerate(node.proto.input())) {
    const Entry &entry = node.operands[i];
    if (entry.kind == Entry::Kind::Known && entry.value)
      trace->constants[entry.value.getDefiningOp()] = {name, entry.known};
  }
  for (const std::string &name : node.proto.output())
    if (Entry entry = values.lookup(name); entry.kind == Entry::Kind::Data)
      trace->values.push_back({name, entry.value});
  Block &body = function.getBody().front();
  for (Operation *op = before         ? before->getNextNode()
                       : body.empty() ? nullptr
                                      : &body.front();
       op; op = op->getNextNode())
    trace->nodes[op] = node.index;
}

/// Replaces constants that are used with data whose size has changed. What was computed from shapes
/// has its new size already.
void Importer::resizeConstants(Node &node) {
  if (!graph.newSizes)
    return;
  for (auto [i, name] : llvm::enumerate(node.proto.input())) {
    Entry &entry = node.operands[i];
    auto resized = graph.newSizes->constants.find(name);
    if (entry.kind == Entry::Kind::Known && resized != graph.newSizes->constants.end() &&
        entry.known->shape == resized->second.from)
      entry.known = resized->second.tensor;
  }
}

/// Checks that the shape inferred now is the one that followSizes predicted. Returns false after an
/// error.
bool Importer::hasNewShape(Node &node, const std::string &name, Value value) {
  if (!graph.newSizes) {
    compareShape(name, value);
    return true;
  }
  auto expected = graph.newSizes->shapes.find(name);
  ArrayRef<int64_t> shape = typeOf(value).getShape();
  if (expected == graph.newSizes->shapes.end() || shape == ArrayRef<int64_t>(expected->second))
    return true;
  node.error("its result '" + name + "' would have the shape " + shapeText(shape) +
                 " at the new sizes, and the model around it needs " + shapeText(expected->second) +
                 ": the node counts a dimension that changes",
             "export the model with a dynamic dimension there");
  return false;
}

/// Compares the inferred shape with the file's and records a remark if they differ.
void Importer::compareShape(const std::string &name, Value value) {
  auto found = graph.valueInfo.find(name);
  if (found == graph.valueInfo.end() || !found->second->type().tensor_type().has_shape())
    return;
  const auto &shape = found->second->type().tensor_type().shape();
  ArrayRef<int64_t> ours = typeOf(value).getShape();
  bool same = int(ours.size()) == shape.dim_size();
  std::string theirs;
  for (auto [d, dim] : llvm::enumerate(shape.dim())) {
    auto bound = graph.dimensions.find(dim.dim_param());
    int64_t size = dim.has_dim_value()               ? dim.dim_value()
                   : bound != graph.dimensions.end() ? bound->second
                                                     : -1;
    if (same && size >= 0)
      same = ours[d] == size;
    theirs += (d ? "x" : "") + (size >= 0 ? std::to_string(size) : std::string("?"));
  }
  if (!same)
    remarks.push_back("'" + name + "' has the shape " + shapeText(ours) + ", the file says " +
                      theirs);
}
