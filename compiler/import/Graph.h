//===- Graph.h - an ONNX graph with its names looked up ------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_GRAPH_H
#define PLIMSOLL_COMPILER_IMPORT_GRAPH_H

#include "compiler/import/ModelFile.h"
#include "llvm/ADT/StringMap.h"

namespace plimsoll::import {

/// Said of every operator and tensor of a quantised model, so that it is told once.
inline constexpr llvm::StringLiteral kQuantised = "quantised models cannot be trained";
inline constexpr llvm::StringLiteral kQuantisedFix = "export the model in f32";

/// Operand `operand` of node `node`.
struct Use {
  int node, operand;
};

/// What the exporter's metadata says about a node.
struct NodeNames {
  std::string label;  ///< the node's name, or its first result's
  std::string module; ///< path of the innermost module: "model.h.0.attn.c_attn", or ""
  std::string scope;  ///< class of that module: "torch.nn.modules.linear.Linear", or ""
  std::string call;   ///< what was called there: "aten.linear.default", or ""
  std::string result; ///< the name that torch gave the call's result: "linear_1", or ""
  std::string rules;  ///< rewrites that the exporter applied
  std::string fx;     ///< torch's own line for it, which names parameters "%p_h_0_weight"
};

/// An input and its sizes.
struct BoundInput {
  const onnx::ValueInfoProto *info;
  Shape shape;                    ///< by --shape, else as exported
  Shape exported;                 ///< literal sizes as the file has them, dynamic ones bound
  llvm::SmallVector<bool> isFree; ///< a literal that --shape does not speak of
};

/// An input that --input binds: a constant of the model.
struct KnownInput {
  BoundInput input;
  std::string text; ///< of its elements

  /// Its elements at one of its shapes; it was checked that there are some.
  HostTensor tensor(const Shape &shape) const;
};

struct NewSizes;

/// Indices into the graph, valid while the file is.
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
  /// Where --shape asks for other sizes than the file has: what becomes of them, or while
  /// that is found out, true.
  const NewSizes *newSizes = nullptr;
  bool isTraced = false;
  /// What the file has in f64 is computed in f32.
  bool narrowsDoubles = false;
  /// Inputs or parameters are of half precision.
  bool isHalf = false;
  std::vector<KnownInput> known; ///< inputs that --input binds

  llvm::ArrayRef<Use> usesOf(llvm::StringRef name) const {
    auto found = uses.find(name);
    return found == uses.end() ? llvm::ArrayRef<Use>() : llvm::ArrayRef<Use>(found->second);
  }
  /// The type in which data of a type of the file is computed.
  DType computed(DType dtype) const {
    return import::isHalf(dtype) || (dtype == DType::f64 && narrowsDoubles) ? DType::f32 : dtype;
  }
  const onnx::NodeProto &node(int index) const { return proto.node(index); }
  /// "node_MatMul_3 (MatMul)", for messages; with the call that made it where the name does not
  /// tell: "n4 (IsInf in aten.isneginf.default of 'encoder')".
  std::string describe(int node) const;
};

/// Indexes and checks the graph; problems are added for what is malformed.
std::unique_ptr<Graph> makeGraph(const ModelFile &file, Problems &problems);

/// The elements of a list that Python printed: "['', 'model', 'view']".
std::vector<std::string> pythonList(llvm::StringRef text);

/// Binds dynamic dimensions by --shape and fills `inputs`, and by --input `known`.
void bindInputs(Graph &graph, const ImportOptions &options, Problems &problems);

/// The elements of an input of `shape`: `text` is zeros, ones, a number, or a list of as many as
/// there are. Nothing, and why not in `problem`, where it is something else.
std::optional<HostTensor> inputElements(llvm::StringRef text, DType dtype, const Shape &shape,
                                        std::string &problem);

/// Makes parameters of the inputs that the file of --weights holds; problems are added for those
/// that do not fit.
void giveWeights(ModelFile &file, const ImportOptions &options, Problems &problems);
/// Inputs that are used as weights are, and given nowhere.
std::vector<std::string> inputsLikeWeights(const Graph &graph);

/// The value of `key` in ONNX metadata, or "".
template <typename Message> llvm::StringRef metadata(const Message &message, llvm::StringRef key) {
  for (const auto &entry : message.metadata_props())
    if (entry.key() == key)
      return entry.value();
  return "";
}

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_GRAPH_H
