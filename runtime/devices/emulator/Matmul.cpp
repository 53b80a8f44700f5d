//===- Matmul.cpp - the CPU's matrix product as replacement of cuBLASLt's -----===//
//
// A call of the library is reported to the emulator by what it reads and writes as a whole.
// cuBLASLt may overwrite its workspace, whose content is therefore undefined afterwards.
//===----------------------------------------------------------------------===//
#include "../../kernels/cuda/Matmul.h"
#include "../../kernels/cuda/FactorSums.h"

#include "../../rules/MatmulSizes.h"
#include "Device.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/CudaKernels.h"
#include "plimsoll/Kernels.h"

#include <bit>
#include <cstdio>
#include <cstring>
#include <vector>

namespace plimsoll::cuda {
namespace {

/// Return the factors as they are multiplied: as f32, rounded if they are bf16 or tf32.
std::vector<float> factors(const float *from, int64_t count) {
  return {from, from + count};
}
std::vector<float> factors(const Bf16 *from, int64_t count) {
  return {from, from + count};
}

/// A float that products round to ten bits of fraction, to nearest, ties to even.
struct Tf32 {
  float whole;
};
std::vector<float> factors(const Tf32 *from, int64_t count) {
  constexpr int dropped = 13;
  constexpr uint32_t half = (uint32_t(1) << dropped >> 1) - 1, mask = ~uint32_t(0) << dropped;
  std::vector<float> to(count);
  for (int64_t i = 0; i < count; ++i) {
    auto word = std::bit_cast<uint32_t>(from[i].whole);
    bool finite = (word & 0x7f800000) != 0x7f800000;
    to[i] =
        finite ? std::bit_cast<float>((word + half + (word >> dropped & 1)) & mask) : from[i].whole;
  }
  return to;
}

template <typename Factor> void multiply(const Launch &launch) {
  const int64_t *sizes = launch.sizes;
  int64_t batch = sizes[0], m = sizes[1], n = sizes[2], k = sizes[3];
  int64_t countA = (sizes[6] ? batch : 1) * m * k, countB = (sizes[7] ? batch : 1) * k * n;
  emulator::notePlainRead(launch.buffers[0], countA * sizeof(Factor));
  emulator::notePlainRead(launch.buffers[1], countB * sizeof(Factor));
  constexpr int threads = 1;
  std::vector<std::byte> scratch(plimsoll::matmul.workspace({sizes, launch.sizeCount, threads}));
  std::vector<float> a = factors(launch.buffer<Factor>(0), countA);
  std::vector<float> b = factors(launch.buffer<Factor>(1), countB);
  void *buffers[] = {a.data(),          b.data(), launch.buffers[2], launch.buffers[3],
                     launch.buffers[4], nullptr,  scratch.data()};
  std::vector<int64_t> withoutSums(sizes, sizes + launch.sizeCount);
  withoutSums.back() = int64_t(SummedFactor::none);
  Launch onHost = launch;
  onHost.buffers = buffers, onHost.bufferCount = 7, onHost.threads = threads;
  onHost.sizes = withoutSums.data();
  onHost.type = ElementType::f32;
  if (sizes[8])
    emulator::notePlainRead(launch.buffers[2], n * sizeof(float));
  if (sizes[9])
    emulator::notePlainRead(launch.buffers[3], batch * m * n * sizeof(float));
  emulator::noteWrite(launch.buffers[4], batch * m * n * 4);
  plimsoll::matmul.run(onHost);
}

void run(const Launch &launch) {
  if (launch.type == ElementType::bf16)
    multiply<Bf16>(launch);
  else
    launch.precision == Precision::tf32 ? multiply<Tf32>(launch) : multiply<float>(launch);
  sumFactor(launch);
}

/// The name of the only algorithm. Checkpoints record it as they record one of cuBLASLt's.
constexpr const char *kAlgorithm = "emulator 1";

void *prepare(const LaunchShape &, int64_t, const char **) {
  return const_cast<char *>(kAlgorithm);
}
void *prepareAs(const LaunchShape &, int64_t, const char *choice, const char **error) {
  if (!std::strcmp(choice, kAlgorithm))
    return const_cast<char *>(kAlgorithm);
  *error = "the emulator has no such algorithm";
  return nullptr;
}
void choice(const void *handle, char *text, size_t capacity) {
  std::snprintf(text, capacity, "%s", static_cast<const char *>(handle));
}

} // namespace

const KernelOf<MatmulArguments> matmul = {"matmul", run,    matmulWorkspace,
                                          prepare,  choice, prepareAs};

} // namespace plimsoll::cuda
