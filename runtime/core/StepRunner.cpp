//===- StepRunner.cpp - prepares or runs the launches of a timeline ---------===//
#include "StepRunner.h"

#include <cstring>
#include <mutex>
#include <vector>

namespace plimsoll {
namespace {

/// The handles made so far: a kernel is prepared once in a process for the same sizes, threads,
/// workspace and requested choice.
struct HandleCache {
  struct Entry {
    const Kernel *kernel;
    std::vector<int64_t> sizes;
    int threads;
    int64_t workspaceBytes;
    std::string choice; ///< the algorithm that was requested; "": the library chose
    void *handle;
  };
  std::vector<Entry> entries;
  std::mutex mutex;
};

void *preparedHandle(const Kernel &kernel, const std::vector<int64_t> &key, int threads,
                     int64_t workspaceBytes, const std::string &choice, const char **error) {
  static HandleCache *cache = new HandleCache; // never destroyed: handles outlive every program
  std::lock_guard<std::mutex> lock(cache->mutex);
  for (const HandleCache::Entry &entry : cache->entries)
    if (entry.kernel == &kernel && entry.sizes == key && entry.threads == threads &&
        entry.workspaceBytes == workspaceBytes && entry.choice == choice)
      return entry.handle;
  int count = static_cast<int>(key.size());
  void *handle = choice.empty() ? kernel.prepare(key.data(), count, threads, workspaceBytes, error)
                                : kernel.prepareAs(key.data(), count, threads, workspaceBytes,
                                                   choice.c_str(), error);
  if (handle)
    cache->entries.push_back({&kernel, key, threads, workspaceBytes, choice, handle});
  return handle;
}

} // namespace

/// Prepares a launch, with the choice of an earlier run if there is one that the library can
/// follow.
void *StepRunner::prepared(const Kernel &kernel, const LaunchNumbers &numbers,
                           int64_t workspaceBytes, const char **message) {
  std::vector<int64_t> sizes(numbers.sizes, numbers.sizes + numbers.sizeCount);
  const char *recorded = choices && kernel.prepareAs ? choices->recorded(kernel, sizes) : nullptr;
  void *handle = nullptr;
  if (recorded) {
    handle = preparedHandle(kernel, sizes, threads, workspaceBytes, recorded, message);
    if (!handle)
      choices->refuse(kernel, sizes, launch, *message ? *message : "it cannot be prepared");
    *message = nullptr;
  }
  if (!handle)
    handle = preparedHandle(kernel, sizes, threads, workspaceBytes, "", message);
  if (handle && choices)
    choices->note(kernel, sizes, handle);
  return handle;
}

void StepRunner::runNumbers(const Kernel &kernel, std::initializer_list<void *> buffers,
                            const LaunchNumbers &numbers, int64_t workspaceBytes) {
  if (preparing) {
    const char *message = nullptr;
    if (kernel.prepare) {
      handles[launch] = prepared(kernel, numbers, workspaceBytes, &message);
      if (!handles[launch] && !error)
        error = message ? message : "preparing failed", errorLaunch = launch;
    }
    ++launch;
    return;
  }
  Launch what{buffers.begin(), static_cast<int>(buffers.size()),
              numbers.sizes,   numbers.sizeCount,
              numbers.scalars, numbers.scalarCount,
              threads,         kernel.prepare ? handles[launch] : nullptr,
              stream};
  if (queue && !queue->takes(kernel))
    runQueue();
  if (queue && kernel.runMany && !observer) {
    queue->add(kernel, what, launch++);
    return;
  }
  start();
  kernel.run(what);
  finish();
}

void StepRunner::runLoop(void (*loop)(const Launch &), std::initializer_list<void *> buffers) {
  if (preparing) {
    ++launch;
    return;
  }
  runQueue();
  start();
  loop(Launch{buffers.begin(), static_cast<int>(buffers.size()), nullptr, 0, nullptr, 0, threads,
              nullptr, stream});
  finish();
}

void StepRunner::runQueue() {
  if (!queue || queue->empty())
    return;
  const int last = queue->lastLaunch();
  if (hooks)
    hooks->before(queue->firstLaunch(), last);
  queue->run();
  if (hooks)
    hooks->after(last);
}

void StepRunner::poison(uint64_t offset, uint64_t bytes) {
  constexpr int notANumber = 0xff; // bytes that are all 0xff are a NaN in f32 and f64
  if (preparing)
    return;
  runQueue();
  if (hooks)
    hooks->fill(arena + offset, notANumber, bytes);
  else
    std::memset(arena + offset, notANumber, bytes);
}

} // namespace plimsoll
