//===- OpsIndex.cpp - operators that choose elements by index --------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"
#include "compiler/onnx/parameters/FxArguments.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// Returns operand `i` as i64, the type of all indices in nn.
static Value indexOperand(Node &n, int i) {
  return n.cast(n.data(i), n.builder.getI64Type());
}

/// Adds what torch's embedding does in training besides the look-up and the node cannot express:
/// the row of `padding_idx` gets no gradient.
static Value likeEmbedding(Node &n, Value rows, Value indices) {
  llvm::SmallVector<StringRef> arguments = fxArguments(n.names.fx, "aten.embedding");
  if (arguments.size() > 3 && arguments[3] == "True")
    n.warn("scale_grad_by_freq=True is not followed: the gradient of a row that occurs several "
           "times in a batch is not divided by its number");
  int64_t padding = -1;
  if (!rows || !indices || arguments.size() < 3 || arguments[2].getAsInteger(10, padding) ||
      padding < 0)
    return rows;
  Arithmetic m(n);
  Shape column(typeOf(indices).getShape());
  column.resize(typeOf(rows).getRank(), 1);
  Value isPadding = m.compare(nn::Predicate::eq, indices, double(padding));
  return m.select(n.reshape(isPadding, column), n.emit<nn::StopGradientOp>({rows}), rows);
}

/// Sets a part of the table for one known index; other indices look rows up at run time.
static void gather(Node &n) {
  Value table = n.data(0);
  if (!table)
    return;
  std::optional<int64_t> axis = n.axis(n.intAttr("axis", 0), typeOf(table).getRank());
  if (!axis)
    return;
  int64_t rows = typeOf(table).getDimSize(*axis);
  if (const HostTensor *indices = n.knownOrNull(1)) {
    if (indices->isFloat())
      return n.error("its indices must be integers");
    for (int64_t index : indices->ints)
      if (index < -rows || index >= rows)
        return n.error("its index " + Twine(index) + " is outside the " + Twine(rows) + " rows");
    if (indices->rank() == 0) {
      int64_t index = indices->ints[0] < 0 ? indices->ints[0] + rows : indices->ints[0];
      return n.set(Arithmetic(n).squeeze(n.part(table, *axis, index, 1), *axis));
    }
  }
  Value indices = indexOperand(n, 1);
  Value taken = n.emit<nn::GatherOp>({table, indices}, n.intNamed("axis", *axis));
  n.set(*axis == 0 ? likeEmbedding(n, taken, indices) : taken);
}

/// Returns `x` cut to the sizes of the indices in all dimensions but `axis`.
static Value likeIndices(Node &n, Value x, Value indices, int64_t axis) {
  for (int64_t d = 0; x && indices && d < typeOf(indices).getRank(); ++d)
    if (d != axis && d < typeOf(x).getRank() && shapeOf(indices)[d] < shapeOf(x)[d])
      x = n.part(x, d, 0, shapeOf(indices)[d]);
  return x;
}

static void gatherElements(Node &n) {
  Value x = n.data(0), indices = indexOperand(n, 1);
  std::optional<int64_t> axis =
      x ? n.axis(n.intAttr("axis", 0), typeOf(x).getRank()) : std::nullopt;
  if (!axis)
    return;
  x = likeIndices(n, x, indices, *axis);
  n.set(n.emit<nn::GatherElementsOp>({x, indices}, n.intNamed("axis", *axis)));
}

static std::optional<nn::Update> updateOf(Node &n) {
  std::string reduction = n.stringAttr("reduction", "none");
  std::optional<nn::Update> update =
      nn::symbolizeUpdate(reduction == "none" ? "replace" : reduction);
  if (!update)
    n.unsupported("reduction '" + reduction + "' is unknown");
  return update;
}

static Value scatter(Node &n, Value x, Value indices, Value updates, int64_t axis) {
  std::optional<nn::Update> update = updateOf(n);
  if (!update)
    return {};
  auto attr = nn::UpdateAttr::get(n.builder.getContext(), *update);
  return n.emit<nn::ScatterElementsOp>(
      {x, indices, updates}, {n.builder.getNamedAttr("update", attr), n.intNamed("axis", axis)});
}

static void scatterElements(Node &n) {
  Value x = n.data(0), indices = indexOperand(n, 1), updates = n.data(2);
  std::optional<int64_t> axis =
      x ? n.axis(n.intAttr("axis", 0), typeOf(x).getRank()) : std::nullopt;
  if (axis)
    n.set(scatter(n, x, indices, updates, *axis));
}

// Indices whose last dimension addresses leading dimensions -----------------

namespace {
/// The rows of a tensor, and for each row of indices the number of the row that it addresses.
struct Addressed {
  Value rows;    ///< [count of rows, elements of a row]
  Value numbers; ///< i64, one for each row of indices
  Shape shape;   ///< of everything that is addressed
};
} // namespace

