//===- CInterface.cpp - plimsoll/train.h ------------------------------------===//
#include "plimsoll/train.h"

#include "CheckCpu.h"
#include "Failure.h"
#include "Feeder.h"
#include "Session.h"
#include "Source.h"
#include "Start.h"

#include <cmath>
#include <cstring>
#include <memory>

using namespace plimsoll;

struct plimsoll_train {
  const Program &program = plimsoll_program;
  Session session{plimsoll_program};
  RunState state;
  const Timeline *fedFor = nullptr; ///< the timeline whose inputs were fed
  std::vector<char> fed;            ///< [input]: 1 if it was fed
  float loss = NAN, accuracy = NAN;
  int64_t microBatch = 0;              ///< the next micro-batch of the current step, from 0
  double lossSum = 0, accuracySum = 0; ///< over the micro-batches of the step so far
  bool empty = false;                  ///< all of the labels just fed are ignored
  bool anyEmpty = false;               ///< that was so in a micro-batch of the current step
  int64_t evaluated = 0;               ///< evaluations since the last step
  std::string error;

  plimsoll_train() : fed(plimsoll_program.inputCount) {
    state.learningRate = plimsoll_program.optimizer.learningRate;
    state.weightDecay = plimsoll_program.optimizer.weightDecay;
  }

  /// The kind of timeline that must run the next micro-batch.
  TimelineKind next() const {
    return microBatch == program.microBatches - 1 ? TimelineKind::train : TimelineKind::accumulate;
  }
  const Timeline &first(TimelineKind kind, const char *what) const {
    if (const Timeline *timeline = firstTimeline(program, kind))
      return *timeline;
    throw Failure(format("this program was compiled without %s timeline", what));
  }
  const Timeline &at(int index) const {
    if (index < 0 || index >= program.timelineCount)
      throw Failure(format("there is no timeline %d; there are %d", index, program.timelineCount));
    return program.timelines[index];
  }
};

