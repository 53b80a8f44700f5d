//===- Factors.h - which dimensions of an op are the same one ---------*- C++ -*-===//
//
// A factor is an index of the op's formula, as in an einsum: a matmul has three, and each of its
// matrices has two of them. A factor's kind says what becomes of the results when operands and
// results are cut along it and the op runs on each part. Other sizes for a model, loop nests and
// the groups of equal dimensions derive from this table, and test/factors runs every op in parts.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_FACTORS_H
#define PLIMSOLL_DIALECTS_NN_FACTORS_H

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace plimsoll::nn {

enum class FactorKind {
  free,    ///< parts of a result lie side by side; a result without it is the same from each part
  reduced, ///< a result without it is the sum of the parts'; those of one with it lie side by side
  whole,   ///< every part needs all of it: a softmax's row, the rows of a mean
  ordered, ///< numbers depend on where along it they lie: running sums, windows, counters
  data,    ///< numbers known when the program runs address it: the rows of a table
};

llvm::StringRef stringifyFactorKind(FactorKind kind);

struct Factor {
  int64_t size;
  FactorKind kind;
};

/// Holds the factor of each dimension, by number, or kRepeated for one of size 1 that is broadcast.
using FactorLabels = llvm::SmallVector<int64_t>;

/// Says which factors an op has and which one each dimension of its operands and results is, or
/// why its dimensions have none.
struct IndexFactors {
  static constexpr int64_t kRepeated = -1;

  llvm::SmallVector<Factor> factors;
  llvm::SmallVector<FactorLabels> operands, results;
  llvm::StringRef reason; ///< a sentence that outlives this; empty unless the op is opaque

  static IndexFactors opaque(llvm::StringRef reason) { return {{}, {}, {}, reason}; }
  bool isOpaque() const { return !reason.empty(); }
  /// True if all factors are free or reduced, so that the op can be a loop nest.
  bool isLinear() const;
};

/// Prints `([i, j], [j, k]) -> ([i, k]) {i = 8 free, j = 4 reduced, k = 2 free}`, with 1 for a
/// repeated dimension, or `opaque: ` and the reason.
llvm::raw_ostream &operator<<(llvm::raw_ostream &os, const IndexFactors &factors);

/// Reports an error at `op` if `factors` do not fit its shapes or contradict their kinds.
llvm::LogicalResult verifyFactors(mlir::Operation *op, const IndexFactors &factors);

/// Names the dimensions of an op's operands and results. Those that it was not told are whole.
class FactorBuilder {
public:
  explicit FactorBuilder(mlir::Operation *op);

  int64_t add(int64_t size, FactorKind kind);
  /// Adds a factor for each dimension of `value`.
  FactorLabels addAll(mlir::Value value, FactorKind kind);
  /// Adds a factor for each of `sizes`.
  FactorLabels addAll(llvm::ArrayRef<int64_t> sizes, FactorKind kind);
  Factor &operator[](int64_t label) { return made.factors[label]; }

  FactorLabels &operand(unsigned index) { return made.operands[index]; }
  FactorLabels &result(unsigned index) { return made.results[index]; }
  /// Gives all operands, or results, from `first` on the same labels.
  void operandsFrom(unsigned first, llvm::ArrayRef<int64_t> labels);
  void resultsFrom(unsigned first, llvm::ArrayRef<int64_t> labels);

  IndexFactors finish();

private:
  mlir::Operation *op;
  IndexFactors made;
};

/// Holds dimensions of `from` and of `to` that a reshape turns into each other.
struct ReshapeRun {
  llvm::SmallVector<int64_t> from, to;
  bool isOneDimension() const { return from.size() == 1 && to.size() == 1; }
};
/// Returns the shortest runs with equally many elements, outermost first. Dimensions of size 1 are
/// in none.
llvm::SmallVector<ReshapeRun> reshapeRuns(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);

namespace detail {
/// Returns the factors of numpy's broadcasting.
IndexFactors elementwiseFactors(mlir::Operation *op);
/// Returns the factors of an op whose operands and results have the first dimensions of the operand
/// of highest rank. Its last one is of kind `last`, the others are free.
IndexFactors rowFactors(mlir::Operation *op, FactorKind last);
/// Returns the factors of an op whose first `count` operands and all results have the shape of
/// operand 0, all of it free.
IndexFactors updateFactors(mlir::Operation *op, unsigned count);
/// Returns the factors of an update by a rule with `states` states. With codes all are ordered: the
/// blocks that share a scale do not end where parts would.
IndexFactors ruleFactors(mlir::Operation *op, unsigned states);
/// Returns the factors of an update of rows by a rule with `states` states: what a row holds is
/// free, and the rows are those that numbers address.
IndexFactors updateRowsFactors(mlir::Operation *op, unsigned states);
} // namespace detail

} // namespace plimsoll::nn

#endif // PLIMSOLL_DIALECTS_NN_FACTORS_H
