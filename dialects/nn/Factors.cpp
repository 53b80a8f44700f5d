//===- Factors.cpp - which dimensions of an op are the same one ----------------===//
#include "dialects/nn/Factors.h"
#include "dialects/nn/TensorType.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace plimsoll::nn;

static ArrayRef<int64_t> shapeOf(Value value) {
  return tensorType(value).getShape();
}

StringRef plimsoll::nn::stringifyFactorKind(FactorKind kind) {
  static constexpr StringLiteral names[] = {"free", "reduced", "whole", "ordered", "data"};
  return names[static_cast<size_t>(kind)];
}

bool IndexFactors::isLinear() const {
  return !isOpaque() && llvm::all_of(factors, [](Factor factor) {
    return factor.kind == FactorKind::free || factor.kind == FactorKind::reduced;
  });
}

// Text ----------------------------------------------------------------------

/// Returns i to z, then z_1 and so on.
static std::string nameOf(size_t place) {
  constexpr size_t kLetters = 'z' - 'i' + 1;
  return place < kLetters ? std::string(1, char('i' + place))
                          : "z_" + std::to_string(place - kLetters + 1);
}

llvm::raw_ostream &plimsoll::nn::operator<<(llvm::raw_ostream &os, const IndexFactors &factors) {
  if (factors.isOpaque())
    return os << "opaque: " << factors.reason;
  SmallVector<int64_t> named; // in the order of their appearance
  auto print = [&](int64_t label) {
    if (label == IndexFactors::kRepeated) {
      os << 1;
      return;
    }
    size_t place = llvm::find(named, label) - named.begin();
    if (place == named.size())
      named.push_back(label);
    os << nameOf(place);
  };
  auto printAll = [&](ArrayRef<FactorLabels> values) {
    llvm::interleaveComma(values, os << "(", [&](const FactorLabels &labels) {
      llvm::interleaveComma(labels, os << "[", print);
      os << "]";
    });
    os << ")";
  };
  printAll(factors.operands);
  printAll((os << " -> ", factors.results));
  llvm::interleaveComma(llvm::enumerate(named), os << " {", [&](auto entry) {
    const Factor &factor = factors.factors[entry.value()];
    os << nameOf(entry.index()) << " = " << factor.size << " " << stringifyFactorKind(factor.kind);
  });
  return os << "}";
}

// Checks --------------------------------------------------------------------

/// Reports the first of `values` that its labels do not fit.
static LogicalResult verifyLabels(Operation *op, const IndexFactors &factors, ValueRange values,
                                  ArrayRef<FactorLabels> all, StringRef kind) {
  if (values.size() != all.size())
    return op->emitError("has factors for ")
           << all.size() << " of " << values.size() << " " << kind << "s";
  for (auto [index, value, labels] : llvm::enumerate(values, all)) {
    bool fits = llvm::equal(shapeOf(value), labels, [&](int64_t size, int64_t label) {
      return label == IndexFactors::kRepeated ? size == 1 : factors.factors[label].size == size;
    });
    if (!fits)
      return op->emitError("has factors that do not fit ")
             << kind << " " << index << ", " << value.getType();
  }
  return success();
}

LogicalResult plimsoll::nn::verifyFactors(Operation *op, const IndexFactors &factors) {
  if (factors.isOpaque())
    return success();
  if (failed(verifyLabels(op, factors, op->getOperands(), factors.operands, "operand")) ||
      failed(verifyLabels(op, factors, op->getResults(), factors.results, "result")))
    return failure();
  for (auto [label, factor] : llvm::enumerate(factors.factors)) {
    auto has = [&](const FactorLabels &labels) { return llvm::is_contained(labels, label); };
    bool isRead = llvm::any_of(factors.operands, has);
    if (!isRead && llvm::none_of(factors.results, has))
      return op->emitError("has a factor of ") << factor.size << " that no dimension is";
    if (factor.kind == FactorKind::reduced && !isRead)
      return op->emitError("has a reduced factor of ") << factor.size << " that no operand has";
    if (factor.kind == FactorKind::reduced && llvm::all_of(factors.results, has))
      return op->emitError("has a reduced factor of ") << factor.size << " that all results have";
  }
  return success();
}

// Construction --------------------------------------------------------------

