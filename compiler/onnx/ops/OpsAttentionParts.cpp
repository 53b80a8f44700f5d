#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/AttentionParts.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

using P = nn::Predicate;

bool plimsoll::import::needsAttentionParts(Node &n) {
  bool more = n.has(4) || n.has(5) || n.has(6) || n.floatAttr("softcap", 0) != 0 ||
              n.intAttr("left_window_size", -1) >= 0 || n.intAttr("right_window_size", -1) >= 0;
  for (int i = 1; i < n.proto.output_size(); ++i)
    more |= !n.proto.output(i).empty();
  Value q = n.data(0);
  return more || (q && !typeOf(q).getElementType().isF32());
}

namespace {

class Attention {
public:
  Attention(Node &n, Value q, Value k, Value v, double scale)
      : n(n), a(n), q(q), k(k), v(v), scale(scale) {}

  Value run() {
    int64_t past = 0;
    if (n.has(4) != n.has(5))
      n.error("needs both past_key and past_value, or none");
    if (n.has(4) && n.data(4) && !n.failed()) {
      past = shapeOf(n.data(4))[2];
      k = a.concat({n.data(4), k}, 2);
      v = a.concat({n.data(5), v}, 2);
    }
    n.set(k, 1);
    n.set(v, 2);
    if (!repeatHeads(k) || !repeatHeads(v))
      return {};
    queries = shapeOf(q)[2];
    keys = shapeOf(k)[2];
    // Each factor gets the square root of the scale, as in the standard, so that nothing overflows.
    Value scores = a.matmul(a.mul(q, std::sqrt(scale)), a.mul(k, std::sqrt(scale)), true);
    emitMode(0, scores);
    if (double cap = n.floatAttr("softcap", 0); cap != 0)
      scores = a.mul(a.tanh(a.mul(scores, 1 / cap)), cap);
    emitMode(1, scores);
    scores = masked(scores, past);
    emitMode(2, scores);
    Value weights = softmax(scores);
    emitMode(3, weights);
    return a.matmul(weights, v);
  }

private:
  void emitMode(int64_t mode, Value value) {
    if (n.intAttr("qk_matmul_output_mode", 0) == mode)
      n.set(value, 3);
  }

  /// Repeats heads of keys or values, each of which serves several heads of queries.
  bool repeatHeads(Value &x) {
    if (!x || !q || n.failed())
      return false;
    Shape shape(shapeOf(x));
    int64_t heads = shapeOf(q)[1];
    if (shape[1] == 0 || heads % shape[1] != 0) {
      n.error("the " + Twine(heads) + " heads of q are no multiple of the " + Twine(shape[1]) +
              " of k");
      return false;
    }
    if (heads != shape[1]) {
      Value each = n.broadcast(a.unsqueeze(x, 2),
                               {shape[0], shape[1], heads / shape[1], shape[2], shape[3]});
      x = n.reshape(each, {shape[0], heads, shape[2], shape[3]});
    }
    return x != Value();
  }

  /// Returns 0, 1, ... along dimension `d` of four.
  Value positions(int64_t count, int64_t d) {
    Shape shape(4, 1);
    shape[d] = count;
    return n.reshape(a.iota(count, n.builder.getI64Type()), shape);
  }

  void hide(Value allowed) { seen = seen ? n.emit<nn::AndOp>({seen, allowed}) : allowed; }

  /// Hides keys by position: causality, windows and padding.
  void hideByPosition(int64_t past) {
    Value key = positions(keys, 3), query = positions(queries, 2), valid;
    if (n.has(6)) {
      valid = n.reshape(n.cast(n.data(6), n.builder.getI64Type()), {shapeOf(q)[0], 1, 1, 1});
      hide(a.compare(P::lt, key, valid));
      query = a.add(query, a.add(valid, -double(queries)));
    } else {
      query = a.add(query, double(past));
    }
    if (n.intAttr("is_causal", 0))
      hide(a.compare(P::le, key, query));
    if (int64_t left = n.intAttr("left_window_size", -1); left >= 0)
      hide(a.compare(P::ge, key, a.add(query, -double(left))));
    if (int64_t right = n.intAttr("right_window_size", -1); right >= 0)
      hide(a.compare(P::le, key, a.add(query, double(right))));
  }

  Value masked(Value scores, int64_t past) {
    hideByPosition(past);
    Value low = scores ? n.scalar(-INFINITY, scores) : Value();
    if (Value mask = n.has(3) ? n.data(3) : Value()) {
      int64_t last = typeOf(mask).getRank() - 1, given = last < 0 ? keys : shapeOf(mask)[last];
      bool isBool = typeOf(mask).getElementType().isInteger(1);
      if (given < keys && given != 1) { // the mask ends where the padding begins
        Shape rest(shapeOf(mask));
        rest[last] = keys - given;
        Value hidden = n.scalar(isBool ? 0.0 : -INFINITY, mask);
        mask = a.concat({mask, n.broadcast(hidden, rest)}, last);
      }
      isBool ? hide(mask) : void(scores = a.add(scores, mask));
    }
    return seen ? a.select(seen, scores, low) : scores;
  }

  /// Returns the softmax of the scores; a query that sees no key gets zeros.
  Value softmax(Value scores) {
    if (!scores)
      return {};
    Value top = a.reduce(nn::Reduction::max, scores, {3});
    Value any = a.compare(P::gt, top, -INFINITY), zero = n.scalar(0.0, scores);
    Value p = n.emit<nn::SoftmaxOp>(a.select(any, scores, zero));
    return a.select(any, p, zero);
  }

  Node &n;
  Arithmetic a;
  Value q, k, v, seen;
  double scale;
  int64_t queries = 0, keys = 0;
};

} // namespace

Value plimsoll::import::attentionInParts(Node &n, Value q, Value k, Value v, double scale) {
  return Attention(n, q, k, v, scale).run();
}
