//===- Kernels.h - the kernels of the library, by name ----------------------===//
//
// Emitted programs name kernels as objects, so that a program links only what it
// uses. The header comment of a kernel's file in runtime/kernels documents its operands, sizes
// and scalars. Data is f32 unless it says otherwise; indices and labels are i64.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_KERNELS_H
#define PLIMSOLL_KERNELS_H

#include "plimsoll/KernelArguments.h"
#include "plimsoll/Stepper.h"

namespace plimsoll {

#define PLIMSOLL_CPU_KERNEL(name, Arguments) extern const KernelOf<Arguments> name;
/// Defined in libplimsoll-onednn-*.a, which needs libdnnl.
#define PLIMSOLL_ONEDNN_KERNEL(name, Arguments) extern const KernelOf<Arguments> name;
#include "plimsoll/Kernels.inc"
#undef PLIMSOLL_CPU_KERNEL
#undef PLIMSOLL_ONEDNN_KERNEL

} // namespace plimsoll

#endif // PLIMSOLL_KERNELS_H
