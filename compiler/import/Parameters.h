//===- Parameters.h - which initializers are trained, and their names -*- C++ -*-===//
//
// The exporter's word counts first; without it the role of a tensor decides. Exporters
// also merge equal tensors, drop zero biases, and store transposed or renamed weights:
// the plan undoes that, so that names and shapes are the framework's again.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_IMPORT_PARAMETERS_H
#define PLIMSOLL_COMPILER_IMPORT_PARAMETERS_H

#include "compiler/import/Graph.h"
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
/// The framework's name of a tensor of this role in its module: "weight".
llvm::StringRef frameworkName(Role role);

/// One use of an initializer, followed through transposes and reshapes to what computes
/// with it.
struct RoleUse {
  Use use;      ///< where the initializer's name stands
  Use consumer; ///< what computes with it
  Role role;
  bool moved; ///< a Transpose or Reshape lies between
};
/// True for operators with weights of all gates in one tensor, in an order of their own.
bool isRecurrent(llvm::StringRef op);

llvm::SmallVector<RoleUse> rolesOf(const Graph &graph, llvm::StringRef name);
/// "weight of MatMul", for tables.
std::string roleText(const Graph &graph, const RoleUse &use);
/// "matrix", "gain" or "bias", for drawing initial values.
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
  bool transposed = false, trainable = true, decayed = false;
  int initializer = -1; ///< whose bytes it starts with; -1: drawn by its role
  /// Where its elements are among the initializer's; empty: the first ones.
  llvm::SmallVector<Piece, 0> pieces = {};
  bool declared = false; ///< the exporter's own word: it is one of the model's parameters
  double scale = 1;      ///< it starts with the file's numbers times this
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
  /// The use sees these one after the other, in the shape `view`, unless there are none.
  std::vector<Part> parts = {};
};

/// A batch normalisation behind a node, which the exporter folded into its weights. Parameters;
/// -1: the module has none there.
struct RestoredNorm {
  int before = -1; ///< the bias of the node itself
  int gain = -1, bias = -1, mean = -1, variance = -1;
  double epsilon = 0, momentum = 0; ///< momentum is the share of the new statistics
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
  std::vector<std::string> warnings; ///< options that do nothing, things that are lost
  /// Of an initializer, and of those uses (node, operand) that have one of their own.
  llvm::DenseMap<int, ParameterUse> initializers;
  llvm::DenseMap<std::pair<int, int>, ParameterUse> uses;
  /// Nodes whose third operand, a zero bias, the exporter dropped.
  llvm::DenseMap<int, int> restoredBiases;
  std::map<int, RestoredNorm> restoredNorms; ///< by node

  ParameterUse find(int initializer, Use use) const;
};

ParameterPlan planParameters(const Graph &graph, const ImportOptions &options, Problems &problems);

/// Finds parameters with equal or transposed bytes and makes them one.
void tieEqualParameters(const Graph &graph, ParameterPlan &plan, Problems &problems);

/// Applies --trainable, --freeze and --no-decay, and decides what decays.
void applyCorrections(const ImportOptions &options, ParameterPlan &plan, Problems &problems);
/// True if one of the regular expressions matches.
bool matchesAny(llvm::ArrayRef<std::string> expressions, llvm::StringRef name);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_PARAMETERS_H
