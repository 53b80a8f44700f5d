//===- Emulator.h - CUDA's vocabulary for the host compiler -----------------===//
//
// The part of the emulator that kernels use: the names that CUDA puts into the global namespace,
// with CUDA's meaning. Only Simt.h includes this. Kernels are compiled with
// -fsanitize=thread (never linked with it), so that every load and store calls the device
// (devices/emulator/Hooks.cpp).
//
// Calls that wait pass their file and line, because threads that wait at different places
// never meet.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_EMULATOR_H
#define PLIMSOLL_CUDA_EMULATOR_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) double2 {
  double x, y;
};
struct alignas(8) int2 {
  int x, y;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct uint3 {
  unsigned x, y, z;
};
struct alignas(16) uint4 {
  unsigned x, y, z, w;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

inline float2 make_float2(float x, float y) {
  return {x, y};
}
inline float4 make_float4(float x, float y, float z, float w) {
  return {x, y, z, w};
}
inline double2 make_double2(double x, double y) {
  return {x, y};
}
inline int2 make_int2(int x, int y) {
  return {x, y};
}
inline int4 make_int4(int x, int y, int z, int w) {
  return {x, y, z, w};
}
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
  return {x, y, z, w};
}

extern uint3 threadIdx, blockIdx; ///< those of the running thread
extern dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace plimsoll::emulator {

/// A declaration of a shared array; the launch's first block chooses its address.
struct SharedArray {
  const char *name;
  uint64_t elementBytes, count;
  uint64_t launch = 0; ///< the launch that `address` belongs to
  void *address = nullptr;
};
void *sharedArray(SharedArray &array);

/// A place in a kernel's source.
struct Site {
  const char *file;
  int line;
};

enum class Meeting { block, warp, shuffle, vote, matrix };

void waitForBlock(Site site);
/// Waits for the lanes of `mask`. Returns the word that lane `source` passed (shuffle), or the
/// mask of the lanes that passed a word other than 0 (vote).
uint64_t waitForWarp(Meeting meeting, unsigned mask, uint64_t word, int source, Site site);
int currentLane();

/// A lane's part of a product of 16 x depth by depth x 8 numbers: bf16 in pairs (depth 16) or
/// tf32 (depth 8), sums in f32. kernels/cuda/Tensor.h documents the layout.
struct MatrixFragments {
  const uint32_t *a, *b;
  float *c;
  enum Format { bf16, tf32 } format;
};
/// Computes c += a b with a whole warp.
void multiplyMatrices(MatrixFragments &fragments, Site site);

void checkAlignment(const void *address, int bytes);
void runGrid(dim3 grid, dim3 block, void (*thread)(void *context), void *context);

template <typename T> T shuffle(unsigned mask, T value, int source, Site site) {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) >= 4 && sizeof(T) <= 8);
  uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(T));
  word = waitForWarp(Meeting::shuffle, mask, word, source, site);
  std::memcpy(&value, &word, sizeof(T));
  return value;
}

/// Returns `lane`, or the caller's lane if `lane` is in another segment of `width` lanes.
inline int inSegment(int lane, int width) {
  int own = currentLane();
  return lane >= 0 && lane / width == own / width ? lane : own;
}

/// The types of atomics: int, unsigned and unsigned long long.
template <typename T>
concept AtomicWord =
    std::is_same_v<T, int> || std::is_same_v<T, unsigned> || std::is_same_v<T, unsigned long long>;
enum class AtomicOp { add, least, most, exchange, all, any };
template <AtomicWord T> T atomic(AtomicOp op, T *address, T value);
template <AtomicWord T> T atomicCompareAndSwap(T *address, T wanted, T value);

} // namespace plimsoll::emulator

// Used as default arguments, these give the caller's file and line.
#define PLIMSOLL_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(PLIMSOLL_SITE) {
  plimsoll::emulator::waitForBlock({file, line});
}
inline void __syncwarp(unsigned mask = 0xffffffffu, PLIMSOLL_SITE) {
  plimsoll::emulator::waitForWarp(plimsoll::emulator::Meeting::warp, mask, 0, 0, {file, line});
}
template <typename T>
T __shfl_sync(unsigned mask, T value, int lane, int width = 32, PLIMSOLL_SITE) {
  using namespace plimsoll::emulator;
  return shuffle(mask, value, currentLane() / width * width + (lane & (width - 1)), {file, line});
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int with, int width = 32, PLIMSOLL_SITE) {
  using namespace plimsoll::emulator;
  return shuffle(mask, value, inSegment(currentLane() ^ with, width), {file, line});
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, PLIMSOLL_SITE) {
  using namespace plimsoll::emulator;
  return shuffle(mask, value, inSegment(currentLane() + int(by), width), {file, line});
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, PLIMSOLL_SITE) {
  using namespace plimsoll::emulator;
  return shuffle(mask, value, inSegment(currentLane() - int(by), width), {file, line});
}
inline unsigned __ballot_sync(unsigned mask, int predicate, PLIMSOLL_SITE) {
  using namespace plimsoll::emulator;
  return static_cast<unsigned>(waitForWarp(Meeting::vote, mask, predicate != 0, 0, {file, line}));
}
inline int __any_sync(unsigned mask, int predicate, PLIMSOLL_SITE) {
  return __ballot_sync(mask, predicate, file, line) != 0;
}
inline int __all_sync(unsigned mask, int predicate, PLIMSOLL_SITE) {
  return __ballot_sync(mask, predicate, file, line) == mask;
}
#undef PLIMSOLL_SITE

#define PLIMSOLL_ATOMIC(name, op)                                                                  \
  template <plimsoll::emulator::AtomicWord T> T name(T *address, std::type_identity_t<T> value) {  \
    return plimsoll::emulator::atomic(plimsoll::emulator::AtomicOp::op, address, value);           \
  }
PLIMSOLL_ATOMIC(atomicAdd, add)
PLIMSOLL_ATOMIC(atomicMin, least)
PLIMSOLL_ATOMIC(atomicMax, most)
PLIMSOLL_ATOMIC(atomicExch, exchange)
PLIMSOLL_ATOMIC(atomicAnd, all)
PLIMSOLL_ATOMIC(atomicOr, any)
#undef PLIMSOLL_ATOMIC

template <plimsoll::emulator::AtomicWord T>
T atomicCAS(T *address, std::type_identity_t<T> wanted, std::type_identity_t<T> value) {
  return plimsoll::emulator::atomicCompareAndSwap(address, wanted, value);
}

template <typename T> T __ldg(const T *address) {
  return *address;
}
inline int __popc(unsigned x) {
  return __builtin_popcount(x);
}
inline int __ffs(int x) {
  return __builtin_ffs(x);
}
inline int __clz(int x) {
  return x ? __builtin_clz(static_cast<unsigned>(x)) : 32;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(uint64_t(a) * b >> 32);
}
inline float rsqrtf(float x) {
  return 1.0f / sqrtf(x);
}

#endif // PLIMSOLL_CUDA_EMULATOR_H
