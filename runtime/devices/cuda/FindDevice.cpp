//===- FindDevice.cpp - the GPU that a program runs on ------------------------===//
#include "FindDevice.h"

#include "../../core/Failure.h"
#include "CudaError.h"

#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <string>
#include <vector>

namespace plimsoll::cuda {
namespace {

std::string versionText(int version) {
  return format("%d.%d", version / 1000, version % 1000 / 10);
}

/// NVML, the driver's library that knows which processes use a GPU. Not every machine has it, nor
/// every toolkit its header. Names and layout are those of NVML's reference, nvmlProcessInfo_v2_t.
class Nvml {
public:
  Nvml() : library(dlopen("libnvidia-ml.so.1", RTLD_NOW)) {
    auto *init = find<int()>("nvmlInit_v2");
    ready = init && init() == success;
  }

  /// Returns "; process 4711 holds 12,345,678 bytes, ..."; "" if nothing is known.
  std::string holders(const char *busId) {
    auto *handleOf = find<int(const char *, void **)>("nvmlDeviceGetHandleByPciBusId_v2");
    auto *running =
        find<int(void *, unsigned *, Process *)>("nvmlDeviceGetComputeRunningProcesses_v3");
    void *device = nullptr;
    if (!ready || !handleOf || !running || handleOf(busId, &device) != success)
      return "";
    unsigned count = 64;
    std::vector<Process> processes(count);
    if (running(device, &count, processes.data()) != success)
      return "";
    std::string text;
    for (unsigned i = 0; i < count; ++i)
      text += format("%s process %u holds %s bytes", i ? "," : ";", processes[i].pid,
                     grouped(static_cast<long long>(processes[i].bytes)).c_str());
    return text;
  }

private:
  struct Process {
    unsigned pid;
    unsigned long long bytes;
    unsigned gpuInstance, computeInstance;
  };
  static constexpr int success = 0;

  template <typename Function> Function *find(const char *name) {
    return library ? reinterpret_cast<Function *>(dlsym(library, name)) : nullptr;
  }
  void *library;
  bool ready = false;
};

} // namespace

void findDevice(const char *architecture) {
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  int driver = 0;
  cudaDriverGetVersion(&driver);
  if (error == cudaErrorInsufficientDriver && driver > 0)
    throw Failure(format("the NVIDIA driver is too old: it runs CUDA %s, this program needs %s; "
                         "install a newer driver",
                         versionText(driver).c_str(), versionText(CUDART_VERSION).c_str()));
  if (error != cudaSuccess || count == 0) {
    const char *visible = std::getenv("CUDA_VISIBLE_DEVICES");
    throw Failure(format("this program was compiled for a GPU (%s), and %s%s%s%s; on this machine "
                         "compile with --target=cpu",
                         architecture, driver ? "none is visible" : "there is no NVIDIA driver",
                         visible ? " (CUDA_VISIBLE_DEVICES=" : "", visible ? visible : "",
                         visible ? ")" : ""));
  }
  check("use the GPU", cudaSetDevice(0));
  cudaDeviceProp properties;
  check("ask the GPU what it is", cudaGetDeviceProperties(&properties, 0));
  int wanted = std::atoi(architecture + std::strlen("sm_"));
  if (wanted / 10 == properties.major && wanted % 10 <= properties.minor)
    return;
  bool known = properties.major >= 8 && properties.major <= 10;
  throw Failure(
      format("this program was compiled for %s, and the GPU '%s' is sm_%d%d; %s", architecture,
             properties.name, properties.major, properties.minor,
             known ? format("compile it again with --target=cuda:sm_%d0", properties.major).c_str()
                   : "programs can be compiled for sm_80, sm_90 and sm_100"));
}

void *allocate(uint64_t bytes) {
  void *address = nullptr;
  cudaError_t error = cudaMalloc(&address, bytes ? bytes : 1);
  if (error == cudaSuccess)
    return address;
  if (error != cudaErrorMemoryAllocation)
    fail("allocate the arena", error);
  size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  char busId[32] = "";
  cudaDeviceGetPCIBusId(busId, sizeof busId, 0);
  long long missing = static_cast<long long>(bytes) - static_cast<long long>(free);
  throw Failure(format("the arena takes %s bytes, and of the GPU's %s only %s are free: %s are "
                       "missing%s; compile with a smaller --memory, or free the GPU",
                       grouped(static_cast<long long>(bytes)).c_str(),
                       grouped(static_cast<long long>(total)).c_str(),
                       grouped(static_cast<long long>(free)).c_str(),
                       grouped(missing > 0 ? missing : 0).c_str(), Nvml().holders(busId).c_str()));
}

} // namespace plimsoll::cuda