namespace {

std::string &createError() {
  static std::string text;
  return text;
}

/// Runs `action` and returns 0. If it throws, puts the message into `error` and returns 1.
template <typename Action> int guarded(std::string &error, const Action &action) {
  try {
    error.clear();
    action();
    return 0;
  } catch (const std::exception &failure) {
    error = failure.what();
    return 1;
  }
}

void checkLimit(const Input &input, const void *data) {
  const InputInfo &info = input.info;
  if (info.limit < 0 || input.isFloat())
    return;
  for (int64_t i = 0; i < input.elements(); ++i) {
    int64_t value = integerAt(input.tensor.type, static_cast<const std::byte *>(data), i);
    if ((value < 0 || value >= info.limit) && !(info.labels && value == info.ignored))
      throw Failure(format("input '%s': the value %lld of element %lld is outside [0, %lld)",
                           input.tensor.name, static_cast<long long>(value),
                           static_cast<long long>(i), static_cast<long long>(info.limit)));
  }
}

/// True if the input holds labels that are classes and all of them are ignored.
bool countsNone(const Input &input, const void *data) {
  for (int64_t i = 0; input.isClasses() && i < input.elements(); ++i)
    if (integerAt(ElementType::i64, static_cast<const std::byte *>(data), i) != input.info.ignored)
      return false;
  return input.isClasses();
}

void feed(plimsoll_train *train, const Timeline &timeline, const char *name, const void *data,
          size_t bytes) {
  TimelineInputs inputs(train->program, timeline);
  for (int i = 0; i < inputs.count(); ++i) {
    const Input input = inputs[i];
    if (std::strcmp(input.tensor.name, name))
      continue;
    if (bytes != bytesOf(input.tensor))
      throw Failure(
          format("input '%s': %zu bytes given, %zu expected", name, bytes, bytesOf(input.tensor)));
    checkLimit(input, data);
    if (timeline.kind != TimelineKind::evaluate && input.info.labels)
      train->empty = countsNone(input, data);
    // Timelines share bytes: what was fed for another one may be overwritten.
    if (train->fedFor != &timeline)
      train->fed.assign(train->fed.size(), 0);
    train->fedFor = &timeline;
    train->fed[i] = 1;
    if (input.isRead())
      std::memcpy(train->session.arena + input.tensor.offset, data, bytes);
    return;
  }
  throw Failure(format("there is no input '%s'", name));
}

/// Throws Failure unless every input that `timeline` reads was fed since the last call that could
/// overwrite it.
void requireFed(plimsoll_train *train, const Timeline &timeline) {
  TimelineInputs inputs(train->program, timeline);
  for (int i = 0; i < inputs.count(); ++i)
    if (inputs[i].isRead() && (train->fedFor != &timeline || !train->fed[i]))
      throw Failure(format("input '%s' has not been fed", inputs[i].tensor.name));
  train->fedFor = nullptr;
}

/// Runs the next micro-batch of the current step; the last one updates the parameters.
void stepOnce(plimsoll_train *train, const Timeline &timeline, double rate) {
  train->session.run(timeline,
                     {train->state.step + 1, train->microBatch, rate, train->state.weightDecay});
  Scalars scalars = train->session.scalars();
  train->anyEmpty = train->empty || (train->microBatch > 0 && train->anyEmpty);
  train->lossSum += scalars.loss;
  train->accuracySum += scalars.accuracy;
  double done = static_cast<double>(++train->microBatch);
  train->loss = static_cast<float>(train->lossSum / done);
  train->accuracy = static_cast<float>(train->accuracySum / done);
  if (timeline.kind != TimelineKind::train)
    return;
  ++train->state.step;
  train->microBatch = 0, train->lossSum = 0, train->accuracySum = 0;
}

void runTraining(plimsoll_train *train, const Timeline &timeline, double rate) {
  if (timeline.kind != train->next())
    throw Failure(format("the timeline '%s' cannot run now: micro-batch %lld of %d is next, which "
                         "%s",
                         timeline.name, static_cast<long long>(train->microBatch + 1),
                         train->program.microBatches,
                         train->next() == TimelineKind::train ? "updates" : "adds gradients up"));
  requireFed(train, timeline);
  train->session.seed = train->state.seed;
  train->evaluated = 0;
  stepOnce(train, timeline, rate < 0 ? train->state.learningRate : rate);
  if (!std::isfinite(train->loss) && !train->anyEmpty)
    throw Failure(format("step %lld: the loss is not finite (%g)",
                         static_cast<long long>(train->state.step), double(train->loss)));
}

void runEvaluation(plimsoll_train *train, const Timeline &timeline) {
  requireFed(train, timeline);
  train->session.seed = train->state.seed;
  train->session.run(timeline, {.batch = train->evaluated++});
  Scalars scalars = train->session.scalars();
  train->loss = scalars.loss;
  train->accuracy = scalars.accuracy;
}

/// The C interface has numbers of its own, which stay when the table grows.
plimsoll_type typeOf(ElementType type) {
  switch (type) {
#define PLIMSOLL_ELEMENT_TYPE(name, constant, bytes, isFloat, onnx, safetensors, Storage)          \
  case ElementType::name:                                                                          \
    return PLIMSOLL_##constant;
#include "plimsoll/ElementTypes.inc"
  }
  __builtin_unreachable();
}

plimsoll_input described(const TimelineInputs &inputs, int index) {
  const auto &[info, tensor] = inputs[index];
  return {tensor.name,  typeOf(tensor.type), tensor.rank,
          tensor.shape, bytesOf(tensor),     info.labels};
}

} // namespace

plimsoll_train *plimsoll_train_create(const char *weights) {
  std::unique_ptr<plimsoll_train> train;
  int failed = guarded(createError(), [&] {
    checkCpu(plimsoll_program.instructionSet);
    train = std::make_unique<plimsoll_train>();
    train->session.fillResidents([&](std::byte *arena) {
      return loadParameters(plimsoll_program, weights ? weights : "", arena);
    });
  });
  return failed ? nullptr : train.release();
}

void plimsoll_train_destroy(plimsoll_train *train) {
  delete train;
}

