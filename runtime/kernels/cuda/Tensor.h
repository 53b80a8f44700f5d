//===- Tensor.h - matrix products of a warp ----------------------------------===//
//
// The only file with tensor-core instructions; the emulator multiplies the same fragments.
//
// A product of a [16, 16], rows of pairs, by b [16, 8], columns of pairs, added to c [16, 8]. Lane
// 4 g + t of the warp has, with p = 2 t:
//   a[0..3]  pairs (g, p) (g + 8, p) (g, p + 8) (g + 8, p + 8); the second number is one column on
//   b[0..1]  pairs (p, g) (p + 8, g); the second number is one row on
//   c[0..3]  (g, p) (g, p + 1) (g + 8, p) (g + 8, p + 1)
// So the c of two neighbouring products, packed in pairs, has the layout of an a.
//
// In tf32 the product is that of a [16, 8] by b [8, 8], a word for each number instead of a pair:
//   a[0..3]  (g, t) (g + 8, t) (g, t + 4) (g + 8, t + 4)
//   b[0..1]  (t, g) (t + 4, g)
// Source: PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type" and "for
// mma.m16n8k8".
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDA_TENSOR_H
#define PLIMSOLL_CUDA_TENSOR_H

#include "plimsoll/Bf16.h"
#include "plimsoll/cuda/Simt.h"

namespace plimsoll::cuda {

/// Packs two numbers as bf16, rounded to nearest even; `low` is the first of the pair.
__device__ __forceinline__ uint32_t packPair(float low, float high) {
#ifdef __CUDACC__
  uint32_t pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
  return pair;
#else
  return Bf16(low).bits | static_cast<uint32_t>(Bf16(high).bits) << 16;
#endif
}

/// Rounds a number to tf32, 10 bits of fraction: to nearest, halves away from zero.
__device__ __forceinline__ uint32_t roundTf32(float x) {
#ifdef __CUDACC__
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  auto bits = __builtin_bit_cast(uint32_t, x);
  return x != x                                ? 0x7fffffffu
         : (bits & 0x7f800000u) == 0x7f800000u ? bits
                                               : (bits + 0x1000u) & 0xffffe000u;
#endif
}

/// Computes c += a b with pairs of bf16. All lanes of the warp must call it.
__device__ __forceinline__ void multiplyPairs(float (&c)[4], const uint32_t (&a)[4],
                                              const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
               "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulator::MatrixFragments fragments = {a, b, c, emulator::MatrixFragments::bf16};
  emulator::multiplyMatrices(fragments, {__FILE__, __LINE__});
#endif
}

/// Computes c += a b with numbers that roundTf32 rounded. All lanes of the warp must call it.
__device__ __forceinline__ void multiplyTf32(float (&c)[4], const uint32_t (&a)[4],
                                             const uint32_t (&b)[2]) {
#ifdef __CUDACC__
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
               "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulator::MatrixFragments fragments = {a, b, c, emulator::MatrixFragments::tf32};
  emulator::multiplyMatrices(fragments, {__FILE__, __LINE__});
#endif
}

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_TENSOR_H
