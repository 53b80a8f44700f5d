//===- Trainer.h - the training loop of the command line --------------------===//
//
// Everything is opened and allocated in the constructor; run() then only steps, reads,
// writes and saves.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_TRAINER_H
#define PLIMSOLL_CORE_TRAINER_H

#include "Feeder.h"
#include "Metrics.h"
#include "Nonfinite.h"
#include "Options.h"
#include "Profile.h"
#include "Progress.h"
#include "Schedule.h"
#include "Session.h"
#include "Start.h"

#include <memory>
#include <optional>

namespace plimsoll {

class Trainer {
public:
  /// Throws UsageError or Failure.
  Trainer(const Program &program, const Options &options);

  /// Trains to the end, to a signal, or to the end of a stream. Throws Failure.
  void run();

private:
  const Program &program;
  const Options &options;
  RunState state;
  Session session;
  std::unique_ptr<Feeder> feeder, evalFeeder;
  std::optional<CheckpointWriter> checkpoint, best, gradients;
  std::optional<Schedule> schedule;
  std::optional<Metrics> metrics;
  std::optional<NonfiniteFinder> finder;
  std::optional<Profile> profile;
  int64_t lastSaved = -1, resumedStep = -1;
  double loss = 0, accuracy = 0; ///< of the last step, over all its micro-batches

  void loadStart();
  void applyOptions();
  void openFiles();
  bool step(Progress &progress);
  bool runMicroBatches(int64_t number, double rate);
  void checkLoss();
  std::string keptText() const;
  std::string foundText() const;
  void evaluate(Progress &progress);
  void noteEvaluation(double loss);
  /// The evaluation loss has not fallen for as long as --patience allows.
  bool exhausted() const {
    return options.patience && state.evaluationsSinceBest >= options.patience;
  }
  void sayWhyStopped(Progress &progress, bool dataEnded);
  void save();
  void write(CheckpointWriter &writer);
  int64_t labelsPerStep() const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_TRAINER_H
