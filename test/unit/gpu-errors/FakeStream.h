//===- FakeStream.h - the order in which a stand-in for a GPU works -----------===//
//
// One stream. It is as late as CUDA allows: what is put in runs when the host waits for it, and
// not before; or, eager, as early: at once. A launch put in while the stream is captured becomes
// a part of the graph.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_TEST_GPUERRORS_FAKESTREAM_H
#define PLIMSOLL_TEST_GPUERRORS_FAKESTREAM_H

#include <cuda_runtime.h>
#include <functional>
#include <vector>

struct FakeStream {
  using Work = std::function<cudaError_t()>;

  bool eager = false;
  std::vector<int> unfinished; ///< for each graph launched: how many before it still run
  std::vector<int> waits;      ///< the same: how often the host had waited for work until then

  /// What a kernel does instead of a launch.
  void enqueue(Work work);
};
extern FakeStream fakeStream;

/// Forgets all work and errors.
void resetFakeStream();

#endif // PLIMSOLL_TEST_GPUERRORS_FAKESTREAM_H
