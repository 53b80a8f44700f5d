//===- Copy.cu - copies, concatenation and splitting of bytes ----------------===//
//
// cpu/Copy.cpp documents buffers and sizes. Each part is one launch, which copies in the
// largest unit (up to 16 bytes) that divides all rows. 256 threads copy one unit each; at most 24
// registers: full occupancy.
//===----------------------------------------------------------------------===//
#include "Rows.h"
#include "plimsoll/CudaKernels.h"

namespace plimsoll::cuda {
namespace {

/// Copies rows of `width` units, which are `fromStride` and `toStride` units apart.
template <typename Unit>
__global__ void __launch_bounds__(kRowThreads)
    copyRows(const Unit *from, int64_t fromStride, Unit *to, int64_t toStride, int64_t rows,
             int64_t width) {
  const int64_t i = int64_t(blockIdx.x) * kRowThreads + threadIdx.x;
  if (i >= rows * width)
    return;
  const int64_t row = i / width, column = i - row * width;
  to[row * toStride + column] = from[row * fromStride + column];
}

struct Rows {
  char *start;
  int64_t stride; ///< bytes
};

template <typename Unit>
void copyUnits(Stream stream, Rows from, Rows to, int64_t rows, int64_t bytes) {
  constexpr int64_t size = sizeof(Unit);
  int64_t width = bytes / size;
  cuda::launch(stream, blocksFor(rows * width, kRowThreads), kRowThreads, copyRows<Unit>,
               reinterpret_cast<const Unit *>(from.start), from.stride / size,
               reinterpret_cast<Unit *>(to.start), to.stride / size, rows, width);
}

/// Copies rows in the largest unit that divides `common`. Its lowest set bit is that of any of the
/// sizes in bytes: the largest power of two that divides them all.
void copyBytes(Stream stream, Rows from, Rows to, int64_t rows, int64_t bytes, int64_t common) {
  if (common % 16 == 0)
    copyUnits<uint4>(stream, from, to, rows, bytes);
  else if (common % 8 == 0)
    copyUnits<uint64_t>(stream, from, to, rows, bytes);
  else if (common % 4 == 0)
    copyUnits<uint32_t>(stream, from, to, rows, bytes);
  else if (common % 2 == 0)
    copyUnits<uint16_t>(stream, from, to, rows, bytes);
  else
    copyUnits<uint8_t>(stream, from, to, rows, bytes);
}

void runCopy(const Launch &launch) {
  char *in = launch.buffer<char>(0), *out = launch.buffer<char>(1);
  int64_t bytes = launch.sizes[0];
  if (in != out)
    copyBytes(streamOf(launch), {in, bytes}, {out, bytes}, 1, bytes, bytes);
}

/// Copies rows between `whole` and its parts, which are buffers [firstPart, firstPart + n).
void moveParts(const Launch &launch, char *whole, int firstPart, bool join) {
  int64_t outer = launch.sizes[0], rowBytes = 0, common = 0;
  for (int part = 1; part < launch.sizeCount; ++part) {
    rowBytes += launch.sizes[part];
    common |= launch.sizes[part]; // its lowest set bit is the lowest of all sizes
  }
  for (int part = 0; part + 1 < launch.sizeCount; ++part) {
    int64_t bytes = launch.sizes[1 + part];
    Rows place = {whole, rowBytes}, other = {launch.buffer<char>(firstPart + part), bytes};
    copyBytes(streamOf(launch), join ? other : place, join ? place : other, outer, bytes, common);
    whole += bytes;
  }
}

void runConcat(const Launch &launch) {
  moveParts(launch, launch.buffer<char>(launch.sizeCount - 1), 0, true);
}
void runSplit(const Launch &launch) {
  moveParts(launch, launch.buffer<char>(0), 1, false);
}

} // namespace

const KernelOf<CopyArguments> copy = {"copy", runCopy};
const KernelOf<ConcatArguments> concat = {"concat", runConcat};
const KernelOf<SplitArguments> split = {"split", runSplit};

} // namespace plimsoll::cuda
