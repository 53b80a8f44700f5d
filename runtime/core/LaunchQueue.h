//===- LaunchQueue.h - launches of one kernel that run as one ----------------===//
#ifndef PLIMSOLL_CORE_LAUNCHQUEUE_H
#define PLIMSOLL_CORE_LAUNCHQUEUE_H

#include "plimsoll/Kernel.h"

#include <vector>

namespace plimsoll {

/// Consecutive launches of one kernel that can run them together (Kernel::runMany).
class LaunchQueue {
public:
  bool empty() const { return waiting.empty(); }
  bool takes(const Kernel &which) const { return empty() || kernel == &which; }

  /// Adds a launch with copies of all that it points to. `number` is its index in the timeline.
  void add(const Kernel &which, const Launch &launch, int number) {
    kernel = &which;
    first = empty() ? number : first;
    waiting.push_back({{launch.buffers, launch.buffers + launch.bufferCount},
                       {launch.sizes, launch.sizes + launch.sizeCount},
                       {launch.scalars, launch.scalars + launch.scalarCount},
                       launch});
  }

  int firstLaunch() const { return first; }
  int lastLaunch() const { return first + static_cast<int>(waiting.size()) - 1; }

  /// Runs all launches of the queue and empties it.
  void run() {
    std::vector<Launch> launches;
    for (const Waiting &each : waiting) {
      launches.push_back(each.launch);
      launches.back().buffers = each.buffers.data();
      launches.back().sizes = each.sizes.data();
      launches.back().scalars = each.scalars.data();
    }
    kernel->runMany(launches.data(), static_cast<int>(launches.size()));
    waiting.clear();
  }

private:
  struct Waiting {
    std::vector<void *> buffers;
    std::vector<int64_t> sizes;
    std::vector<double> scalars;
    Launch launch; ///< its pointers are stale
  };
  const Kernel *kernel = nullptr;
  int first = 0;
  std::vector<Waiting> waiting;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_LAUNCHQUEUE_H
