//===- Session.h - an emitted program with its arena ------------------------===//
//
// Opens the device, fills what lives in its arena across steps, prepares library
// primitives, and runs the timelines. The command line and the C interface both stand
// on it.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SESSION_H
#define PLIMSOLL_CORE_SESSION_H

#include "Choices.h"
#include "Device.h"

#include <vector>

namespace plimsoll {

/// Which batch a run of a timeline takes, and the rates of its step.
struct RunNumbers {
  int64_t step = 0;  ///< of training, from 1
  int64_t batch = 0; ///< micro-batch of the step, or batch of the evaluation, from 0
  double learningRate = 0, weightDecay = 0;
};

class Session {
public:
  /// Opens the device, copies constants, zeroes optimizer state, prepares. Throws Failure.
  explicit Session(const Program &program);
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  const Program &program;
  const std::unique_ptr<Device> device;
  /// The arena as the host sees it (Device.h). Inputs are written here.
  std::byte *const arena;

  /// Calls `fill(arena)`, which writes parameters or optimizer state, and sends these to the
  /// device. Answers what `fill` does.
  template <typename Fill> auto fillResidents(Fill fill) {
    auto answer = fill(arena);
    uploadResidents();
    return answer;
  }
  /// The arena with parameters, optimizer state and kept gradients as the last step left them.
  const std::byte *residents();

  /// Begins to run one of the program's timelines, whose inputs are written already. Random numbers
  /// differ from batch to batch.
  void run(const Timeline &timeline, const RunNumbers &numbers);

  /// What libraries chose for the launches, for checkpoints; "" where they had no choice.
  std::string choices() const { return chosen.text(); }
  /// Prepares again with what an earlier run chose, of the metadata of the checkpoint `file`.
  /// Answers a warning where a library cannot follow it, or "". Throws Failure.
  std::string follow(const std::string &recorded, const std::string &file);

  uint64_t seed = 0; ///< of random numbers

  /// Those of the oldest run of a timeline whose scalars were not asked for yet; waits for its
  /// launches. At most two runs may be without: one that ends and one that was begun behind it.
  /// Throws DeviceFailure.
  Scalars scalars();

  /// Calls `observer(context, launch)` after each launch of a timeline of the program.
  void observe(const Timeline &timeline, StepRunner::Observer observer, void *context);

private:
  std::vector<StepRunner> steppers; ///< one for each of the program's timelines
  std::vector<void *> handles;
  Choices chosen;
  std::string refused;          ///< the first launch whose recorded choice a library cannot follow
  int64_t begun = 0, asked = 0; ///< runs, and those whose scalars were asked for

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
