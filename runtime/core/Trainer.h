//===- Trainer.h - the training loop of the command line --------------------===//
//
// Everything is opened and allocated in the constructor; run() then only steps, reads,
// writes and saves. On an asynchronous device the next batch is read and begun before the
// scalars of the last one are awaited, so that the device never waits for the host. Whatever reads
// the results of a step calls settle() first.
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
  const Timeline &train;            ///< the timeline of a step's last micro-batch
  const Timeline *const accumulate; ///< that of the other micro-batches; null if a step has one
  const Timeline *const evaluation; ///< null where the program cannot evaluate
  std::unique_ptr<Feeder> feeder, evalFeeder;
  std::optional<CheckpointWriter> checkpoint, best, gradients;
  std::optional<Schedule> schedule;
  std::optional<Metrics> metrics;
  std::optional<NonfiniteFinder> finder;
  std::optional<Profile> profile;
  int64_t lastSaved = -1, resumedStep = -1;
  std::optional<Progress> progress;

  /// A batch whose run on the device was begun.
  struct Batch {
    int64_t step, index;
    bool last; ///< the last micro-batch of its step
    double learningRate, stepBegan;
    bool empty; ///< none of its labels counts: its loss is a mean of nothing
  };
  std::optional<Batch> running;
  double loss = 0, accuracy = 0;             ///< sums over the micro-batches of the current step
  double finiteLoss = 0;                     ///< sum over those that are not empty
  bool anyEmpty = false;                     ///< one of the current step's micro-batches is empty
  static constexpr int64_t kToldBatches = 3; ///< that many empty batches get a warning
  int64_t emptyBatches = 0;                  ///< in the run so far
  double settled = 0;                        ///< secondsNow() when the last step had ended

  void loadStart();
  void applyOptions();
  void openFiles();
  bool runSteps();
  bool step();
  bool runMicroBatches(int64_t number);
  void tellEmpty(int64_t number, int64_t index);
  void begin(const Batch &batch);
  void settle();
  void finish(const Batch &batch);
  void report(const Batch &batch, const Scalars &scalars);
  void checkLoss(int64_t number);
  /// Calls `work`. If the device fails, throws Failure that names the step and the checkpoint to
  /// resume from.
  template <typename Work> auto ofStep(int64_t number, Work work) {
    try {
      return work();
    } catch (const DeviceFailure &failure) {
      throw Failure(format("step %lld: %s%s", static_cast<long long>(number), failure.what(),
                           keptText().c_str()));
    }
  }
  std::string keptText() const;
  std::string foundText() const;
  void evaluate();
  void noteEvaluation(double loss);
  /// True if the last --patience evaluations gave no lower loss.
  bool exhausted() const {
    return options.patience && state.evaluationsSinceBest >= options.patience;
  }
  void sayWhyStopped(bool dataEnded);
  void save();
  void write(CheckpointWriter &writer);
  int64_t labelsPerStep() const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_TRAINER_H