FactorBuilder::FactorBuilder(Operation *op) : op(op) {
  made.operands.resize(op->getNumOperands());
  made.results.resize(op->getNumResults());
}

int64_t FactorBuilder::add(int64_t size, FactorKind kind) {
  made.factors.push_back({size, kind});
  return int64_t(made.factors.size()) - 1;
}

FactorLabels FactorBuilder::addAll(ArrayRef<int64_t> sizes, FactorKind kind) {
  return llvm::map_to_vector(sizes, [&](int64_t size) { return add(size, kind); });
}

FactorLabels FactorBuilder::addAll(Value value, FactorKind kind) {
  return addAll(shapeOf(value), kind);
}

void FactorBuilder::operandsFrom(unsigned first, ArrayRef<int64_t> labels) {
  for (FactorLabels &operand : MutableArrayRef(made.operands).drop_front(first))
    operand.assign(labels.begin(), labels.end());
}

void FactorBuilder::resultsFrom(unsigned first, ArrayRef<int64_t> labels) {
  for (FactorLabels &result : MutableArrayRef(made.results).drop_front(first))
    result.assign(labels.begin(), labels.end());
}

IndexFactors FactorBuilder::finish() {
  auto name = [&](ValueRange values, MutableArrayRef<FactorLabels> all) {
    for (auto [value, labels] : llvm::zip(values, all))
      if (labels.empty())
        labels = addAll(value, FactorKind::whole);
  };
  name(op->getOperands(), made.operands);
  name(op->getResults(), made.results);
  return std::move(made);
}

// Families ------------------------------------------------------------------

IndexFactors plimsoll::nn::detail::elementwiseFactors(Operation *op) {
  FactorBuilder builder(op);
  FactorLabels y = builder.result(0) = builder.addAll(op->getResult(0), FactorKind::free);
  for (auto [index, operand] : llvm::enumerate(op->getOperands())) {
    ArrayRef<int64_t> shape = shapeOf(operand);
    for (auto [size, label] : llvm::zip(shape, ArrayRef<int64_t>(y).take_back(shape.size())))
      builder.operand(index).push_back(
          size == 1 && builder[label].size != 1 ? IndexFactors::kRepeated : label);
  }
  return builder.finish();
}

IndexFactors plimsoll::nn::detail::rowFactors(Operation *op, FactorKind last) {
  FactorBuilder builder(op);
  auto rank = [](Value value) { return shapeOf(value).size(); };
  Value largest =
      *llvm::max_element(op->getOperands(), [&](Value a, Value b) { return rank(a) < rank(b); });
  FactorLabels x = builder.addAll(largest, FactorKind::free);
  builder[x.back()].kind = last;
  auto front = [&](Value value) { return ArrayRef<int64_t>(x).take_front(rank(value)); };
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    builder.operand(index) = FactorLabels(front(operand));
  for (auto [index, result] : llvm::enumerate(op->getResults()))
    builder.result(index) = FactorLabels(front(result));
  return builder.finish();
}

IndexFactors plimsoll::nn::detail::updateFactors(Operation *op, unsigned count) {
  FactorBuilder builder(op);
  FactorLabels all = builder.addAll(op->getOperand(0), FactorKind::free);
  for (unsigned index = 0; index < count; ++index)
    builder.operand(index) = all;
  builder.resultsFrom(0, all);
  return builder.finish();
}

// Reshapes ------------------------------------------------------------------

SmallVector<ReshapeRun> plimsoll::nn::reshapeRuns(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  auto other = [](ArrayRef<int64_t> shape, size_t d) { // the first one from `d` on that is not 1
    while (d < shape.size() && shape[d] == 1)
      ++d;
    return d;
  };
  SmallVector<ReshapeRun> runs;
  size_t i = other(from, 0), j = other(to, 0);
  while (i < from.size() && j < to.size()) {
    ReshapeRun run;
    int64_t a = 1, b = 1; // elements of both sides
    do {
      bool left = run.from.empty() || (!run.to.empty() && a < b);
      if (left ? i == from.size() : j == to.size())
        return runs;
      size_t &next = left ? i : j;
      (left ? run.from : run.to).push_back(next);
      (left ? a : b) *= (left ? from : to)[next];
      next = other(left ? from : to, next + 1);
    } while (run.to.empty() || a != b);
    runs.push_back(std::move(run));
  }
  return runs;
}
