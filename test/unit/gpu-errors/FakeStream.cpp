//===- FakeStream.cpp - the order in which a fake GPU works -------------------===//
#include "FakeStream.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <set>

FakeStream fakeStream;

namespace {

struct Queue {
  std::deque<FakeStream::Work> work;
  int64_t done = 0; ///< pieces of work
  bool capturing = false;
  std::vector<FakeStream::Work> captured;
  std::map<cudaEvent_t, int64_t> events; ///< the number of pieces of work before each event
  std::set<std::byte *> pinned;          ///< the starts of pinned allocations
  cudaError_t error = cudaSuccess;       ///< the first error; every later call returns it
  int waits = 0, graphs = 0;
};
Queue queue;

constexpr size_t kPinnedBytes = size_t(16) << 20; ///< the smallest pinned allocation

void runUntil(int64_t piece) {
  for (; queue.done < piece; ++queue.done) {
    if (queue.error == cudaSuccess)
      queue.error = queue.work.front()();
    queue.work.pop_front();
  }
}

int64_t end() {
  return queue.done + static_cast<int64_t>(queue.work.size());
}

cudaError_t waitFor(int64_t piece) {
  queue.waits += queue.done < piece;
  runUntil(piece);
  return queue.error;
}

bool isPinned(const void *address) {
  auto *at = static_cast<std::byte *>(const_cast<void *>(address));
  auto behind = queue.pinned.upper_bound(at);
  return behind != queue.pinned.begin() && at < *std::prev(behind) + kPinnedBytes;
}

} // namespace

void FakeStream::enqueue(Work work) {
  if (queue.capturing) {
    queue.captured.push_back(std::move(work));
    return;
  }
  queue.work.push_back(std::move(work));
  if (eager)
    runUntil(end());
}

void resetFakeStream() {
  queue = Queue();
  fakeStream = FakeStream();
}

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(&fakeStream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t) {
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  return waitFor(end());
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
  *event = reinterpret_cast<cudaEvent_t>(new char);
  queue.events[*event] = 0;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete reinterpret_cast<char *>(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  queue.events[event] = end();
  return queue.error;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return waitFor(queue.events[event]);
}

cudaError_t cudaMallocHost(void **address, size_t bytes) {
  *address = std::calloc(1, bytes > kPinnedBytes ? bytes : kPinnedBytes);
  queue.pinned.insert(static_cast<std::byte *>(*address));
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void *address) {
  queue.pinned.erase(static_cast<std::byte *>(address));
  std::free(address);
  return cudaSuccess;
}

/// Copies from and to pinned memory are queued; copies of other memory wait for the stream, as
/// CUDA's guide says.
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t) {
  if (kind == cudaMemcpyHostToDevice && !isPinned(from)) {
    std::vector<char> staged(static_cast<const char *>(from),
                             static_cast<const char *>(from) + bytes);
    cudaError_t error = waitFor(end()); // a copy from pageable memory waits for the stream
    fakeStream.enqueue([=] { return std::memcpy(to, staged.data(), bytes), cudaSuccess; });
    return error;
  }
  fakeStream.enqueue([=] { return std::memcpy(to, from, bytes), cudaSuccess; });
  return kind == cudaMemcpyDeviceToHost && !isPinned(to) ? waitFor(end()) : queue.error;
}
cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t) {
  fakeStream.enqueue([=] { return std::memset(to, value, bytes), cudaSuccess; });
  return queue.error;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  queue.capturing = true;
  return queue.error;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t *graph) {
  queue.capturing = false;
  *graph = reinterpret_cast<cudaGraph_t>(
      new std::vector<FakeStream::Work>(std::exchange(queue.captured, {})));
  return queue.error;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *made, cudaGraph_t graph, unsigned long long) {
  auto *work = reinterpret_cast<std::vector<FakeStream::Work> *>(graph);
  *made = reinterpret_cast<cudaGraphExec_t>(new std::vector<FakeStream::Work>(*work));
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete reinterpret_cast<std::vector<FakeStream::Work> *>(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete reinterpret_cast<std::vector<FakeStream::Work> *>(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  fakeStream.unfinished.push_back(queue.graphs);
  fakeStream.waits.push_back(queue.waits);
  ++queue.graphs;
  for (const FakeStream::Work &work : *reinterpret_cast<std::vector<FakeStream::Work> *>(graph))
    fakeStream.enqueue(work);
  fakeStream.enqueue([] { return --queue.graphs, cudaSuccess; });
  return queue.error;
}

} // extern "C"