int plimsoll_train_input_count(const plimsoll_train *) {
  return plimsoll_program.inputCount;
}

int plimsoll_train_input(const plimsoll_train *train, int index, plimsoll_input *input) {
  return plimsoll_train_timeline_input(train, 0, index, input);
}

int plimsoll_train_timeline_count(const plimsoll_train *) {
  return plimsoll_program.timelineCount;
}

int plimsoll_train_timeline(const plimsoll_train *, int index, plimsoll_timeline *timeline) {
  if (index < 0 || index >= plimsoll_program.timelineCount)
    return 1;
  const Timeline &found = plimsoll_program.timelines[index];
  *timeline = {found.name, static_cast<plimsoll_timeline_kind>(found.kind)};
  return 0;
}

int plimsoll_train_timeline_input(const plimsoll_train *, int timeline, int index,
                                  plimsoll_input *input) {
  const Program &program = plimsoll_program;
  if (timeline < 0 || timeline >= program.timelineCount || index < 0 || index >= program.inputCount)
    return 1;
  *input = described(TimelineInputs(program, program.timelines[timeline]), index);
  return 0;
}

int plimsoll_train_feed(plimsoll_train *train, const char *input, const void *data, size_t bytes) {
  return guarded(train->error, [&] {
    feed(train, train->first(train->next(), "a training"), input, data, bytes);
  });
}

int plimsoll_train_feed_evaluation(plimsoll_train *train, const char *input, const void *data,
                                   size_t bytes) {
  return guarded(train->error, [&] {
    feed(train, train->first(TimelineKind::evaluate, "an evaluation"), input, data, bytes);
  });
}

int plimsoll_train_feed_timeline(plimsoll_train *train, int timeline, const char *input,
                                 const void *data, size_t bytes) {
  return guarded(train->error, [&] { feed(train, train->at(timeline), input, data, bytes); });
}

int plimsoll_train_step(plimsoll_train *train, double lr) {
  return guarded(train->error,
                 [&] { runTraining(train, train->first(train->next(), "a training"), lr); });
}

int plimsoll_train_evaluate(plimsoll_train *train) {
  return guarded(train->error, [&] {
    runEvaluation(train, train->first(TimelineKind::evaluate, "an evaluation"));
  });
}

int plimsoll_train_run(plimsoll_train *train, int timeline, double lr) {
  return guarded(train->error, [&] {
    const Timeline &which = train->at(timeline);
    if (which.kind == TimelineKind::evaluate)
      runEvaluation(train, which);
    else
      runTraining(train, which, lr);
  });
}

float plimsoll_train_loss(const plimsoll_train *train) {
  return train->loss;
}
float plimsoll_train_accuracy(const plimsoll_train *train) {
  return train->accuracy;
}
int64_t plimsoll_train_steps(const plimsoll_train *train) {
  return train->state.step;
}

int plimsoll_train_save(plimsoll_train *train, const char *path) {
  return guarded(train->error, [&] {
    if (train->microBatch)
      throw Failure(format("%lld of the %d micro-batches of a step are done, and checkpoints "
                           "hold whole steps; save behind the last one",
                           static_cast<long long>(train->microBatch),
                           plimsoll_program.microBatches));
    RunState state = train->state;
    state.steps = state.steps > state.step ? state.steps : state.step;
    state.dataPosition = rowsTaken(plimsoll_program, state.step);
    CheckpointWriter(plimsoll_program, checkpointSlots(plimsoll_program), path,
                     train->session.choices())
        .save(state, train->session.residents());
  });
}

int plimsoll_train_load(plimsoll_train *train, const char *path) {
  return guarded(train->error, [&] {
    train->state = train->session.fillResidents(
        [&](std::byte *arena) { return loadCheckpoint(plimsoll_program, path, "", arena); });
    train->session.follow(train->state.choices, path);
    train->microBatch = 0, train->lossSum = 0, train->accuracySum = 0;
  });
}

const char *plimsoll_train_error(const plimsoll_train *train) {
  return train ? train->error.c_str() : createError().c_str();
}
