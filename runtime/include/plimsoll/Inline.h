//===- Inline.h - macros for functions and loops that every device compiles ---===//
#ifndef PLIMSOLL_INLINE_H
#define PLIMSOLL_INLINE_H

#ifdef __CUDACC__ // compiled for both the GPU and its host
#define PLIMSOLL_INLINE __host__ __device__ __forceinline__
#define PLIMSOLL_UNROLL _Pragma("unroll")
#define PLIMSOLL_NO_UNROLL _Pragma("unroll 1")
#else
#define PLIMSOLL_INLINE inline __attribute__((always_inline))
#define PLIMSOLL_UNROLL
#define PLIMSOLL_NO_UNROLL
#endif

#endif // PLIMSOLL_INLINE_H
