//===- OpsRecurrent.cpp - LSTM, GRU and RNN, one step after the other ---------------===//
//
// The sequence is unrolled, since its length is known. Weights are ONNX's: gates i, o, f, c (LSTM)
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
    for (int64_t d = 0; d < count && !n.failed(); ++d)
      runDirection(d, direction == "reverse" || d == 1, outputs, hidden, cells);
    if (n.failed())
      return;
    // [steps, directions, batch, hidden], or the batch first.
    setResult(a.concat(outputs, 1), {2, 0, 1, 3}, 0);
    setResult(a.concat(hidden, 0), {1, 0, 2}, 1);
    if (!cells.empty())
      setResult(a.concat(cells, 0), {1, 0, 2}, 2);
  }

protected:
  /// Computes one step from the input's part of the gates and updates the state.
  virtual void step(Value x, Value &hidden, Value &cell) = 0;
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

  Node &n;
  Arithmetic a;
  int64_t gates, steps = 0, batch = 0, size = 0;
  Value w, r, wBias, rBias; ///< of the current direction; biases may be null

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
    constexpr int64_t opsOfStep = 16;
    if (steps > kMaxUnrolledNodes / opsOfStep)
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

  void runDirection(int64_t d, bool reverse, SmallVectorImpl<Value> &outputs,
                    SmallVectorImpl<Value> &hidden, SmallVectorImpl<Value> &cells) {
    w = ofDirection(1, d);
    r = ofDirection(2, d);
    wBias = rBias = Value();
    if (Value bias = ofDirection(3, d)) {
      wBias = n.part(bias, 0, 0, gates * size);
      rBias = n.part(bias, 0, gates * size, gates * size);
    }
    readDirection(d);
    Value flat = n.reshape(input, {steps * batch, shapeOf(input)[2]});
    Value all = a.matmul(flat, w, /*transposeB=*/true);
    if (wBias)
      all = a.add(all, wBias);
    all = n.reshape(all, {steps, batch, gates * size});
    Value h = initial(5, d), c = hasCell() ? initial(6, d) : Value();
    SmallVector<Value> each(steps);
    for (int64_t t = 0; t < steps && !n.failed(); ++t) {
      int64_t at = reverse ? steps - 1 - t : t;
      step(a.squeeze(n.part(all, 0, at, 1), 0), h, c);
      each[at] = h && !n.failed() ? n.reshape(h, {1, 1, batch, size}) : Value();
    }
    if (n.failed())
      return;
    outputs.push_back(a.concat(each, 0));
    hidden.push_back(a.unsqueeze(h, 0));
    if (c)
      cells.push_back(a.unsqueeze(c, 0));
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
  void readDirection(int64_t d) override {
    peepholes = ofDirection(7, d);
    if (n.intAttr("input_forget", 0))
      n.unsupported("coupled gates (input_forget) are not supported");
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
  explicit Gru(Node &n) : Recurrence(n, 3) {}

private:
  void step(Value x, Value &h, Value &) override {
    bool before = n.intAttr("linear_before_reset", 0) != 0;
    Value rGates = n.part(r, 0, 0, 2 * size), rNew = n.part(r, 0, 2 * size, size);
    Value both = a.add(gate(x, 0, 2), a.matmul(h, rGates, /*transposeB=*/true));
    if (rBias)
      both = a.add(both, gate(rBias, 0, 2));
    if (!both)
      return;
    Value update = a.sigmoid(gate(both, 0)), reset = a.sigmoid(gate(both, 1));
    Value old = a.matmul(before ? h : a.mul(reset, h), rNew, /*transposeB=*/true);
    if (rBias)
      old = a.add(old, gate(rBias, 2));
    Value fresh = a.tanh(a.add(gate(x, 2), before ? a.mul(reset, old) : old));
    h = a.add(fresh, a.mul(update, a.sub(h, fresh)));
  }
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

  void step(Value x, Value &h, Value &) override {
    Value all = a.add(x, a.matmul(h, r, /*transposeB=*/true));
    if (rBias)
      all = a.add(all, rBias);
    h = isRelu ? a.relu(all) : a.tanh(all);
  }

  bool isRelu = false;
};

} // namespace

void plimsoll::import::addRecurrentOps(llvm::StringMap<OpEntry> &table) {
  table["LSTM"].data = [](Node &n) { Lstm(n).run(); };
  table["GRU"].data = [](Node &n) { Gru(n).run(); };
  table["RNN"].data = [](Node &n) { Rnn(n).run(); };
}
