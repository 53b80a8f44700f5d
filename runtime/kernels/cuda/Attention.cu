//===- Attention.cu - scaled dot product attention, both directions ----------===//
//
// cpu/Attention.cpp and cpu/AttentionGrad.cpp document buffers, sizes and scalars.
// attention_grad has the workspace f32 [batch, heads, queryLen] for rowsum(dout * out).
//
// forward: a block has 64 queries of a head and goes over the keys, 64 at a time, with a running
//   maximum and sum; the T x T matrix never exists. For columns of the values beyond 256 another
//   block computes the scores again.
// backward: a block computes dk and dv of 64 keys and goes over the queries of all heads of their
//   group, in order; another computes dq of 64 queries and goes over the keys. The weights are
//   computed again from lse. Columns beyond 128 are computed by further blocks. No atomics.
// Products in f32 (fmaf), 34 KiB of shared memory. At most 128 registers, so 2 blocks of 256
// threads per multiprocessor; 1 block for values of more than 128, backward of more than 64
// columns, dk and dv of up to 32.
// Source: Dao et al., FlashAttention (2022), algorithms 1 and 4; Dao (2023), section 3.2.
//===----------------------------------------------------------------------===//
#include "AttentionHead.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Math.h"

namespace plimsoll::cuda {
namespace {

/// Scales and masks raw scores.
__device__ __forceinline__ void maskScores(const TileMask &mask, float scores[4][4]) {
  const Place at;
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i)
    PLIMSOLL_UNROLL
  for (int j = 0; j < 4; ++j)
    scores[i][j] = mask(scores[i][j], at.y * 4 + i, at.x * 4 + j);
}

/// Combines the values of the 16 threads that share four rows.
template <typename Combine> __device__ __forceinline__ float combineSixteen(float x, Combine with) {
  return combineLanes<16>(x, with);
}

/// Running state of a thread's four queries.
struct Running {
  float top[4], sum[4];
};

/// Turns scores into weights exp(score - top). If the maximum `top` has grown, the sums and outputs
/// so far are scaled down.
template <int chunks>
__device__ __forceinline__ void softmaxTile(float scores[4][4], Running &running,
                                            Sums<chunks> &out) {
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    float top = running.top[i];
    PLIMSOLL_UNROLL
    for (int j = 0; j < 4; ++j)
      top = scores[i][j] > top ? scores[i][j] : top;
    top = combineSixteen(top, Larger());
    const float base = top == kHidden ? 0.0f : top;
    float sum = 0;
    PLIMSOLL_UNROLL
    for (int j = 0; j < 4; ++j) {
      scores[i][j] = plimsoll::exp(scores[i][j] - base);
      sum += scores[i][j];
    }
    const float shrink = plimsoll::exp(running.top[i] - base);
    running.sum[i] = running.sum[i] * shrink + combineSixteen(sum, Add());
    running.top[i] = top;
    PLIMSOLL_UNROLL
    for (int c = 0; c < 2 * chunks; ++c)
      out.at[i][c] *= shrink;
  }
}

template <int chunks>
__global__ void __launch_bounds__(kTileThreads, chunks > 4 ? 1 : 2)
    forward(AttentionSizes s, const float *q, const float *k, const float *v, const void *mask,
            float *out, float *lse, float scale) {
  PLIMSOLL_SHARED(float, left, kDepth *kTileStride);
  PLIMSOLL_SHARED(float, right, kDepth *kTileStride); // or 64 x 32
  PLIMSOLL_SHARED(float, weights, kTile *kTileStride);
  const Place at;
  const int64_t tiles = (s.queryLen + kTile - 1) / kTile;
  const Head h = headOf(s, blockIdx.x / tiles);
  const int64_t first = (tiles - 1 - blockIdx.x % tiles) * kTile; // causal: the longest first
  const int firstColumn = static_cast<int>(blockIdx.y) * chunks * kDepth;
  const int64_t visible = s.visibleKeys(first, kTile);
  Running running;
  Sums<chunks> sums = {};
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i)
    running.top[i] = kHidden, running.sum[i] = 0;
  for (int64_t key = 0; key < visible; key += kTile) {
    float scores[4][4];
    multiplyRows(h.queries(q, first), h.keys(k, key), left, right, scores);
    maskScores(TileMask(h, mask, scale, first, key), scores);
    softmaxTile(scores, running, sums);
    storeTile<true>(scores, weights); // read after the barriers of addProduct
    addProduct(weights, h.values(v, key), firstColumn, right, sums);
  }
  float factor[4];
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    const bool hidden = running.sum[i] == 0.0f;
    const int64_t row = first + at.y * 4 + i;
    factor[i] = hidden ? 0.0f : 1.0f / running.sum[i];
    if (at.x == 0 && blockIdx.y == 0 && row < s.queryLen)
      lse[h.lseOffset() + row] =
          hidden ? detail::kInfinity : running.top[i] + plimsoll::log(running.sum[i]);
  }
  const TileRows outputs = h.outputs(out, first);
  storeSums(sums, factor, const_cast<float *>(outputs.start), outputs.stride, outputs.rows,
            firstColumn, outputs.dim);
}

