//===- Parameters.h - which initializers are trained, and their names -*- C++ -*-===//
//
// The exporter's statement counts first; without one the role of a tensor decides. Exporters also
// merge equal tensors, drop zero biases, and store transposed or renamed weights: the plan undoes
// that, so that names and shapes are the framework's again.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERS_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERS_H

#include "compiler/onnx/graph/Graph.h"
#include "llvm/ADT/DenseMap.h"
#include <map>

namespace plimsoll::import {

/// How a node uses a tensor.
enum class Role {
  Matrix,
  Table,
  Gain,
  Bias,
  RunningMean,
  RunningVariance,
  Added,
  Multiplied,
  Other
};
/// True for statistics that training updates without a gradient.
inline bool isStatistic(Role role) {
  return role == Role::RunningMean || role == Role::RunningVariance;
}
/// Returns the framework's name of a tensor of this role in its module: "weight".
llvm::StringRef frameworkName(Role role);

/// One use of an initializer, followed through transposes and reshapes to the node that computes
/// with it.
struct RoleUse {
  Use use;      ///< the operand that names the initializer
  Use consumer; ///< the operand of the node that computes with it
  Role role;
  bool moved; ///< a Transpose, Reshape or the like is between them
};
/// True for operators that have the weights of all gates in one tensor, in their own order.
bool isRecurrent(llvm::StringRef op);

llvm::SmallVector<RoleUse> rolesOf(const Graph &graph, llvm::StringRef name);
/// Returns a role for tables: "weight of MatMul".
std::string roleText(const Graph &graph, const RoleUse &use);
/// Returns the role for drawing initial values: "matrix", "gain" or "bias".
std::string drawRole(Role role, size_t rank);

/// Consecutive elements of a tensor.
struct Piece {
  int64_t begin, count;
};

struct Parameter {
  std::string name;     ///< the framework's
  std::string fileName; ///< the initializer's
  Shape shape;          ///< as in the file
  DType dtype = DType::f32;
  std::string role, reason;
  std::vector<std::string> aliases;
  bool transposed = false, trainable = true;
  int initializer = -1; ///< whose bytes it starts with; -1: drawn by its role
  /// Where its elements are among the initializer's; empty: the first ones.
  llvm::SmallVector<Piece, 0> pieces = {};
  bool declared = false; ///< the exporter states that it is a parameter of the model
  double scale = 1;      ///< its initial numbers are the file's times this
};

/// Consecutive elements of a parameter.
struct Part {
  int parameter;
  int64_t begin, count;
};

struct ParameterUse {
  int parameter = -1;
  bool transpose = false; ///< the use sees the transpose of the parameter
  Shape view = {};        ///< the use sees this shape, unless it is empty
  Shape repeated = {};    ///< then, unless it is empty, it is broadcast to this one
  /// If not empty, the use sees these parts one after the other, in the shape `view`.
  std::vector<Part> parts = {};
};

/// A batch normalisation behind a node, which the exporter folded into the node's weights. Indices
/// of parameters; -1: the module has none.
struct RestoredNorm {
  int before = -1; ///< the bias of the node
  int gain = -1, bias = -1, mean = -1, variance = -1;
  double epsilon = 0, momentum = 0; ///< `momentum`: weight of the new statistics
};

struct KeptConstant {
  std::string name;
  Shape shape;
  std::string reason;
};

struct ParameterPlan {
  std::vector<Parameter> parameters;
  std::vector<KeptConstant> constants;
  std::vector<std::string> remarks;
  std::vector<std::string> warnings; ///< options without effect, losses
  /// The parameter of an initializer, and of those uses (node, operand) that differ from it.
  llvm::DenseMap<int, ParameterUse> initializers;
  llvm::DenseMap<std::pair<int, int>, ParameterUse> uses;
  /// Nodes whose third operand, a bias of zeros, the exporter dropped: their parameter.
  llvm::DenseMap<int, int> restoredBiases;
  std::map<int, RestoredNorm> restoredNorms; ///< by node

  ParameterUse find(int initializer, Use use) const;
};

ParameterPlan planParameters(const Graph &graph, const ModelOptions &options, Problems &problems);

/// Finds parameters with equal or transposed bytes and merges them.
void tieEqualParameters(const Graph &graph, ParameterPlan &plan, Problems &problems);

/// True if one of the regular expressions matches.
bool matchesAny(llvm::ArrayRef<std::string> expressions, llvm::StringRef name);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_PARAMETERS_H
