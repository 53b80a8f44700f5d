//===- OpsRecurrent.cpp - LSTM, GRU and RNN --------------------------------------===//
//
// A direction is one op. Cells that the ops do not have (peepholes, a reset before the product) are
// unrolled, since the length of the sequence is known. Weights are ONNX's: gates i, o, f, c (LSTM)
// or z, r, h (GRU) one after the other, for each direction.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/graph/Unroll.h"
#include "compiler/onnx/ops/OpTable.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

namespace {

/// One node, and what all kinds of cells share.
class Recurrence {
public:
  Recurrence(Node &n, int gates) : n(n), a(n), gates(gates) {}
  virtual ~Recurrence() = default;

  void run() {
    if (!readShapes())
      return;
    SmallVector<Value> outputs, hidden, cells;
    std::string direction = n.stringAttr("direction", "forward");
    int64_t count = direction == "bidirectional" ? 2 : 1;
    if (shapeOf(n.data(1))[0] != count)
      return n.error("its weights are not those of direction '" + direction + "'");
    for (int64_t d = 0; d < count && !n.failed(); ++d) {
      reverse = direction == "reverse" || d == 1;
      runDirection(d, outputs, hidden, cells);
    }
    if (n.failed())
      return;
    // [steps, directions, batch, hidden], or the batch first.
    setResult(a.concat(outputs, 1), {2, 0, 1, 3}, 0);
    setResult(a.concat(hidden, 0), {1, 0, 2}, 1);
    if (!cells.empty())
      setResult(a.concat(cells, 0), {1, 0, 2}, 2);
  }

protected:
  /// All hidden states of a direction, [steps, batch, size], and the last state.
  struct States {
    Value all, hidden, cell; ///< cell: null for kinds that have none
  };

  /// True if an op computes all steps.
  virtual bool isOneOp() const { return true; }
  /// Computes all steps from the input's part of the gates by one op.
  virtual States layer(Value x, Value hidden, Value cell) = 0;
  /// Computes one step from the input's part of the gates and updates the state, if no op does.
  virtual void step(Value, Value &, Value &) {}
  /// Returns the gates of the op in their order, as numbers of ONNX's gates.
  virtual ArrayRef<int> order() const { return {}; }
  /// Returns the number of gates, from the first on, whose recurrent bias may be added to the
  /// input's part.
  virtual int64_t biasedGates() const { return gates; }
  virtual void readDirection(int64_t) {}
  virtual bool hasCell() const { return false; }
  /// True if the cell supports `activation` as entry `i` of the node's list. For each direction the
  /// default is a sigmoid for the gates, then as many tanh as the cell has.
  virtual bool accepts(int i, StringRef activation) {
    return activation.equals_insensitive(i % (gates - 1) == 0 ? "sigmoid" : "tanh");
  }

  /// Returns entry `d` of operand `i`, whose first dimension is the direction; null if absent.
  Value ofDirection(int i, int64_t d) {
    return n.has(i) ? a.squeeze(n.part(n.data(i), 0, d, 1), 0) : Value();
  }
  /// Returns the columns of `count` gates from gate `g` on.
  Value gate(Value all, int64_t g, int64_t count = 1) {
    return n.part(all, typeOf(all).getRank() - 1, g * size, count * size);
  }

  /// Returns the state after the last step that was computed.
  Value last(Value states) {
    return states ? a.squeeze(n.part(states, 0, reverse ? 0 : steps - 1, 1), 0) : Value();
  }
  /// Returns the attributes that all ops have.
  SmallVector<NamedAttribute> attributes() {
    if (reverse)
      return {n.unitNamed("reverse")};
    return {};
  }

  Node &n;
  Arithmetic a;
  int64_t gates, steps = 0, batch = 0, size = 0;
  bool reverse = false;     ///< the current direction
  Value w, r, wBias, rBias; ///< of it; biases may be null

private:
  bool readShapes() {
    Value x = n.data(0), w = n.data(1), r = n.data(2);
    if (!x || !w || !r)
      return false;
    size = n.intAttr("hidden_size", 0);
    batchFirst = n.intAttr("layout", 0) != 0;
    if (typeOf(x).getRank() != 3 || typeOf(w).getRank() != 3 || typeOf(r).getRank() != 3 ||
        shapeOf(r)[2] != size || shapeOf(r)[1] != gates * size || shapeOf(w)[1] != gates * size) {
      n.error("its weights do not fit hidden_size " + Twine(size));
      return false;
    }
    checkDefaults();
    input = batchFirst ? n.transpose(x, {1, 0, 2}) : x;
    steps = shapeOf(input)[0];
    batch = shapeOf(input)[1];
    if (steps == 0)
      n.error("its sequences have no steps");
    constexpr int64_t opsOfStep = 16;
    if (!isOneOp() && steps > kMaxUnrolledNodes / opsOfStep)
      n.error("its " + Twine(steps) + " steps are unrolled, and " +
                  Twine(kMaxUnrolledNodes / opsOfStep) + " are supported",
              "cut the sequences into shorter ones");
    const HostTensor *lengths = n.has(4) ? n.known(4) : nullptr;
    for (int64_t i = 0; lengths && i < lengths->size(); ++i)
      if (lengths->number(i) != double(steps))
        n.error("sequences of different lengths are not supported",
                "pad them and leave sequence_lens out");
    return !n.failed();
  }

