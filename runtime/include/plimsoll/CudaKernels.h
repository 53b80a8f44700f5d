//===- CudaKernels.h - the kernels of the CUDA library, by name -------------===//
//
// Names, buffers, sizes and scalars are those of Kernels.h, documented in the header comments of
// the CPU kernels' files in runtime/kernels. Pointers are into the device's arena. If a kernel
// needs a workspace, it is its last buffer. Products can round their factors (Precision); their
// sums are f32.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CUDAKERNELS_H
#define PLIMSOLL_CUDAKERNELS_H

#include "plimsoll/KernelArguments.h"
#include "plimsoll/Stepper.h"
#include "plimsoll/cuda/Four.h"
#include "plimsoll/cuda/Sums.h"

namespace plimsoll::cuda {

/// The CUDA stream on which the launch runs.
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
