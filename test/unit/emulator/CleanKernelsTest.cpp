// Kernels without faults that use every way to order accesses: no fault is reported, and results
// are right.
#include "EmulatorHarness.h"
#include "kernels/cuda/Tensor.h"

using namespace plimsoll::cuda;

namespace {

constexpr unsigned kAll = 0xffffffffu;

class CleanKernels : public EmulatorTest {};

__device__ float warpSum(float x) {
  for (int offset = 16; offset; offset /= 2)
    x += __shfl_xor_sync(kAll, x, offset);
  return x;
}

__global__ void blockSum(float *y, const float *x, int count) {
  PLIMSOLL_SHARED(float, partial, 32);
  float sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x))
    sum += x[blockIdx.x * count + i];
  sum = warpSum(sum);
  if (threadIdx.x % 32 == 0)
    partial[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = warpSum(threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0.0f);
    if (threadIdx.x == 0)
      y[blockIdx.x] = sum;
  }
}

TEST_F(CleanKernels, BlockSum) {
  numbers(0, 3000);
  launch(nullptr, 3, 256, blockSum, floats(65536), floats(0), 1000);
  expectClean();
  EXPECT_EQ(floats(65536)[0], 499500.0f);
  EXPECT_EQ(floats(65536)[2], 2499500.0f);
}

__global__ void tree(float *y, const float *x) {
  PLIMSOLL_SHARED(float, sums, 128);
  sums[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  for (unsigned width = 64; width; width /= 2) {
    if (threadIdx.x < width)
      sums[threadIdx.x] += sums[threadIdx.x + width];
    __syncthreads();
  }
  if (threadIdx.x == 0)
    *y = sums[0];
}

TEST_F(CleanKernels, TreeOverSharedMemory) {
  numbers(0, 128);
  launch(nullptr, 1, 128, tree, floats(4096), floats(0));
  expectClean();
  EXPECT_EQ(*floats(4096), 8128.0f);
}

__global__ void transpose(float *y, const float *x, int rows, int cols) {
  PLIMSOLL_SHARED(float, tile, 32 * 33);
  int row = static_cast<int>(blockIdx.y * 32), col = static_cast<int>(blockIdx.x * 32);
  int lane = static_cast<int>(threadIdx.x);
  for (int i = static_cast<int>(threadIdx.y); i < 32; i += 8)
    if (row + i < rows && col + lane < cols)
      tile[i * 33 + lane] = x[(row + i) * cols + col + lane];
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.y); i < 32; i += 8)
    if (col + i < cols && row + lane < rows)
      y[(col + i) * rows + row + lane] = tile[lane * 33 + i];
}

TEST_F(CleanKernels, TransposeThroughATile) {
  numbers(0, 70 * 50);
  launch(nullptr, dim3(2, 3), dim3(32, 8), transpose, floats(65536), floats(0), 70, 50);
  expectClean();
  for (int i = 0; i < 70 * 50; ++i)
    ASSERT_EQ(floats(65536)[i % 50 * 70 + i / 50], i);
}

__global__ void doubleBuffered(float *y, const float *x, int tiles) {
  PLIMSOLL_SHARED(float, buffers, 2 * 64);
  int lane = static_cast<int>(threadIdx.x);
  float sum = 0;
  buffers[lane] = x[lane];
  for (int t = 0; t < tiles; ++t) {
    __syncthreads();
    if (t + 1 < tiles)
      buffers[(t + 1) % 2 * 64 + lane] = x[(t + 1) * 64 + lane];
    sum += buffers[t % 2 * 64 + 63 - lane];
  }
  y[lane] = sum;
}

TEST_F(CleanKernels, TwoBuffersWithOneBarrierATile) {
  numbers(0, 640);
  launch(nullptr, 1, 64, doubleBuffered, floats(8192), floats(0), 10);
  expectClean();
  EXPECT_EQ(floats(8192)[0], 3510.0f);
}

__global__ void inclusiveScan(float *y, const float *x) {
  float value = x[threadIdx.x];
  for (int offset = 1; offset < 32; offset *= 2) {
    float other = __shfl_up_sync(kAll, value, offset);
    if (int(threadIdx.x % 32) >= offset)
      value += other;
  }
  y[threadIdx.x] = value;
}

