//===- OpsEinsum.cpp - sums of products by index names -----------------------------===//
//
// Operands are multiplied from left to right. For each pair, names in both that are needed later
// are batch dimensions, names in both that are not are summed by a matrix product, and the others
// are its rows and columns.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

namespace {

/// A tensor with a name for each dimension; those of an ellipsis are '0', '1', ...
struct Named {
  Value value;
  std::string names;
};

class Einsum {
public:
  explicit Einsum(Node &n) : n(n), a(n) {}

  void run() {
    std::string equation = n.stringAttr("equation", "");
    llvm::erase(equation, ' ');
    if (!parse(equation))
      return n.error("its equation '" + equation + "' does not fit its inputs");
    Named product = reduced(operands[0], laterNames(1));
    for (size_t i = 1; i < operands.size(); ++i)
      product = multiply(product, reduced(operands[i], product.names + laterNames(i + 1)),
                         laterNames(i + 1));
    n.set(arranged(product, output));
  }

private:
  bool parse(StringRef equation) {
    auto [left, right] = equation.split("->");
    SmallVector<StringRef> terms;
    left.split(terms, ',');
    if (int(terms.size()) != n.numOperands())
      return false;
    for (auto [i, term] : llvm::enumerate(terms)) {
      Value x = n.data(i);
      std::optional<std::string> names = x ? expand(term, typeOf(x).getRank()) : std::nullopt;
      if (!names || int64_t(names->size()) != typeOf(x).getRank())
        return false;
      operands.push_back(diagonal({x, *names}));
      if (!operands.back().value)
        return false;
    }
    output = equation.contains("->") ? expand(right, -1).value_or("?") : implicitOutput(left);
    return llvm::all_of(output, [&](char c) {
      return llvm::any_of(operands, [&](const Named &x) { return StringRef(x.names).contains(c); });
    });
  }

  /// Returns the names of a term. Its ellipsis stands for the dimensions that `rank` leaves, or, if
  /// that is -1, for those of the operands; they are numbered from the last dimension. Nothing
  /// after an error.
  std::optional<std::string> expand(StringRef term, int64_t rank) {
    size_t dots = term.find("...");
    if (dots == StringRef::npos)
      return term.str();
    int64_t count = rank < 0 ? ellipsis : rank - int64_t(term.size() - 3);
    if (count < 0 || count > 9)
      return std::nullopt;
    ellipsis = std::max(ellipsis, count);
    std::string names;
    for (int64_t i = count; i-- > 0;)
      names += char('0' + i);
    return (term.take_front(dots) + names + term.drop_front(dots + 3)).str();
  }

  /// Returns the output's names if there is no arrow: the ellipsis, then every name that occurs
  /// once, sorted.
  std::string implicitOutput(StringRef left) {
    std::string names, once;
    for (int64_t i = ellipsis; i-- > 0;)
      names += char('0' + i);
    for (char c : left)
      if (llvm::isAlpha(c) && left.count(c) == 1)
        once += c;
    llvm::sort(once);
    return names + once;
  }

  /// Reduces names that occur twice to the elements at which both positions are the same.
  Named diagonal(Named x) {
    for (size_t i = 0; i < x.names.size(); ++i) {
      size_t j = x.names.find(x.names[i], i + 1);
      if (j == std::string::npos || !x.value)
        continue;
      int64_t size = shapeOf(x.value)[i];
      if (shapeOf(x.value)[j] != size)
        return {};
      Shape order = {int64_t(i), int64_t(j)}, index;
      for (int64_t d = 0; d < int64_t(x.names.size()); ++d)
        if (d != int64_t(i) && d != int64_t(j))
          order.push_back(d);
      Value y = n.transpose(x.value, order);
      Shape flat(shapeOf(y).drop_front(2));
      flat.insert(flat.begin(), size * size);
      for (int64_t k = 0; k < size; ++k)
        index.push_back(k * (size + 1));
      std::string names(1, x.names[i]);
      for (int64_t d : ArrayRef<int64_t>(order).drop_front(2))
        names += x.names[d];
      return diagonal({a.take(n.reshape(y, flat), 0, index), names});
    }
    return x;
  }

  std::string laterNames(size_t from) {
    std::string names = output;
    for (size_t i = from; i < operands.size(); ++i)
      names += operands[i].names;
    return names;
  }

  /// Sums over the names that are not `needed`.
  Named reduced(Named x, StringRef needed) {
    Shape axes, shape;
    std::string names;
    for (size_t d = 0; x.value && d < x.names.size(); ++d) {
      bool keeps = needed.contains(x.names[d]);
      if (!keeps)
        axes.push_back(d);
      else
        names += x.names[d], shape.push_back(shapeOf(x.value)[d]);
    }
    return {n.reshape(a.sum(x.value, axes), shape), names};
  }

  /// Returns `x` with the dimensions `names`, of size 1 where it has none.
  Value arranged(const Named &x, StringRef names) {
    if (!x.value)
      return {};
    Shape order, shape;
    for (char c : names)
      if (size_t d = x.names.find(c); d != std::string::npos) {
        order.push_back(d);
        shape.push_back(shapeOf(x.value)[d]);
      } else {
        shape.push_back(1);
      }
    return n.reshape(n.transpose(x.value, order), shape);
  }

  /// Returns the names of `x` that are in `other` if `inOther`, and in `needed` if `isNeeded`, and
  /// else are not.
  static std::string pick(const Named &x, const Named &other, bool inOther, StringRef needed,
                          bool isNeeded) {
    std::string names;
    for (char c : x.names)
      if (StringRef(other.names).contains(c) == inOther && needed.contains(c) == isNeeded)
        names += c;
    return names;
  }

  Named multiply(const Named &x, const Named &y, StringRef needed) {
    std::string batch = pick(x, y, true, needed, true), summed = pick(x, y, true, needed, false);
    std::string rows = pick(x, y, false, needed, true), columns = pick(y, x, false, needed, true);
    if (summed.empty() || !x.value || !y.value) {
      std::string names = batch + rows + columns;
      return {a.mul(arranged(x, names), arranged(y, names)), names};
    }
    Value left = arranged(x, batch + rows + summed), right = arranged(y, batch + summed + columns);
    if (!left || !right)
      return {};
    auto merged = [](ArrayRef<int64_t> sizes) { return *elementCount(sizes); };
    size_t b = batch.size(), r = rows.size(), s = summed.size();
    ArrayRef<int64_t> ls = shapeOf(left), rs = shapeOf(right);
    if (ls.take_front(b) != rs.take_front(b) || ls.drop_front(b + r) != rs.slice(b, s)) {
      n.error("dimensions of one name differ in size");
      return {};
    }
    Shape shape(ls.take_front(b + r));
    llvm::append_range(shape, rs.drop_front(b + s));
    int64_t count = merged(ls.take_front(b));
    left = n.reshape(left, {count, merged(ls.slice(b, r)), merged(ls.drop_front(b + r))});
    right = n.reshape(right, {count, merged(rs.slice(b, s)), merged(rs.drop_front(b + s))});
    return {n.reshape(a.matmul(left, right), shape), batch + rows + columns};
  }

  Node &n;
  Arithmetic a;
  SmallVector<Named> operands;
  std::string output;
  int64_t ellipsis = 0;
};

} // namespace

void plimsoll::import::addEinsumOps(llvm::StringMap<OpEntry> &table) {
  table["Einsum"].data = [](Node &n) { Einsum(n).run(); };
}
