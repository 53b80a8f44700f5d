//===- AttentionBf16.cu - attention whose products take bf16 factors ---------===//
//
// The launches of attention and attention_grad (Attention.cu) whose type is bf16: q, k, v, out and
// dout are bf16. Weights and the
// gradients of scores are rounded when they become factors; sums, softmax, lse, dq, dk and dv are
// f32.
//
// A block of 4 warps has 64 queries, a warp 16 of them, and goes over the keys, 64 at a time;
// weights go from one product to the next in registers. For dk and dv a block has 64 keys, and its
// scores are transposed. Tensor cores (Tensor.h), 10 KiB of shared memory; at most 232 registers:
// 2 blocks of 128 threads per multiprocessor. Beyond 128 columns (dk and dv: 64), another block. No
// atomics.
// Source: Dao (2023), FlashAttention-2, section 3.
//===----------------------------------------------------------------------===//
#include "AttentionHead.h"
#include "TensorTiles.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Math.h"

namespace plimsoll::cuda {
namespace {

using tensor::kAcrossTile, tensor::kRowTile, tensor::kThreads, tensor::Lane, tensor::Scores;

/// Combines the values of the four lanes that share a row.
template <typename Combine> __device__ __forceinline__ float combineFour(float x, Combine with) {
  return combineLanes<4>(x, with);
}

/// Running state of a lane's two queries.
struct Running {
  float top[2], sum[2];
};

/// Turns scores into weights exp(score - top). If the maximum `top` has grown, the sums and outputs
/// so far are scaled down.
template <int chunks>
__device__ __forceinline__ void softmaxTile(Scores &scores, Running &running,
                                            tensor::Sums<chunks> &out) {
  PLIMSOLL_UNROLL
  for (int half = 0; half < 2; ++half) {
    float top = running.top[half], sum = 0;
    PLIMSOLL_UNROLL
    for (int n = 0; n < 8; ++n)
      PLIMSOLL_UNROLL
    for (int i = 2 * half; i < 2 * half + 2; ++i)
      top = scores.at[n][i] > top ? scores.at[n][i] : top;
    top = combineFour(top, Larger());
    const float base = top == kHidden ? 0.0f : top;
    PLIMSOLL_UNROLL
    for (int n = 0; n < 8; ++n)
      PLIMSOLL_UNROLL
    for (int i = 2 * half; i < 2 * half + 2; ++i) {
      scores.at[n][i] = plimsoll::exp(scores.at[n][i] - base);
      sum += scores.at[n][i];
    }
    const float shrink = plimsoll::exp(running.top[half] - base);
    running.sum[half] = running.sum[half] * shrink + combineFour(sum, Add());
    running.top[half] = top;
    PLIMSOLL_UNROLL
    for (int n = 0; n < 4 * chunks; ++n)
      PLIMSOLL_UNROLL
    for (int i = 2 * half; i < 2 * half + 2; ++i)
      out.at[n][i] *= shrink;
  }
}

template <int chunks>
__global__ void __launch_bounds__(kThreads, 2)
    forward(AttentionSizes s, const Bf16 *q, const Bf16 *k, const Bf16 *v, const void *mask,
            Bf16 *out, float *lse, float scale) {
  PLIMSOLL_SHARED(uint32_t, left, kRowTile);
  PLIMSOLL_SHARED(uint32_t, right, kRowTile);
  const Lane lane;
  const int64_t tiles = (s.queryLen + kTile - 1) / kTile;
  const Head h = headOf(s, blockIdx.x / tiles);
  const int64_t first = (tiles - 1 - blockIdx.x % tiles) * kTile; // causal: the longest first
  const int firstColumn = static_cast<int>(blockIdx.y) * chunks * kDepth;
  const int64_t visible = s.visibleKeys(first, kTile);
  Running running = {{kHidden, kHidden}, {0, 0}};
  tensor::Sums<chunks> sums = {};
  for (int64_t key = 0; key < visible; key += kTile) {
    Scores scores;
    tensor::multiplyRows(h.queries(q, first), h.keys(k, key), left, right, scores);
    const TileMask hidden(h, mask, scale, first, key);
    PLIMSOLL_UNROLL
    for (int n = 0; n < 8; ++n)
      PLIMSOLL_UNROLL
    for (int i = 0; i < 4; ++i)
      scores.at[n][i] = hidden(scores.at[n][i], lane.row + i / 2 * 8, n * 8 + lane.pair + i % 2);
    softmaxTile(scores, running, sums);
    tensor::addProduct(scores, h.values(v, key), firstColumn, right, sums);
  }
  float factor[2];
  PLIMSOLL_UNROLL
  for (int half = 0; half < 2; ++half) {
    const bool hidden = running.sum[half] == 0.0f;
    const int64_t row = first + lane.row + half * 8;
    factor[half] = hidden ? 0.0f : 1.0f / running.sum[half];
    if (lane.pair == 0 && blockIdx.y == 0 && row < s.queryLen)
      lse[h.lseOffset() + row] =
          hidden ? detail::kInfinity : running.top[half] + plimsoll::log(running.sum[half]);
  }
  tensor::storeSums(sums, factor, h.outputs(out, first), firstColumn);
}

/// Computes p, the weights of a tile, and ds, the gradient of its raw scores, with rows of queries
/// or (`across`) of keys.
template <bool across>
__device__ __forceinline__ void gradientsOf(const Backward<Bf16> &b, const Head &h, int64_t query,
                                            int64_t key, Scores &p, Scores &ds) {
  const Lane lane;
  const TileMask hidden(h, b.mask, b.scale, query, key);
  PLIMSOLL_UNROLL
  for (int n = 0; n < 8; ++n)
    PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int row = lane.row + i / 2 * 8, column = n * 8 + lane.pair + i % 2;
    const int ofQuery = across ? column : row, ofKey = across ? row : column;
    const bool exists = ofQuery < hidden.queries;
    const int64_t at = h.lseOffset() + query + ofQuery;
    const float total = exists ? b.lse[at] : detail::kInfinity;
    const float weight = plimsoll::exp(hidden(p.at[n][i], ofQuery, ofKey) - total);
    p.at[n][i] = weight;
    ds.at[n][i] = weight * (ds.at[n][i] - (exists ? b.delta[at] : 0.0f)) * b.scale;
  }
}

template <int chunks>
__global__ void __launch_bounds__(kThreads, 2) gradQueries(Backward<Bf16> b, float *dq) {
  PLIMSOLL_SHARED(uint32_t, left, kRowTile);
  PLIMSOLL_SHARED(uint32_t, right, kRowTile);
  const AttentionSizes &s = b.s;
  const int64_t tiles = (s.queryLen + kTile - 1) / kTile;
  const Head h = headOf(s, blockIdx.x / tiles);
  const int64_t first = (tiles - 1 - blockIdx.x % tiles) * kTile;
  const int firstColumn = static_cast<int>(blockIdx.y) * chunks * kDepth;
  const int64_t visible = s.visibleKeys(first, kTile);
  tensor::Sums<chunks> sums = {};
  for (int64_t key = 0; key < visible; key += kTile) {
    Scores p, ds;
    tensor::multiplyRows(h.queries(b.q, first), h.keys(b.k, key), left, right, p);
    tensor::multiplyRows(h.outputs(b.dout, first), h.values(b.v, key), left, right, ds);
    gradientsOf<false>(b, h, first, key, p, ds);
    tensor::addProduct(ds, h.keys(b.k, key), firstColumn, right, sums);
  }
  const float ones[2] = {1, 1};
  tensor::storeSums(sums, ones, h.queries(dq, first), firstColumn);
}

template <int chunks>
__global__ void __launch_bounds__(kThreads, 2) gradKeys(Backward<Bf16> b, float *dk, float *dv) {
  PLIMSOLL_SHARED(uint32_t, left, kRowTile);
  PLIMSOLL_SHARED(uint32_t, right, kRowTile);
  const AttentionSizes &s = b.s;
  const int64_t tiles = (s.keyLen + kTile - 1) / kTile, group = s.heads / s.kvHeads;
  const int64_t index = blockIdx.x / tiles, first = blockIdx.x % tiles * kTile;
  Head h = {s, index / s.kvHeads, 0, index % s.kvHeads};
  const int firstColumn = static_cast<int>(blockIdx.y) * chunks * kDepth;
  tensor::Sums<chunks> keySums = {}, valueSums = {};
  for (h.head = h.kvHead * group; h.head < (h.kvHead + 1) * group; ++h.head)
    for (int64_t query = s.causal ? first : 0; query < s.queryLen; query += kTile) {
      Scores p, ds;
      tensor::multiplyRows(h.keys(b.k, first), h.queries(b.q, query), left, right, p);
      tensor::multiplyRows(h.values(b.v, first), h.outputs(b.dout, query), left, right, ds);
      gradientsOf<true>(b, h, query, first, p, ds);
      tensor::addProduct(p, h.outputs(b.dout, query), firstColumn, right, valueSums);
      tensor::addProduct(ds, h.queries(b.q, query), firstColumn, right, keySums);
    }
  const float ones[2] = {1, 1};
  tensor::storeSums(keySums, ones, h.keys(dk, first), firstColumn);
  tensor::storeSums(valueSums, ones, h.values(dv, first), firstColumn);
}

} // namespace

