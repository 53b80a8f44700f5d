//===- Trainer.cpp - the training loop of the command line ------------------===//
#include "Trainer.h"

#include "Failure.h"

#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>

namespace plimsoll {
namespace {

volatile std::sig_atomic_t signalSeen = 0;

/// The first signal ends the run after its step; a second one ends it at once.
void catchSignals() {
  signalSeen = 0;
  struct sigaction action = {};
  action.sa_handler = [](int number) { signalSeen = number; };
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN); // a file-size limit becomes an error of write()
}

} // namespace

Trainer::Trainer(const Program &program, const Options &options)
    : program(program), options(options), session(program) {
  state.learningRate = program.optimizer.learningRate;
  state.weightDecay = program.optimizer.weightDecay;
  loadStart();
  applyOptions();
  openFiles();
  catchSignals();
}

/// Parameters, and with --resume everything else that the run before knew.
void Trainer::loadStart() {
  if (!options.resume.empty()) {
    state = session.fillResidents([&](std::byte *arena) {
      return loadCheckpoint(program, options.resume, options.weights, arena);
    });
    resumedStep = state.step;
    return;
  }
  std::string warning = session.fillResidents(
      [&](std::byte *arena) { return loadParameters(program, options.weights, arena); });
  if (!warning.empty())
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
}

void Trainer::applyOptions() {
  state.steps = options.steps.value_or(state.steps);
  state.seed = options.seed.value_or(state.seed);
  session.seed = state.seed;
  state.shuffle = options.shuffle.value_or(state.shuffle);
  state.learningRate = options.learningRate.value_or(state.learningRate);
  state.weightDecay = options.weightDecay.value_or(state.weightDecay);
  if (options.schedule)
    std::snprintf(state.schedule, sizeof(state.schedule), "%s", options.schedule->c_str());
  schedule.emplace(state.schedule, state.learningRate, state.steps);
  if (!options.resume.empty() && options.steps && state.step > *options.steps)
    throw UsageError(format("--steps=%lld: the checkpoint has %lld steps already",
                            static_cast<long long>(*options.steps),
                            static_cast<long long>(state.step)));
}

void Trainer::openFiles() {
  feeder = std::make_unique<Feeder>(program, makeSource(program, options.data, state.seed),
                                    state.shuffle, state.seed, false);
  if (feeder->stream())
    feeder->skip(state.step * program.microBatches);
  if (!options.evalData.empty())
    evalFeeder = std::make_unique<Feeder>(
        program, makeSource(program, options.evalData, state.seed + 1), false, state.seed, true);
  std::vector<Slot> slots = checkpointSlots(program);
  if (!options.save.empty())
    checkpoint.emplace(program, slots, options.save);
  if (!options.bestFile.empty()) {
    best.emplace(program, slots, options.bestFile);
  } else if (options.saveBest) {
    std::string stem = options.save;
    if (stem.ends_with(".safetensors"))
      stem.resize(stem.size() - std::strlen(".safetensors"));
    best.emplace(program, slots, stem + ".best.safetensors");
  }
  if (!options.dumpGradients.empty())
    gradients.emplace(program, gradientSlots(program), options.dumpGradients);
  metrics.emplace(options.metrics, state.step);
  if (options.findNonfinite) {
    finder.emplace(program, *session.device);
    session.observe(NonfiniteFinder::observe, &*finder);
  }
  if (!options.profile.empty()) {
    profile.emplace(program);
    session.observe(Profile::observe, &*profile);
  }
}

/// Of a step, all its micro-batches together.
int64_t Trainer::labelsPerStep() const {
  int64_t rows = feeder->rows() * program.microBatches;
  for (int i = 0; i < program.inputCount; ++i)
    if (program.inputs[i].labels && program.tokenLabels)
      rows *= rowElements(program.inputs[i].tensor);
  return rows;
}

/// The batches of step `number`, the last one with the update; false when the data has ended.
bool Trainer::runMicroBatches(int64_t number, double rate) {
  int64_t count = program.microBatches, first = (number - 1) * count;
  loss = 0, accuracy = 0;
  for (int64_t index = 0; index < count; ++index) {
    bool last = index == count - 1;
    if (!feeder->feed(first + index, session.arena, !last))
      return false;
    if (last)
      session.step(number, rate, state.weightDecay);
    else
      session.accumulate(number, index, rate, state.weightDecay);
    loss += last ? session.loss() : session.accumulatedLoss();
    accuracy += last ? session.accuracy() : session.accumulatedAccuracy();
  }
  loss /= static_cast<double>(count), accuracy /= static_cast<double>(count);
  return true;
}

