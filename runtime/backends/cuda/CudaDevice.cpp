//===- CudaDevice.cpp - the arena in the memory of a GPU ----------------------===//
//
// One cudaMalloc. A timeline is captured as a CUDA graph the first time it runs and replayed
// from then on; one that is observed launch by launch runs without. What the host writes for a
// step goes through pinned memory: two halves in turn, so that the next batch can be written
// while the last one is still on its way.
//===----------------------------------------------------------------------===//
#include "../../core/Device.h"
#include "CudaError.h"
#include "FindDevice.h"

#include <cstring>
#include <map>

namespace plimsoll {
namespace {

using cuda::check;

/// One half of the pinned memory.
struct Staging {
  static constexpr uint64_t capacity = uint64_t(8) << 20;
  std::byte *data = nullptr;
  uint64_t used = 0;
  cudaEvent_t sent = nullptr; ///< all copies from it have ended
};

class CudaDevice : public Device, LaunchHooks {
public:
  explicit CudaDevice(const Program &program)
      : mirror(program.arenaBytes, HostMemory::Use::sparse) {
    cuda::findDevice(program.instructionSet);
    memory = static_cast<std::byte *>(cuda::allocate(program.arenaBytes));
    check("make a stream", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    for (Staging &half : staging) {
      void *pinned = nullptr;
      check("allocate pinned memory", cudaMallocHost(&pinned, Staging::capacity));
      half.data = static_cast<std::byte *>(pinned);
      check("make an event", cudaEventCreateWithFlags(&half.sent, cudaEventDisableTiming));
    }
  }
  ~CudaDevice() override {
    for (auto &[timeline, graph] : graphs)
      cudaGraphExecDestroy(graph);
    for (Staging &half : staging) {
      cudaFreeHost(half.data);
      cudaEventDestroy(half.sent);
    }
    cudaStreamDestroy(stream);
    cudaFree(memory);
  }

  std::byte *host() const override { return mirror.data(); }
  std::byte *arena() const override { return memory; }

  void upload(uint64_t offset, uint64_t bytes) override {
    if (bytes > Staging::capacity) { // parameters at the start
      check("copy to the GPU", cudaMemcpyAsync(memory + offset, mirror.data() + offset, bytes,
                                               cudaMemcpyHostToDevice, stream));
      return;
    }
    if (staging[current].used + bytes > Staging::capacity)
      nextHalf();
    Staging &half = staging[current];
    std::memcpy(half.data + half.used, mirror.data() + offset, bytes);
    check("copy to the GPU", cudaMemcpyAsync(memory + offset, half.data + half.used, bytes,
                                             cudaMemcpyHostToDevice, stream));
    half.used += bytes;
  }

  void download(uint64_t offset, uint64_t bytes) override {
    check("copy from the GPU", cudaMemcpyAsync(mirror.data() + offset, memory + offset, bytes,
                                               cudaMemcpyDeviceToHost, stream));
    synchronize();
  }

  void run(const Timeline &timeline, Stepper &stepper) override {
    nextHalf();
    stepper.stream = stream;
    stepper.hooks = this;
    observed = stepper.observer != nullptr;
    if (observed)
      Device::run(timeline, stepper);
    else
      check("launch the step", cudaGraphLaunch(graphOf(timeline, stepper), stream));
  }

private:
  HostMemory mirror;
  std::byte *memory = nullptr;
  cudaStream_t stream = nullptr;
  Staging staging[2];
  int current = 0;
  bool observed = false;
  std::map<const Timeline *, cudaGraphExec_t> graphs;

  void synchronize() { check("run the step", cudaStreamSynchronize(stream)); }

  void nextHalf() {
    check("record an event", cudaEventRecord(staging[current].sent, stream));
    current = 1 - current;
    check("wait for copies to the GPU", cudaEventSynchronize(staging[current].sent));
    staging[current].used = 0;
  }

  cudaGraphExec_t graphOf(const Timeline &timeline, Stepper &stepper) {
    auto [it, isNew] = graphs.try_emplace(&timeline, nullptr);
    if (!isNew)
      return it->second;
    cudaGraph_t graph = nullptr;
    check("begin the step's graph",
          cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    Device::run(timeline, stepper);
    check("end the step's graph", cudaStreamEndCapture(stream, &graph));
    check("make the step's graph", cudaGraphInstantiate(&it->second, graph, 0));
    cudaGraphDestroy(graph);
    return it->second;
  }

  void after(int) override {
    if (observed)
      synchronize();
  }
  void fill(void *bytes, int value, uint64_t count) override {
    check("overwrite a value", cudaMemsetAsync(bytes, value, count, stream));
  }
};

} // namespace

std::unique_ptr<Device> openDevice(const Program &program) {
  return std::make_unique<CudaDevice>(program);
}

} // namespace plimsoll
