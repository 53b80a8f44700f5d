//===- Metrics.h - one JSON object a step -----------------------------------===//
#ifndef PLIMSOLL_CORE_METRICS_H
#define PLIMSOLL_CORE_METRICS_H

#include "Text.h"

#include <cstdint>
#include <string>

namespace plimsoll {

/// What is reported of a step. `perSecond` counts tokens if labels are tokens, else samples.
struct StepRecord {
  int64_t step;
  double loss, learningRate, milliseconds, perSecond;
  double accuracy;     ///< NaN: the loss has none
  bool tokens;         ///< labels are tokens: report perplexity, and tokens per second
  double gradientNorm; ///< NaN: not computed
};

struct EvalRecord {
  int64_t step, batches;
  double loss, accuracy;
  bool tokens;
  int64_t lastRows = 0; ///< records in the last batch; 0: it is full
  int64_t leftRows = 0; ///< records left out because they do not fill a batch
};

/// Writes JSON lines, each with one write(2), so that a killed run leaves whole lines.
class Metrics {
public:
  /// `path` empty: no metrics; "-": standard output. A resumed run keeps the lines of the steps up
  /// to `resumedStep` (0: a new file) and appends to them. Throws Failure.
  Metrics(const std::string &path, int64_t resumedStep);
  ~Metrics();
  Metrics(const Metrics &) = delete;
  Metrics &operator=(const Metrics &) = delete;

  void write(const StepRecord &record);
  void write(const EvalRecord &record);

private:
  std::string path;
  int descriptor = -1;
  Text text;

  void keepLines(int64_t lastStep);
  void send();
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_METRICS_H
