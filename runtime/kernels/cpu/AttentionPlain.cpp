//===- AttentionPlain.cpp - attention in f64, for checks of gradients -------===//
//
// Computes the sums of the header comments of Attention.cpp and AttentionGrad.cpp as they are
// written, one query after the other. Scores are computed again wherever they are read. One thread
// computes a whole head (in the gradient: a kv head).
//===----------------------------------------------------------------------===//
#include "AttentionPlain.h"

#include "Attention.h"
#include "Team.h"
#include "plimsoll/Math.h"

#include <cmath>
#include <cstring>

namespace plimsoll::plain {
namespace {

double dot(const double *a, const double *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i)
    sum += a[i] * b[i];
  return sum;
}

/// One head of queries with the keys and values that it reads.
class Head {
public:
  Head(const AttentionSizes &s, const Launch &launch, int64_t entry, int64_t head)
      : s(s), scale(launch.scalars[0]), mask(launch.buffers[3]),
        maskOffset(entry * s.maskBatchStride + head * s.maskHeadStride) {
    int64_t kv = head / (s.heads / s.kvHeads);
    queries = s.queries(entry, head);
    keys = s.keys(entry, kv);
    values = s.values(entry, kv);
    outs = s.outputs(entry, head);
    q = launch.buffer<double>(0);
    k = s.bufferOf(q, launch.buffer<const double>(1));
    v = s.bufferOf(q, launch.buffer<const double>(2));
  }

  /// Returns the scaled and masked score; -inf if the query must not see the key.
  double score(int64_t query, int64_t key) const {
    int64_t at = maskOffset + query * s.maskQueryStride + key;
    if ((s.causal && key > query) || (s.maskKind == 1 && !static_cast<const uint8_t *>(mask)[at]))
      return -__builtin_inf();
    double raw = dot(q + rowAt(queries, query), k + rowAt(keys, key), s.headDim) * scale;
    return s.maskKind == 2 ? raw + static_cast<const double *>(mask)[at] : raw;
  }

  /// Returns where row `row` begins, in elements.
  static int64_t rowAt(AttentionRows rows, int64_t row) { return rows.first + row * rows.stride; }

  AttentionRows queries, keys, values, outs;
  const AttentionSizes &s;
  double scale;
  const double *q, *k, *v;

private:
  const void *mask;
  int64_t maskOffset;
};

void attendRow(const Head &head, int64_t query, double *out, double &lse) {
  const AttentionSizes &s = head.s;
  double top = -__builtin_inf(), sum = 0;
  for (int64_t key = 0; key < s.keyLen; ++key)
    top = std::fmax(top, head.score(query, key));
  std::memset(out, 0, sizeof(double) * s.valueDim);
  lse = __builtin_inf();
  if (top == -__builtin_inf())
    return;
  for (int64_t key = 0; key < s.keyLen; ++key) {
    double weight = plimsoll::exp(head.score(query, key) - top);
    sum += weight;
    for (int64_t d = 0; d < s.valueDim; ++d)
      out[d] += weight * head.v[Head::rowAt(head.values, key) + d];
  }
  for (int64_t d = 0; d < s.valueDim; ++d)
    out[d] /= sum;
  lse = top + std::log(sum);
}

void gradHead(const Launch &launch, const Head &head, const double *lse) {
  const AttentionSizes &s = head.s;
  const double *out = launch.buffer<double>(4), *dout = launch.buffer<double>(6);
  double *dq = launch.buffer<double>(7), *dk = s.bufferOf(dq, launch.buffer<double>(8)),
         *dv = s.bufferOf(dq, launch.buffer<double>(9));
  for (int64_t query = 0; query < s.queryLen; ++query) {
    int64_t qAt = Head::rowAt(head.queries, query), outAt = Head::rowAt(head.outs, query);
    double delta = dot(out + outAt, dout + outAt, s.valueDim);
    std::memset(dq + qAt, 0, sizeof(double) * s.headDim);
    for (int64_t key = 0; key < s.keyLen; ++key) {
      int64_t kAt = Head::rowAt(head.keys, key), vAt = Head::rowAt(head.values, key);
      double weight = plimsoll::exp(head.score(query, key) - lse[query]);
      double ds = weight * (dot(dout + outAt, head.v + vAt, s.valueDim) - delta) * head.scale;
      for (int64_t d = 0; d < s.valueDim; ++d)
        dv[vAt + d] += weight * dout[outAt + d];
      for (int64_t d = 0; d < s.headDim; ++d) {
        dq[qAt + d] += ds * head.k[kAt + d];
        dk[kAt + d] += ds * head.q[qAt + d];
      }
    }
  }
}

} // namespace

void attend(const Launch &launch) {
  AttentionSizes s(launch.sizes);
  cpu::parallelFor(launch.threads, s.batch * s.heads, s.work() * 8, [&](int64_t index) {
    Head head(s, launch, index / s.heads, index % s.heads);
    for (int64_t query = 0; query < s.queryLen; ++query)
      attendRow(head, query, launch.buffer<double>(4) + Head::rowAt(head.outs, query),
                launch.buffer<double>(5)[index * s.queryLen + query]);
  });
}

void attendGrad(const Launch &launch) {
  AttentionSizes s(launch.sizes);
  int64_t group = s.heads / s.kvHeads;
  cpu::parallelFor(launch.threads, s.batch * s.kvHeads, s.work() * 16, [&](int64_t index) {
    int64_t entry = index / s.kvHeads, kv = index % s.kvHeads;
    Head first(s, launch, entry, kv * group);
    double *dq = launch.buffer<double>(7), *dk = s.bufferOf(dq, launch.buffer<double>(8)),
           *dv = s.bufferOf(dq, launch.buffer<double>(9));
    for (int64_t key = 0; key < s.keyLen; ++key) {
      std::memset(dk + Head::rowAt(first.keys, key), 0, sizeof(double) * s.headDim);
      std::memset(dv + Head::rowAt(first.values, key), 0, sizeof(double) * s.valueDim);
    }
    for (int64_t h = kv * group; h < (kv + 1) * group; ++h)
      gradHead(launch, Head(s, launch, entry, h),
               launch.buffer<double>(5) + (entry * s.heads + h) * s.queryLen);
  });
}

} // namespace plimsoll::plain
