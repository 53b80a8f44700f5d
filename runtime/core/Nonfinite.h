//===- Nonfinite.h - finding the first value that is not finite -------------===//
//
// Watches what every launch of a timeline writes (--find-nonfinite). Tensors with infinities in a
// first step whose loss is finite (a mask of -inf) are taken as intended. Otherwise the first NaN
// is named, and the first infinity if it came before; with its step, because an update can spoil a
// weight that the loss depends on one step later.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_NONFINITE_H
#define PLIMSOLL_CORE_NONFINITE_H

#include "Device.h"

#include <string>
#include <vector>

namespace plimsoll {

class NonfiniteFinder {
public:
  /// Watches runs of `timeline`.
  NonfiniteFinder(const Timeline &timeline, Device &device);

  void beginStep(int64_t step);
  /// Called if the step's loss was finite. After the first such step its infinities count as
  /// normal.
  void acceptStep();
  /// Called if all labels of the step were ignored: its loss is a mean of nothing, and what was not
  /// finite in it is intended.
  void forgetStep() { firstNan = firstInfinity = {}; }
  /// Returns text, for an error message, that names what was found so far.
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
  std::vector<char> normal; ///< for each write: it had infinities in the first step
  Found firstNan, firstInfinity;
  int64_t step = 0;
  bool first = true;
  int next = 0; ///< the first write that this step's launches have not reached

  void look(int launch);
  void inspect(int write);
  std::string describe(const Found &found, const char *what) const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_NONFINITE_H