/// Computes p, the weights of a tile.
__device__ __forceinline__ void tileWeights(const Backward<float> &b, const Head &h, int64_t query,
                                            int64_t key, float *left, float *right, float p[4][4]) {
  const Place at;
  multiplyRows(h.queries(b.q, query), h.keys(b.k, key), left, right, p);
  maskScores(TileMask(h, b.mask, b.scale, query, key), p);
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int64_t row = query + at.y * 4 + i;
    const float total = row < b.s.queryLen ? b.lse[h.lseOffset() + row] : detail::kInfinity;
    PLIMSOLL_UNROLL
    for (int j = 0; j < 4; ++j)
      p[i][j] = plimsoll::exp(p[i][j] - total);
  }
}

/// Computes ds, the gradient of the tile's raw scores.
__device__ __forceinline__ void tileGradients(const Backward<float> &b, const Head &h,
                                              int64_t query, int64_t key, float *left, float *right,
                                              const float p[4][4], float ds[4][4]) {
  const Place at;
  multiplyRows(h.outputs(b.dout, query), h.values(b.v, key), left, right, ds);
  PLIMSOLL_UNROLL
  for (int i = 0; i < 4; ++i) {
    const int64_t row = query + at.y * 4 + i;
    const float delta = row < b.s.queryLen ? b.delta[h.lseOffset() + row] : 0.0f;
    PLIMSOLL_UNROLL
    for (int j = 0; j < 4; ++j)
      ds[i][j] = p[i][j] * (ds[i][j] - delta) * b.scale;
  }
}

template <int chunks>
__global__ void __launch_bounds__(kTileThreads, chunks > 2 ? 1 : 2)
    gradQueries(Backward<float> b, float *dq) {
  PLIMSOLL_SHARED(float, left, kDepth *kTileStride);
  PLIMSOLL_SHARED(float, right, kDepth *kTileStride);
  PLIMSOLL_SHARED(float, tile, kTile *kTileStride);
  const AttentionSizes &s = b.s;
  const int64_t tiles = (s.queryLen + kTile - 1) / kTile;
  const Head h = headOf(s, blockIdx.x / tiles);
  const int64_t first = (tiles - 1 - blockIdx.x % tiles) * kTile;
  const int firstColumn = static_cast<int>(blockIdx.y) * chunks * kDepth;
  const int64_t visible = s.visibleKeys(first, kTile);
  Sums<chunks> sums = {};
  for (int64_t key = 0; key < visible; key += kTile) {
    float p[4][4], ds[4][4];
    tileWeights(b, h, first, key, left, right, p);
    tileGradients(b, h, first, key, left, right, p, ds);
    storeTile<true>(ds, tile);
    addProduct(tile, h.keys(b.k, key), firstColumn, right, sums);
  }
  const TileRows rows = h.queries(dq, first);
  const float ones[4] = {1, 1, 1, 1};
  storeSums(sums, ones, const_cast<float *>(rows.start), rows.stride, rows.rows, firstColumn,
            rows.dim);
}

