//===- Matmul.cpp - the CPU's product in the place of cuBLASLt's --------------===//
//
// The library call is told to the emulator as what it reads and writes. Its workspace is scratch
// that cuBLASLt might overwrite: what it held before means nothing afterwards.
//===----------------------------------------------------------------------===//
#include "../cuda/Matmul.h"

#include "../../kernels/Matmul.h"
#include "Device.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

#include <bit>
#include <vector>

namespace plimsoll::cuda {
namespace {

/// `count` numbers rounded to the nearest with `bits` bits of fraction, ties to even.
std::vector<float> rounded(const float *from, int64_t count, int bits) {
  const int dropped = 23 - bits;
  const uint32_t half = (uint32_t(1) << dropped >> 1) - 1, mask = ~uint32_t(0) << dropped;
  std::vector<float> to(from, from + count);
  for (float &x : to) {
    auto word = std::bit_cast<uint32_t>(x);
    if ((word & 0x7f800000) != 0x7f800000) // not of infinities and NaN
      x = std::bit_cast<float>((word + half + (word >> dropped & 1)) & mask);
  }
  return to;
}

template <int bits> void run(const Launch &launch) {
  const int64_t *sizes = launch.sizes;
  int64_t batch = sizes[0], m = sizes[1], n = sizes[2], k = sizes[3];
  int64_t countA = (sizes[6] ? batch : 1) * m * k, countB = (sizes[7] ? batch : 1) * k * n;
  emulator::notePlainRead(launch.buffers[0], countA * 4);
  emulator::notePlainRead(launch.buffers[1], countB * 4);
  constexpr int threads = 1;
  std::vector<std::byte> scratch(plimsoll::matmul.workspace(sizes, launch.sizeCount, threads));
  void *buffers[] = {launch.buffers[0], launch.buffers[1], launch.buffers[2], scratch.data()};
  std::vector<float> a, b;
  if (bits < 23) {
    a = rounded(launch.buffer<float>(0), countA, bits);
    b = rounded(launch.buffer<float>(1), countB, bits);
    buffers[0] = a.data(), buffers[1] = b.data();
  }
  Launch onHost = launch;
  onHost.buffers = buffers, onHost.bufferCount = 4, onHost.threads = threads;
  emulator::noteWrite(launch.buffers[2], batch * m * n * 4);
  plimsoll::matmul.run(onHost);
}

} // namespace

const Kernel matmul = {"matmul", run<23>, matmulWorkspace};
const Kernel matmul_tf32 = {"matmul_tf32", run<10>, matmulWorkspace};
const Kernel matmul_bf16 = {"matmul_bf16", run<7>, matmulWorkspace};

} // namespace plimsoll::cuda
