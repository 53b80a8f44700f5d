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
  Session session{plimsoll_program};
  RunState state;
  std::vector<char> fed, fedEvaluation;
  float loss = NAN, accuracy = NAN;
  int64_t microBatch = 0;              ///< of the step, the next one
  double lossSum = 0, accuracySum = 0; ///< over the micro-batches of the step so far
  bool empty = false;                  ///< of the labels just fed, none counts
  bool anyEmpty = false;               ///< in the step under way
  int64_t evaluated = 0;               ///< evaluations since the last step
  std::string error;

  bool isLast() const { return microBatch == plimsoll_program.microBatches - 1; }

  plimsoll_train() : fed(plimsoll_program.inputCount), fedEvaluation(plimsoll_program.inputCount) {
    state.learningRate = plimsoll_program.optimizer.learningRate;
    state.weightDecay = plimsoll_program.optimizer.weightDecay;
  }
};

namespace {

std::string &createError() {
  static std::string text;
  return text;
}

/// Runs `action`; a failure becomes text and 1.
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

void checkLimit(const InputInfo &input, const void *data) {
  if (input.limit < 0 || input.tensor.type == DType::f32 || input.tensor.type == DType::f64)
    return;
  int64_t count = static_cast<int64_t>(bytesOf(input.tensor)) / bytesOf(input.tensor.type);
  for (int64_t i = 0; i < count; ++i) {
    int64_t value = integerAt(input.tensor.type, static_cast<const std::byte *>(data), i);
    if ((value < 0 || value >= input.limit) && !(input.labels && value == input.ignored))
      throw Failure(format("input '%s': the value %lld of element %lld is outside [0, %lld)",
                           input.tensor.name, static_cast<long long>(value),
                           static_cast<long long>(i), static_cast<long long>(input.limit)));
  }
}

/// True for labels that are classes, and all ignored.
bool countsNone(const InputInfo &input, const void *data) {
  int64_t count = static_cast<int64_t>(bytesOf(input.tensor)) / bytesOf(input.tensor.type);
  for (int64_t i = 0; input.tensor.type == DType::i64 && i < count; ++i)
    if (integerAt(DType::i64, static_cast<const std::byte *>(data), i) != input.ignored)
      return false;
  return input.tensor.type == DType::i64;
}

void feed(plimsoll_train *train, const char *name, const void *data, size_t bytes,
          bool evaluation) {
  for (int i = 0; i < plimsoll_program.inputCount; ++i) {
    const InputInfo &input = plimsoll_program.inputs[i];
    if (std::strcmp(input.tensor.name, name))
      continue;
    if (bytes != bytesOf(input.tensor))
      throw Failure(
          format("input '%s': %zu bytes given, %zu expected", name, bytes, bytesOf(input.tensor)));
    checkLimit(input, data);
    if (!evaluation && input.labels)
      train->empty = countsNone(input, data);
    // The two timelines share bytes: what was fed for the other one may be overwritten.
    std::vector<char> &lost = evaluation ? train->fed : train->fedEvaluation;
    lost.assign(lost.size(), 0);
    (evaluation ? train->fedEvaluation : train->fed)[i] = 1;
    int64_t offset = evaluation        ? input.evaluateOffset
                     : train->isLast() ? static_cast<int64_t>(input.tensor.offset)
                                       : input.accumulateOffset;
    if (offset >= 0)
      std::memcpy(train->session.arena + offset, data, bytes);
    return;
  }
  throw Failure(format("there is no input '%s'", name));
}

/// Every input must have been fed since the last call that could overwrite it.
void requireFed(plimsoll_train *train, const std::vector<char> &fed, bool evaluation) {
  for (int i = 0; i < plimsoll_program.inputCount; ++i)
    if (!fed[i] && (!evaluation || plimsoll_program.inputs[i].evaluateOffset >= 0))
      throw Failure(format("input '%s' has not been fed", plimsoll_program.inputs[i].tensor.name));
  train->fed.assign(train->fed.size(), 0);
  train->fedEvaluation.assign(train->fedEvaluation.size(), 0);
}

/// The next micro-batch of the step under way; the last one updates.
void stepOnce(plimsoll_train *train, double rate) {
  Session &session = train->session;
  int64_t number = train->state.step + 1;
  bool last = train->isLast();
  if (last)
    session.step(number, rate, train->state.weightDecay);
  else
    session.accumulate(number, train->microBatch, rate, train->state.weightDecay);
  Scalars scalars = session.scalars();
  train->anyEmpty = train->empty || (train->microBatch > 0 && train->anyEmpty);
  train->lossSum += scalars.loss;
  train->accuracySum += scalars.accuracy;
  double done = static_cast<double>(++train->microBatch);
  train->loss = static_cast<float>(train->lossSum / done);
  train->accuracy = static_cast<float>(train->accuracySum / done);
  if (!last)
    return;
  ++train->state.step;
  train->microBatch = 0, train->lossSum = 0, train->accuracySum = 0;
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

int plimsoll_train_input(const plimsoll_train *, int index, plimsoll_input *input) {
  if (index < 0 || index >= plimsoll_program.inputCount)
    return 1;
  const InputInfo &info = plimsoll_program.inputs[index];
  *input = {info.tensor.name,     static_cast<plimsoll_type>(info.tensor.type),
            info.tensor.rank,     info.tensor.shape,
            bytesOf(info.tensor), info.labels};
  return 0;
}

int plimsoll_train_feed(plimsoll_train *train, const char *input, const void *data, size_t bytes) {
  return guarded(train->error, [&] { feed(train, input, data, bytes, false); });
}

int plimsoll_train_feed_evaluation(plimsoll_train *train, const char *input, const void *data,
                                   size_t bytes) {
  return guarded(train->error, [&] { feed(train, input, data, bytes, true); });
}

int plimsoll_train_step(plimsoll_train *train, double lr) {
  return guarded(train->error, [&] {
    requireFed(train, train->fed, false);
    double rate = lr < 0 ? train->state.learningRate : lr;
    train->session.seed = train->state.seed;
    train->evaluated = 0;
    stepOnce(train, rate);
    if (!std::isfinite(train->loss) && !train->anyEmpty)
      throw Failure(format("step %lld: the loss is not finite (%g)",
                           static_cast<long long>(train->state.step), double(train->loss)));
  });
}

int plimsoll_train_evaluate(plimsoll_train *train) {
  return guarded(train->error, [&] {
    if (!plimsoll_program.evaluate.run)
      throw Failure("this program was compiled without an evaluation timeline");
    requireFed(train, train->fedEvaluation, true);
    train->session.seed = train->state.seed;
    train->session.evaluate(train->evaluated++);
    Scalars scalars = train->session.scalars();
    train->loss = scalars.loss;
    train->accuracy = scalars.accuracy;
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