TEST_F(CleanKernels, WarpScan) {
  numbers(0, 64);
  launch(nullptr, 1, 64, inclusiveScan, floats(4096), floats(0));
  expectClean();
  EXPECT_EQ(floats(4096)[31], 496.0f);
  EXPECT_EQ(floats(4096)[63], 1520.0f);
}

__global__ void votes(int *y, const float *x) {
  int odd = static_cast<int>(x[threadIdx.x]) & 1;
  unsigned ballot = __ballot_sync(kAll, odd);
  y[threadIdx.x] = __popc(ballot) + 100 * __any_sync(kAll, threadIdx.x == 40) +
                   1000 * __all_sync(kAll, threadIdx.x < 32);
}

TEST_F(CleanKernels, Votes) {
  numbers(0, 64);
  launch(nullptr, 1, 64, votes, ints(4096), floats(0));
  expectClean();
  EXPECT_EQ(ints(4096)[0], 1016);
  EXPECT_EQ(ints(4096)[63], 116);
}

__global__ void warpHandsOver(float *y) {
  PLIMSOLL_SHARED(float, slot, 64);
  for (int step = 0; step < 5; ++step) {
    slot[threadIdx.x] = static_cast<float>(threadIdx.x + step);
    __syncwarp();
    y[threadIdx.x] = slot[threadIdx.x ^ 1];
    __syncwarp();
  }
}

TEST_F(CleanKernels, WarpsHandOverThroughSharedMemory) {
  launch(nullptr, 1, 64, warpHandsOver, floats(0));
  expectClean();
  EXPECT_EQ(floats(0)[10], 15.0f);
}

__global__ void halvesOfAWarp(float *y) {
  PLIMSOLL_SHARED(float, slot, 32);
  unsigned half = threadIdx.x < 16 ? 0x0000ffffu : 0xffff0000u;
  slot[threadIdx.x] = static_cast<float>(threadIdx.x);
  __syncwarp(half);
  y[threadIdx.x] = slot[threadIdx.x ^ 15];
}

TEST_F(CleanKernels, HalvesOfAWarpWaitAlone) {
  launch(nullptr, 1, 32, halvesOfAWarp, floats(0));
  expectClean();
  EXPECT_EQ(floats(0)[31], 16.0f);
}

__global__ void inPlace(float *x) {
  float4 v = loadVector<float4>(x + 4 * (blockIdx.x * blockDim.x + threadIdx.x));
  v.x *= 2, v.y *= 2, v.z *= 2, v.w *= 2;
  storeVector(x + 4 * (blockIdx.x * blockDim.x + threadIdx.x), v);
}

TEST_F(CleanKernels, VectorsInPlace) {
  numbers(0, 1024);
  launch(nullptr, 2, 128, inPlace, floats(0));
  expectClean();
  EXPECT_EQ(floats(0)[1023], 2046.0f);
}

__global__ void histogram(int *counts, const float *x, int count) {
  PLIMSOLL_SHARED(int, local, 16);
  if (threadIdx.x < 16)
    local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = static_cast<int>(threadIdx.x); i < count; i += static_cast<int>(blockDim.x))
    atomicAdd(&local[static_cast<int>(x[i]) % 16], 1);
  __syncthreads();
  if (threadIdx.x < 16)
    atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}

TEST_F(CleanKernels, Histogram) {
  numbers(0, 1000);
  std::fill_n(ints(8192), 16, 0);
  emulator::markWritten(8192, 64);
  launch(nullptr, 3, 96, histogram, ints(8192), floats(0), 1000);
  expectClean();
  EXPECT_EQ(ints(8192)[0], 3 * 63);
}

__global__ void broadcast(float *y, const float *x) {
  y[blockIdx.x * blockDim.x + threadIdx.x] = x[0] + x[1];
}

TEST_F(CleanKernels, EveryBlockReadsTheSame) {
  numbers(0, 2);
  launch(nullptr, 5, 64, broadcast, floats(4096), floats(0));
  expectClean();
  EXPECT_EQ(floats(4096)[319], 1.0f);
}

__global__ void partialSums(float *partial, const float *x) {
  float sum = warpSum(x[blockIdx.x * 32 + threadIdx.x]);
  if (threadIdx.x == 0)
    partial[blockIdx.x] = sum;
}

