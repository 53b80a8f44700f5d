//===- OpsSequence.cpp - sequences of tensors, and rows in reverse -----------------===//
//
// The number of tensors in a sequence is known, so sequences exist only in the importer.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

static const Entry *sequenceOf(Node &n) {
  if (n.has(0) && n.operands[0].kind == Entry::Kind::Sequence)
    return &n.operands[0];
  n.error("its input must be a sequence that nodes of this graph make");
  return nullptr;
}

static Entry sequenceOf(std::vector<Entry> elements) {
  Entry entry;
  entry.kind = Entry::Kind::Sequence;
  entry.sequence = std::move(elements);
  return entry;
}

static void construct(Node &n) {
  n.set(sequenceOf(n.operands));
}

static void empty(Node &n) {
  n.set(sequenceOf(std::vector<Entry>()));
}

/// Returns operand `i`, a place among `count` elements, or `otherwise` if it is absent. Nothing
/// after an error.
static std::optional<int64_t> placeOf(Node &n, int i, int64_t count, int64_t otherwise) {
  if (!n.has(i))
    return otherwise;
  std::optional<Shape> place = n.knownInts(i);
  if (!place)
    return std::nullopt;
  int64_t at = place->size() == 1 ? (*place)[0] : count;
  if (at < -count || at >= count) {
    n.error("position " + Twine(at) + " is outside the " + Twine(count) + " elements");
    return std::nullopt;
  }
  return at < 0 ? at + count : at;
}

static void at(Node &n) {
  const Entry *sequence = sequenceOf(n);
  if (!sequence)
    return;
  if (!n.has(1))
    return n.error("needs a position");
  if (std::optional<int64_t> place = placeOf(n, 1, sequence->sequence.size(), 0))
    n.set(sequence->sequence[*place]);
}

static void insert(Node &n) {
  const Entry *sequence = sequenceOf(n);
  if (!sequence || !n.has(1))
    return n.error("needs a sequence and a tensor");
  std::vector<Entry> elements = sequence->sequence;
  int64_t count = elements.size();
  // There is one place more than elements: behind the last, from which negative places count.
  std::optional<Shape> given = n.has(2) ? n.knownInts(2) : std::optional(Shape{count});
  if (!given)
    return;
  int64_t place = given->size() == 1 ? (*given)[0] : INT64_MIN;
  if (place < -count || place > count)
    return n.error("position " + Twine(place) + " is outside the " + Twine(count) + " elements");
  elements.insert(elements.begin() + (place < 0 ? place + count : place), n.operands[1]);
  n.set(sequenceOf(std::move(elements)));
}

static void erase(Node &n) {
  const Entry *sequence = sequenceOf(n);
  if (!sequence)
    return;
  std::vector<Entry> elements = sequence->sequence;
  int64_t count = elements.size();
  std::optional<int64_t> place = placeOf(n, 1, count, count - 1);
  if (!place)
    return;
  if (*place < 0)
    return n.error("the sequence is empty");
  elements.erase(elements.begin() + *place);
  n.set(sequenceOf(std::move(elements)));
}

static void length(Node &n) {
  const Entry *sequence = sequenceOf(n);
  if (!sequence)
    return;
  HostTensor count(DType::i64, {});
  count.ints[0] = sequence->sequence.size();
  n.set(std::move(count));
}

/// Sets all elements joined along an axis, which may be a new one.
static void concatenate(Node &n) {
  Arithmetic a(n);
  const Entry *sequence = sequenceOf(n);
  if (!sequence)
    return;
  if (sequence->sequence.empty())
    return n.error("the sequence is empty");
  bool isNew = n.intAttr("new_axis", 0) != 0;
  std::vector<Entry> elements = sequence->sequence;
  SmallVector<Value> parts;
  std::optional<int64_t> axis;
  for (Entry &element : elements) {
    Value part = n.data(element);
    if (!part)
      return;
    axis = n.axis(n.intAttr("axis", 0), typeOf(part).getRank() + isNew);
    if (!axis)
      return;
    parts.push_back(isNew ? a.unsqueeze(part, *axis) : part);
  }
  n.set(a.concat(parts, *axis));
}

// Rows in reverse -------------------------------------------------------------

/// Returns, for known lengths, the row to put at each time and entry of the batch. Nothing after an
/// error.
static std::optional<HostTensor> knownRows(Node &n, const HostTensor &lengths, int64_t times,
                                           int64_t batch) {
  HostTensor rows(DType::i64, {times * batch});
  for (int64_t b = 0; b < batch; ++b) {
    int64_t length = lengths.ints[b];
    if (length < 0 || length > times) {
      n.error("length " + Twine(length) + " is outside the " + Twine(times) + " times");
      return std::nullopt;
    }
    for (int64_t t = 0; t < times; ++t)
      rows.ints[t * batch + b] = (t < length ? length - 1 - t : t) * batch + b;
  }
  return rows;
}

static Value rowNumbers(Arithmetic &a, int64_t times, int64_t batch) {
  Node &n = a.n;
  const HostTensor *known = n.knownOrNull(1);
  if (known && !known->isFloat()) {
    std::optional<HostTensor> rows =
        n.mayFold({times, batch}) ? knownRows(n, *known, times, batch) : std::nullopt;
    return rows ? n.constant(*rows) : Value();
  }
  Type i64 = n.builder.getI64Type();
  Value lengths = n.reshape(n.cast(n.data(1), i64), {1, batch});
  Value time = n.reshape(a.iota(times, i64), {times, 1});
  Value turned = a.add(a.sub(lengths, time), -1.0);
  Value from = a.select(a.compare(nn::Predicate::lt, time, lengths), turned, time);
  Value rows = a.add(a.mul(from, double(batch)), n.reshape(a.iota(batch, i64), {1, batch}));
  return n.reshape(rows, {times * batch});
}

/// Reverses the first `length` rows of each entry of the batch; the others stay.
static void reverseSequence(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  int64_t timeAxis = n.intAttr("time_axis", 0), batchAxis = n.intAttr("batch_axis", 1);
  std::optional<Shape> lengths = n.shape(1);
  if (!x || !lengths)
    return;
  bool swapped = timeAxis == 1 && batchAxis == 0;
  if (typeOf(x).getRank() < 2 || (!swapped && !(timeAxis == 0 && batchAxis == 1)))
    return n.error("one of its first two dimensions must be time, the other the batch");
  Shape swap = ascending(0, typeOf(x).getRank());
  std::swap(swap[0], swap[1]);
  x = swapped ? n.transpose(x, swap) : x;
  Shape shape(shapeOf(x));
  if (*lengths != Shape{shape[1]})
    return n.error("needs one length for each of the " + Twine(shape[1]) + " entries");
  Shape flat = {shape[0] * shape[1], *elementCount(ArrayRef<int64_t>(shape).drop_front(2))};
  Value rows = rowNumbers(a, shape[0], shape[1]);
  Value y = n.emit<nn::GatherOp>({n.reshape(x, flat), rows}, n.intNamed("axis", 0));
  y = n.reshape(y, shape);
  n.set(swapped ? n.transpose(y, swap) : y);
}

void plimsoll::import::addSequenceOps(llvm::StringMap<OpEntry> &table) {
  table["SequenceConstruct"].data = construct;
  table["SequenceEmpty"].data = empty;
  table["SequenceAt"].data = at;
  table["SequenceInsert"].data = insert;
  table["SequenceErase"].data = erase;
  table["SequenceLength"].data = length;
  table["ConcatFromSequence"].data = concatenate;
  table["ReverseSequence"].data = reverseSequence;
}