/// Returns position `d` of every row of `indices`, made non-negative.
static Value coordinate(Arithmetic &a, Value indices, int64_t d, int64_t size) {
  int64_t last = typeOf(indices).getRank() - 1;
  Value at = a.squeeze(a.n.part(indices, last, d, 1), last);
  return a.select(a.compare(nn::Predicate::lt, at, 0.0), a.add(at, double(size)), at);
}

static std::optional<Addressed> address(Node &n, Value x, Value indices, int64_t batch) {
  Arithmetic a(n);
  ArrayRef<int64_t> from = shapeOf(x), given = shapeOf(indices);
  int64_t depth = given.empty() ? 0 : given.back();
  if (depth < 1 || batch < 0 || batch >= int64_t(given.size()) ||
      batch + depth > int64_t(from.size()) || from.take_front(batch) != given.take_front(batch)) {
    n.error("its indices " + shapeText(given) + " do not address " + shapeText(from));
    return std::nullopt;
  }
  Addressed result;
  Value numbers;
  for (int64_t d = 0; d < depth; ++d) {
    Value at = coordinate(a, indices, d, from[batch + d]);
    numbers = numbers ? a.add(a.mul(numbers, double(from[batch + d])), at) : at;
  }
  ArrayRef<int64_t> lead = given.drop_back(), rest = from.drop_front(batch + depth);
  int64_t batches = *elementCount(from.take_front(batch));
  int64_t each = *elementCount(from.slice(batch, depth));
  int64_t count = *elementCount(lead), width = *elementCount(rest);
  if (batch > 0 && batches > 0) { // rows of batch entry i begin at i * each
    Value base = a.mul(a.iota(batches, n.builder.getI64Type()), double(each));
    numbers = a.add(n.reshape(numbers, {batches, count / batches}), a.unsqueeze(base, 1));
  }
  result.numbers = n.reshape(numbers, {count});
  result.rows = n.reshape(x, {batches * each, width});
  result.shape = Shape(lead);
  llvm::append_range(result.shape, rest);
  return n.failed() ? std::nullopt : std::optional(result);
}

static void gatherNd(Node &n) {
  Value x = n.data(0), indices = indexOperand(n, 1);
  std::optional<Addressed> found =
      x && indices ? address(n, x, indices, n.intAttr("batch_dims", 0)) : std::nullopt;
  if (!found)
    return;
  Value y = n.emit<nn::GatherOp>({found->rows, found->numbers}, n.intNamed("axis", 0));
  n.set(n.reshape(y, found->shape));
}

static void scatterNd(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0), indices = indexOperand(n, 1), updates = n.data(2);
  std::optional<Addressed> found =
      x && indices && updates ? address(n, x, indices, 0) : std::nullopt;
  if (!found)
    return;
  if (shapeOf(updates) != ArrayRef<int64_t>(found->shape))
    return n.error("its updates are not like what is addressed, " + shapeText(found->shape));
  Shape flat = {shapeOf(found->numbers)[0], shapeOf(found->rows)[1]};
  Value numbers = n.broadcast(a.unsqueeze(found->numbers, 1), flat);
  Value y = scatter(n, found->rows, numbers, n.reshape(updates, flat), 0);
  n.set(n.reshape(y, shapeOf(x)));
}

/// Sets a tensor with a new dimension that holds `on` at the index and `off` elsewhere.
static void oneHot(Node &n) {
  Arithmetic a(n);
  Value indices = indexOperand(n, 0), values = n.data(2);
  const HostTensor *given = n.known(1);
  if (!indices || !given || !values)
    return;
  int64_t depth = given->size() == 1 ? int64_t(given->number(0)) : 0,
          rank = typeOf(indices).getRank();
  std::optional<int64_t> axis = n.axis(n.intAttr("axis", -1), rank + 1);
  if (depth <= 0 || shapeOf(values) != ArrayRef<int64_t>{2})
    return n.error("needs one positive depth and the two values off and on");
  if (!axis || !n.mayFold({depth}))
    return;
  Value wrapped =
      a.select(a.compare(nn::Predicate::lt, indices, 0.0), a.add(indices, double(depth)), indices);
  Shape along(rank + 1, 1);
  along[*axis] = depth;
  Value places = n.reshape(a.iota(depth, n.builder.getI64Type()), along);
  Value hit = a.compare(nn::Predicate::eq, a.unsqueeze(wrapped, *axis), places);
  Value off = n.reshape(n.part(values, 0, 0, 1), {}), on = n.reshape(n.part(values, 0, 1, 1), {});
  n.set(a.select(hit, on, off));
}

static void nonZero(Node &n) {
  n.error(kSizeOfData, kSizeOfDataFix);
}

void plimsoll::import::addIndexOps(llvm::StringMap<OpEntry> &table) {
  table["NonZero"].data = nonZero;
  table["Gather"].data = gather;
  table["GatherElements"].data = gatherElements;
  table["GatherND"].data = gatherNd;
  table["ScatterElements"].data = table["Scatter"].data = scatterElements; // its old name
  table["ScatterND"].data = scatterNd;
  table["OneHot"].data = oneHot;
}
