//===- trace.cpp - records when kernels ran --------------------------------------===//
//
// The CUDA driver loads this library into a process that has CUDA_INJECTION64_PATH set to it.
// At its end the process writes two numbers for each kernel to the file PLIMSOLL_TRACE: when it
// began and when it ended, in nanoseconds. CUPTI slows launches a little, so that the gaps between
// kernels without it are at most those recorded.
//===----------------------------------------------------------------------===//
#include <cupti.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

namespace {

#if CUPTI_API_VERSION >= 130000
using KernelRecord = CUpti_ActivityKernel10;
#else
using KernelRecord = CUpti_ActivityKernel9;
#endif

constexpr size_t kBufferBytes = size_t(4) << 20;
std::mutex mutex;
std::vector<std::pair<unsigned long long, unsigned long long>> *kernels;

void CUPTIAPI giveBuffer(uint8_t **buffer, size_t *size, size_t *mostRecords) {
  *size = kBufferBytes;
  *buffer = static_cast<uint8_t *>(std::aligned_alloc(8, kBufferBytes));
  *mostRecords = 0;
}

void CUPTIAPI takeBuffer(CUcontext, uint32_t, uint8_t *buffer, size_t, size_t bytes) {
  std::lock_guard<std::mutex> lock(mutex);
  CUpti_Activity *record = nullptr;
  while (cuptiActivityGetNextRecord(buffer, bytes, &record) == CUPTI_SUCCESS)
    if (record->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) {
      auto *kernel = reinterpret_cast<KernelRecord *>(record);
      unsigned long long begin = kernel->start, end = kernel->end; // copied: the record is packed
      kernels->emplace_back(begin, end);
    }
  std::free(buffer);
}

void writeTrace() {
  cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  const char *path = std::getenv("PLIMSOLL_TRACE");
  std::FILE *file = path ? std::fopen(path, "w") : nullptr;
  if (!file)
    return;
  std::lock_guard<std::mutex> lock(mutex);
  for (auto [begin, end] : *kernels)
    std::fprintf(file, "%llu %llu\n", begin, end);
  std::fclose(file);
}

} // namespace

/// Called by the driver when it starts. Returns 1 for success, 0 for failure.
extern "C" __attribute__((visibility("default"))) int InitializeInjection() {
  kernels = new std::vector<std::pair<unsigned long long, unsigned long long>>;
  if (cuptiActivityRegisterCallbacks(giveBuffer, takeBuffer) != CUPTI_SUCCESS ||
      cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) != CUPTI_SUCCESS)
    return 0;
  std::atexit(writeTrace);
  return 1;
}
