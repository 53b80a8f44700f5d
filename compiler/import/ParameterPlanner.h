//===- ParameterPlanner.h - the work behind planParameters ---------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_PARAMETERPLANNER_H
#define PLIMSOLL_COMPILER_IMPORT_PARAMETERPLANNER_H

#include "compiler/import/Parameters.h"

namespace plimsoll::import {

/// Builds the plan, one initializer after the other.
class Planner {
public:
  Planner(const Graph &graph, const ImportOptions &options, Problems &problems)
      : graph(graph), options(options), problems(problems) {}

  ParameterPlan run() {
    for (int i = 0; i < graph.proto.initializer_size(); ++i)
      visit(i);
    for (int i = 0; i < graph.proto.node_size(); ++i)
      restoreBias(i);
    warnOfFoldedNorms();
    tieEqualParameters(graph, plan, problems);
    applyCorrections(options, plan, problems);
    return std::move(plan);
  }

private:
  void visit(int index);
  bool decide(Parameter &parameter, const onnx::TensorProto &tensor, llvm::ArrayRef<RoleUse> roles);
  bool isPlaceholder(const Parameter &parameter, llvm::ArrayRef<RoleUse> roles);
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
  void warnOfFoldedNorms();
  int add(Parameter parameter);

  const Graph &graph;
  const ImportOptions &options;
  Problems &problems;
  ParameterPlan plan;
  llvm::StringMap<int> taken;
};

/// True if torch's line `fx` names parameter `name` ("%p_h_0_weight" for "h.0.weight").
bool mentionsParameter(llvm::StringRef fx, llvm::StringRef name);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_PARAMETERPLANNER_H
