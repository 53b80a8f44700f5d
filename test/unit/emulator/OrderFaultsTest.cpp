// Planted faults of order: races in a block and between blocks, barriers that some never reach.
#include "EmulatorHarness.h"
#include "kernels/cuda/Tensor.h"

using namespace plimsoll::cuda;

namespace {

class OrderFaults : public EmulatorTest {};

__global__ void reverseWithoutBarrier(float *y, const float *x) {
  PLIMSOLL_SHARED(float, tile, 64);
  tile[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = tile[63 - threadIdx.x];
}

TEST_F(OrderFaults, ABarrierIsMissingBeforeTheRead) {
  numbers(0, 64);
  launch(nullptr, 1, 64, reverseWithoutBarrier, floats(4096), floats(0));
  // Thread 0 reads bytes before they are written; thread 32 reads what thread 31 wrote.
  std::vector<emulator::Fault> faults = emulator::takeFaults();
  bool race = false;
  for (const emulator::Fault &fault : faults)
    race |= fault.kind == FaultKind::blockRace && fault.place.starts_with("tile[");
  EXPECT_TRUE(race);
}

__global__ void twoTiles(float *y, const float *x, int tiles, bool barrier) {
  PLIMSOLL_SHARED(float, tile, 64);
  float sum = 0;
  for (int t = 0; t < tiles; ++t) {
    tile[threadIdx.x] = x[t * 64 + threadIdx.x];
    __syncthreads();
    sum += tile[63 - threadIdx.x];
    if (barrier)
      __syncthreads();
  }
  y[threadIdx.x] = sum;
}

TEST_F(OrderFaults, ABarrierIsMissingBeforeTheNextTile) {
  numbers(0, 128);
  launch(nullptr, 1, 64, twoTiles, floats(4096), floats(0), 2, true);
  expectClean();
  launch(nullptr, 1, 64, twoTiles, floats(4096), floats(0), 2, false);
  expectFault(FaultKind::blockRace, "tile[", "missing __syncthreads");
}

__global__ void everyoneWrites(float *y) {
  PLIMSOLL_SHARED(float, total, 1);
  total[0] = static_cast<float>(threadIdx.x);
  __syncthreads();
  y[threadIdx.x] = total[0];
}

TEST_F(OrderFaults, TwoThreadsWriteOneWord) {
  launch(nullptr, 1, 2, everyoneWrites, floats(0));
  expectFault(FaultKind::blockRace, "total[0]", "thread (0,0,0) wrote with no barrier between");
}

__global__ void overlappingRows(float *y) {
  for (int i = 0; i < 5; ++i) // one too many: 4 a thread
    y[threadIdx.x * 4 + i] = 1.0f;
}

TEST_F(OrderFaults, RowsOfTwoThreadsOverlapInTheArena) {
  launch(nullptr, 1, 8, overlappingRows, floats(0));
  expectFault(FaultKind::blockRace, "arena + 0x10", "thread (0,0,0) wrote");
}

__global__ void readThenWrite(float *x) {
  float next = x[(threadIdx.x + 1) % 64];
  x[threadIdx.x] = next;
}

TEST_F(OrderFaults, AnotherThreadReadsWhatIsOverwritten) {
  numbers(0, 64);
  launch(nullptr, 1, 64, readThenWrite, floats(0));
  expectFault(FaultKind::blockRace, "arena + 0x4", "thread (0,0,0) read");
}

__global__ void shuffledThroughMemory(float *y, bool sync) {
  PLIMSOLL_SHARED(float, slot, 32);
  slot[threadIdx.x] = static_cast<float>(threadIdx.x);
  float other = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
  if (sync)
    __syncwarp();
  y[threadIdx.x] = slot[threadIdx.x ^ 1] + other;
}

TEST_F(OrderFaults, AShuffleOrdersNoMemory) {
  launch(nullptr, 1, 32, shuffledThroughMemory, floats(0), true);
  expectClean();
  launch(nullptr, 1, 32, shuffledThroughMemory, floats(0), false);
  expectFault(FaultKind::blockRace, "slot[");
}

__global__ void warpBarrierForTwoWarps(float *y) {
  PLIMSOLL_SHARED(float, slot, 64);
  slot[threadIdx.x] = 1.0f;
  __syncwarp();
  y[threadIdx.x] = threadIdx.x < 32 ? 0.0f : slot[threadIdx.x - 32];
}

TEST_F(OrderFaults, AWarpsBarrierOrdersNoOtherWarp) {
  launch(nullptr, 1, 64, warpBarrierForTwoWarps, floats(0));
  expectFault(FaultKind::blockRace, "slot[31]", "thread (31,0,0) wrote");
}

__global__ void sameRow(float *y, int stride) {
  y[blockIdx.x * stride + threadIdx.x] = 1.0f;
}

TEST_F(OrderFaults, TwoBlocksWriteTheSameBytes) {
  launch(nullptr, 4, 64, sameRow, floats(0), 64);
  expectClean();
  launch(nullptr, 4, 64, sameRow, floats(0), 63);
  expectFault(FaultKind::gridRace, "arena + 0xfc", "block (0,0,0), thread (63,0,0) wrote");
}

__global__ void neighbours(float *y, float *x) {
  int i = static_cast<int>(blockIdx.x * 32 + threadIdx.x);
  x[i] = 2.0f;
  y[i] = i ? x[i - 1] : 0.0f;
}

TEST_F(OrderFaults, ABlockReadsWhatAnotherWrote) {
  launch(nullptr, 2, 32, neighbours, floats(4096), floats(0));
  std::vector<emulator::Fault> faults = emulator::takeFaults();
  bool found = false;
  for (const emulator::Fault &fault : faults)
    found |= fault.kind == FaultKind::gridRace && fault.place == "arena + 0x7c";
  EXPECT_TRUE(found);
}

__global__ void lateWriter(float *x, float *y) {
  if (blockIdx.x < 3)
    y[blockIdx.x * 32 + threadIdx.x] = x[0];
  else if (threadIdx.x == 0)
    x[0] = 1.0f;
}

TEST_F(OrderFaults, ABlockOverwritesWhatOthersRead) {
  numbers(0, 1);
  launch(nullptr, 4, 32, lateWriter, floats(0), floats(4096));
  expectFault(FaultKind::gridRace, "arena + 0x0", "and others read");
}

__global__ void neighbouringBytes(unsigned char *y, int width) {
  for (int i = 0; i < width; ++i)
    y[threadIdx.x * 3 + i] = 1;
}

TEST_F(OrderFaults, BytesOfOneWordAreToldApart) {
  auto *bytes = reinterpret_cast<unsigned char *>(arena.data());
  launch(nullptr, 1, 32, neighbouringBytes, bytes, 3);
  expectClean();
  launch(nullptr, 1, 32, neighbouringBytes, bytes, 4);
  expectFault(FaultKind::blockRace, "arena + 0x3");
}

__global__ void plainAndAtomic(int *counter, bool plain) {
  if (plain && threadIdx.x == 1)
    *counter = 5;
  else
    atomicAdd(counter, 1);
}

TEST_F(OrderFaults, AnAtomicRacesWithAPlainWrite) {
  numbers(0, 1);
  launch(nullptr, 2, 32, plainAndAtomic, ints(0), false);
  expectClean();
  launch(nullptr, 1, 32, plainAndAtomic, ints(0), true);
  expectFault(FaultKind::blockRace, "arena + 0x0");
}

__global__ void halfWaits(float *y) {
  if (threadIdx.x < 32)
    __syncthreads();
  y[threadIdx.x] = 1.0f;
}

TEST_F(OrderFaults, HalfOfTheBlockSkipsABarrier) {
  launch(nullptr, 1, 64, halfWaits, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "32 have returned");
}

__global__ void earlyReturn(float *y, int count) {
  PLIMSOLL_SHARED(float, tile, 64);
  if (int(threadIdx.x) >= count)
    return;
  tile[threadIdx.x] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = tile[0];
}

TEST_F(OrderFaults, SomeReturnBeforeABarrier) {
  launch(nullptr, 1, 64, earlyReturn, floats(0), 64);
  expectClean();
  launch(nullptr, 1, 64, earlyReturn, floats(0), 63);
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "1 have returned");
}

__global__ void twoBarriers(float *y) {
  if (threadIdx.x % 2)
    __syncthreads();
  else
    __syncthreads();
  y[threadIdx.x] = 1.0f;
}

TEST_F(OrderFaults, ThreadsWaitAtTwoPlaces) {
  launch(nullptr, 1, 64, twoBarriers, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "thread (0,0,0) waits in");
}

__global__ void longerLoop(float *y) {
  for (unsigned i = 0; i <= threadIdx.x / 32; ++i)
    __syncthreads();
  y[threadIdx.x] = 1.0f;
}

TEST_F(OrderFaults, OneWarpGoesOnceMoreThroughALoop) {
  launch(nullptr, 1, 64, longerLoop, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "32 have returned");
}

__global__ void partOfAWarp(float *y) {
  if (threadIdx.x < 30)
    y[threadIdx.x] = __shfl_xor_sync(0xffffffffu, 1.0f, 1);
}

TEST_F(OrderFaults, AShuffleWithLanesThatAreElsewhere) {
  launch(nullptr, 1, 32, partOfAWarp, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "a shuffle at");
}

__global__ void wrongMask(float *y) {
  y[threadIdx.x] = __shfl_xor_sync(0xffffu, 1.0f, 1);
}

TEST_F(OrderFaults, AMaskWithoutTheCaller) {
  launch(nullptr, 1, 32, wrongMask, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "mask of other lanes");
}

__global__ void fromAbsentLane(float *y) {
  if (threadIdx.x < 16)
    y[threadIdx.x] = __shfl_down_sync(0xffffu, 1.0f, 8);
}

TEST_F(OrderFaults, AShuffleFromALaneThatTakesNoPart) {
  launch(nullptr, 1, 32, fromAbsentLane, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "takes no part");
}

__global__ void shuffleAgainstBarrier(float *y) {
  if (threadIdx.x < 16)
    __syncwarp();
  else
    __any_sync(0xffffffffu, 1);
  y[threadIdx.x] = 1.0f;
}

TEST_F(OrderFaults, LanesCallDifferentThings) {
  launch(nullptr, 1, 32, shuffleAgainstBarrier, floats(0));
  expectFault(FaultKind::divergence, "OrderFaultsTest.cpp:", "a vote at");
}

__global__ void halfAProduct(float *y) {
  float sums[4] = {};
  uint32_t left[4] = {}, right[2] = {};
  if (threadIdx.x < 16)
    multiplyPairs(sums, left, right);
  y[threadIdx.x] = sums[0];
}

TEST_F(OrderFaults, HalfOfAWarpMultiplies) {
  launch(nullptr, 1, 32, halfAProduct, floats(0));
  expectFault(FaultKind::divergence, "Tensor.h:", "a matrix product at");
}

TEST_F(OrderFaults, TheNextLaunchRunsAfterADivergence) {
  for (int i = 0; i < 3; ++i)
    launch(nullptr, 1, 64, halfWaits, floats(0));
  EXPECT_EQ(emulator::takeFaults().size(), 3u);
  numbers(0, 64);
  launch(nullptr, 1, 64, twoTiles, floats(4096), floats(0), 1, true);
  expectClean();
  EXPECT_EQ(floats(4096)[0], 63.0f);
}

} // namespace
