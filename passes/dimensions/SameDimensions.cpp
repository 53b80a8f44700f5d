//===- SameDimensions.cpp - which dimensions of a function are one -------------------===//
#include "passes/dimensions/SameDimensions.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::dimensions;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

SameDimensions::SameDimensions(func::FuncOp function) {
  for (Operation &op : function.getBody().front().without_terminator())
    visit(&op);
}

int SameDimensions::idOf(Value value, int64_t dim) {
  auto [entry, isNew] = first.try_emplace(value, parent.size());
  if (isNew)
    for (int64_t size : shapeOf(value)) {
      parent.push_back(parent.size());
      sizes.push_back(size);
      parts.emplace_back();
    }
  return entry->second + dim;
}

int SameDimensions::find(int id) {
  while (parent[id] != id)
    id = parent[id] = parent[parent[id]];
  return id;
}

/// Unites two groups, and their parts if both consist of parts with the same sizes.
void SameDimensions::unite(int a, int b) {
  a = find(a), b = find(b);
  if (a == b || sizes[a] != sizes[b])
    return;
  parent[b] = a;
  std::vector<int> other = parts[b];
  if (parts[a].empty())
    parts[a] = other;
  else if (!other.empty())
    merge(other, a);
}

/// Records that `whole` consists of `pieces`, outermost first.
void SameDimensions::merge(ArrayRef<int> pieces, int whole) {
  whole = find(whole);
  std::vector<int> known = parts[whole];
  if (known.empty())
    parts[whole].assign(pieces.begin(), pieces.end());
  else if (llvm::equal(known, pieces, [&](int a, int b) { return sizes[a] == sizes[b]; }))
    for (auto [a, b] : llvm::zip(known, pieces))
      unite(a, b);
}

/// Matches runs of dimensions with equal products, if one side is a single dimension.
void SameDimensions::reshape(Value from, Value to) {
  for (const nn::ReshapeRun &run : nn::reshapeRuns(shapeOf(from), shapeOf(to))) {
    auto idsOf = [&](Value value, ArrayRef<int64_t> dims) {
      return llvm::map_to_vector(dims, [&](int64_t d) { return idOf(value, d); });
    };
    SmallVector<int> left = idsOf(from, run.from), right = idsOf(to, run.to);
    if (run.isOneDimension())
      unite(left[0], right[0]);
    else if (right.size() == 1)
      merge(left, right[0]);
    else if (left.size() == 1)
      merge(right, left[0]);
  }
}

void SameDimensions::byFactors(Operation *op) {
  nn::IndexFactors factors = cast<nn::IndexFactorsOpInterface>(op).getIndexFactors();
  SmallVector<int> seen(factors.factors.size(), -1);
  auto join = [&](ValueRange values, ArrayRef<nn::FactorLabels> labels) {
    for (auto [value, of] : llvm::zip(values, labels))
      for (auto [d, factor] : llvm::enumerate(of)) {
        if (factor < 0)
          continue;
        int id = idOf(value, d);
        if (seen[factor] < 0)
          seen[factor] = id;
        unite(seen[factor], id);
      }
  };
  join(op->getOperands(), factors.operands);
  join(op->getResults(), factors.results);
}

void SameDimensions::visit(Operation *op) {
  if (auto reshape = dyn_cast<nn::ReshapeOp>(op))
    this->reshape(reshape.getX(), reshape.getY());
  else
    byFactors(op);
}
