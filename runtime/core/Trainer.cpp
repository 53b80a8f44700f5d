//===- Trainer.cpp - the training loop of the command line ------------------===//
#include "Trainer.h"

#include "Failure.h"
#include "plimsoll/Shown.h"

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

void warn(const std::string &warning) {
  if (!warning.empty())
    std::fprintf(stderr, "warning: %s\n", shownLines(warning).c_str());
}

const Timeline &trainingTimeline(const Program &program) {
  if (const Timeline *timeline = firstTimeline(program, TimelineKind::train))
    return *timeline;
  throw Failure("the program has no timeline that trains");
}

} // namespace

Trainer::Trainer(const Program &program, const Options &options)
    : program(program), options(options), session(program), train(trainingTimeline(program)),
      accumulate(firstTimeline(program, TimelineKind::accumulate)),
      evaluation(firstTimeline(program, TimelineKind::evaluate)) {
  state.learningRate = program.optimizer.learningRate;
  state.weightDecay = program.optimizer.weightDecay;
  loadStart();
  applyOptions();
  openFiles();
  catchSignals();
}

/// Loads the parameters; with --resume also optimizer state and the state of the earlier run.
void Trainer::loadStart() {
  if (!options.resume.empty()) {
    state = session.fillResidents([&](std::byte *arena) {
      return loadCheckpoint(program, options.resume, options.weights, arena);
    });
    resumedStep = state.step;
    warn(state.remark);
    warn(session.follow(state.choices, options.resume));
    return;
  }
  warn(session.fillResidents(
      [&](std::byte *arena) { return loadParameters(program, options.weights, arena); }));
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
  TimelineInputs rows(program, train);
  feeder = std::make_unique<Feeder>(rows, makeSource(rows, options.data, state.seed), state.shuffle,
                                    state.seed);
  if (feeder->stream())
    feeder->skip(state.step * program.microBatches);
  if (!options.evalData.empty()) {
    TimelineInputs inputs(program, *evaluation);
    evalFeeder = std::make_unique<Feeder>(
        inputs, makeSource(inputs, options.evalData, state.seed + 1, true), false, state.seed);
  }
  std::vector<Slot> slots = checkpointSlots(program);
  std::string choices = session.choices();
  if (!options.save.empty())
    checkpoint.emplace(program, slots, options.save, choices);
  if (!options.bestFile.empty()) {
    best.emplace(program, slots, options.bestFile, choices);
  } else if (options.saveBest) {
    std::string stem = options.save;
    if (stem.ends_with(".safetensors"))
      stem.resize(stem.size() - std::strlen(".safetensors"));
    best.emplace(program, slots, stem + ".best.safetensors", choices);
  }
  if (!options.dumpGradients.empty())
    gradients.emplace(program, gradientSlots(program), options.dumpGradients);
  metrics.emplace(options.metrics, state.step);
  if (options.findNonfinite) {
    finder.emplace(train, *session.device);
    session.observe(train, NonfiniteFinder::observe, &*finder);
  }
  if (!options.profile.empty()) {
    profile.emplace(train, program.rates);
    session.observe(train, Profile::observe, &*profile);
  }
}

/// Evaluates all evaluation data, each batch weighted by the labels or rows that count in it.
void Trainer::evaluate() {
  settle();
  int64_t runs = evalFeeder->evaluationRuns(), begun = 0;
  double loss = 0, accuracy = 0, weight = 0, counted = 0;
  auto add = [&] {
    Scalars scalars = session.scalars();
    if (counted == 0)
      return;
    loss += counted * double(scalars.loss);
    accuracy += counted * double(scalars.accuracy);
    weight += counted;
  };
  for (; begun < runs && signalSeen == 0; ++begun) {
    evalFeeder->feed(begun, session.arena);
    double count = evalFeeder->weight();
    session.run(*evaluation, {.batch = begun});
    if (begun)
      add(); // the scalars of the batch before; this one is running meanwhile
    counted = count;
  }
  if (begun)
    add();
  state.evaluationPending = signalSeen != 0;
  if (state.evaluationPending)
    return;
  int64_t batches = evalFeeder->batchesPerEpoch(), rest = evalFeeder->recordsLeft();
  bool takesRest = runs > batches;
  EvalRecord record{state.step,          batches + takesRest, loss / weight,
                    accuracy / weight,   program.tokenLabels, takesRest ? rest : 0,
                    takesRest ? 0 : rest};
  metrics->write(record);
  progress->evaluation(record);
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
  settle();
  write(*checkpoint);
  lastSaved = state.step;
}

/// Saves a checkpoint. It can fail after a step with a finite loss, because a gradient, and so an
/// update, can still have an infinity or a NaN.
void Trainer::write(CheckpointWriter &writer) {
  try {
    writer.save(state, session.residents());
  } catch (const NotFinite &failure) {
    throw Failure(failure.what() + foundText());
  }
}

void Trainer::run() {
  progress.emplace(state.step + 1, state.steps);
  bool more = ofStep(state.step, [&] { return runSteps(); });
  if (profile) {
    profile->write(options.profile);
    progress->say("%s", profile->table().c_str());
  }
  if (signalSeen || !more || (exhausted() && state.step < state.steps))
    sayWhyStopped(!more);
}

/// Runs all steps and saves; false if the data has ended before the last one.
bool Trainer::runSteps() {
  int64_t first = state.step;
  bool more = true;
  if (evalFeeder && state.evaluationPending)
    evaluate();
  while (state.step < state.steps && !signalSeen && !exhausted() && (more = step())) {
    if (gradients && state.step == first + 1) {
      settle();
      gradients->save(state, session.residents());
    }
    bool last = state.step == state.steps;
    if (evalFeeder && (options.evalEvery ? state.step % options.evalEvery == 0 : last))
      evaluate();
    if (options.saveEvery && state.step % options.saveEvery == 0)
      save();
  }
  settle();
  save();
  if (emptyBatches > kToldBatches)
    progress->say("%lld batches in all had no label that counts",
                  static_cast<long long>(emptyBatches));
  return more;
}

void Trainer::sayWhyStopped(bool dataEnded) {
  std::string saved = checkpoint ? "; saved to '" + checkpoint->path() + "'" : "";
  std::string why = signalSeen == SIGINT ? "interrupted"
                    : signalSeen         ? "terminated"
                    : dataEnded          ? "the data has ended"
                                         : "";
  if (why.empty())
    why = format("%lld evaluations without a lower loss than %.6g, of step %lld",
                 static_cast<long long>(state.evaluationsSinceBest), state.bestLoss,
                 static_cast<long long>(state.bestStep));
  progress->say("stopped after step %lld of %lld: %s%s", static_cast<long long>(state.step),
                static_cast<long long>(state.steps), why.c_str(), saved.c_str());
}

} // namespace plimsoll
