//===- Progress.h - what the user sees while a program trains ---------------===//
//
// On a terminal one line that renews itself; elsewhere a line at the first and last
// step and every few seconds between. Standard error, no allocation.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_PROGRESS_H
#define PLIMSOLL_CORE_PROGRESS_H

#include "Metrics.h"

namespace plimsoll {

/// Seconds of a clock that only goes forward.
double secondsNow();

class Progress {
public:
  Progress(int64_t firstStep, int64_t lastStep);

  void step(const StepRecord &record);
  void evaluation(const EvalRecord &record);
  /// A line of its own, whatever is being shown.
  __attribute__((format(printf, 2, 3))) void say(const char *pattern, ...);

private:
  int64_t firstStep, lastStep;
  bool terminal;
  double started, shown = 0;
  bool open = false; ///< the renewing line has no end yet
  Text text;

  void endLine();
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_PROGRESS_H
