// Planted faults of single accesses: bounds, bytes without a value, alignment, limits of a launch.
#include "EmulatorHarness.h"

using namespace plimsoll::cuda;

namespace {

class MemoryFaults : public EmulatorTest {};

__global__ void copyUpTo(float *to, const float *from, int last) {
  int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i <= last)
    to[i] = from[i];
}

TEST_F(MemoryFaults, OneElementTooManyIsRead) {
  numbers(0, 100);
  emulator::Access slices[] = {{0, 400, false}, {4096, 1000, true}};
  emulator::beginLaunch("copy_up_to", slices);
  launch(nullptr, 2, 64, copyUpTo, floats(4096), floats(0), 100);
  emulator::endLaunch();
  expectFault(FaultKind::bounds, "arena + 0x190", "copy_up_to, block (1,0,0), thread (36,0,0)");
}

TEST_F(MemoryFaults, OneElementTooManyIsWritten) {
  numbers(0, 101);
  emulator::Access slices[] = {{0, 404, false}, {4096, 400, true}};
  emulator::beginLaunch("copy_up_to", slices);
  launch(nullptr, 2, 64, copyUpTo, floats(4096), floats(0), 100);
  emulator::endLaunch();
  expectFault(FaultKind::bounds, "arena + 0x1190", "0 bytes behind the end of");
}

TEST_F(MemoryFaults, AnotherValuesSliceIsWritten) {
  numbers(0, 64);
  emulator::Access slices[] = {{0, 256, false}, {4096, 256, true}};
  emulator::beginLaunch("wrong_slice", slices);
  launch(nullptr, 1, 64, copyUpTo, floats(8192), floats(0), 63);
  emulator::endLaunch();
  expectFault(FaultKind::bounds, "arena + 0x2000", "look at the last index");
}

TEST_F(MemoryFaults, AnOperandIsWritten) {
  numbers(0, 128);
  emulator::Access slices[] = {{0, 256, false}, {256, 256, false}};
  emulator::beginLaunch("writes_operand", slices);
  launch(nullptr, 1, 64, copyUpTo, floats(256), floats(0), 63);
  emulator::endLaunch();
  expectFault(FaultKind::bounds, "arena + 0x100", "which this launch only reads");
}

TEST_F(MemoryFaults, BytesBehindTheArenaAreWritten) {
  numbers(0, 64);
  size_t end = arena.bytes() - 128;
  launch(nullptr, 1, 64, copyUpTo, floats(end), floats(0), 63);
  expectFault(FaultKind::bounds, "arena + 0x100000");
}

__global__ void before(float *x) {
  x[0] = x[-1 - int(threadIdx.x)];
}

TEST_F(MemoryFaults, BytesBeforeTheArenaAreRead) {
  launch(nullptr, 1, 1, before, floats(0));
  expectFault(FaultKind::bounds, "arena - 0x4");
}

__global__ void reverse(float *y, const float *x, int shift) {
  PLIMSOLL_SHARED(float, tile, 64);
  int i = static_cast<int>(threadIdx.x);
  tile[i] = x[i];
  __syncthreads();
  y[i] = tile[64 - shift - i];
}

TEST_F(MemoryFaults, ASharedArrayIsReadBehindItsEnd) {
  numbers(0, 64);
  launch(nullptr, 1, 64, reverse, floats(4096), floats(0), 0);
  expectFault(FaultKind::bounds, "tile[64]", "of 64 elements");
}

TEST_F(MemoryFaults, ASharedArrayIsReadBeforeItsStart) {
  numbers(0, 64);
  launch(nullptr, 1, 64, reverse, floats(4096), floats(0), 2);
  expectFault(FaultKind::bounds, "tile[-1]");
}

TEST_F(MemoryFaults, AnUnwrittenOperandIsRead) {
  numbers(0, 63);
  launch(nullptr, 1, 64, copyUpTo, floats(4096), floats(0), 63);
  expectFault(FaultKind::unwritten, "arena + 0xfc", "which nothing has written");
}

TEST_F(MemoryFaults, AResultIsReadThatIsFreshInThisLaunch) {
  numbers(0, 64);
  emulator::Access slices[] = {{0, 256, true, true}, {4096, 256, true}};
  emulator::beginLaunch("reads_result", slices);
  launch(nullptr, 1, 64, copyUpTo, floats(4096), floats(0), 63);
  emulator::endLaunch();
  expectFault(FaultKind::unwritten, "arena + 0x0", "reads_result");
}

