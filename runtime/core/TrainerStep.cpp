//===- TrainerStep.cpp - one step of the training loop ----------------------===//
#include "Trainer.h"

#include "Failure.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace plimsoll {

/// Returns the labels (tokens or samples) of a step, all its micro-batches together.
int64_t Trainer::labelsPerStep() const {
  int64_t rows = feeder->rows() * program.microBatches;
  TimelineInputs inputs(program, train);
  for (int i = 0; i < inputs.count(); ++i)
    if (inputs[i].info.labels && program.tokenLabels)
      rows *= inputs[i].rowElements();
  return rows;
}

/// Begins one step and finishes the one before; false if the data has ended.
bool Trainer::step() {
  int64_t number = state.step + 1;
  if (finder)
    finder->beginStep(number);
  if (profile)
    profile->beginStep();
  try {
    if (!ofStep(number, [&] { return runMicroBatches(number); }))
      return false;
  } catch (...) {
    settle(); // an error of the step before came first
    throw;
  }
  state.step = number;
  state.dataPosition = rowsTaken(program, number);
  if (!session.device->asynchronous() || finder || profile)
    settle();
  return true;
}

/// Begins the micro-batches of step `number`; false if the data has ended.
bool Trainer::runMicroBatches(int64_t number) {
  int64_t count = program.microBatches, first = (number - 1) * count;
  double began = secondsNow(), rate = schedule->at(number);
  for (int64_t index = 0; index < count; ++index) {
    bool last = index == count - 1;
    if (!feeder->feed(first + index, session.arena, last ? train : *accumulate))
      return false;
    bool empty = feeder->isEmpty();
    if (empty)
      tellEmpty(number, index);
    if (empty && options.skipEmpty)
      continue; // skips the whole step: --skip-empty is for steps of one batch (Options.cpp)
    begin({number, index, last, rate, began, empty});
  }
  return true;
}

/// Warns that all labels of a batch are ignored, naming its rows, for the first kToldBatches ones.
void Trainer::tellEmpty(int64_t number, int64_t index) {
  if (++emptyBatches > kToldBatches)
    return;
  std::string batch = "the batch";
  if (program.microBatches > 1)
    batch = format("batch %lld of %d", static_cast<long long>(index + 1), program.microBatches);
  progress->say("warning: step %lld: all labels of %s are ignored, %s: %s",
                static_cast<long long>(number), batch.c_str(), feeder->describeBatch().c_str(),
                options.skipEmpty
                    ? "the step is passed over"
                    : "its loss is a mean of nothing (nan) and its gradients are 0, as in "
                      "PyTorch; momentum and decay go on (--skip-empty passes over such steps)");
}

void Trainer::begin(const Batch &batch) {
  session.run(batch.last ? train : *accumulate,
              {batch.step, batch.index, batch.learningRate, state.weightDecay});
  settle(); // finishes the batch before; this one is running meanwhile
  running = batch;
}

/// Waits for the batch that is running, if there is one, and takes its results.
void Trainer::settle() {
  if (std::optional<Batch> batch = std::exchange(running, std::nullopt))
    finish(*batch);
}

void Trainer::finish(const Batch &batch) {
  Scalars scalars = ofStep(batch.step, [&] { return session.scalars(); });
  if (batch.index == 0) {
    loss = accuracy = finiteLoss = 0;
    anyEmpty = false;
  }
  anyEmpty |= batch.empty;
  finiteLoss += batch.empty ? 0 : scalars.loss;
  loss += scalars.loss;
  accuracy += scalars.accuracy;
  if (!batch.last)
    return;
  double count = static_cast<double>(program.microBatches);
  loss /= count, accuracy /= count;
  checkLoss(batch.step);
  report(batch, scalars);
}

/// Reports a step. Its time is counted from the end of the step before or from its own begin,
/// whichever was later.
void Trainer::report(const Batch &batch, const Scalars &scalars) {
  double seconds = scalars.ended - std::max(batch.stepBegan, settled);
  settled = scalars.ended;
  StepRecord record{batch.step,
                    loss,
                    batch.learningRate,
                    seconds * 1e3,
                    static_cast<double>(labelsPerStep()) / seconds,
                    accuracy,
                    program.tokenLabels,
                    scalars.gradientNorm};
  metrics->write(record);
  progress->step(record);
}

void Trainer::checkLoss(int64_t number) {
  if (std::isfinite(loss)) {
    if (finder)
      finder->acceptStep();
    return;
  }
  if (anyEmpty && std::isfinite(finiteLoss)) {
    if (finder)
      finder->forgetStep();
    return;
  }
  throw Failure(format("step %lld: the loss is not finite (%s)%s%s", static_cast<long long>(number),
                       std::isnan(loss) ? "nan"
                       : loss < 0       ? "-inf"
                                        : "inf",
                       keptText().c_str(), foundText().c_str()));
}

/// Returns, for a message about a run that failed, the checkpoint that it leaves.
std::string Trainer::keptText() const {
  if (lastSaved >= 0)
    return format("; the last good checkpoint, '%s', is of step %lld", checkpoint->path().c_str(),
                  static_cast<long long>(lastSaved));
  if (resumedStep >= 0)
    return format("; no checkpoint was written since the run was resumed from '%s', of step %lld",
                  options.resume.c_str(), static_cast<long long>(resumedStep));
  return "; no checkpoint was written";
}

/// Returns, for a message, the first value that was not finite, or how to find it.
std::string Trainer::foundText() const {
  if (finder)
    return finder->report();
  return std::string("\n  to name the first value that is not finite, run again") +
         (lastSaved >= 0 || resumedStep >= 0 ? " from the checkpoint" : "") +
         " with --find-nonfinite";
}

} // namespace plimsoll
