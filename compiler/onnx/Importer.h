//===- Importer.h - the walk over an ONNX graph ---------------------*- C++ -*-===//
//
// Nodes are visited in file order, which ONNX requires to be topological. A node whose operands are
// all known is evaluated; any other becomes nn ops. A node that fails invalidates only what depends
// on it, so that one run reports every problem of the file.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_IMPORTER_H
#define PLIMSOLL_COMPILER_ONNX_IMPORTER_H

#include "compiler/onnx/ops/Node.h"
#include "compiler/onnx/parameters/Parameters.h"
#include "compiler/onnx/resize/Rebatch.h"
#include "dialects/nn/NNNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace plimsoll::import {

/// Walks a graph and builds its module.
class Importer {
public:
  Importer(mlir::MLIRContext *context, const ModelOptions &options, const Graph &graph,
           const ParameterPlan &plan, Problems &problems, ImportTrace *trace = nullptr)
      : context(context), options(options), graph(graph), plan(plan), problems(problems),
        trace(trace), builder(context), budget{options.maxFoldedElements, options.maxFoldedWork},
        file(nn::userLocation(context, graph.file.name, "")) {}

  /// Returns the module; null after problems, or if `decisions` list control flow to unroll first.
  mlir::OwningOpRef<mlir::ModuleOp> run();
  /// Emits the remarks and warnings that were collected on the way.
  void emitRemarks() const;

  std::vector<ControlDecision> decisions;

private:
  void makeParameters();
  void setSource(mlir::OperationState &state, const Parameter &parameter,
                 mlir::RankedTensorType type);
  void makeFunction();
  void findLastUses();
  void importNode(int index);
  void dispatch(Node &node);
  bool bindOperands(Node &node);
  void stopDetached(Node &node);
  void normalize(Node &node, const RestoredNorm &norm);
  Entry initializerEntry(int index, Use use);
  mlir::Value loadFor(const std::string &initializer, ParameterUse use);
  mlir::Value load(const ParameterUse &use);
  mlir::Value whole(int parameter);
  mlir::Value join(llvm::ArrayRef<Part> parts);
  void resizeConstants(Node &node);
  void compareShape(const std::string &name, mlir::Value value);
  bool hasNewShape(Node &node, const std::string &name, mlir::Value value);
  void noteRounding(const Node &node);
  void note(const Node &node, mlir::Operation *before);
  void release(int node);
  std::string furtherResult() const;
  void finish();

  mlir::MLIRContext *context;
  const ModelOptions &options;
  const Graph &graph;
  const ParameterPlan &plan;
  Problems &problems;
  ImportTrace *trace; ///< null, or filled while importing
  mlir::OpBuilder builder;
  FoldBudget budget;
  mlir::Location file;
  mlir::ModuleOp module;
  mlir::func::FuncOp function;
  llvm::StringMap<Entry> values;
  llvm::StringMap<int> lastUse;
  std::vector<std::string> remarks, warnings;
  std::vector<std::string> roundings; ///< nodes that round data to half precision
  std::vector<mlir::Value> loads;     ///< of each parameter, once it is used
};

/// True if the node is of the standard domain and a handler supports it.
bool isSupported(const onnx::NodeProto &node);
bool isStandard(const onnx::NodeProto &node);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_IMPORTER_H
