//===- LoopNest.cpp - from index factors to linear loop nests -----------------===//
#include "dialects/nn/LoopNest.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll::nn;

int64_t LoopNest::points() const {
  int64_t product = 1;
  for (int64_t size : domain)
    product *= size;
  return product;
}

namespace {

/// Indices of a dimension, or of a whole tensor, in row-major order.
using Indices = SmallVector<unsigned, 4>;

/// The indices of several ops, of which some are equal to others or consist of them.
class IndexSpace {
public:
  unsigned add(int64_t size, bool reduced = false) {
    entries.push_back({size, reduced, {}});
    return entries.size() - 1;
  }

  /// Returns the indices that `index` consists of by now; none if its size is 1.
  void resolve(unsigned index, Indices &into) const {
    const Entry &entry = entries[index];
    if (entry.size == 1)
      return;
    if (entry.parts.empty())
      into.push_back(index);
    for (unsigned part : entry.parts)
      resolve(part, into);
  }
  Indices resolve(ArrayRef<unsigned> indices) const {
    Indices all;
    for (unsigned index : indices)
      resolve(index, all);
    return all;
  }

  /// Makes two lists of indices, which count equally many elements, the same. Returns false if
  /// their sizes cannot be split into common ones.
  bool equate(ArrayRef<unsigned> first, ArrayRef<unsigned> second) {
    Indices a = resolve(first), b = resolve(second);
    while (!a.empty() && !b.empty()) {
      unsigned x = popLast(a), y = popLast(b);
      if (x == y)
        continue;
      if (entries[x].size == entries[y].size) {
        entries[x].reduced |= entries[y].reduced;
        entries[y].parts = {x};
        continue;
      }
      bool xIsLarger = entries[x].size > entries[y].size;
      unsigned large = xIsLarger ? x : y, small = xIsLarger ? y : x;
      if (entries[small].size == 0 || entries[large].size % entries[small].size != 0)
        return false;
      unsigned outer = add(entries[large].size / entries[small].size, entries[large].reduced);
      entries[small].reduced |= entries[large].reduced;
      entries[large].parts = {outer, small};
      (xIsLarger ? a : b).push_back(outer);
    }
    return a.empty() && b.empty();
  }

  int64_t size(unsigned index) const { return entries[index].size; }
  bool isReduced(unsigned index) const { return entries[index].reduced; }

private:
  /// Removes the last index, which may have become several since the list was made.
  unsigned popLast(Indices &list) const {
    Indices last;
    resolve(list.pop_back_val(), last);
    list.append(last.begin(), last.end());
    return list.pop_back_val();
  }

  struct Entry {
    int64_t size;
    bool reduced;
    Indices parts; ///< outermost first; empty for an index that stands for itself
  };
  std::vector<Entry> entries;
};

/// One row of strides for each input and output.
struct Strides {
  SmallVector<int64_t> domain;
  SmallVector<bool> reduced;
  SmallVector<SmallVector<int64_t>> rows;

  void erase(size_t dimension) {
    domain.erase(domain.begin() + dimension);
    reduced.erase(reduced.begin() + dimension);
    for (auto &row : rows)
      row.erase(row.begin() + dimension);
  }

