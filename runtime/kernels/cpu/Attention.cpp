//===- Attention.cpp - scaled dot product attention, forward ----------------===//
//
// attention {q, k, v, mask | null, out, lse, [workspace]}
//   sizes {batch, heads, kvHeads, queryLen, keyLen, headDim, valueDim, layout, causal,
//          maskKind, maskBatchStride, maskHeadStride, maskQueryStride}, scalars {scale}
//   q [b, heads, queryLen, headDim], k [b, kvHeads, keyLen, headDim],
//   v [b, kvHeads, keyLen, valueDim], out [b, heads, queryLen, valueDim]; layout 1 has time
//   before heads in all four. lse f32 [b, heads, queryLen]: log of the sum of exp(scores),
//   +inf where every key is hidden (such a row of `out` is zero).
//   causal: query i sees keys j <= i. maskKind 1: bool, true keeps; 2: f32, added; strides in
//   elements (0: broadcast), keys side by side. Head h reads kv head h / (heads / kvHeads).
// Outputs share bytes with no operand.
//
// Keys are taken in blocks of 128 with a running maximum and sum per query, so that no
// T x T matrix exists. One thread computes a whole head; blocks depend on the shape alone.
// Source: Dao et al., FlashAttention (2022), algorithm 1; Milakov and Gimelshein (2018).
//===----------------------------------------------------------------------===//
#include "Attention.h"

#include "../../rules/Elements.h"
#include "AttentionPlain.h"
#include "Lanes.h"
#include "Team.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cmath>
#include <cstring>

namespace plimsoll {
namespace {

constexpr int64_t kQueries = 48, kKeys = 128;

/// One thread's workspace.
struct Space {
  float *query, *keys, *values, *scores, *weights, *out;

  static int64_t floats(const AttentionSizes &s) { return Space().place(s, nullptr); }