void runAttentionBf16(const Launch &launch) {
  AttentionSizes s(launch.sizes);
  int64_t blocks = blocksFor(s.queryLen, kTile) * s.batch * s.heads;
  const Bf16 *q = launch.buffer<Bf16>(0);
  withChunks<4>(s.valueDim, [&](auto chunks) {
    cuda::launch(streamOf(launch), dim3(blocks, blocksFor(s.valueDim, chunks * kDepth)), kThreads,
                 forward<chunks>, s, q, s.bufferOf(q, launch.buffer<const Bf16>(1)),
                 s.bufferOf(q, launch.buffer<const Bf16>(2)), launch.buffers[3],
                 launch.buffer<Bf16>(4), launch.buffer<float>(5), launch.scalars[0]);
  });
}

void runAttentionGradBf16(const Launch &launch) {
  AttentionSizes s(launch.sizes);
  Stream stream = streamOf(launch);
  const Backward<Bf16> b(launch);
  float *dq = launch.buffer<float>(7);
  cuda::launch(stream, blocksFor(s.batch * s.heads * s.queryLen, kThreads / 32), kThreads,
               outputDots<kThreads, Bf16>, s, launch.buffer<Bf16>(4), b.dout,
               launch.buffer<float>(10));
  int64_t queryTiles = blocksFor(s.queryLen, kTile) * s.batch * s.heads;
  withChunks<4>(s.headDim, [&](auto chunks) {
    cuda::launch(stream, dim3(queryTiles, blocksFor(s.headDim, chunks * kDepth)), kThreads,
                 gradQueries<chunks>, b, dq);
  });
  int64_t columns = s.headDim > s.valueDim ? s.headDim : s.valueDim;
  int64_t keyTiles = blocksFor(s.keyLen, kTile) * s.batch * s.kvHeads;
  withChunks<2>(columns, [&](auto chunks) {
    cuda::launch(stream, dim3(keyTiles, blocksFor(columns, chunks * kDepth)), kThreads,
                 gradKeys<chunks>, b, s.bufferOf(dq, launch.buffer<float>(8)),
                 s.bufferOf(dq, launch.buffer<float>(9)));
  });
}

} // namespace plimsoll::cuda
