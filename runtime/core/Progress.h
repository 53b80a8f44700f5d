//===- Progress.h - what the user sees while a program trains ---------------===//
//
// Writes to standard error: on a terminal one line that is overwritten, elsewhere a line at the
// first and last step and every few seconds between them. Allocates nothing.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_PROGRESS_H
#define PLIMSOLL_CORE_PROGRESS_H

#include "Metrics.h"

namespace plimsoll {

/// Returns the seconds of a monotonic clock.
double secondsNow();

class Progress {
public:
  Progress(int64_t firstStep, int64_t lastStep);

  void step(const StepRecord &record);
  void evaluation(const EvalRecord &record);
  /// Prints a separate line; a progress line that is open is ended before.
  __attribute__((format(printf, 2, 3))) void say(const char *pattern, ...);

private:
  int64_t firstStep, lastStep;
  bool terminal;
  double started, shown = 0;
  bool open = false; ///< the progress line has no line feed yet
  Text text;

  void endLine();
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_PROGRESS_H