  /// Refuses attributes with other values than the defaults, which some exporters write out.
  void checkDefaults() {
    for (const char *name : {"activations", "activation_alpha", "activation_beta", "clip"}) {
      const onnx::AttributeProto *given = n.findAttr(name);
      if (!given)
        continue;
      bool isDefault = given->floats().empty() && given->f() == 0;
      for (int i = 0; i < given->strings_size(); ++i)
        isDefault &= accepts(i, given->strings(i));
      if (!isDefault)
        n.error("its attribute '" + Twine(name) + "' is not supported", "leave it at its default");
    }
  }

  Value initial(int i, int64_t d) {
    if (!n.has(i))
      return n.broadcast(n.scalar(0.0, input), {batch, size});
    Value all = batchFirst ? n.transpose(n.data(i), {1, 0, 2}) : n.data(i);
    return a.squeeze(n.part(all, 0, d, 1), 0);
  }

  void runDirection(int64_t d, SmallVectorImpl<Value> &outputs, SmallVectorImpl<Value> &hidden,
                    SmallVectorImpl<Value> &cells) {
    w = ofDirection(1, d);
    r = ofDirection(2, d);
    wBias = rBias = Value();
    if (Value bias = ofDirection(3, d)) {
      wBias = n.part(bias, 0, 0, gates * size);
      rBias = n.part(bias, 0, gates * size, gates * size);
    }
    readDirection(d);
    if (isOneOp())
      for (Value *each : {&w, &r, &wBias, &rBias})
        *each = inOrder(*each);
    Value flat = n.reshape(input, {steps * batch, shapeOf(input)[2]});
    Value all = a.matmul(flat, w, /*transposeB=*/true), h = initial(5, d);
    Value c = hasCell() ? initial(6, d) : Value();
    States states = isOneOp() ? runLayer(all, h, c) : unroll(all, h, c);
    if (n.failed())
      return;
    outputs.push_back(a.unsqueeze(states.all, 1));
    hidden.push_back(a.unsqueeze(states.hidden, 0));
    if (states.cell)
      cells.push_back(a.unsqueeze(states.cell, 0));
  }

  /// Returns `value` with its gates, in its first dimension, in the order of the op. Where the
  /// weights are PyTorch's, nn-simplify finds that they are in this order again.
  Value inOrder(Value value) {
    if (!value || order().size() < 2)
      return value;
    SmallVector<Value> parts;
    for (int gate : order())
      parts.push_back(n.part(value, 0, gate * size, size));
    return a.concat(parts, 0);
  }

  States runLayer(Value all, Value h, Value c) {
    if (Value bias = layerBias())
      all = a.add(all, bias);
    return layer(n.reshape(all, {steps, batch, gates * size}), h, c);
  }

  /// Returns the input's bias plus the part of the recurrent one that may be added to it.
  Value layerBias() {
    if (!wBias)
      return {};
    Value own = n.part(rBias, 0, 0, biasedGates() * size);
    if (int64_t rest = (gates - biasedGates()) * size)
      own = a.concat({own, n.broadcast(n.scalar(0.0, own), {rest})}, 0);
    return a.add(wBias, own);
  }

  States unroll(Value all, Value h, Value c) {
    if (wBias)
      all = a.add(all, wBias);
    all = n.reshape(all, {steps, batch, gates * size});
    SmallVector<Value> each(steps);
    for (int64_t t = 0; t < steps && !n.failed(); ++t) {
      int64_t at = reverse ? steps - 1 - t : t;
      step(a.squeeze(n.part(all, 0, at, 1), 0), h, c);
      each[at] = h && !n.failed() ? n.reshape(h, {1, batch, size}) : Value();
    }
    return {n.failed() ? Value() : a.concat(each, 0), h, c};
  }

