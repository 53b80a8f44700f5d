//===- LoopNest.cpp - from index factors to linear loop nests -----------------===//
#include "dialects/nn/NNDialect.h"
#include "passes/lower/LoopBodies.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::lower;

/// Returns the strides of a dense tensor of type `type`, one for each factor; 0 if no dimension
/// belongs to the factor.
static SmallVector<int64_t> factorStrides(Type type, ArrayRef<int64_t> dimensionFactors,
                                          size_t factorCount) {
  SmallVector<int64_t> strides(factorCount, 0);
  ArrayRef<int64_t> shape = cast<RankedTensorType>(type).getShape();
  int64_t stride = 1;
  for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
    if (dimensionFactors[d] >= 0)
      strides[dimensionFactors[d]] = stride;
    stride *= std::max<int64_t>(1, shape[d]); // an empty tensor has strides, too
  }
  return strides;
}

namespace {
/// A loop nest under construction: one row of strides for each operand and result.
struct Nest {
  SmallVector<int64_t> domain;
  SmallVector<bool> reduced;
  SmallVector<SmallVector<int64_t>> strides;

  void erase(size_t dimension) {
    domain.erase(domain.begin() + dimension);
    reduced.erase(reduced.begin() + dimension);
    for (auto &row : strides)
      row.erase(row.begin() + dimension);
  }

  /// True if every operand and result walks dimensions `d` and `d + 1` without a gap, and both or
  /// neither are reduced.
  bool canMerge(size_t d) const {
    return reduced[d] == reduced[d + 1] && llvm::all_of(strides, [&](ArrayRef<int64_t> row) {
             return row[d] == row[d + 1] * domain[d + 1];
           });
  }

  void simplify() {
    for (size_t d = domain.size(); d-- > 0;)
      if (domain[d] == 1)
        erase(d);
    for (size_t d = domain.size(); d-- > 1;)
      if (canMerge(d - 1)) {
        domain[d] *= domain[d - 1];
        erase(d - 1);
      }
  }
};
} // namespace

FailureOr<LoopNest> plimsoll::lower::loopNest(Operation *op) {
  auto known = dyn_cast<nn::IndexFactorsOpInterface>(op);
  nn::IndexFactors factors = known ? known.getIndexFactors() : nn::IndexFactors();
  if (!known || !factors.isLinear())
    return op->emitError("'") << op->getName() << "' has neither a kernel nor a loop nest";
  Nest nest;
  for (nn::Factor factor : factors.factors) {
    nest.domain.push_back(factor.size);
    nest.reduced.push_back(factor.kind == nn::FactorKind::reduced);
  }
  for (auto [type, dims] : llvm::zip(op->getOperandTypes(), factors.operands))
    nest.strides.push_back(factorStrides(type, dims, factors.factors.size()));
  for (auto [type, dims] : llvm::zip(op->getResultTypes(), factors.results))
    nest.strides.push_back(factorStrides(type, dims, factors.factors.size()));
  nest.simplify();

  LoopNest result;
  result.domain = nest.domain;
  size_t operands = op->getNumOperands();
  result.operands.assign(nest.strides.begin(), nest.strides.begin() + operands);
  result.results.assign(nest.strides.begin() + operands, nest.strides.end());
  for (size_t d = 0; d < nest.domain.size(); ++d)
    if (nest.reduced[d])
      result.reduced.push_back(d);
  return result;
}