/// One step; false when the data has ended.
bool Trainer::step(Progress &progress) {
  double began = secondsNow();
  int64_t number = state.step + 1;
  double rate = schedule->at(number);
  if (finder)
    finder->beginStep(number);
  if (profile)
    profile->beginStep();
  try {
    if (!runMicroBatches(number, rate))
      return false;
  } catch (const DeviceFailure &failure) {
    throw Failure(format("step %lld: %s%s", static_cast<long long>(number), failure.what(),
                         keptText().c_str()));
  }
  state.step = number;
  state.dataPosition = rowsTaken(program, number);
  double seconds = secondsNow() - began;
  checkLoss();
  StepRecord record{number,
                    loss,
                    rate,
                    seconds * 1e3,
                    static_cast<double>(labelsPerStep()) / seconds,
                    accuracy,
                    program.tokenLabels,
                    session.gradientNorm()};
  metrics->write(record);
  progress.step(record);
  return true;
}

/// What a run that fails leaves behind.
std::string Trainer::keptText() const {
  if (lastSaved >= 0)
    return format("; the last good checkpoint, '%s', is of step %lld", checkpoint->path().c_str(),
                  static_cast<long long>(lastSaved));
  if (resumedStep >= 0)
    return format("; no checkpoint was written since the run was resumed from '%s', of step %lld",
                  options.resume.c_str(), static_cast<long long>(resumedStep));
  return "; no checkpoint was written";
}

/// The first value that was not finite, or how to find it.
std::string Trainer::foundText() const {
  if (finder)
    return finder->report();
  return std::string("\n  to name the first value that is not finite, run again") +
         (lastSaved >= 0 || resumedStep >= 0 ? " from the checkpoint" : "") +
         " with --find-nonfinite";
}

void Trainer::checkLoss() {
  if (std::isfinite(loss)) {
    if (finder)
      finder->acceptStep();
    return;
  }
  throw Failure(format("step %lld: the loss is not finite (%s)%s%s",
                       static_cast<long long>(state.step),
                       std::isnan(loss) ? "nan"
                       : loss < 0       ? "-inf"
                                        : "inf",
                       keptText().c_str(), foundText().c_str()));
}

/// The evaluation data once, whole batches, each weighted by the labels that count in it.
void Trainer::evaluate(Progress &progress) {
  int64_t batches = evalFeeder->batchesPerEpoch();
  double loss = 0, accuracy = 0, weight = 0;
  for (int64_t batch = 0; batch < batches && signalSeen == 0; ++batch) {
    evalFeeder->feed(batch, session.arena);
    double counted = static_cast<double>(evalFeeder->countedLabels());
    session.evaluate(batch);
    if (counted == 0)
      continue;
    loss += counted * double(session.evaluationLoss());
    accuracy += counted * double(session.evaluationAccuracy());
    weight += counted;
  }
  state.evaluationPending = signalSeen != 0;
  if (state.evaluationPending)
    return;
  EvalRecord record{state.step, batches, loss / weight, accuracy / weight, program.tokenLabels};
  metrics->write(record);
  progress.evaluation(record);
  noteEvaluation(record.loss);
}

void Trainer::noteEvaluation(double found) {
  if (!best && !options.patience)
    return;
  ++state.evaluationsSinceBest;
  if (!(found < (state.hasBest ? state.bestLoss : HUGE_VAL)))
    return;
  state.bestLoss = found;
  state.bestStep = state.step;
  state.evaluationsSinceBest = 0;
  state.hasBest = true;
  if (best)
    write(*best);
}

void Trainer::save() {
  if (!checkpoint || lastSaved == state.step)
    return;
  write(*checkpoint);
  lastSaved = state.step;
}

/// A step with a finite loss can have a gradient, and so an update, that is not.
void Trainer::write(CheckpointWriter &writer) {
  try {
    writer.save(state, session.residents());
  } catch (const NotFinite &failure) {
    throw Failure(failure.what() + foundText());
  }
}

void Trainer::run() {
  Progress progress(state.step + 1, state.steps);
  int64_t first = state.step;
  bool more = true;
  if (evalFeeder && state.evaluationPending)
    evaluate(progress);
  while (state.step < state.steps && !signalSeen && !exhausted() && (more = step(progress))) {
    if (gradients && state.step == first + 1)
      gradients->save(state, session.residents());
    bool last = state.step == state.steps;
    if (evalFeeder && (options.evalEvery ? state.step % options.evalEvery == 0 : last))
      evaluate(progress);
    if (options.saveEvery && state.step % options.saveEvery == 0)
      save();
  }
  save();
  if (profile)
    profile->write(options.profile);
  if (signalSeen || !more || (exhausted() && state.step < state.steps))
    sayWhyStopped(progress, !more);
}

void Trainer::sayWhyStopped(Progress &progress, bool dataEnded) {
  std::string saved = checkpoint ? "; saved to '" + checkpoint->path() + "'" : "";
  std::string why = signalSeen == SIGINT ? "interrupted"
                    : signalSeen         ? "terminated"
                    : dataEnded          ? "the data has ended"
                                         : "";
  if (why.empty())
    why = format("%lld evaluations without a lower loss than %.6g, of step %lld",
                 static_cast<long long>(state.evaluationsSinceBest), state.bestLoss,
                 static_cast<long long>(state.bestStep));
  progress.say("stopped after step %lld of %lld: %s%s", static_cast<long long>(state.step),
               static_cast<long long>(state.steps), why.c_str(), saved.c_str());
}

} // namespace plimsoll