TEST_F(CleanKernels, TwoGridsOfOneLaunch) {
  numbers(0, 32 * 32);
  emulator::Access slices[] = {{0, 4096, false}, {8192, 132, true, true}};
  emulator::beginLaunch("sum", slices);
  launch(nullptr, 32, 32, partialSums, floats(8192), floats(0));
  launch(nullptr, 1, 32, partialSums, floats(8192 + 128), floats(8192));
  emulator::endLaunch();
  expectClean();
  EXPECT_EQ(floats(8192)[32], 523776.0f);
}

__global__ void bytesToBits(unsigned char *y, const float *x) {
  y[threadIdx.x] = static_cast<unsigned char>(x[threadIdx.x]) & 1;
}

TEST_F(CleanKernels, NeighbouringBytesFromManyThreads) {
  numbers(0, 200);
  launch(nullptr, 1, 200, bytesToBits, reinterpret_cast<unsigned char *>(arena.data() + 4096),
         floats(0));
  expectClean();
  EXPECT_EQ(ints(4096)[0], 0x01000100);
}

__global__ void lastWarpIsShort(float *y) {
  y[threadIdx.x] = __shfl_sync(kAll, static_cast<float>(threadIdx.x), 0);
}

TEST_F(CleanKernels, ABlockOfFortyThreads) {
  launch(nullptr, 1, 40, lastWarpIsShort, floats(0));
  expectClean();
  EXPECT_EQ(floats(0)[39], 32.0f);
}

__global__ void segments(float *y) {
  float own = static_cast<float>(threadIdx.x);
  y[threadIdx.x] = __shfl_down_sync(kAll, own, 2, 8) + 100 * __shfl_sync(kAll, own, 1, 8);
}

TEST_F(CleanKernels, ShufflesInSegments) {
  launch(nullptr, 1, 32, segments, floats(0));
  expectClean();
  EXPECT_EQ(floats(0)[0], 102.0f);
  EXPECT_EQ(floats(0)[15], 15.0f + 900.0f); // no lane lies two lanes on: it gets its own value
}

template <int tileSize> __global__ void product(float *c, const float *a, const float *b, int n) {
  PLIMSOLL_SHARED(float, left, tileSize *tileSize);
  PLIMSOLL_SHARED(float, right, tileSize *tileSize);
  int x = static_cast<int>(threadIdx.x), y = static_cast<int>(threadIdx.y);
  int row = static_cast<int>(blockIdx.y) * tileSize + y;
  int col = static_cast<int>(blockIdx.x) * tileSize + x;
  float sum = 0;
  for (int first = 0; first < n; first += tileSize) {
    left[y * tileSize + x] = a[row * n + first + x];
    right[y * tileSize + x] = b[(first + y) * n + col];
    __syncthreads();
    for (int k = 0; k < tileSize; ++k)
      sum = fmaf(left[y * tileSize + k], right[k * tileSize + x], sum);
    __syncthreads();
  }
  c[row * n + col] = sum;
}

TEST_F(CleanKernels, MatrixProductOfTwoTemplates) {
  numbers(0, 64 * 64);
  for (int i = 0; i < 64 * 64; ++i)
    floats(16384)[i] = i % 64 == i / 64;
  emulator::markWritten(16384, 16384);
  launch(nullptr, dim3(4, 4), dim3(16, 16), product<16>, floats(32768), floats(0), floats(16384),
         64);
  launch(nullptr, dim3(8, 8), dim3(8, 8), product<8>, floats(65536), floats(0), floats(16384), 64);
  expectClean();
  for (int i = 0; i < 64 * 64; ++i) {
    ASSERT_EQ(floats(32768)[i], i);
    ASSERT_EQ(floats(65536)[i], i);
  }
}

/// Computes c [16, 8] = a [16, 16] b [16, 8]; each of two warps computes one product.
__global__ void warpProduct(const float *a, const float *b, float *c) {
  int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
  int group = lane / 4, pair = lane % 4 * 2;
  auto rows = [&](int row, int column) {
    return packPair(a[row * 16 + column], a[row * 16 + column + 1]);
  };
  auto columns = [&](int row) { return packPair(b[row * 8 + group], b[(row + 1) * 8 + group]); };
  uint32_t left[4] = {rows(group, pair), rows(group + 8, pair), rows(group, pair + 8),
                      rows(group + 8, pair + 8)};
  uint32_t right[2] = {columns(pair), columns(pair + 8)};
  float sums[4] = {};
  for (int times = 0; times <= warp; ++times)
    multiplyPairs(sums, left, right);
  c += warp * 128;
  c[group * 8 + pair] = sums[0];
  c[group * 8 + pair + 1] = sums[1];
  c[(group + 8) * 8 + pair] = sums[2];
  c[(group + 8) * 8 + pair + 1] = sums[3];
}

