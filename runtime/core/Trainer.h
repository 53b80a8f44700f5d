//===- Trainer.h - the training loop of the command line --------------------===//
//
// Everything is opened and allocated in the constructor; run() then only steps, reads,
// writes and saves. On a device that works by itself the next batch is read and begun before the
// scalars of the last one are awaited, so that it is never idle for the host: whatever looks at
// the state of a step settles it first.
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
  const Timeline *const accumulate; ///< of the others; null where a step has one
  const Timeline *const evaluation; ///< null where the program cannot evaluate
  std::unique_ptr<Feeder> feeder, evalFeeder;
  std::optional<CheckpointWriter> checkpoint, best, gradients;
  std::optional<Schedule> schedule;
  std::optional<Metrics> metrics;
  std::optional<NonfiniteFinder> finder;
  std::optional<Profile> profile;
  int64_t lastSaved = -1, resumedStep = -1;
  std::optional<Progress> progress;

  /// A batch that the device works on.
  struct Batch {
    int64_t step, index;
    bool last; ///< of its step
    double learningRate, stepBegan;
    bool empty; ///< none of its labels counts: its loss is a mean of nothing
  };
  std::optional<Batch> running;
  double loss = 0, accuracy = 0; ///< of the step under way, summed over its micro-batches
  double finiteLoss = 0;         ///< the same without those that are empty
  bool anyEmpty = false;         ///< of the step under way
  static constexpr int64_t kToldBatches = 3;
  int64_t emptyBatches = 0; ///< of the run; so many are told
  double settled = 0;       ///< when the last step had ended

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
  /// Does `work`; a failure of the device names the step, and what the run leaves behind.
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
  /// The evaluation loss has not fallen for as long as --patience allows.
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