  /// True if every row walks dimensions `d` and `d + 1` without a gap, and both or neither are
  /// reduced.
  bool canMerge(size_t d) const {
    return reduced[d] == reduced[d + 1] && llvm::all_of(rows, [&](ArrayRef<int64_t> row) {
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

/// Finds the common nest of ops.
class NestBuilder {
public:
  NestBuilder(ArrayRef<Operation *> ops, ArrayRef<Value> inputs, ArrayRef<Value> outputs)
      : ops(ops), inputs(inputs), outputs(outputs) {}

  std::optional<LoopNest> build() {
    for (Value input : inputs)
      addDimensions(input);
    for (Operation *op : ops)
      if (!addOp(op))
        return std::nullopt;
    bool isWholeOp = ops.size() == 1 && llvm::equal(ops.front()->getResults(), outputs);
    if (!isWholeOp && !isOneNest())
      return std::nullopt;
    return finish();
  }

private:
  /// The indices of an op's factors.
  struct Placed {
    Operation *op;
    SmallVector<unsigned> labels;
    bool reduces = false;
  };

  static ArrayRef<int64_t> shapeOf(Value value) {
    return cast<RankedTensorType>(value.getType()).getShape();
  }

  void addDimensions(Value value) {
    SmallVector<unsigned> dimensions;
    for (int64_t size : shapeOf(value))
      dimensions.push_back(space.add(size));
    values.try_emplace(value, std::move(dimensions));
  }

  /// Makes the dimensions of `value` the indices that an op's factors give it.
  bool equate(Value value, ArrayRef<int64_t> factors, ArrayRef<unsigned> labels) {
    auto known = values.find(value);
    if (known == values.end())
      return false; // neither an input nor a result before
    for (auto [dimension, factor] : llvm::zip_equal(known->second, factors))
      if (factor != IndexFactors::kRepeated && !space.equate({labels[factor]}, {dimension}))
        return false;
    return true;
  }

  bool addOp(Operation *op) {
    for (Value result : op->getResults())
      addDimensions(result);
    if (auto reshape = dyn_cast<ReshapeOp>(op)) {
      auto from = values.find(reshape.getX());
      placed.push_back({op, {}});
      return from != values.end() && space.equate(values[reshape.getResult()], from->second);
    }
    auto known = dyn_cast<IndexFactorsOpInterface>(op);
    IndexFactors factors = known ? known.getIndexFactors() : IndexFactors();
    if (!known || !factors.isLinear())
      return false;
    Placed next{op, {}};
    for (Factor factor : factors.factors) {
      bool reduced = factor.kind == FactorKind::reduced;
      next.labels.push_back(space.add(factor.size, reduced));
      next.reduces |= reduced;
    }
    placed.push_back(next);
    for (auto [operand, of] : llvm::zip(op->getOperands(), factors.operands))
      if (!equate(operand, of, next.labels))
        return false;
    for (auto [result, of] : llvm::zip(op->getResults(), factors.results))
      if (!equate(result, of, next.labels))
        return false;
    return true;
  }

  static bool isDistinct(ArrayRef<unsigned> indices) {
    return llvm::SmallDenseSet<unsigned, 8>(indices.begin(), indices.end()).size() ==
           indices.size();
  }

  /// True if no op has an index twice, only the output is summed, and outputs have every index that
  /// is not.
  bool isOneNest() {
    for (const Placed &each : placed) {
      if (!isDistinct(space.resolve(each.labels)))
        return false;
      if (each.reduces && !(each.op == ops.back() && outputs.size() == 1 &&
                            outputs.front() == each.op->getResult(0)))
        return false;
    }
    size_t free = 0;
    Indices domain = space.resolve(placed.back().labels);
    for (unsigned index : domain) {
      if (space.size(index) == 0)
        return false;
      free += !space.isReduced(index);
    }
    llvm::SmallDenseSet<unsigned, 8> all(domain.begin(), domain.end());
    for (const Placed &each : placed)
      for (unsigned index : space.resolve(each.labels))
        if (!all.contains(index))
          return false;
    for (Value output : outputs)
      if (space.resolve(values[output]).size() != free)
        return false;
    return true;
  }

  SmallVector<int64_t> stridesOf(Value value, ArrayRef<unsigned> domain) {
    SmallVector<int64_t> strides(domain.size(), 0);
    int64_t stride = 1;
    Indices indices = space.resolve(values[value]);
    for (unsigned index : llvm::reverse(indices)) {
      if (auto found = llvm::find(domain, index); found != domain.end())
        strides[found - domain.begin()] += stride;
      stride *= std::max<int64_t>(1, space.size(index)); // an empty tensor has strides, too
    }
    return strides;
  }

  LoopNest finish() {
    Indices domain = space.resolve(placed.back().labels);
    Strides strides;
    int64_t points = 1;
    for (unsigned index : domain) {
      strides.domain.push_back(space.size(index));
      strides.reduced.push_back(space.isReduced(index));
      points *= space.size(index);
    }
    for (Value value : llvm::concat<const Value>(inputs, outputs))
      strides.rows.push_back(stridesOf(value, domain));
    strides.simplify();
    LoopNest nest;
    nest.domain = strides.domain;
    nest.inputs.assign(strides.rows.begin(), strides.rows.begin() + inputs.size());
    nest.outputs.assign(strides.rows.begin() + inputs.size(), strides.rows.end());
    for (size_t d = 0; d < strides.domain.size(); ++d)
      if (strides.reduced[d])
        nest.reduced.push_back(d);
    for (const Placed &each : placed) {
      int64_t own = 1; // of the op, whose sum has fewer elements
      for (unsigned index : space.resolve(each.labels))
        own *= space.size(index);
      bool isView = each.labels.empty() && isa<ReshapeOp>(each.op);
      nest.repetitions.push_back(isView ? 1 : points / std::max<int64_t>(own, 1));
    }
    return nest;
  }

  ArrayRef<Operation *> ops;
  ArrayRef<Value> inputs, outputs;
  IndexSpace space;
  llvm::DenseMap<Value, SmallVector<unsigned>> values; ///< the index of each dimension
  SmallVector<Placed> placed;
};

} // namespace

std::optional<LoopNest> plimsoll::nn::loopNest(ArrayRef<Operation *> ops, ArrayRef<Value> inputs,
                                               ArrayRef<Value> outputs) {
  return NestBuilder(ops, inputs, outputs).build();
}
