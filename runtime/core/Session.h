//===- Session.h - an emitted program with its arena ------------------------===//
//
// Opens the device, fills what lives in its arena across steps, prepares library
// primitives, and runs the timelines. The command line and the C interface are both built
// on it.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SESSION_H
#define PLIMSOLL_CORE_SESSION_H

#include "Choices.h"
#include "Device.h"

#include <vector>

namespace plimsoll {

/// The numbers of a run's step and batch, and the rates of the step.
struct RunNumbers {
  int64_t step = 0;  ///< training step, from 1
  int64_t batch = 0; ///< micro-batch of the step, or batch of the evaluation, from 0
  double learningRate = 0, weightDecay = 0;
};

class Session {
public:
  /// Opens the device, copies constants to it, zeroes optimizer state on the host's side
  /// (fillResidents() sends it) and prepares all launches. Throws Failure.
  explicit Session(const Program &program);
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  const Program &program;
  const std::unique_ptr<Device> device;
  /// The arena as the host sees it (Device.h). Inputs are written here.
  std::byte *const arena;

  /// Calls `fill(arena)`, which writes parameters or optimizer state, sends these to the device,
  /// and returns the result of `fill`.
  template <typename Fill> auto fillResidents(Fill fill) {
    auto answer = fill(arena);
    uploadResidents();
    return answer;
  }
  /// Fetches parameters, optimizer state and kept gradients as the last step left them, and returns
  /// the arena.
  const std::byte *residents();

  /// Begins to run one of the program's timelines, whose inputs have been written to the arena.
  /// `numbers` determine its random numbers.
  void run(const Timeline &timeline, const RunNumbers &numbers);

  /// Returns the algorithms that libraries chose for the launches, for checkpoints; "" if they had
  /// no choice.
  std::string choices() const { return chosen.text(); }
  /// Prepares the launches again with the choices `recorded` by an earlier run in the checkpoint
  /// `file`. Returns a warning if a library cannot follow one, else "". Throws Failure.
  std::string follow(const std::string &recorded, const std::string &file);

  uint64_t seed = 0; ///< the seed of random numbers

  /// Waits for the oldest run whose scalars were not returned yet, and returns them. At most two
  /// runs may be outstanding: the oldest, and one that was begun after it. Throws DeviceFailure.
  Scalars scalars();

  /// Calls `observer(context, launch)` after each launch of a timeline of the program.
  void observe(const Timeline &timeline, StepRunner::Observer observer, void *context);

private:
  std::vector<StepRunner> steppers; ///< one for each of the program's timelines
  std::vector<void *> handles;
  Choices chosen;
  std::string refused;          ///< the first launch whose recorded choice a library cannot follow
  int64_t begun = 0, asked = 0; ///< runs begun, and runs whose scalars were returned

  void prepareAll();
  void prepare(const Timeline &timeline, StepRunner &stepper, void **handles);
  StepRunner &stepperOf(const Timeline &timeline) {
    return steppers.at(&timeline - program.timelines);
  }
  void zeroState();
  void uploadResidents();
  void writeHyper(const Timeline &timeline, const RunNumbers &numbers);
  void setRates(float *hyper, const RunNumbers &numbers) const;
  void setRandom(float *hyper, uint32_t step) const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SESSION_H
