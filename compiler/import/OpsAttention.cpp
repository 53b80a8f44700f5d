//===- OpsAttention.cpp - ONNX's Attention (opset 23) and Softmax ---------------===//
//
// Operands are [batch, heads, tokens, features], or [batch, tokens, heads * features]
// with the numbers of heads as attributes. Key and value caches, capped scores and the
// scores as a result are refused.
//===----------------------------------------------------------------------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"
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

/// What our op has no word for.
static bool refuseAttention(Node &n) {
  auto refuse = [&](bool present, const Twine &what, const Twine &fix) {
    if (present)
      n.error(what, fix);
  };
  refuse(n.has(4) || n.has(5), "a cache of keys and values (past_key, past_value) is for inference",
         "export the model with use_cache=False");
  refuse(n.has(6), "nonpad_kv_seqlen is for inference", "export the model without a cache");
  refuse(n.floatAttr("softcap", 0) != 0, "capped scores (softcap) are not supported yet",
         "export with opset_version=18: then attention is written as products");
  for (int i = 1; i < n.proto.output_size(); ++i)
    refuse(!n.proto.output(i).empty(), "its result '" + n.proto.output(i) + "' is not supported",
           "only the first result is");
  return n.failed();
}

/// [batch, tokens, heads * features] as [batch, tokens, heads, features].
static Value splitHeads(Node &n, Value x, int64_t heads) {
  ArrayRef<int64_t> shape = typeOf(x).getShape();
  if (heads <= 0 || shape[2] % heads != 0) {
    n.error(Twine(heads) + " heads do not divide the " + Twine(shape[2]) + " features");
    return {};
  }
  return n.reshape(x, {shape[0], shape[1], heads, shape[2] / heads});
}

/// A mask of up to four dimensions, its last one complete, as the op wants it.
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
  if (refuseAttention(n))
    return;
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
  if (float(scale) == float(usual)) // what the file rounded to f32
    scale = usual;
  SmallVector<NamedAttribute> attrs = {n.floatNamed("scale", scale)};
  if (rank == 3)
    attrs.push_back(n.unitNamed("heads_inner"));
  if (n.intAttr("is_causal", 0))
    attrs.push_back(n.unitNamed("causal"));
  SmallVector<Value> operands(values, values + 3);
  if (n.has(3))
    operands.push_back(maskOf(n, typeOf(values[1]).getDimSize(rank == 3 ? 1 : 2)));
  Value y = n.emit<nn::AttentionOp>(operands, attrs);
  if (y && rank == 3) {
    ArrayRef<int64_t> shape = typeOf(y).getShape();
    y = n.reshape(y, {shape[0], shape[1], shape[2] * shape[3]});
  }
  n.set(y);
}

void plimsoll::import::addAttentionOps(llvm::StringMap<OpEntry> &table) {
  table["Softmax"].data = softmax;
  table["Attention"].data = attention;
}
