//===- Session.h - an emitted program with its arena ------------------------===//
//
// Maps the arena once, fills what lives in it across steps, prepares library
// primitives, and runs the two timelines. The command line and the C interface both
// stand on it.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SESSION_H
#define PLIMSOLL_CORE_SESSION_H

#include "plimsoll/Program.h"

#include <vector>

namespace plimsoll {

class Session {
public:
  /// Maps the arena, copies constants, zeroes optimizer state, prepares. Throws Failure.
  explicit Session(const Program &program);
  ~Session();
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;

  const Program &program;
  std::byte *arena = nullptr;

  /// One training step; `number` counts from 1. The inputs lie in the arena already.
  void step(int64_t number, double learningRate, double weightDecay);
  /// One pass of the evaluation timeline.
  void evaluate();

  float loss() const { return scalar(program.train.lossOffset); }
  float accuracy() const { return scalar(program.train.accuracyOffset); }
  float evaluationLoss() const { return scalar(program.evaluate.lossOffset); }
  float evaluationAccuracy() const { return scalar(program.evaluate.accuracyOffset); }

  /// Told after each launch of a training step.
  void observe(Stepper::Observer observer, void *context);

private:
  Stepper train, evaluation;
  std::vector<void *> handles;

  float scalar(int64_t offset) const;
  void prepare(const Timeline &timeline, Stepper &stepper, void **handles, const char *what);
  void zeroState();
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SESSION_H
