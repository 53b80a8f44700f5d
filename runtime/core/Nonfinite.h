//===- Nonfinite.h - finding the first value that is not finite -------------===//
//
// Watches every launch of every step (--find-nonfinite). What is infinite in a first step
// whose loss is finite (a mask of -inf) is taken as meant. Of the rest the first NaN is
// named, and the first infinity when it came before; with its step, because an update can
// spoil a weight that the loss sees one step later.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_NONFINITE_H
#define PLIMSOLL_CORE_NONFINITE_H

#include "Device.h"

#include <string>
#include <vector>

namespace plimsoll {

class NonfiniteFinder {
public:
  /// Looks at runs of `timeline`.
  NonfiniteFinder(const Timeline &timeline, Device &device);

  void beginStep(int64_t step);
  /// The step's loss was finite: if it was the first, what was infinite in it is normal.
  void acceptStep();
  /// The step's loss is a mean of nothing: what was not finite in it is meant.
  void forgetStep() { firstNan = firstInfinity = {}; }
  /// Says what was found so far.
  std::string report() const;

  static void observe(void *self, int launch) {
    static_cast<NonfiniteFinder *>(self)->look(launch);
  }

private:
  struct Found {
    int write = -1;
    int64_t element = 0, step = 0;
  };
  const Timeline &timeline;
  Device &device;
  std::vector<char> normal; ///< of each write: infinite in a good first step
  Found firstNan, firstInfinity;
  int64_t step = 0;
  bool first = true;
  int next = 0; ///< first write of a launch not yet seen

  void look(int launch);
  void inspect(int write);
  std::string describe(const Found &found, const char *what) const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_NONFINITE_H
