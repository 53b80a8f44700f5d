//===- CudaKernels.h - the kernels of the CUDA library, by name -------------===//
//
// The same names, buffers, sizes and scalars as those of Kernels.h: the header comment of the
// CPU's file in runtime/kernels tells them. Pointers are into the device's arena. A workspace,
// where a kernel here needs one, is its last buffer. Names that end in _tf32 or _bf16 round factors
// so, sums are f32.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDAKERNELS_H
#define PLIMSOLL_CUDAKERNELS_H

#include "plimsoll/KernelArguments.h"
#include "plimsoll/Stepper.h"
#include "plimsoll/cuda/Four.h"
#include "plimsoll/cuda/Sums.h"

namespace plimsoll::cuda {

/// Where the launch has its place in the order of the device.
inline Stream streamOf(const Launch &launch) {
  return static_cast<Stream>(launch.stream);
}

#define PLIMSOLL_CUDA_KERNEL(name, Arguments) extern const KernelOf<Arguments> name;
#include "plimsoll/Kernels.inc"
#undef PLIMSOLL_CUDA_KERNEL

/// The kernel called `name`, or null.
const Kernel *findKernel(const char *name);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDAKERNELS_H
