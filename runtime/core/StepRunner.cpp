//===- StepRunner.cpp - prepares or runs the launches of a timeline ---------===//
#include "StepRunner.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

namespace plimsoll {
namespace {

/// The handles made so far: a kernel is prepared once in a process for the same shape, workspace
/// and requested choice.
struct HandleCache {
  struct Entry {
    const Kernel *kernel;
    std::vector<int64_t> sizes;
    LaunchShape shape; ///< its pointer is stale: see `sizes`
    int64_t workspaceBytes;
    std::string choice; ///< the algorithm that was requested; "": the library chose
    void *handle;

    bool isFor(const Kernel &which, const LaunchShape &of) const {
      return kernel == &which &&
             std::equal(sizes.begin(), sizes.end(), of.sizes, of.sizes + of.sizeCount) &&
             shape.threads == of.threads && shape.type == of.type &&
             shape.precision == of.precision;
    }
  };
  std::vector<Entry> entries;
  std::mutex mutex;
};

void *preparedHandle(const Kernel &kernel, const LaunchShape &shape, int64_t workspaceBytes,
                     const std::string &choice, const char **error) {
  static HandleCache *cache = new HandleCache; // never destroyed: handles outlive every program
  std::lock_guard<std::mutex> lock(cache->mutex);
  for (const HandleCache::Entry &entry : cache->entries)
    if (entry.isFor(kernel, shape) && entry.workspaceBytes == workspaceBytes &&
        entry.choice == choice)
      return entry.handle;
  void *handle = choice.empty() ? kernel.prepare(shape, workspaceBytes, error)
                                : kernel.prepareAs(shape, workspaceBytes, choice.c_str(), error);
  if (handle)
    cache->entries.push_back({&kernel,
                              {shape.sizes, shape.sizes + shape.sizeCount},
                              shape,
                              workspaceBytes,
                              choice,
                              handle});
  return handle;
}

} // namespace

/// Prepares a launch, with the choice of an earlier run if there is one that the library can
/// follow.
void *StepRunner::prepared(const Kernel &kernel, const LaunchNumbers &numbers,
                           int64_t workspaceBytes, const char **message) {
  LaunchShape shape = {numbers.sizes, numbers.sizeCount, threads, numbers.type, numbers.precision};
  const char *recorded = choices && kernel.prepareAs ? choices->recorded(kernel, shape) : nullptr;
  void *handle = nullptr;
  if (recorded) {
    handle = preparedHandle(kernel, shape, workspaceBytes, recorded, message);
    if (!handle)
      choices->refuse(kernel, shape, launch, *message ? *message : "it cannot be prepared");
    *message = nullptr;
  }
  if (!handle)
    handle = preparedHandle(kernel, shape, workspaceBytes, "", message);
  if (handle && choices)
    choices->note(kernel, shape, handle);
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
  Launch what{buffers.begin(),  static_cast<int>(buffers.size()),
              numbers.sizes,    numbers.sizeCount,
              numbers.scalars,  numbers.scalarCount,
              threads,          kernel.prepare ? handles[launch] : nullptr,
              stream,           numbers.type,
              numbers.precision};
  start();
  kernel.run(what);
  finish();
}

void StepRunner::runLoop(void (*loop)(const Launch &), std::initializer_list<void *> buffers) {
  if (preparing) {
    ++launch;
    return;
  }
  start();
  loop(Launch{buffers.begin(), static_cast<int>(buffers.size()), nullptr, 0, nullptr, 0, threads,
              nullptr, stream});
  finish();
}

void StepRunner::poison(uint64_t offset, uint64_t bytes) {
  constexpr int notANumber = 0xff; // bytes that are all 0xff are a NaN in f32 and f64
  if (preparing)
    return;
  if (hooks)
    hooks->fill(arena + offset, notANumber, bytes);
  else
    std::memset(arena + offset, notANumber, bytes);
}

} // namespace plimsoll
