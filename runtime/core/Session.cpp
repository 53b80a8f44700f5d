//===- Session.cpp - an emitted program with its arena ----------------------===//
#include "Session.h"

#include "Failure.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <omp.h>
#include <sys/mman.h>

namespace plimsoll {
namespace {

int64_t countOf(const TensorInfo &tensor) {
  int64_t count = 1;
  for (int i = 0; i < tensor.rank; ++i)
    count *= tensor.shape[i];
  return count;
}

/// Name of what a launch writes, for messages.
std::string launchName(const Timeline &timeline, int launch) {
  for (int i = 0; i < timeline.writeCount; ++i)
    if (timeline.writes[i].launch == launch)
      return format("'%s' (%s)", timeline.writes[i].name, timeline.writes[i].node);
  return format("launch %d", launch);
}

} // namespace

Session::Session(const Program &program) : program(program) {
  if (omp_get_thread_limit() < program.threads)
    throw Failure(format("this program runs on %d threads, and OMP_THREAD_LIMIT allows %d",
                         program.threads, omp_get_thread_limit()));
  void *mapped = mmap(nullptr, program.arenaBytes ? program.arenaBytes : 1, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    throw Failure(format("cannot map the arena of %s bytes: %s",
                         grouped(static_cast<long long>(program.arenaBytes)).c_str(),
                         std::strerror(errno)));
  arena = static_cast<std::byte *>(mapped);
  try {
    madvise(mapped, program.arenaBytes, MADV_HUGEPAGE); // a wish: fewer page faults
    for (int i = 0; i < program.constantCount; ++i)
      std::memcpy(arena + program.constants[i].offset, program.constants[i].data,
                  program.constants[i].bytes);
    zeroState();
    handles.resize(program.train.launchCount + program.evaluate.launchCount +
                   program.accumulate.launchCount);
    void **places = handles.data();
    prepare(program.train, train, places, "training");
    places += program.train.launchCount;
    prepare(program.evaluate, evaluation, places, "evaluation");
    places += program.evaluate.launchCount;
    prepare(program.accumulate, accumulation, places, "accumulation");
  } catch (...) {
    munmap(arena, program.arenaBytes ? program.arenaBytes : 1);
    throw;
  }
}

Session::~Session() {
  munmap(arena, program.arenaBytes ? program.arenaBytes : 1);
}

void Session::zeroState() {
  for (int i = 0; i < program.parameterCount; ++i) {
    const ParameterInfo &parameter = program.parameters[i];
    for (int j = 0; j < parameter.stateCount; ++j)
      std::memset(arena + parameter.states[j].offset, 0,
                  countOf(parameter.tensor) * bytesOf(parameter.tensor.type));
  }
}

void Session::prepare(const Timeline &timeline, Stepper &stepper, void **places, const char *what) {
  stepper.arena = arena;
  stepper.threads = program.threads;
  stepper.handles = places;
  if (!timeline.run)
    return;
  stepper.preparing = true;
  stepper.begin();
  timeline.run(stepper);
  stepper.preparing = false;
  if (stepper.error)
    throw Failure(format("cannot prepare the %s step: %s: %s", what,
                         launchName(timeline, stepper.errorLaunch).c_str(), stepper.error));
}

void Session::writeHyper(uint64_t offset, int64_t number, int64_t microBatch, double learningRate,
                         double weightDecay) {
  const OptimizerInfo &optimizer = program.optimizer;
  float *hyper = reinterpret_cast<float *>(arena + offset);
  double t = static_cast<double>(number);
  bool adam = !std::strcmp(optimizer.name, "adamw") || !std::strcmp(optimizer.name, "adam");
  double bias1 = adam ? 1.0 - std::pow(optimizer.beta1, t) : 1.0;
  double bias2 = adam ? 1.0 - std::pow(optimizer.beta2, t) : 1.0;
  hyper[kLearningRate] = static_cast<float>(learningRate);
  hyper[kDecayFactor] = static_cast<float>(1.0 - learningRate * weightDecay);
  hyper[kStepSize] = static_cast<float>(learningRate / bias1);
  hyper[kSqrtBias2] = static_cast<float>(std::sqrt(bias2));
  hyper[kWeightDecay] = static_cast<float>(weightDecay);
  hyper[kFirstStep] = number == 1 ? 1.0f : 0.0f;
  hyper[kFirstMicroBatch] = microBatch == 0 ? 1.0f : 0.0f;
  setRandom(hyper, static_cast<uint32_t>((number - 1) * program.microBatches + microBatch + 1));
}

void Session::step(int64_t number, double learningRate, double weightDecay) {
  writeHyper(program.hyperOffset, number, program.microBatches - 1, learningRate, weightDecay);
  train.begin();
  program.train.run(train);
}

void Session::accumulate(int64_t number, int64_t index, double learningRate, double weightDecay) {
  writeHyper(program.accumulateHyperOffset, number, index, learningRate, weightDecay);
  accumulation.begin();
  program.accumulate.run(accumulation);
}

/// What random numbers are drawn from, as bits in the block of floats.
void Session::setRandom(float *hyper, uint32_t step) {
  auto low = static_cast<uint32_t>(seed), high = static_cast<uint32_t>(seed >> 32);
  std::memcpy(hyper + kSeedLow, &low, sizeof low);
  std::memcpy(hyper + kSeedHigh, &high, sizeof high);
  std::memcpy(hyper + kRandomStep, &step, sizeof step);
}

void Session::evaluate(int64_t batch) {
  if (program.evaluateHyperOffset >= 0)
    setRandom(reinterpret_cast<float *>(arena + program.evaluateHyperOffset),
              0x80000000u + static_cast<uint32_t>(batch));
  evaluation.begin();
  program.evaluate.run(evaluation);
}

void Session::observe(Stepper::Observer observer, void *context) {
  train.observer = observer;
  train.observerContext = context;
}

float Session::scalar(int64_t offset) const {
  float value = NAN;
  if (offset >= 0)
    std::memcpy(&value, arena + offset, sizeof(value));
  return value;
}

} // namespace plimsoll
