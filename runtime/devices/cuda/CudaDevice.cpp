//===- CudaDevice.cpp - the arena in the memory of a GPU ----------------------===//
//
// The arena is one cudaMalloc. A timeline is captured as a CUDA graph the first time it runs and
// replayed from then on; one that is observed launch by launch runs without a graph. What the host
// writes for a step is copied from pinned memory, whose two halves alternate, so that the next
// batch can be written while the last one is being copied. The scalars of a step are copied to
// pinned memory after its launches, and the host waits for that copy alone, while the next step may
// run.
//===----------------------------------------------------------------------===//
#include "../../core/Device.h"
#include "../../core/Progress.h"
#include "CudaError.h"
#include "FindDevice.h"

#include <cstring>
#include <map>

namespace plimsoll {
namespace {

using cuda::check;

/// One half of the pinned memory.
struct Staging {
  std::byte *data = nullptr;
  uint64_t used = 0;
  cudaEvent_t sent = nullptr; ///< all copies from it have ended
  Scalars *scalars = nullptr; ///< those of a run, copied after its launches
  cudaEvent_t fetched = nullptr;
};

/// The bits of a run's loss before it is copied: a NaN that no arithmetic makes.
constexpr uint32_t kNotThere = 0x7fa5a5a5;

bool isThere(const Scalars &scalars) {
  uint32_t bits;
  std::memcpy(&bits, &scalars.loss, sizeof bits);
  return bits != kNotThere;
}

/// Returns the bytes that the host writes for one run: its inputs, and the block of scalars.
uint64_t stagingBytes(const Program &program) {
  uint64_t most = uint64_t(8) << 20;
  for (int t = 0; t < program.timelineCount; ++t) {
    uint64_t bytes = 4096;
    for (int i = 0; i < program.inputCount; ++i)
      bytes += bytesOf(program.timelines[t].inputs[i]);
    most = bytes > most ? bytes : most;
  }
  return most;
}

void *pinned(uint64_t bytes) {
  void *address = nullptr;
  check("allocate pinned memory", cudaMallocHost(&address, bytes));
  return address;
}

class CudaDevice : public Device, LaunchHooks {
public:
  explicit CudaDevice(const Program &program)
      : mirror(program.arenaBytes, HostMemory::Use::sparse), capacity(stagingBytes(program)) {
    cuda::findDevice(program.instructionSet);
    memory = static_cast<std::byte *>(cuda::allocate(program.arenaBytes));
    check("make a stream", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    for (Staging &half : staging) {
      half.data = static_cast<std::byte *>(pinned(capacity));
      half.scalars = static_cast<Scalars *>(pinned(sizeof(Scalars)));
      for (cudaEvent_t *event : {&half.sent, &half.fetched})
        check("make an event", cudaEventCreateWithFlags(event, cudaEventDisableTiming));
    }
  }
  ~CudaDevice() override {
    cudaStreamSynchronize(stream); // a run that failed elsewhere may have left a step under way
    launchesChanged();
    for (Staging &half : staging) {
      cudaFreeHost(half.data);
      cudaFreeHost(half.scalars);
      cudaEventDestroy(half.sent);
      cudaEventDestroy(half.fetched);
    }
    cudaStreamDestroy(stream);
    cudaFree(memory);
  }

  std::byte *host() const override { return mirror.data(); }
  std::byte *arena() const override { return memory; }

  void upload(uint64_t offset, uint64_t bytes) override {
    if (bytes > capacity) { // parameters at the start
      check("copy to the GPU", cudaMemcpyAsync(memory + offset, mirror.data() + offset, bytes,
                                               cudaMemcpyHostToDevice, stream));
      return;
    }
    if (staging[current].used + bytes > capacity)
      nextHalf();
    Staging &half = staging[current];
    if (half.used == 0)
      check("wait for copies to the GPU", cudaEventSynchronize(half.sent));
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

  void run(const Timeline &timeline, StepRunner &stepper) override {
    nextHalf();
    stepper.stream = stream;
    stepper.hooks = this;
    observed = stepper.observer != nullptr;
    if (observed)
      Device::run(timeline, stepper);
    else
      check("launch the step", cudaGraphLaunch(graphOf(timeline, stepper), stream));
  }

  void launchesChanged() override {
    for (auto &[timeline, graph] : graphs)
      cudaGraphExecDestroy(graph);
    graphs.clear();
  }

  bool asynchronous() const override { return true; }

  void beginFetch(const Timeline &timeline, int slot) override {
    Scalars &to = *staging[slot].scalars;
    to = Scalars();
    std::memcpy(&to.loss, &kNotThere, sizeof kNotThere);
    fetch(to.accuracy, timeline.accuracyOffset);
    fetch(to.gradientNorm, timeline.gradientNormOffset);
    fetch(to.loss, timeline.lossOffset); // last: once it is there, all scalars are
    check("record an event", cudaEventRecord(staging[slot].fetched, stream));
  }

  /// After an error every call of CUDA returns it, even for work that had ended before; scalars
  /// that had been copied are still returned.
  Scalars fetched(int slot) override {
    cudaError_t error = cudaEventSynchronize(staging[slot].fetched);
    if (error != cudaSuccess && !isThere(*staging[slot].scalars))
      cuda::fail("run the step", error);
    Scalars result = *staging[slot].scalars;
    result.ended = secondsNow();
    return result;
  }

private:
  HostMemory mirror;
  uint64_t capacity; ///< bytes of each half of the pinned memory
  std::byte *memory = nullptr;
  cudaStream_t stream = nullptr;
  Staging staging[2];
  int current = 0;
  bool observed = false;
  std::map<const Timeline *, cudaGraphExec_t> graphs;

  void fetch(float &to, int64_t offset) {
    if (offset >= 0)
      check("copy from the GPU",
            cudaMemcpyAsync(&to, memory + offset, sizeof to, cudaMemcpyDeviceToHost, stream));
  }

  void synchronize() { check("run the step", cudaStreamSynchronize(stream)); }

  void nextHalf() {
    check("record an event", cudaEventRecord(staging[current].sent, stream));
    current = 1 - current;
    staging[current].used = 0;
  }

  cudaGraphExec_t graphOf(const Timeline &timeline, StepRunner &stepper) {
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
