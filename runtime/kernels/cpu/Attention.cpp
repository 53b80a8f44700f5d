//===- Attention.cpp - scaled dot product attention, forward ----------------===//
//
// attention {q, k | null, v | null, mask | null, out, lse, [workspace]}
//   sizes {batch, heads, kvHeads, queryLen, keyLen, headDim, valueDim, layout, causal,
//          maskKind, maskBatchStride, maskHeadStride, maskQueryStride}, scalars {scale}
//   q [b, heads, queryLen, headDim], k [b, kvHeads, keyLen, headDim],
//   v [b, kvHeads, keyLen, valueDim], out [b, heads, queryLen, valueDim]; layout 1 has time
//   before heads in all four; in layout 2, too, q is all three (AttentionSizes.h), and k and v are
//   null. lse f32 [b, heads, queryLen]: log of the sum of exp(scores),
//   +inf where every key is hidden (such a row of `out` is zero).
//   causal: query i sees keys j <= i. maskKind 1: bool, true keeps; 2: f32, added; strides in
//   elements (0: broadcast), keys side by side. Head h reads kv head h / (heads / kvHeads).
//   If the type is bf16, q, k, v and out are; all else is f32.
// Outputs share bytes with no operand.
//
// Keys are taken in blocks of 128 with a running maximum and sum per query, so that no
// T x T matrix exists. One thread computes a whole head; blocks depend on the shape alone.
// Source: Dao et al., FlashAttention (2022), algorithm 1; Milakov and Gimelshein (2018).
//===----------------------------------------------------------------------===//
#include "Attention.h"

#include "../../rules/Elements.h"
#include "AttentionPlain.h"
#include "Team.h"
#include "Vectors.h"
#include "plimsoll/Kernels.h"
#include "plimsoll/Math.h"

#include <cmath>
#include <cstring>

