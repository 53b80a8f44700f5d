//===- Session.cpp - an emitted program with its arena ----------------------===//
#include "Session.h"

#include "Failure.h"

#include <cmath>
#include <cstring>

namespace plimsoll {
namespace {

/// Returns the name of the value that a launch writes and of its node, for messages.
std::string launchName(const Timeline &timeline, int launch) {
  for (int i = 0; i < timeline.writeCount; ++i)
    if (timeline.writes[i].launch == launch)
      return format("'%s' (%s)", timeline.writes[i].name, timeline.writes[i].node);
  return format("launch %d", launch);
}

/// Calls `visit(tensor)` for each tensor of the parameter's optimizer state.
template <typename Visit> void forStates(const ParameterInfo &parameter, Visit visit) {
  for (int j = 0; j < parameter.stateCount; ++j) {
    visit(parameter.states[j].tensor);
    if (parameter.states[j].scales)
      visit(*parameter.states[j].scales);
  }
}

/// Calls `visit(tensor)` for every parameter and its optimizer state.
template <typename Visit> void forResidents(const Program &program, Visit visit) {
  for (int i = 0; i < program.parameterCount; ++i) {
    visit(program.parameters[i].tensor);
    forStates(program.parameters[i], visit);
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
  size_t launches = 0;
  for (int i = 0; i < program.timelineCount; ++i)
    launches += static_cast<size_t>(program.timelines[i].launchCount);
  handles.resize(launches);
  steppers.resize(static_cast<size_t>(program.timelineCount));
  prepareAll();
}

void Session::prepareAll() {
  void **places = handles.data();
  for (int i = 0; i < program.timelineCount; ++i) {
    prepare(program.timelines[i], steppers[i], places);
    places += program.timelines[i].launchCount;
  }
}

void Session::zeroState() {
  for (int i = 0; i < program.parameterCount; ++i)
    forStates(program.parameters[i], [&](const TensorInfo &tensor) {
      std::memset(arena + tensor.offset, 0, bytesOf(tensor));
    });
}

void Session::uploadResidents() {
  forResidents(program,
               [&](const TensorInfo &tensor) { device->upload(tensor.offset, bytesOf(tensor)); });
}

const std::byte *Session::residents() {
  forResidents(program,
               [&](const TensorInfo &tensor) { device->download(tensor.offset, bytesOf(tensor)); });
  for (int i = 0; i < program.parameterCount; ++i) {
    const ParameterInfo &parameter = program.parameters[i];
    if (parameter.gradientOffset >= 0)
      device->download(parameter.gradientOffset, bytesOf(parameter.tensor));
  }
  return arena;
}

void Session::prepare(const Timeline &timeline, StepRunner &stepper, void **places) {
  stepper.arena = device->arena();
  stepper.threads = program.threads;
  stepper.handles = places;
  bool followed = chosen.refused() == 0;
  stepper.preparing = true;
  stepper.choices = &chosen;
  stepper.begin();
  timeline.run(stepper);
  stepper.preparing = false;
  if (followed && chosen.refused())
    refused = launchName(timeline, chosen.firstRefusal().launch);
  if (stepper.error)
    throw Failure(format("cannot prepare the timeline '%s': %s: %s", timeline.name,
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

void Session::setRates(float *hyper, const RunNumbers &numbers) const {
  const OptimizerInfo &optimizer = program.optimizer;
  double t = static_cast<double>(numbers.step), rate = numbers.learningRate;
  double bias1 = 1.0 - std::pow(optimizer.beta1, t);
  double bias2 = 1.0 - std::pow(optimizer.beta2, t);
  hyper[kLearningRate] = static_cast<float>(rate);
  hyper[kDecayFactor] = static_cast<float>(1.0 - rate * numbers.weightDecay);
  hyper[kStepSize] = static_cast<float>(rate / bias1);
  hyper[kSqrtBias2] = static_cast<float>(std::sqrt(bias2));
  hyper[kWeightDecay] = static_cast<float>(numbers.weightDecay);
  hyper[kFirstStep] = numbers.step == 1 ? 1.0f : 0.0f;
  hyper[kFirstMicroBatch] = numbers.batch == 0 ? 1.0f : 0.0f;
  hyper[kMicroBatch] = static_cast<float>(numbers.batch);
}

/// Writes the seed and the number of the batch, from which random numbers are drawn, as bits of
/// u32 into the block of floats.
void Session::setRandom(float *hyper, uint32_t step) const {
  auto low = static_cast<uint32_t>(seed), high = static_cast<uint32_t>(seed >> 32);
  std::memcpy(hyper + kSeedLow, &low, sizeof low);
  std::memcpy(hyper + kSeedHigh, &high, sizeof high);
  std::memcpy(hyper + kRandomStep, &step, sizeof step);
}

void Session::writeHyper(const Timeline &timeline, const RunNumbers &numbers) {
  float *hyper = reinterpret_cast<float *>(arena + timeline.hyperOffset);
  if (timeline.kind == TimelineKind::evaluate) {
    setRandom(hyper, 0x80000000u + static_cast<uint32_t>(numbers.batch));
  } else {
    setRates(hyper, numbers);
    int64_t begun = (numbers.step - 1) * program.microBatches + numbers.batch + 1;
    setRandom(hyper, static_cast<uint32_t>(begun));
  }
  device->upload(static_cast<uint64_t>(timeline.hyperOffset), kHyperCount * sizeof(float));
}

void Session::run(const Timeline &timeline, const RunNumbers &numbers) {
  if (timeline.hyperOffset >= 0)
    writeHyper(timeline, numbers);
  for (int i = 0; i < program.inputCount; ++i)
    if (const TensorInfo &input = timeline.inputs[i]; input.offset != kNoPlace)
      device->upload(input.offset, bytesOf(input));
  device->run(timeline, stepperOf(timeline));
  device->beginFetch(timeline, static_cast<int>(begun++ % 2));
}

Scalars Session::scalars() {
  return device->fetched(static_cast<int>(asked++ % 2));
}

void Session::observe(const Timeline &timeline, StepRunner::Observer observer, void *context) {
  stepperOf(timeline).observer = observer;
  stepperOf(timeline).observerContext = context;
}

} // namespace plimsoll