  void setResult(Value value, ArrayRef<int64_t> batchOrder, int i) {
    n.set(batchFirst ? n.transpose(value, batchOrder) : value, i);
  }

  bool batchFirst = false;
  Value input;
};

class Lstm : public Recurrence {
public:
  explicit Lstm(Node &n) : Recurrence(n, 4) {}

private:
  bool hasCell() const override { return true; }
  bool isOneOp() const override { return !n.has(7); }
  ArrayRef<int> order() const override {
    static constexpr int ifgo[] = {0, 2, 3, 1};
    return ifgo;
  }
  void readDirection(int64_t d) override {
    peepholes = ofDirection(7, d);
    if (n.intAttr("input_forget", 0))
      n.unsupported("coupled gates (input_forget) are not supported");
  }

  States layer(Value x, Value h, Value c) override {
    Value all = n.emit<nn::LstmOp>({x, r, h, c}, attributes());
    Value cells = all ? all.getDefiningOp<nn::LstmOp>().getCells() : Value();
    return {all, last(all), last(cells)};
  }

  Value peep(Value all, int64_t g, int64_t hole, Value cell) {
    Value x = gate(all, g);
    return a.sigmoid(peepholes ? a.add(x, a.mul(gate(peepholes, hole), cell)) : x);
  }

  void step(Value x, Value &h, Value &c) override {
    Value all = a.add(x, a.matmul(h, r, /*transposeB=*/true));
    if (rBias)
      all = a.add(all, rBias);
    if (!all)
      return;
    Value in = peep(all, 0, 0, c), forget = peep(all, 2, 2, c);
    c = a.add(a.mul(forget, c), a.mul(in, a.tanh(gate(all, 3))));
    h = a.mul(peep(all, 1, 1, c), a.tanh(c));
  }

  Value peepholes;
};

class Gru : public Recurrence {
public:
  explicit Gru(Node &n) : Recurrence(n, 3), before(n.intAttr("linear_before_reset", 0) != 0) {}

private:
  bool isOneOp() const override { return before; }
  ArrayRef<int> order() const override {
    static constexpr int rzn[] = {1, 0, 2};
    return rzn;
  }
  int64_t biasedGates() const override { return 2; }

  States layer(Value x, Value h, Value) override {
    SmallVector<Value> operands = {x, r, h};
    if (rBias)
      operands.push_back(gate(rBias, 2));
    Value all = n.emit<nn::GruOp>(operands, attributes());
    return {all, last(all), Value()};
  }

  void step(Value x, Value &h, Value &) override {
    Value rGates = n.part(r, 0, 0, 2 * size), rNew = n.part(r, 0, 2 * size, size);
    Value both = a.add(gate(x, 0, 2), a.matmul(h, rGates, /*transposeB=*/true));
    if (rBias)
      both = a.add(both, gate(rBias, 0, 2));
    if (!both)
      return;
    Value update = a.sigmoid(gate(both, 0)), reset = a.sigmoid(gate(both, 1));
    Value old = a.matmul(a.mul(reset, h), rNew, /*transposeB=*/true);
    if (rBias)
      old = a.add(old, gate(rBias, 2));
    Value fresh = a.tanh(a.add(gate(x, 2), old));
    h = a.add(fresh, a.mul(update, a.sub(h, fresh)));
  }

  bool before; ///< the product comes before the reset gate
};

class Rnn : public Recurrence {
public:
  explicit Rnn(Node &n) : Recurrence(n, 1) {}

private:
  /// True for tanh or relu, if it is the same in both directions.
  bool accepts(int i, StringRef activation) override {
    bool isSame = i == 0 || activation.equals_insensitive("relu") == isRelu;
    isRelu = activation.equals_insensitive("relu");
    return isSame && (isRelu || activation.equals_insensitive("tanh"));
  }

  States layer(Value x, Value h, Value) override {
    SmallVector<NamedAttribute> attrs = attributes();
    if (isRelu)
      attrs.push_back(n.unitNamed("relu"));
    Value states = n.emit<nn::RnnOp>({x, r, h}, attrs);
    return {states, last(states), Value()};
  }

  bool isRelu = false;
};

} // namespace

void plimsoll::import::addRecurrentOps(llvm::StringMap<OpEntry> &table) {
  table["LSTM"].data = [](Node &n) { Lstm(n).run(); };
  table["GRU"].data = [](Node &n) { Gru(n).run(); };
  table["RNN"].data = [](Node &n) { Rnn(n).run(); };
}
