//===- Graph.h - an ONNX graph with its names looked up ------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_GRAPH_GRAPH_H
#define PLIMSOLL_COMPILER_ONNX_GRAPH_GRAPH_H

#include "compiler/onnx/file/ModelFile.h"
#include "llvm/ADT/StringMap.h"

namespace plimsoll::import {

/// The problem of every operator and tensor of a quantised model; equal texts are reported once.
inline constexpr llvm::StringLiteral kQuantised = "quantised models cannot be trained";
inline constexpr llvm::StringLiteral kQuantisedFix = "export the model in f32";

/// A use of a value: operand `operand` of node `node`.
struct Use {
  int node, operand;
};

/// The exporter's metadata of a node.
struct NodeNames {
  std::string label;  ///< the node's name, or its first result's
  std::string module; ///< path of the innermost module: "model.h.0.attn.c_attn", or ""
  std::string scope;  ///< class of that module: "torch.nn.modules.linear.Linear", or ""
  std::string call;   ///< the call in that module: "aten.linear.default", or ""
  std::string result; ///< the name that torch gave the call's result: "linear_1", or ""
  std::string rules;  ///< rewrites that the exporter applied
  std::string fx;     ///< torch's line for the node, which names parameters "%p_h_0_weight"
};

/// An input and its sizes.
struct BoundInput {
  const onnx::ValueInfoProto *info;
  Shape shape;                    ///< as --shape asks, or as exported
  Shape exported;                 ///< as in the file, dynamic dimensions bound
  llvm::SmallVector<bool> isFree; ///< literal sizes that --shape does not set
};

/// An input that --input binds, which makes it a constant of the model.
struct KnownInput {
  BoundInput input;
  std::string text; ///< its elements as text

  /// Returns its elements at the given shape. The text was checked before.
  HostTensor tensor(const Shape &shape) const;
};

struct NewSizes;

/// An ONNX graph with its names looked up. Indices are valid while the file exists.
struct Graph {
  explicit Graph(const ModelFile &file) : file(file), proto(file.model.graph()) {}
  const ModelFile &file;
  const onnx::GraphProto &proto;
  int64_t opset = 0;
  std::vector<NodeNames> names; ///< of each node
  llvm::StringMap<int> initializers, producers;
  llvm::StringMap<llvm::SmallVector<Use>> uses;
  llvm::StringMap<const onnx::ValueInfoProto *> valueInfo;
  llvm::StringMap<int> outputs;
  /// Sizes of dynamic dimensions, and the bound shape of each input, from --shape.
  llvm::StringMap<int64_t> dimensions;
  std::vector<BoundInput> inputs;
  /// If --shape asks for other sizes than the file has: `newSizes` has the result for every value,
  /// and `isTraced` is true while that is being found out.
  const NewSizes *newSizes = nullptr;
  bool isTraced = false;
  /// Data that the file has in f64 is computed in f32.
  bool narrowsDoubles = false;
  /// Inputs or parameters have half precision.
  bool isHalf = false;
  std::vector<KnownInput> known; ///< inputs that --input binds

  llvm::ArrayRef<Use> usesOf(llvm::StringRef name) const {
    auto found = uses.find(name);
    return found == uses.end() ? llvm::ArrayRef<Use>() : llvm::ArrayRef<Use>(found->second);
  }
  /// Returns the type in which data of a type of the file is computed.
  DType computed(DType dtype) const {
    return import::isHalf(dtype) || (dtype == DType::f64 && narrowsDoubles) ? DType::f32 : dtype;
  }
  const onnx::NodeProto &node(int index) const { return proto.node(index); }
  /// Returns a node's name for messages, "node_MatMul_3 (MatMul)", with the call that made it if
  /// the name does not show that: "n4 (IsInf in aten.isneginf.default of 'encoder')".
  std::string describe(int node) const;
};

/// Looks up names and checks the graph; adds a problem for each defect.
std::unique_ptr<Graph> makeGraph(const ModelFile &file, Problems &problems);

/// Returns the elements of a list as Python prints it: "['', 'model', 'view']".
std::vector<std::string> pythonList(llvm::StringRef text);

/// Binds dynamic dimensions by --shape, and fills `inputs`, and `known` by --input.
void bindInputs(Graph &graph, const ModelOptions &options, Problems &problems);

/// Returns the elements of an input of `shape`: `text` is "zeros", "ones", a number, or a list of
/// as many numbers as there are elements. Returns nothing and sets `problem` if it is something
/// else.
std::optional<HostTensor> inputElements(llvm::StringRef text, DType dtype, const Shape &shape,
                                        std::string &problem);

/// Makes parameters of the inputs that the file of --weights contains; adds problems for those that
/// do not fit.
void giveWeights(ModelFile &file, const ModelOptions &options, Problems &problems);
/// Returns the names of inputs that nodes use like weights, although no file has their values.
std::vector<std::string> inputsLikeWeights(const Graph &graph);

/// Returns the value of `key` in ONNX metadata, or "".
template <typename Message> llvm::StringRef metadata(const Message &message, llvm::StringRef key) {
  for (const auto &entry : message.metadata_props())
    if (entry.key() == key)
      return entry.value();
  return "";
}

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_GRAPH_GRAPH_H
