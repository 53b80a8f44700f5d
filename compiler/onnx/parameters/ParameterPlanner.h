//===- ParameterPlanner.h - the implementation of planParameters ----*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERPLANNER_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERPLANNER_H

#include "compiler/onnx/parameters/FoldedNorms.h"
#include "compiler/onnx/parameters/ParameterLayout.h"
#include "compiler/onnx/parameters/TracedNames.h"

namespace plimsoll::import {

/// Builds the plan, initializer by initializer.
class Planner {
public:
  Planner(const Graph &graph, const ModelOptions &options, Problems &problems)
      : graph(graph), options(options), problems(problems), record(graph), targets(graph, record),
        norms(foldedNorms(graph, record)), traced(graph) {}

  ParameterPlan run() {
    for (int i = 0; i < graph.proto.initializer_size(); ++i)
      visit(i);
    for (int i = 0; i < graph.proto.node_size(); ++i)
      restoreBias(i);
    for (const auto &[node, norm] : norms)
      if (norm.isNew)
        restoreNorm(node, norm);
    warnOfFoldedNorms();
    warnOfStill();
    warnOfLost();
    warnOfForeign();
    if (!record.exists()) // the record shows ties
      tieEqualParameters(graph, plan, problems);
    warnOfNameless();
    return std::move(plan);
  }

private:
  void visit(int index);
  void visitRecorded(const Parameter &whole, llvm::ArrayRef<RoleUse> roles);
  ParameterUse useRecorded(const Parameter &whole, int tensor, llvm::ArrayRef<RoleUse> uses);
  ParameterUse trainAs(Parameter one, int tensor, const Layout &layout);
  std::string unusedName(const std::string &initializer) const;
  ParameterUse trainMoved(Parameter one, llvm::ArrayRef<int> tensors, const Layout &layout);
  ParameterUse keepBuffer(Parameter one, int tensor, const Layout &layout,
                          llvm::ArrayRef<RoleUse> uses);
  ParameterUse keepConstant(const Parameter &whole, const std::string &why);
  std::optional<ParameterUse> useRecurrent(const Parameter &whole, llvm::ArrayRef<RoleUse> uses);
  int addRecurrent(const Parameter &whole, int tensor, llvm::ArrayRef<int> gates, int64_t place,
                   int64_t block);
  ParameterUse useComposite(const Parameter &whole, llvm::ArrayRef<RoleUse> uses);
  ParameterUse trainComputed(const Parameter &whole, llvm::ArrayRef<int> tensors,
                             llvm::ArrayRef<RoleUse> uses);
  /// What happens to a parameter of the module.
  enum class Fate { Trained, Constant, Merged, Replaced, Renamed, Doubtful, Unread };
  Fate fateOf(int tensor, std::string &text) const;
  void warnOfLost();
  void warnOfForeign();
  void warnOfStill();
  void warnOfNameless();
  std::string mergedWith(llvm::StringRef name) const;
  bool decide(Parameter &parameter, const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles);
  bool isPlaceholder(const Parameter &parameter, llvm::ArrayRef<RoleUse> roles);
  bool isMask(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const;
  bool hasModuleName(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const;
  Shape channelView(Parameter &parameter, llvm::ArrayRef<RoleUse> roles) const;
  void remarkOnSuspect(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles);
  std::string whyTrained(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const;
  std::string whyKept(const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles) const;
  llvm::StringRef exporterKind(llvm::StringRef name, llvm::StringRef key) const;
  std::string derivedName(const RoleUse &use) const;
  bool isTransposedLinear(const RoleUse &use, const onnx::TensorProto &tensor) const;
  bool split(int index, const Parameter &parameter, llvm::ArrayRef<RoleUse> roles);
  bool isConstantFill(int index);
  void addAliases(Parameter &parameter, llvm::ArrayRef<RoleUse> roles) const;
  void restoreBias(int node);
  bool isFoldedBias(Use use) const;
  void restoreNorm(int node, const FoldedNorm &norm);
  int addOfNorm(int tensor, Role role, const FoldedNorm &norm);
  void warnOfFoldedNorms();
  int add(Parameter parameter);

  const Graph &graph;
  const ModelOptions &options;
  Problems &problems;
  ParameterPlan plan;
  llvm::StringMap<int> taken;

  ExporterRecord record;
  UseTargets targets;
  std::map<int, FoldedNorm> norms; ///< by node
  TracedNames traced;
  /// Tensors of the record: the names in the file under which they are trained instead.
  std::map<int, std::string> renamed;
  /// Keys of `renamed` whose numbers may have been computed from the module's.
  llvm::DenseSet<int> doubtful;
  /// Tensors of the record: the weight computed from them that is trained instead.
  std::map<int, std::string> replaced;
  /// Names and shapes of parameters whose dimensions of size 1 the file does not record.
  std::vector<std::string> shaped;
  /// Tensors of batch normalisations that cannot be taken out of the weights again.
  llvm::DenseSet<int> unfoldable;
  /// Tensors of the record from which a constant was made.
  llvm::DenseSet<int> lost;
  /// Rows that were selected from tensors of the record.
  std::map<int, llvm::StringSet<>> selected;
};

/// True if torch's line `fx` names the parameter `name` ("%p_h_0_weight" for "h.0.weight").
bool mentionsParameter(llvm::StringRef fx, llvm::StringRef name);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERPLANNER_H
