//===- Metrics.h - one JSON object a step -----------------------------------===//
#ifndef PLIMSOLL_CORE_METRICS_H
#define PLIMSOLL_CORE_METRICS_H

#include "Text.h"

#include <cstdint>
#include <string>

namespace plimsoll {

/// What a step tells. Rates count tokens where labels are tokens, else samples.
struct StepRecord {
  int64_t step;
  double loss, learningRate, milliseconds, perSecond;
  double accuracy;     ///< NaN: the loss has none
  bool tokens;         ///< perplexity and tokens per second
  double gradientNorm; ///< NaN: not computed
};

struct EvalRecord {
  int64_t step, batches;
  double loss, accuracy;
  bool tokens;
  int64_t lastRows = 0; ///< of the last batch where it is not full; 0: it is
  int64_t leftRows = 0; ///< that fill no batch and were left out
};

/// Writes JSON lines, each with one write(2), so that a killed run leaves whole lines.
class Metrics {
public:
  /// `path` empty: none; "-": standard output. A resumed run keeps the lines of the steps up to
  /// `resumedStep` (0: a fresh file) and writes behind them. Throws Failure.
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