template <int chunks>
__global__ void __launch_bounds__(kTileThreads, chunks == 2 ? 2 : 1)
    gradKeys(Backward<float> b, float *dk, float *dv) {
  PLIMSOLL_SHARED(float, left, kDepth *kTileStride);
  PLIMSOLL_SHARED(float, right, kDepth *kTileStride);
  PLIMSOLL_SHARED(float, tile, kTile *kTileStride);
  const AttentionSizes &s = b.s;
  const int64_t tiles = (s.keyLen + kTile - 1) / kTile, group = s.heads / s.kvHeads;
  const int64_t index = blockIdx.x / tiles, first = blockIdx.x % tiles * kTile;
  Head h = {s, index / s.kvHeads, 0, index % s.kvHeads};
  const int firstColumn = static_cast<int>(blockIdx.y) * chunks * kDepth;
  Sums<chunks> keySums = {}, valueSums = {};
  for (h.head = h.kvHead * group; h.head < (h.kvHead + 1) * group; ++h.head)
    for (int64_t query = s.causal ? first : 0; query < s.queryLen; query += kTile) {
      float p[4][4], ds[4][4];
      tileWeights(b, h, query, first, left, right, p);
      storeTile<false>(p, tile);
      addProduct(tile, h.outputs(b.dout, query), firstColumn, right, valueSums);
      tileGradients(b, h, query, first, left, right, p, ds);
      storeTile<false>(ds, tile);
      addProduct(tile, h.queries(b.q, query), firstColumn, right, keySums);
    }
  const TileRows keys = h.keys(dk, first), values = h.values(dv, first);
  const float ones[4] = {1, 1, 1, 1};
  storeSums(keySums, ones, const_cast<float *>(keys.start), keys.stride, keys.rows, firstColumn,
            keys.dim);
  storeSums(valueSums, ones, const_cast<float *>(values.start), values.stride, values.rows,
            firstColumn, values.dim);
}

void runForward(const Launch &launch) {
  if (launch.type == ElementType::bf16)
    return runAttentionBf16(launch);
  AttentionSizes s(launch.sizes);
  int64_t blocks = blocksFor(s.queryLen, kTile) * s.batch * s.heads;
  const float *q = launch.buffer<float>(0);
  withChunks<8>(s.valueDim, [&](auto chunks) {
    int64_t columns = s.valueDim > 0 ? blocksFor(s.valueDim, chunks * kDepth) : 1;
    cuda::launch(streamOf(launch), dim3(blocks, columns), kTileThreads, forward<chunks>, s, q,
                 s.bufferOf(q, launch.buffer<const float>(1)),
                 s.bufferOf(q, launch.buffer<const float>(2)), launch.buffers[3],
                 launch.buffer<float>(4), launch.buffer<float>(5), launch.scalars[0]);
  });
}

void runGrad(const Launch &launch) {
  if (launch.type == ElementType::bf16)
    return runAttentionGradBf16(launch);
  AttentionSizes s(launch.sizes);
  Stream stream = streamOf(launch);
  const Backward<float> b(launch);
  float *dq = launch.buffer<float>(7);
  cuda::launch(stream, blocksFor(s.batch * s.heads * s.queryLen, kTileThreads / 32), kTileThreads,
               outputDots<kTileThreads, float>, s, launch.buffer<float>(4), b.dout,
               launch.buffer<float>(10));
  withChunks<4>(s.headDim, [&](auto chunks) {
    cuda::launch(stream,
                 dim3(blocksFor(s.queryLen, kTile) * s.batch * s.heads,
                      blocksFor(s.headDim, chunks * kDepth)),
                 kTileThreads, gradQueries<chunks>, b, dq);
  });
  int64_t columns = s.headDim > s.valueDim ? s.headDim : s.valueDim;
  withChunks<4>(columns, [&](auto chunks) {
    cuda::launch(
        stream,
        dim3(blocksFor(s.keyLen, kTile) * s.batch * s.kvHeads, blocksFor(columns, chunks * kDepth)),
        kTileThreads, gradKeys<chunks>, b, s.bufferOf(dq, launch.buffer<float>(8)),
        s.bufferOf(dq, launch.buffer<float>(9)));
  });
}

} // namespace

const KernelOf<AttentionArguments> attention = {"attention", runForward};
const KernelOf<AttentionArguments> attention_grad = {"attention_grad", runGrad,
                                                     attentionGradWorkspace};

} // namespace plimsoll::cuda
