//===- AttentionGrad.cpp - scaled dot product attention, backward -----------===//
//
// attention_grad {q, k | null, v | null, mask | null, out, lse, dout, dq, dk | null, dv | null,
//                 [workspace]}
//   sizes and scalars as attention's (Attention.cpp); dq like q, dk like k, dv like v, and in
//   layout 2 dq is all three.
//   dk and dv are summed over the query heads that share a kv head, in order of the heads.
//   If the type is bf16, q, k, v, out and dout are; all else is f32.
// Outputs share bytes with no operand.
//
// The weights are computed again from lse, a block of 48 queries by 64 keys at a time:
//   p = exp(scale * q k' + mask - lse)     dv += p' dout
//   ds = p * (dout v' - rowsum(dout * out)) * scale    dq += ds k    dk += ds' q
// One thread computes a whole kv head; blocks depend on the shape alone.
// Source: Dao et al., FlashAttention (2022), algorithm 4.
//===----------------------------------------------------------------------===//
#include "../../rules/Elements.h"
#include "Attention.h"
#include "AttentionPlain.h"
#include "Team.h"
#include "Vectors.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cstring>

namespace plimsoll {
namespace {

constexpr int64_t kQueries = 48, kKeys = 64;

int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/// One thread's workspace. "Left" and "right" name the side of a product that a matrix is packed
/// for.
struct Space {
  float *queryLeft, *queryRight, *doutLeft, *doutRight; // a whole head
  float *keyColumns, *keyRight, *valueColumns;          // a block of keys
  float *weights, *dscores;                             // a block of scores
  float *delta;                                         // rowsum(dout * out)

  static int64_t floats(const AttentionSizes &s) { return Space().place(s, nullptr); }

