//===- FindDevice.h - the GPU that a program runs on --------------------------===//
#ifndef PLIMSOLL_CUDA_FINDDEVICE_H
#define PLIMSOLL_CUDA_FINDDEVICE_H

#include <cstdint>

namespace plimsoll::cuda {

/// Makes the first visible GPU current (CUDA_VISIBLE_DEVICES chooses). Throws Failure if there
/// is none, its driver is too old, or it is not of `architecture` ("sm_90").
void findDevice(const char *architecture);

/// Allocates memory of the current GPU for the arena. Throws Failure that says how much is missing
/// and which processes hold memory.
void *allocate(uint64_t bytes);

} // namespace plimsoll::cuda

#endif // PLIMSOLL_CUDA_FINDDEVICE_H
