//===- OpsAttention.cpp - Attention and RotaryEmbedding (opset 23), Softmax -----===//
//
// Operands are [batch, heads, tokens, features], or [batch, tokens, heads * features] with the
// numbers of heads as attributes. Plain attention is one op; with caches, capped scores, windows,
// or scores as a result it is written as products and a softmax.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/fold/Arithmetic.h"
#include "compiler/onnx/ops/AttentionParts.h"
#include "compiler/onnx/ops/OpTable.h"
#include <cmath>
#include <numeric>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

static void softmax(Node &n) {
  Value x = n.data(0);
  if (!x)
    return;
  int64_t rank = typeOf(x).getRank();
  std::optional<int64_t> axis = n.axis(n.intAttr("axis", -1), rank);
  if (!axis)
    return;
  Shape swap = ascending(0, rank);
  std::swap(swap[*axis], swap.back());
  n.set(n.transpose(n.emit<nn::SoftmaxOp>(n.transpose(x, swap)), swap));
}

/// Returns [batch, tokens, heads * features] as [batch, tokens, heads, features].
static Value splitHeads(Node &n, Value x, int64_t heads) {
  ArrayRef<int64_t> shape = typeOf(x).getShape();
  if (heads <= 0 || shape[2] % heads != 0) {
    n.error(Twine(heads) + " heads do not divide the " + Twine(shape[2]) + " features");
    return {};
  }
  return n.reshape(x, {shape[0], shape[1], heads, shape[2] / heads});
}

/// Returns [batch, tokens, heads, features] as [batch, tokens, heads * features].
static Value mergeHeads(Node &n, Value x) {
  if (!x)
    return {};
  Shape shape(shapeOf(x));
  return n.reshape(x, {shape[0], shape[1], shape[2] * shape[3]});
}

/// Returns the mask with four dimensions, the last one complete, as nn.attention takes it.
static Value maskOf(Node &n, int64_t keys) {
  Value mask = n.data(3);
  if (!mask)
    return {};
  Shape shape(typeOf(mask).getShape());
  if (shape.empty() || shape.size() > 4 || (shape.back() != keys && shape.back() != 1)) {
    n.error("its mask " + shapeText(shape) + " does not cover the " + Twine(keys) + " keys");
    return {};
  }
  shape.insert(shape.begin(), 4 - shape.size(), 1);
  mask = n.reshape(mask, shape);
  shape.back() = keys;
  return n.broadcast(mask, shape);
}

static void attention(Node &n) {
  Value values[3] = {n.data(0), n.data(1), n.data(2)};
  if (llvm::is_contained(values, Value()))
    return;
  int64_t rank = typeOf(values[0]).getRank();
  if ((rank != 3 && rank != 4) ||
      llvm::any_of(values, [&](Value v) { return typeOf(v).getRank() != rank; }))
    return n.error("needs q, k and v of three or of four dimensions");
  int64_t heads[] = {n.intAttr("q_num_heads", 0), n.intAttr("kv_num_heads", 0), 0};
  heads[2] = heads[1];
  Shape result(typeOf(values[0]).getShape());
  for (int i = 0; rank == 3 && i < 3; ++i)
    if (!(values[i] = splitHeads(n, values[i], heads[i])))
      return;
  int64_t features = typeOf(values[0]).getShape().back();
  double usual = features > 0 ? 1.0 / std::sqrt(double(features)) : 1;
  double scale = n.floatAttr("scale", usual);
  if (float(scale) == float(usual)) // the file's number was rounded to f32
    scale = usual;
  if (needsAttentionParts(n)) {
    for (Value &value : values)
      value = rank == 3 ? n.transpose(value, {0, 2, 1, 3}) : value;
    Value y = attentionInParts(n, values[0], values[1], values[2], scale);
    return n.set(rank == 3 && y ? mergeHeads(n, n.transpose(y, {0, 2, 1, 3})) : y);
  }
  SmallVector<NamedAttribute> attrs = {n.floatNamed("scale", scale)};
  if (rank == 3)
    attrs.push_back(n.unitNamed("heads_inner"));
  if (n.intAttr("is_causal", 0))
    attrs.push_back(n.unitNamed("causal"));
  SmallVector<Value> operands(values, values + 3);
  if (n.has(3))
    operands.push_back(maskOf(n, typeOf(values[1]).getDimSize(rank == 3 ? 1 : 2)));
  Value y = n.emit<nn::AttentionOp>(operands, attrs);
  n.set(rank == 3 ? mergeHeads(n, y) : y);
}

// Rotary embedding ----------------------------------------------------------

/// Returns cosines or sines of every token as [batch or 1, tokens, 1, features / 2].
static Value rotaryTable(Node &n, int i, int64_t half) {
  Value table = n.data(i);
  if (table && n.has(3))
    table = n.emit<nn::GatherOp>({table, n.cast(n.data(3), n.builder.getI64Type())},
                                 n.intNamed("axis", 0));
  if (!table)
    return {};
  if (typeOf(table).getRank() != 3 || shapeOf(table)[2] != half) {
    n.error("its tables " + shapeText(shapeOf(table)) + " do not fit " + Twine(2 * half) +
            " rotated features");
    return {};
  }
  return Arithmetic(n).unsqueeze(table, 2);
}

/// Returns `x` with pairs of features rotated by the angle of their token.
static Value rotate(Node &n, Value x, int64_t dim) {
  Arithmetic a(n);
  Value cosine = rotaryTable(n, 1, dim / 2), sine = rotaryTable(n, 2, dim / 2);
  bool interleaved = n.intAttr("interleaved", 0) != 0;
  Shape shape(shapeOf(x)), pairs(shape);
  pairs.back() = interleaved ? dim / 2 : 2;
  pairs.push_back(interleaved ? 2 : dim / 2);
  int64_t of = interleaved ? 4 : 3; // the dimension that separates a pair
  Value split = n.reshape(x, pairs);
  Value left = a.squeeze(n.part(split, of, 0, 1), of),
        right = a.squeeze(n.part(split, of, 1, 1), of);
  Value real = a.sub(a.mul(cosine, left), a.mul(sine, right));
  Value imaginary = a.add(a.mul(sine, left), a.mul(cosine, right));
  return n.reshape(a.concat({a.unsqueeze(real, of), a.unsqueeze(imaginary, of)}, of), shape);
}

static void rotaryEmbedding(Node &n) {
  Arithmetic a(n);
  Value x = n.data(0);
  int64_t rank = x ? typeOf(x).getRank() : 0;
  if (!x || (rank != 3 && rank != 4))
    return n.error("needs an input of three or of four dimensions");
  x = rank == 3 ? splitHeads(n, x, n.intAttr("num_heads", 0)) : n.transpose(x, {0, 2, 1, 3});
  if (!x)
    return;
  int64_t features = shapeOf(x)[3], dim = n.intAttr("rotary_embedding_dim", 0);
  dim = dim == 0 ? features : dim;
  if (dim < 2 || dim % 2 != 0 || dim > features)
    return n.error("cannot rotate " + Twine(dim) + " of " + Twine(features) + " features");
  Value y = rotate(n, n.part(x, 3, 0, dim), dim);
  if (y && dim < features)
    y = a.concat({y, n.part(x, 3, dim, features - dim)}, 3);
  n.set(rank == 3 ? mergeHeads(n, y) : n.transpose(y, {0, 2, 1, 3}));
}

void plimsoll::import::addAttentionOps(llvm::StringMap<OpEntry> &table) {
  table["Softmax"].data = softmax;
  table["Attention"].data = attention;
  table["RotaryEmbedding"].data = rotaryEmbedding;
}
