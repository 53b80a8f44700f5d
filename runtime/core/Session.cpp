//===- Session.cpp - an emitted program with its arena ----------------------===//
#include "Session.h"

#include "Failure.h"

#include <cmath>
#include <cstring>

namespace plimsoll {
namespace {

/// Name of what a launch writes, for messages.
std::string launchName(const Timeline &timeline, int launch) {
  for (int i = 0; i < timeline.writeCount; ++i)
    if (timeline.writes[i].launch == launch)
      return format("'%s' (%s)", timeline.writes[i].name, timeline.writes[i].node);
  return format("launch %d", launch);
}

/// Calls `visit(offset, bytes)` for every parameter and its optimizer state.
template <typename Visit> void forResidents(const Program &program, Visit visit) {
  for (int i = 0; i < program.parameterCount; ++i) {
    const ParameterInfo &parameter = program.parameters[i];
    visit(parameter.tensor.offset, bytesOf(parameter.tensor));
    for (int j = 0; j < parameter.stateCount; ++j)
      visit(parameter.states[j].offset, bytesOf(parameter.tensor));
  }
}

} // namespace

Session::Session(const Program &program)
    : program(program), device(openDevice(program)), arena(device->host()) {
  for (int i = 0; i < program.constantCount; ++i) {
    const ConstantInfo &constant = program.constants[i];
    std::memcpy(arena + constant.offset, constant.data, constant.bytes);
    device->upload(constant.offset, constant.bytes);
  }
  zeroState();
  handles.resize(program.train.launchCount + program.evaluate.launchCount +
                 program.accumulate.launchCount);
  prepareAll();
}

void Session::prepareAll() {
  void **places = handles.data();
  prepare(program.train, train, places, "training");
  places += program.train.launchCount;
  prepare(program.evaluate, evaluation, places, "evaluation");
  places += program.evaluate.launchCount;
  prepare(program.accumulate, accumulation, places, "accumulation");
}

void Session::zeroState() {
  for (int i = 0; i < program.parameterCount; ++i) {
    const ParameterInfo &parameter = program.parameters[i];
    for (int j = 0; j < parameter.stateCount; ++j)
      std::memset(arena + parameter.states[j].offset, 0, bytesOf(parameter.tensor));
  }
}

void Session::uploadResidents() {
  forResidents(program, [&](uint64_t offset, uint64_t bytes) { device->upload(offset, bytes); });
}

const std::byte *Session::residents() {
  forResidents(program, [&](uint64_t offset, uint64_t bytes) { device->download(offset, bytes); });
  for (int i = 0; i < program.parameterCount; ++i) {
    const ParameterInfo &parameter = program.parameters[i];
    if (parameter.gradientOffset >= 0)
      device->download(parameter.gradientOffset, bytesOf(parameter.tensor));
  }
  return arena;
}

void Session::prepare(const Timeline &timeline, Stepper &stepper, void **places, const char *what) {
  stepper.arena = device->arena();
  stepper.threads = program.threads;
  stepper.handles = places;
  if (!timeline.run)
    return;
  bool followed = chosen.refused() == 0;
  stepper.preparing = true;
  stepper.choices = &chosen;
  stepper.begin();
  timeline.run(stepper);
  stepper.preparing = false;
  if (followed && chosen.refused())
    refused = launchName(timeline, chosen.firstRefusal().launch);
  if (stepper.error)
    throw Failure(format("cannot prepare the %s step: %s: %s", what,
                         launchName(timeline, stepper.errorLaunch).c_str(), stepper.error));
}

std::string Session::follow(const std::string &recorded, const std::string &file) {
  if (recorded.empty())
    return "";
  chosen = Choices();
  chosen.record(recorded, file);
  prepareAll();
  device->launchesChanged();
  if (!chosen.refused())
    return "";
  int others = chosen.refused() - 1;
  return format("%s%s cannot run as '%s' records it: %s; another algorithm is taken, and from "
                "here on bits may differ from those of a run that had not stopped",
                refused.c_str(), others ? format(" and %d other products", others).c_str() : "",
                file.c_str(), chosen.firstRefusal().reason.c_str());
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
  device->upload(offset, kHyperCount * sizeof(float));
}

void Session::uploadInput(int64_t offset, const TensorInfo &input) {
  if (offset >= 0)
    device->upload(offset, bytesOf(input));
}

/// Begins the launches, and to fetch what the host looks at after them.
void Session::run(const Timeline &timeline, Stepper &stepper) {
  device->run(timeline, stepper);
  device->beginFetch(timeline, static_cast<int>(begun++ % 2));
}

Scalars Session::scalars() {
  return device->fetched(static_cast<int>(asked++ % 2));
}

void Session::step(int64_t number, double learningRate, double weightDecay) {
  writeHyper(program.hyperOffset, number, program.microBatches - 1, learningRate, weightDecay);
  for (int i = 0; i < program.inputCount; ++i)
    uploadInput(program.inputs[i].tensor.offset, program.inputs[i].tensor);
  run(program.train, train);
}

void Session::accumulate(int64_t number, int64_t index, double learningRate, double weightDecay) {
  writeHyper(program.accumulateHyperOffset, number, index, learningRate, weightDecay);
  for (int i = 0; i < program.inputCount; ++i)
    uploadInput(program.inputs[i].accumulateOffset, program.inputs[i].tensor);
  run(program.accumulate, accumulation);
}

/// What random numbers are drawn from, as bits in the block of floats.
void Session::setRandom(float *hyper, uint32_t step) {
  auto low = static_cast<uint32_t>(seed), high = static_cast<uint32_t>(seed >> 32);
  std::memcpy(hyper + kSeedLow, &low, sizeof low);
  std::memcpy(hyper + kSeedHigh, &high, sizeof high);
  std::memcpy(hyper + kRandomStep, &step, sizeof step);
}

void Session::evaluate(int64_t batch) {
  if (program.evaluateHyperOffset >= 0) {
    setRandom(reinterpret_cast<float *>(arena + program.evaluateHyperOffset),
              0x80000000u + static_cast<uint32_t>(batch));
    device->upload(program.evaluateHyperOffset, kHyperCount * sizeof(float));
  }
  for (int i = 0; i < program.inputCount; ++i)
    uploadInput(program.inputs[i].evaluateOffset, program.inputs[i].tensor);
  run(program.evaluate, evaluation);
}

void Session::observe(Stepper::Observer observer, void *context) {
  train.observer = observer;
  train.observerContext = context;
}

} // namespace plimsoll
