//===- SameDimensions.cpp - which dimensions of a function are one -------------------===//
#include "compiler/pipeline/SameDimensions.h"
#include "compiler/onnx/resize/Rebatch.h"
#include "dialects/nn/NNDialect.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;

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

/// Unites the dimensions of `a` and `b` at the same positions, except `axis` (-1: none).
void SameDimensions::allBut(Value a, Value b, int64_t axis) {
  int64_t rank = std::min(shapeOf(a).size(), shapeOf(b).size());
  for (int64_t d = 0; d < rank; ++d)
    if (d != axis)
      unite(a, d, b, d);
}

/// Matches runs of dimensions with equal products, from the front; dimensions of size 1 are
/// skipped.
void SameDimensions::reshape(Value from, Value to) {
  SmallVector<int> left, right;
  for (int64_t d = 0; d < int64_t(shapeOf(from).size()); ++d)
    if (shapeOf(from)[d] != 1)
      left.push_back(idOf(from, d));
  for (int64_t d = 0; d < int64_t(shapeOf(to).size()); ++d)
    if (shapeOf(to)[d] != 1)
      right.push_back(idOf(to, d));
  size_t i = 0, j = 0;
  while (i < left.size() && j < right.size()) {
    size_t beginI = i, beginJ = j;
    int64_t a = sizes[left[i++]], b = sizes[right[j++]];
    while (a != b) {
      if (a < b ? i == left.size() : j == right.size())
        return;
      if (a < b)
        a *= sizes[left[i++]];
      else
        b *= sizes[right[j++]];
    }
    ArrayRef<int> fromRun = ArrayRef<int>(left).slice(beginI, i - beginI);
    ArrayRef<int> toRun = ArrayRef<int>(right).slice(beginJ, j - beginJ);
    if (fromRun.size() == 1 && toRun.size() == 1)
      unite(fromRun[0], toRun[0]);
    else if (toRun.size() == 1)
      merge(fromRun, toRun[0]);
    else if (fromRun.size() == 1)
      merge(toRun, fromRun[0]);
  }
}

void SameDimensions::byFactors(Operation *op) {
  nn::IndexFactors factors = import::factorsOf(op);
  SmallVector<int> seen(factors.factors.size(), -1);
  auto join = [&](ValueRange values, ArrayRef<SmallVector<int64_t>> labels) {
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
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](nn::ReshapeOp one) { reshape(one.getX(), one.getY()); })
      .Case([&](nn::ConcatOp one) {
        for (Value input : one.getInputs())
          allBut(input, one.getY(), one.getAxis());
      })
      .Case([&](nn::SplitOp one) {
        for (Value part : one.getParts())
          allBut(one.getX(), part, one.getAxis());
      })
      .Case([&](nn::CrossEntropyOp one) {
        for (int64_t d = 0, rows = shapeOf(one.getLabels()).size(); d < rows; ++d)
          unite(one.getLogits(), d + (d >= one.getClassAxis()), one.getLabels(), d);
      })
      .Case<nn::PointwiseLossOp, nn::KlDivergenceOp>(
          [&](auto one) { allBut(one->getOperand(0), one->getOperand(1), -1); })
      .Case<nn::ConvOp, nn::ConvTransposeOp, nn::MaxPoolOp, nn::AvgPoolOp>(
          [&](auto one) { unite(one->getOperand(0), 0, one->getResult(0), 0); })
      .Default([&](Operation *) { byFactors(op); });
}