namespace plimsoll {
namespace {

constexpr int64_t kQueries = 48, kKeys = 128;
constexpr float kHidden = -__builtin_inff();

/// One thread's workspace.
struct Space {
  float *query, *keys, *values, *scores, *out;

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

/// Returns the largest of numbers, whole groups of lanes.
float largest(const float *x, int64_t count) {
  cpu::Vector top = cpu::load(x);
  for (int64_t i = cpu::kLanes; i < count; i += cpu::kLanes)
    top = cpu::larger(top, cpu::load(x + i));
  return cpu::largestLane(top);
}

/// Turns raw scores into weights exp(score - top). If the maximum `top` has grown, the sums and
/// outputs so far are scaled down. Each pass goes over all rows, which do not wait for each other.
void softmaxBlock(const AttentionSizes &s, const void *mask, ScoreBlock block, float scale,
                  float *scores, Running &running, float *out) {
  int64_t keys[kQueries];
  float base[kQueries], before[kQueries];
  for (int64_t i = 0; i < block.rows; ++i) {
    float *row = scores + i * kKeys;
    keys[i] = scaleAndMask(s, mask, block, i, scale, row);
    if (keys[i] < block.keys)
      std::memset(row + keys[i], 0, sizeof(float) * (block.keys - keys[i]));
    float top = keys[i] > 0 ? largest(row, keys[i]) : kHidden;
    before[i] = running.top[i];
    running.top[i] = top > before[i] ? top : before[i];
    base[i] = running.top[i] == kHidden ? 0.0f : running.top[i];
  }
  for (int64_t i = 0; i < block.rows; ++i)
    for (int64_t j = 0; j < keys[i]; ++j)
      scores[i * kKeys + j] = plimsoll::exp(scores[i * kKeys + j] - base[i]);
  for (int64_t i = 0; i < block.rows; ++i) {
    cpu::SumLanes sum;
    for (int64_t j = 0; j < keys[i]; j += kLaneGroup)
      sum.add([=](int64_t at) { return cpu::SumLanes::wide(scores + i * kKeys + j + at); });
    if (block.firstKey == 0) {
      running.sum[i] = sum.total();
      continue;
    }
    float shrink = plimsoll::exp(before[i] - base[i]);
    running.sum[i] = running.sum[i] * double(shrink) + sum.total();
    for (int64_t d = 0; d < s.valueDim; ++d)
      out[i * s.valueDim + d] *= shrink;
  }
}

/// Writes the block's rows of `out` and `lse`.
template <typename T>
void finishBlock(const Space &space, const Running &running, int64_t rows, int64_t valueDim, T *out,
                 int64_t stride, float *lse) {
  for (int64_t i = 0; i < rows; ++i) {
    bool hidden = running.sum[i] == 0.0;
    float scale = hidden ? 0.0f : static_cast<float>(1.0 / running.sum[i]);
    lse[i] = hidden ? __builtin_inff()
                    : static_cast<float>(double(running.top[i]) + std::log(running.sum[i]));
    for (int64_t d = 0; d < valueDim; ++d)
      out[i * stride + d] = static_cast<T>(space.out[i * valueDim + d] * scale);
  }
}

template <typename T> struct Head {
  gemm::ViewOf<T> q, k, v;
  const void *mask;
  T *out;
  int64_t outStride;
  float *lse;
};

template <typename T> Head<T> headOf(const AttentionSizes &s, const Launch &launch, int64_t index) {
  int64_t entry = index / s.heads, h = index % s.heads, kv = h / (s.heads / s.kvHeads);
  const T *all = launch.buffer<T>(0);
  AttentionRows out = s.outputs(entry, h);
  return {viewOf(all, s.queries(entry, h)),
          viewOf(s.bufferOf(all, launch.buffer<const T>(1)), s.keys(entry, kv)),
          viewOf(s.bufferOf(all, launch.buffer<const T>(2)), s.values(entry, kv)),
          maskOf(s, launch.buffers[3], entry, h),
          launch.buffer<T>(4) + out.first,
          out.stride,
          launch.buffer<float>(5) + index * s.queryLen};
}

template <typename T>
void runBlock(const AttentionSizes &s, const Head<T> &head, const Space &space, float scale,
              int64_t first) {
  int64_t rows = least(kQueries, s.queryLen - first), visible = s.visibleKeys(first, rows);
  Running running;
  for (int64_t i = 0; i < kQueries; ++i)
    running.top[i] = kHidden, running.sum[i] = 0;
  std::memset(space.out, 0, sizeof(float) * rows * s.valueDim);
  gemm::packLeft(head.q.at(first, 0), rows, s.headDim, space.query);
  for (int64_t key = 0; key < visible; key += kKeys) {
    int64_t keys = least(kKeys, visible - key);
    gemm::multiply(space.query, space.keys + key * s.headDim, rows, paddedKeys(keys), s.headDim,
                   space.scores, kKeys, false);
    softmaxBlock(s, head.mask, {first, rows, key, keys}, scale, space.scores, running, space.out);
    gemm::packRight(head.v.at(key, 0), keys, s.valueDim, space.values);
    gemm::multiplyPlain({space.scores, kKeys, 1}, space.values, rows, s.valueDim, keys, space.out,
                        s.valueDim, true);
  }
  finishBlock(space, running, rows, s.valueDim, head.out + first * head.outStride, head.outStride,
              head.lse + first);
}

template <typename T> void runOf(const Launch &launch) {
  AttentionSizes s(launch.sizes);
  int64_t share = Space::floats(s);
  cpu::parallelRanges(launch.threads, s.batch * s.heads, 1, s.work(),
                      [&](int thread, int64_t begin, int64_t end) {
                        Space space;
                        space.place(s, launch.buffer<float>(6) + thread * share);
                        for (int64_t index = begin; index < end; ++index) {
                          Head<T> head = headOf<T>(s, launch, index);
                          gemm::packRight(head.k.transposed(), s.headDim, s.keyLen, space.keys);
                          for (int64_t first = 0; first < s.queryLen; first += kQueries)
                            runBlock(s, head, space, launch.scalars[0], first);
                        }
                      });
}

void run(const Launch &launch) {
  if (launch.type == ElementType::f64)
    return plain::attend(launch);
  launch.type == ElementType::bf16 ? runOf<Bf16>(launch) : runOf<float>(launch);
}

} // namespace

const KernelOf<AttentionArguments> attention = {"attention", run, workspace};

} // namespace plimsoll
