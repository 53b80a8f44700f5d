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

#include <vector>

namespace plimsoll::cuda {
namespace {

void run(const Launch &launch) {
  const int64_t *sizes = launch.sizes;
  int64_t batch = sizes[0], m = sizes[1], n = sizes[2], k = sizes[3];
  emulator::notePlainRead(launch.buffers[0], (sizes[6] ? batch : 1) * m * k * 4);
  emulator::notePlainRead(launch.buffers[1], (sizes[7] ? batch : 1) * k * n * 4);
  constexpr int threads = 1;
  std::vector<std::byte> scratch(plimsoll::matmul.workspace(sizes, launch.sizeCount, threads));
  void *buffers[] = {launch.buffers[0], launch.buffers[1], launch.buffers[2], scratch.data()};
  Launch onHost = launch;
  onHost.buffers = buffers, onHost.bufferCount = 4, onHost.threads = threads;
  emulator::noteWrite(launch.buffers[2], batch * m * n * 4);
  plimsoll::matmul.run(onHost);
}

} // namespace

const Kernel matmul = {"matmul", run, matmulWorkspace};

} // namespace plimsoll::cuda
