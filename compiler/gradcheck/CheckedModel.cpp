//===- CheckedModel.cpp - a compiled model whose parameters can be moved -----------===//
#include "compiler/gradcheck/CheckedModel.h"
#include "dialects/nn/NNNames.h"
#include "dialects/plan/PlanDialect.h"
#include <cstring>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::gradcheck;

/// Standard deviation of randomly drawn parameters. With zeros most gradients would vanish, and the
/// check would prove nothing.
static constexpr double kDeviation = 0.02;

CheckedModel::CheckedModel(exec::ProgramOp train, exec::ProgramOp evaluate)
    : train(train), evaluate(evaluate), arena(train.getArena()) {}

llvm::Expected<std::unique_ptr<CheckedModel>>
CheckedModel::create(pipeline::Compilation &compiled, StringRef folder, const CheckOptions &check) {
  ModuleOp module = *compiled.module;
  std::unique_ptr<CheckedModel> model(
      new CheckedModel(exec::firstTimeline(module, exec::TimelineKind::train),
                       exec::firstTimeline(module, exec::TimelineKind::evaluate)));
  if (llvm::Error error = model->prepare(compiled, folder, check))
    return error;
  return model;
}

llvm::Error CheckedModel::prepare(pipeline::Compilation &compiled, StringRef folder,
                                  const CheckOptions &check) {
  const target::KernelLibrary &kernels = compiled.target->kernels();
  auto first = executor::Program::create(train, kernels, arena);
  if (!first)
    return first.takeError();
  auto second = executor::Program::create(evaluate, kernels, arena);
  if (!second)
    return second.takeError();
  trainer = std::move(*first);
  evaluator = std::move(*second);
  if (llvm::Error error = executor::initialise(*compiled.module, folder, arena))
    return error;
  collectParameters(*compiled.module, check.seed);
  return prepareInputs(check);
}

void CheckedModel::collectParameters(ModuleOp module, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(0, kDeviation);
  for (auto op : module.getOps<nn::ParameterOp>()) {
    auto place = op->getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr);
    if (!place || !op.getTensorType().getElementType().isF64())
      continue;
    auto *numbers = reinterpret_cast<double *>(arena.data() + place.getOffset());
    int64_t count = op.getTensorType().getNumElements();
    if (!op->hasAttr(nn::kSingleSourceAttr) && !op.getSourceAttr())
      for (int64_t i = 0; i < count; ++i)
        numbers[i] += normal(random);
    if (train.resultOffset(("gradient:" + op.getSymName()).str()) >= 0)
      parameters.push_back({op, {numbers, numbers + count}, std::vector<double>(count), numbers});
  }
}

llvm::Error CheckedModel::prepareInputs(const CheckOptions &check) {
  std::mt19937_64 random(check.seed + 1);
  StringRef file = check.data;
  file.consume_front("safetensors:");
  for (const executor::Input &input : executor::inputsOf(train)) {
    bool isAdded = input.role == "hyper" || StringRef(input.name).starts_with("weight:");
    InputData data;
    if (input.role == "hyper") {
      data = stepScalars(input, check.seed);
    } else if (file.empty() || isAdded) {
      data = drawInput(input, random);
    } else {
      auto read = readInput(input, file.str());
      if (!read)
        return read.takeError();
      data = std::move(*read);
    }
    inputs[input.name] = std::move(data.bytes);
    if (!isAdded)
      inputTexts.push_back(data.text);
  }
  return llvm::Error::success();
}

/// Writes the inputs and runs `program`. Returns its loss. Inputs are written before each run
/// because launches may overwrite them.
double CheckedModel::run(exec::ProgramOp program, executor::Program &runnable) {
  for (const executor::Input &input : executor::inputsOf(program)) {
    const std::vector<std::byte> &bytes = inputs[input.name];
    std::memcpy(arena.data() + input.offset, bytes.data(), bytes.size());
  }
  runnable.run();
  double loss;
  std::memcpy(&loss, arena.data() + program.resultOffset("loss"), sizeof loss);
  return loss;
}

double CheckedModel::loss() {
  return run(evaluate, *evaluator);
}

double CheckedModel::lossAndGradients() {
  double loss = run(train, *trainer);
  for (Parameter &parameter : parameters) {
    int64_t offset = train.resultOffset(("gradient:" + parameter.op.getSymName()).str());
    std::memcpy(parameter.gradient.data(), arena.data() + offset,
                parameter.gradient.size() * sizeof(double));
  }
  return loss;
}