__global__ void halfTile(float *y) {
  PLIMSOLL_SHARED(float, tile, 64);
  if (threadIdx.x < 32)
    tile[threadIdx.x] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = tile[threadIdx.x];
}

TEST_F(MemoryFaults, SharedMemoryHasNoContentAtFirst) {
  launch(nullptr, 1, 64, halfTile, floats(0));
  expectFault(FaultKind::unwritten, "tile[63]");
}

__global__ void firstBlockFills(float *y) {
  PLIMSOLL_SHARED(float, tile, 32);
  if (blockIdx.x == 0)
    tile[threadIdx.x] = 1.0f;
  y[blockIdx.x * 32 + threadIdx.x] = tile[threadIdx.x];
}

TEST_F(MemoryFaults, SharedMemoryOfTheBlockBeforeIsGone) {
  launch(nullptr, 2, 32, firstBlockFills, floats(0));
  expectFault(FaultKind::unwritten, "tile[0]", "block (1,0,0)");
}

__global__ void sumBytes(int *y, const unsigned char *x) {
  int sum = 0;
  for (int i = 0; i < 5; ++i)
    sum += x[i];
  *y = sum;
}

TEST_F(MemoryFaults, OneByteOfAWordHasNoValue) {
  emulator::markWritten(64, 3);
  emulator::markWritten(68, 1);
  launch(nullptr, 1, 1, sumBytes, ints(0),
         reinterpret_cast<const unsigned char *>(arena.data() + 64));
  expectFault(FaultKind::unwritten, "arena + 0x43", "reads 1 bytes");
}

__global__ void copyVectors(float *to, const float *from, int shift) {
  int i = static_cast<int>(4 * threadIdx.x) + shift;
  storeVector(to + i, loadVector<float4>(from + i));
}

TEST_F(MemoryFaults, AVectorIsNotAligned) {
  numbers(0, 200);
  launch(nullptr, 1, 32, copyVectors, floats(4096), floats(0), 2);
  expectFault(FaultKind::misaligned, "arena + 0x8", "16 bytes");
}

__global__ void sharedVectors(float *y) {
  PLIMSOLL_SHARED(float, rows, 33 * 4);
  for (int i = 0; i < 33; ++i)
    rows[threadIdx.x * 33 + i] = 1.0f;
  __syncwarp();
  y[threadIdx.x] = loadVector<float4>(rows + threadIdx.x * 33).x;
}

TEST_F(MemoryFaults, AVectorOfAPaddedSharedRowIsNotAligned) {
  launch(nullptr, 1, 4, sharedVectors, floats(0));
  expectFault(FaultKind::misaligned, "rows[99]");
}

__global__ void wideNumber(double *y) {
  *y = 1.0;
}

TEST_F(MemoryFaults, ANumberIsNotAligned) {
  launch(nullptr, 1, 1, wideNumber, reinterpret_cast<double *>(arena.data() + 4));
  expectFault(FaultKind::misaligned, "arena + 0x4", "8 bytes");
}

__global__ void greedy(float *y) {
  PLIMSOLL_SHARED(float, left, 8192);
  PLIMSOLL_SHARED(float, right, 8192);
  left[threadIdx.x] = right[threadIdx.x] = 1.0f;
  y[threadIdx.x] = left[threadIdx.x] + right[threadIdx.x];
}

TEST_F(MemoryFaults, MoreSharedMemoryThanABlockHas) {
  launch(nullptr, 1, 32, greedy, floats(0));
  expectFault(FaultKind::launch, "right", "65536 bytes");
}

TEST_F(MemoryFaults, MoreThreadsThanABlockHas) {
  launch(nullptr, 1, dim3(64, 32), greedy, floats(0));
  expectFault(FaultKind::launch, "grid", "2048 threads");
}

TEST_F(MemoryFaults, AStandInReadsWhatNobodyWrote) {
  emulator::Access slices[] = {{0, 256, false}, {4096, 256, true}};
  emulator::beginLaunch("library_call", slices);
  emulator::noteWrite(floats(4096), 256);
  emulator::notePlainRead(floats(0), 256);
  emulator::endLaunch();
  expectFault(FaultKind::unwritten, "arena + 0x0", "library_call");
}

TEST_F(MemoryFaults, TheFirstFaultOfALaunchEndsTheProgram) {
  auto run = [&] {
    collect.~CollectFaults();
    launch(nullptr, 1, 1, before, floats(0));
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(1),
              "arena - 0x4.*\n.*and [0-9]+ more faults|arena - 0x4");
}

} // namespace