TEST_F(CleanKernels, MatrixProductOfAWarp) {
  float *a = numbers(0, 256), *b = numbers(4096, 128), *c = floats(8192);
  launch(nullptr, 1, 64, warpProduct, a, b, c);
  expectClean();
  for (int i = 0; i < 128; ++i) {
    float sum = 0; // whole numbers below 256 are bf16
    for (int k = 0; k < 16; ++k)
      sum += a[i / 8 * 16 + k] * b[k * 8 + i % 8];
    ASSERT_EQ(c[i], sum);
    ASSERT_EQ(c[128 + i], 2 * sum);
  }
}

__global__ void rounding(uint32_t *y, const float *x) {
  *y = packPair(x[0], x[1]);
}

TEST_F(CleanKernels, PairsAreRoundedToEven) {
  float *x = numbers(0, 2);
  x[0] = 257, x[1] = -259; // 1.00000001 and 1.00000011 in binary, times 256
  launch(nullptr, 1, 1, rounding, reinterpret_cast<uint32_t *>(floats(64)), x);
  expectClean();
  EXPECT_EQ(*ints(64), static_cast<int>(0xc3824380u));
}

__global__ void warpProductTf32(const float *a, const float *b, float *c) {
  int group = static_cast<int>(threadIdx.x) / 4, term = static_cast<int>(threadIdx.x) % 4;
  auto row = [&](int row, int column) { return roundTf32(a[row * 8 + column]); };
  uint32_t left[4] = {row(group, term), row(group + 8, term), row(group, term + 4),
                      row(group + 8, term + 4)};
  uint32_t right[2] = {roundTf32(b[term * 8 + group]), roundTf32(b[(term + 4) * 8 + group])};
  float sums[4] = {};
  multiplyTf32(sums, left, right);
  for (int i = 0; i < 4; ++i)
    c[(group + i / 2 * 8) * 8 + 2 * term + i % 2] = sums[i];
}

TEST_F(CleanKernels, MatrixProductOfAWarpInTf32) {
  float *a = numbers(0, 128), *b = numbers(4096, 64), *c = floats(8192);
  launch(nullptr, 1, 32, warpProductTf32, a, b, c);
  expectClean();
  for (int i = 0; i < 128; ++i) {
    float sum = 0; // whole numbers below 2048 are tf32
    for (int k = 0; k < 8; ++k)
      sum += a[i / 8 * 8 + k] * b[k * 8 + i % 8];
    ASSERT_EQ(c[i], sum);
  }
}

__global__ void roundingTf32(uint32_t *y, const float *x) {
  y[threadIdx.x] = roundTf32(x[threadIdx.x]);
}

TEST_F(CleanKernels, Tf32IsRoundedAwayFromZero) {
  const float given[] = {2049, -2051, 2048.5f, -INFINITY, 3e-39f};
  const float rounded[] = {2050, -2052, 2048, -INFINITY, 3e-39f};
  float *x = numbers(0, 5), *y = floats(64);
  for (int i = 0; i < 5; ++i)
    x[i] = given[i];
  launch(nullptr, 1, 5, roundingTf32, reinterpret_cast<uint32_t *>(y), x);
  expectClean();
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(y[i], rounded[i]);
  EXPECT_NEAR(y[4], rounded[4], 0x1p-137); // half a unit of what is below the smallest normal
}

__global__ void nothing() {}

TEST_F(CleanKernels, AGridWithoutBlocks) {
  launch(nullptr, dim3(0), 32, nothing);
  expectClean();
}

TEST_F(CleanKernels, AStandInForALibraryCall) {
  numbers(0, 64);
  emulator::Access slices[] = {{0, 256, false}, {4096, 256, true, true}};
  emulator::beginLaunch("library_call", slices);
  emulator::notePlainRead(floats(0), 256);
  emulator::noteWrite(floats(4096), 256);
  emulator::endLaunch();
  launch(nullptr, 1, 16, inPlace, floats(0));
  launch(nullptr, 2, 8, inPlace, floats(4096));
  expectClean();
}

} // namespace
