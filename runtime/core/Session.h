//===- Session.h - an emitted program with its arena ------------------------===//
//
// Opens the device, fills what lives in its arena across steps, prepares library
// primitives, and runs the timelines. The command line and the C interface both stand
// on it.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SESSION_H
#define PLIMSOLL_CORE_SESSION_H

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

  /// One training step; `number` counts from 1. The inputs are written already. Where a step
  /// has several micro-batches, this is its last.
  void step(int64_t number, double learningRate, double weightDecay);
  /// Micro-batch `index` (from 0) of a step, not its last: its gradients are added up.
  void accumulate(int64_t number, int64_t index, double learningRate, double weightDecay);
  /// One pass of the evaluation timeline; random numbers differ from batch to batch.
  void evaluate(int64_t batch);

  uint64_t seed = 0; ///< of random numbers

  float loss() const { return scalar(program.train.lossOffset); }
  float accuracy() const { return scalar(program.train.accuracyOffset); }
  /// f32, of all gradients together, before clipping; NaN where it is not computed.
  float gradientNorm() const { return scalar(program.train.gradientNormOffset); }
  float accumulatedLoss() const { return scalar(program.accumulate.lossOffset); }
  float accumulatedAccuracy() const { return scalar(program.accumulate.accuracyOffset); }
  float evaluationLoss() const { return scalar(program.evaluate.lossOffset); }
  float evaluationAccuracy() const { return scalar(program.evaluate.accuracyOffset); }

  /// Told after each launch of a training step.
  void observe(Stepper::Observer observer, void *context);

private:
  Stepper train, accumulation, evaluation;
  std::vector<void *> handles;

  float scalar(int64_t offset) const;
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
