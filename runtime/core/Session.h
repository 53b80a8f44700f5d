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

  /// Begins one training step; `number` counts from 1. The inputs are written already. Where a step
  /// has several micro-batches, this is its last.
  void step(int64_t number, double learningRate, double weightDecay);
  /// The same of micro-batch `index` (from 0) of a step, not its last: its gradients are added
  /// up.
  void accumulate(int64_t number, int64_t index, double learningRate, double weightDecay);
  /// The same of one pass of the evaluation timeline; random numbers differ from batch to batch.
  void evaluate(int64_t batch);

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

  /// Told after each launch of a training step.
  void observe(Stepper::Observer observer, void *context);

private:
  Stepper train, accumulation, evaluation;
  std::vector<void *> handles;
  Choices chosen;
  std::string refused;          ///< the first launch whose recorded choice a library cannot follow
  int64_t begun = 0, asked = 0; ///< runs, and those whose scalars were asked for

  void prepareAll();
  void prepare(const Timeline &timeline, Stepper &stepper, void **handles, const char *what);
  void zeroState();
  void uploadResidents();
  void uploadInput(int64_t offset, const TensorInfo &input);
  void run(const Timeline &timeline, Stepper &stepper);
  void writeHyper(uint64_t offset, int64_t number, int64_t microBatch, double learningRate,
                  double weightDecay);
  void setRandom(float *hyper, uint32_t step);
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SESSION_H