  int64_t place(const AttentionSizes &s, float *base) {
    int64_t used = 0, queries = gemm::roundUp(s.queryLen, kQueries);
    auto take = [&](int64_t count) {
      float *start = base ? base + used : nullptr;
      used += gemm::roundUp(count, 16);
      return start;
    };
    queryLeft = take(gemm::packedRows(queries, s.headDim));
    queryRight = take(gemm::packedColumns(queries, s.headDim));
    doutLeft = take(gemm::packedRows(queries, s.valueDim));
    doutRight = take(gemm::packedColumns(queries, s.valueDim));
    keyColumns = take(gemm::packedColumns(s.headDim, kKeys));
    keyRight = take(gemm::packedColumns(kKeys, s.headDim));
    valueColumns = take(gemm::packedColumns(s.valueDim, kKeys));
    weights = take(kQueries * kKeys);
    dscores = take(kQueries * kKeys);
    delta = take(s.queryLen);
    return used;
  }
};

int64_t workspace(const LaunchShape &shape) {
  return shape.threads * Space::floats(AttentionSizes(shape.sizes)) * int64_t(sizeof(float));
}

/// The starts and row strides of one head's operands and results.
template <typename T> struct Head {
  gemm::ViewOf<T> q, k, v, out, dout;
  const void *mask;
  const float *lse;
  float *dq, *dk, *dv;
};

template <typename T>
Head<T> headOf(const AttentionSizes &s, const Launch &launch, int64_t entry, int64_t h) {
  int64_t kv = h / (s.heads / s.kvHeads);
  AttentionRows q = s.queries(entry, h), k = s.keys(entry, kv), v = s.values(entry, kv),
                out = s.outputs(entry, h);
  const T *all = launch.buffer<T>(0);
  float *allGradients = launch.buffer<float>(7);
  return {viewOf(all, q),
          viewOf(s.bufferOf(all, launch.buffer<const T>(1)), k),
          viewOf(s.bufferOf(all, launch.buffer<const T>(2)), v),
          viewOf<T>(launch.buffer<T>(4), out),
          viewOf<T>(launch.buffer<T>(6), out),
          maskOf(s, launch.buffers[3], entry, h),
          launch.buffer<float>(5) + (entry * s.heads + h) * s.queryLen,
          allGradients + q.first,
          s.bufferOf(allGradients, launch.buffer<float>(8)) + k.first,
          s.bufferOf(allGradients, launch.buffer<float>(9)) + v.first};
}

void zeroRows(float *data, int64_t rows, int64_t stride, int64_t width) {
  for (int64_t row = 0; row < rows; ++row)
    std::memset(data + row * stride, 0, width * sizeof(float));
}

double dot(const float *x, const float *y, int64_t count) {
  using cpu::SumLanes;
  return cpu::sumInLanes(
      count, [=](int64_t i) { return double(x[i]) * double(y[i]); },
      [=](int64_t i) { return SumLanes::wide(x + i) * SumLanes::wide(y + i); });
}
double dot(const Bf16 *x, const Bf16 *y, int64_t count) {
  return laneSum<double>(count, [=](int64_t i) { return double(x[i]) * double(y[i]); });
}

/// Packs the head's queries and upstream gradient, zeroes dq, and computes delta.
template <typename T>
void beginHead(const AttentionSizes &s, const Head<T> &head, const Space &space) {
  zeroRows(head.dq, s.queryLen, head.q.rowStride, s.headDim);
  gemm::packLeft(head.q, s.queryLen, s.headDim, space.queryLeft);
  gemm::packLeft(head.dout, s.queryLen, s.valueDim, space.doutLeft);
  int64_t queryWidth = gemm::roundUp(s.headDim, gemm::kColumnPadding);
  int64_t valueWidth = gemm::roundUp(s.valueDim, gemm::kColumnPadding);
  for (int64_t first = 0; first < s.queryLen; first += kQueries) {
    int64_t rows = least(kQueries, s.queryLen - first);
    gemm::packRight(head.q.at(first, 0), rows, s.headDim, space.queryRight + first * queryWidth);
    gemm::packRight(head.dout.at(first, 0), rows, s.valueDim, space.doutRight + first * valueWidth);
  }
  for (int64_t i = 0; i < s.queryLen; ++i) {
    const T *out = head.out.at(i, 0).data, *dout = head.dout.at(i, 0).data;
    space.delta[i] = static_cast<float>(dot(out, dout, s.valueDim));
  }
}

/// Turns raw scores into weights, and `dscores` (which holds dout v') into the gradient of raw
/// scores.
template <typename T>
void weightsAndGradients(const AttentionSizes &s, const Head<T> &head, const Space &space,
                         ScoreBlock block, float scale) {
  for (int64_t i = 0; i < block.rows; ++i) {
    float *p = space.weights + i * kKeys, *ds = space.dscores + i * kKeys;
    int64_t keys = scaleAndMask(s, head.mask, block, i, scale, p);
    if (keys < block.keys) {
      std::memset(p + keys, 0, sizeof(float) * (block.keys - keys));
      std::memset(ds + keys, 0, sizeof(float) * (block.keys - keys));
    }
    float total = head.lse[block.first + i], delta = space.delta[block.first + i];
    for (int64_t j = 0; j < keys; ++j) {
      float weight = plimsoll::exp(p[j] - total);
      p[j] = weight;
      ds[j] = weight * (ds[j] - delta) * scale;
    }
  }
}

template <typename T>
void runBlock(const AttentionSizes &s, const Head<T> &head, const Space &space, float scale,
              ScoreBlock b) {
  int64_t queryWidth = gemm::roundUp(s.headDim, gemm::kColumnPadding);
  int64_t valueWidth = gemm::roundUp(s.valueDim, gemm::kColumnPadding);
  gemm::multiply(space.queryLeft + b.first * s.headDim, space.keyColumns, b.rows,
                 paddedKeys(b.keys), s.headDim, space.weights, kKeys, false);
  gemm::multiply(space.doutLeft + b.first * s.valueDim, space.valueColumns, b.rows,
                 paddedKeys(b.keys), s.valueDim, space.dscores, kKeys, false);
  weightsAndGradients(s, head, space, b, scale);
  gemm::multiplyPlain({space.weights, 1, kKeys}, space.doutRight + b.first * valueWidth, b.keys,
                      s.valueDim, b.rows, head.dv + b.firstKey * head.v.rowStride, head.v.rowStride,
                      true);
  gemm::multiplyPlain({space.dscores, 1, kKeys}, space.queryRight + b.first * queryWidth, b.keys,
                      s.headDim, b.rows, head.dk + b.firstKey * head.k.rowStride, head.k.rowStride,
                      true);
  gemm::multiplyPlain({space.dscores, kKeys, 1}, space.keyRight, b.rows, s.headDim, b.keys,
                      head.dq + b.first * head.q.rowStride, head.q.rowStride, true);
}

template <typename T>
void runHead(const AttentionSizes &s, const Head<T> &head, const Space &space, float scale) {
  beginHead(s, head, space);
  for (int64_t key = 0; key < s.keyLen; key += kKeys) {
    int64_t keys = least(kKeys, s.keyLen - key);
    gemm::ViewOf<T> k = head.k.at(key, 0), v = head.v.at(key, 0);
    gemm::packRight(k.transposed(), s.headDim, keys, space.keyColumns);
    gemm::packRight(v.transposed(), s.valueDim, keys, space.valueColumns);
    gemm::packRight(k, keys, s.headDim, space.keyRight);
    for (int64_t first = 0; first < s.queryLen; first += kQueries) {
      int64_t rows = least(kQueries, s.queryLen - first);
      if (s.visibleKeys(first, rows) > key)
        runBlock(s, head, space, scale, {first, rows, key, keys});
    }
  }
}

template <typename T> void runOf(const Launch &launch) {
  AttentionSizes s(launch.sizes);
  int64_t share = Space::floats(s), group = s.heads / s.kvHeads;
  cpu::parallelRanges(launch.threads, s.batch * s.kvHeads, 1, s.work(),
                      [&](int thread, int64_t begin, int64_t end) {
                        Space space;
                        space.place(s, launch.buffer<float>(10) + thread * share);
                        for (int64_t index = begin; index < end; ++index) {
                          int64_t entry = index / s.kvHeads, kv = index % s.kvHeads;
                          for (int64_t h = kv * group; h < (kv + 1) * group; ++h) {
                            Head<T> head = headOf<T>(s, launch, entry, h);
                            if (h == kv * group) {
                              zeroRows(head.dk, s.keyLen, head.k.rowStride, s.headDim);
                              zeroRows(head.dv, s.keyLen, head.v.rowStride, s.valueDim);
                            }
                            runHead(s, head, space, launch.scalars[0]);
                          }
                        }
                      });
}

void run(const Launch &launch) {
  if (launch.type == ElementType::f64)
    return plain::attendGrad(launch);
  launch.type == ElementType::bf16 ? runOf<Bf16>(launch) : runOf<float>(launch);
}

} // namespace

const KernelOf<AttentionArguments> attention_grad = {"attention_grad", run, workspace};

} // namespace plimsoll
