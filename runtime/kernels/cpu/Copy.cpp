//===- Copy.cpp - copies, concatenation and splitting of bytes --------------===//
//
// copy   {in, out} {bytes}                       out may be in's bytes
// concat {in0, in1, ..., out} {outer, bytes0, bytes1, ...}
// split  {in, out0, out1, ...} {outer, bytes0, bytes1, ...}
//   There are `outer` rows; row r of the whole is the concatenation of row r of all parts.
//   Parts and whole share no bytes.
//===----------------------------------------------------------------------===//
#include "Team.h"
#include "plimsoll/Kernels.h"

#include <cstring>

namespace plimsoll {
namespace {

void runCopy(const Launch &launch) {
  const char *in = launch.buffer<char>(0);
  char *out = launch.buffer<char>(1);
  if (in == out)
    return;
  cpu::parallelRanges(
      launch.threads, launch.sizes[0], 4096, launch.sizes[0] / 8,
      [&](int, int64_t begin, int64_t end) { std::memcpy(out + begin, in + begin, end - begin); });
}

/// Copies rows between `whole` and its parts, which are buffers [firstPart, firstPart + n).
template <bool join> void moveRows(const Launch &launch, char *whole, int firstPart) {
  int64_t outer = launch.sizes[0], parts = launch.sizeCount - 1, rowBytes = 0;
  for (int64_t part = 0; part < parts; ++part)
    rowBytes += launch.sizes[1 + part];
  cpu::parallelFor(launch.threads, outer, outer * rowBytes / 8, [&](int64_t row) {
    char *place = whole + row * rowBytes;
    for (int64_t part = 0; part < parts; ++part) {
      int64_t bytes = launch.sizes[1 + part];
      char *other = launch.buffer<char>(firstPart + static_cast<int>(part)) + row * bytes;
      std::memcpy(join ? place : other, join ? other : place, bytes);
      place += bytes;
    }
  });
}

void runConcat(const Launch &launch) {
  moveRows<true>(launch, launch.buffer<char>(launch.sizeCount - 1), 0);
}
void runSplit(const Launch &launch) {
  moveRows<false>(launch, launch.buffer<char>(0), 1);
}

} // namespace

const KernelOf<CopyArguments> copy = {"copy", runCopy};
const KernelOf<ConcatArguments> concat = {"concat", runConcat};
const KernelOf<SplitArguments> split = {"split", runSplit};

} // namespace plimsoll