  /// Divides the workspace at `base` (null: only counts); returns the floats needed.
  int64_t place(const AttentionSizes &s, float *base) {
    int64_t used = 0;
    auto take = [&](int64_t count) {
      float *start = base ? base + used : nullptr;
      used += gemm::roundUp(count, 16);
      return start;
    };
    query = take(gemm::packedRows(kQueries, s.headDim));
    keys = take(gemm::packedColumns(s.headDim, gemm::roundUp(s.keyLen, kKeys)));
    values = take(gemm::packedColumns(kKeys, s.valueDim));
    scores = take(kQueries * kKeys);
    weights = take(gemm::packedRows(kQueries, kKeys));
    out = take(kQueries * s.valueDim);
    return used;
  }
};

int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

int64_t workspace(const LaunchShape &shape) {
  return shape.threads * Space::floats(AttentionSizes(shape.sizes)) * int64_t(sizeof(float));
}

/// Running state of a block of queries.
struct Running {
  float top[kQueries];
  double sum[kQueries];
};

/// Turns scores into weights exp(score - top). If the maximum `top` has grown, the sums and outputs
/// so far are scaled down.
void softmaxBlock(float *scores, int64_t rows, int64_t keys, Running &running, float *out,
                  int64_t valueDim) {
  for (int64_t i = 0; i < rows; ++i) {
    float *row = scores + i * kKeys;
    float top = laneMax(keys, [&](int64_t j) { return row[j]; });
    top = top > running.top[i] ? top : running.top[i];
    float base = top == -__builtin_inff() ? 0.0f : top;
    for (int64_t j = 0; j < keys; ++j)
      row[j] = plimsoll::exp(row[j] - base);
    float shrink = plimsoll::exp(running.top[i] - base);
    running.sum[i] = running.sum[i] * double(shrink) +
                     laneSum<double>(keys, [&](int64_t j) { return double(row[j]); });
    running.top[i] = top;
    for (int64_t d = 0; d < valueDim; ++d)
      out[i * valueDim + d] *= shrink;
  }
}

/// Writes the block's rows of `out` and `lse`.
void finishBlock(const Space &space, const Running &running, int64_t rows, int64_t valueDim,
                 float *out, int64_t stride, float *lse) {
  for (int64_t i = 0; i < rows; ++i) {
    bool hidden = running.sum[i] == 0.0;
    float scale = hidden ? 0.0f : static_cast<float>(1.0 / running.sum[i]);
    lse[i] = hidden ? __builtin_inff()
                    : static_cast<float>(double(running.top[i]) + std::log(running.sum[i]));
    for (int64_t d = 0; d < valueDim; ++d)
      out[i * stride + d] = space.out[i * valueDim + d] * scale;
  }
}

struct Head {
  gemm::View q, k, v;
  const void *mask;
  float *out, *lse;
};

void runBlock(const AttentionSizes &s, const Head &head, const Space &space, float scale,
              int64_t first) {
  int64_t rows = least(kQueries, s.queryLen - first), visible = s.visibleKeys(first, rows);
  Running running;
  for (int64_t i = 0; i < kQueries; ++i)
    running.top[i] = -__builtin_inff(), running.sum[i] = 0;
  std::memset(space.out, 0, sizeof(float) * rows * s.valueDim);
  gemm::packLeft(head.q.at(first, 0), rows, s.headDim, space.query);
  for (int64_t key = 0; key < visible; key += kKeys) {
    int64_t keys = least(kKeys, visible - key);
    gemm::multiply(space.query, space.keys + key * s.headDim, rows, keys, s.headDim, space.scores,
                   kKeys, false);
    scaleAndMask(s, head.mask, {first, rows, key, keys}, scale, space.scores, kKeys);
    softmaxBlock(space.scores, rows, keys, running, space.out, s.valueDim);
    gemm::packLeft({space.scores, kKeys, 1}, rows, keys, space.weights);
    gemm::packRight(head.v.at(key, 0), keys, s.valueDim, space.values);
    gemm::multiply(space.weights, space.values, rows, s.valueDim, keys, space.out, s.valueDim,
                   true);
  }
  int64_t stride = s.rowStride(s.heads, s.valueDim);
  finishBlock(space, running, rows, s.valueDim, head.out + first * stride, stride,
              head.lse + first);
}

void run(const Launch &launch) {
  if (launch.type == ElementType::f64)
    return plain::attend(launch);
  AttentionSizes s(launch.sizes);
  int64_t share = Space::floats(s);
  cpu::parallelRanges(
      launch.threads, s.batch * s.heads, 1, s.work(), [&](int thread, int64_t begin, int64_t end) {
        Space space;
        space.place(s, launch.buffer<float>(6) + thread * share);
        for (int64_t index = begin; index < end; ++index) {
          int64_t entry = index / s.heads, h = index % s.heads, kv = h / (s.heads / s.kvHeads);
          Head head{
              {launch.buffer<float>(0) + s.headOffset(entry, h, s.heads, s.queryLen, s.headDim),
               s.rowStride(s.heads, s.headDim), 1},
              {launch.buffer<float>(1) + s.headOffset(entry, kv, s.kvHeads, s.keyLen, s.headDim),
               s.rowStride(s.kvHeads, s.headDim), 1},
              {launch.buffer<float>(2) + s.headOffset(entry, kv, s.kvHeads, s.keyLen, s.valueDim),
               s.rowStride(s.kvHeads, s.valueDim), 1},
              maskOf(s, launch.buffers[3], entry, h),
              launch.buffer<float>(4) + s.headOffset(entry, h, s.heads, s.queryLen, s.valueDim),
              launch.buffer<float>(5) + index * s.queryLen};
          gemm::packRight({head.k.data, 1, head.k.rowStride}, s.headDim, s.keyLen, space.keys);
          for (int64_t first = 0; first < s.queryLen; first += kQueries)
            runBlock(s, head, space, launch.scalars[0], first);
        }
      });
}

} // namespace

const KernelOf<AttentionArguments> attention = {"attention", run, workspace};

} // namespace plimsoll
