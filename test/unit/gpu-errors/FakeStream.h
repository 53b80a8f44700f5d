//===- FakeStream.h - the order in which a fake GPU works ---------------------===//
//
// There is one stream. Its work runs as late as CUDA allows, when the host waits for it; or, if
// eager, as early as possible, at once. A launch that is queued while the stream is captured
// becomes a part of the graph.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_GPUERRORS_FAKESTREAM_H
#define PLIMSOLL_TEST_GPUERRORS_FAKESTREAM_H

#include <cuda_runtime.h>
#include <functional>
#include <vector>

struct FakeStream {
  using Work = std::function<cudaError_t()>;

  bool eager = false;
  std::vector<int> unfinished; ///< for each graph launched: how many earlier ones still run
  std::vector<int> waits;      ///< for each graph launched: how often the host had waited before

  /// Queues the work that a fake kernel does.
  void enqueue(Work work);
};
extern FakeStream fakeStream;

/// Forgets all work and errors.
void resetFakeStream();

#endif // PLIMSOLL_TEST_GPUERRORS_FAKESTREAM_H
