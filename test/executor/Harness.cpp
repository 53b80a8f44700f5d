//===- Harness.cpp - programs in the executor, compared bit by bit -----------------===//
#include "test/executor/Harness.h"
#include "compiler/FrontEnds.h"
#include "compiler/executor/Timeline.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/plan/PlanDialect.h"
#include "plimsoll/Program.h"
#include "llvm/Support/Path.h"
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

/// Writes the scalars of AdamW at step `t` (from 1), as the runtime computes them.
static void writeHyper(float *hyper, int t) {
  double lr = 1e-3, decay = 0.1, beta1 = 0.9, beta2 = 0.999;
  std::fill_n(hyper, kHyperCount, 0.0f);
  hyper[kLearningRate] = lr;
  hyper[kDecayFactor] = 1.0 - lr * decay;
  hyper[kStepSize] = lr / (1.0 - std::pow(beta1, t));
  hyper[kSqrtBias2] = std::sqrt(1.0 - std::pow(beta2, t));
  hyper[kWeightDecay] = decay;
  hyper[kFirstStep] = t == 1;
  auto step = static_cast<uint32_t>(t);
  std::memcpy(hyper + kRandomStep, &step, sizeof step);
}

/// Fills every input of `program` for step `t`; the numbers do not depend on places in the arena.
static void writeInputs(exec::ProgramOp program, executor::Arena &arena, int t) {
  for (const executor::Input &input : executor::inputsOf(program)) {
    std::byte *place = arena.data() + input.offset;
    std::mt19937_64 random(1000003 * t + input.name.size());
    if (input.role == "hyper") {
      writeHyper(reinterpret_cast<float *>(place), t);
    } else if (input.element.isF32()) {
      std::uniform_real_distribution<float> uniform(-1, 1);
      std::generate_n(reinterpret_cast<float *>(place), input.count,
                      [&] { return uniform(random); });
    } else if (input.element.isInteger(64)) {
      uint64_t bound = input.limit.value_or(2);
      std::generate_n(reinterpret_cast<int64_t *>(place), input.count,
                      [&] { return int64_t(random() % bound); });
    }
  }
}

static uint32_t lossBits(exec::ProgramOp program, executor::Arena &arena) {
  uint32_t bits;
  std::memcpy(&bits, arena.data() + program.resultOffset("loss"), sizeof bits);
  return bits;
}

llvm::Expected<Bits> plimsoll::test::runSteps(ModuleOp module,
                                              const pipeline::CompileOptions &options,
                                              const target::Machine &target, int steps) {
  auto train = exec::firstTimeline(module, exec::TimelineKind::train);
  auto evaluate = exec::firstTimeline(module, exec::TimelineKind::evaluate);
  executor::Arena arena(train.getArena());
  auto trainer = executor::Program::create(train, target.kernels(), arena);
  if (!trainer)
    return trainer.takeError();
  auto evaluator = executor::Program::create(evaluate, target.kernels(), arena);
  if (!evaluator)
    return evaluator.takeError();
  StringRef folder = llvm::sys::path::parent_path(options.model.path);
  if (llvm::Error error = executor::initialise(module, folder, arena))
    return llvm::Expected<Bits>(std::move(error));
  Bits bits;
  for (int t = 1; t <= steps; ++t) {
    writeInputs(train, arena, t);
    trainer->run();
    bits.losses.push_back(lossBits(train, arena));
  }
  writeInputs(evaluate, arena, steps + 1);
  evaluator->run();
  bits.losses.push_back(lossBits(evaluate, arena));
  for (Operation &op : module.getOps())
    if (auto place = op.getAttrOfType<plan::PlaceAttr>(plan::kPlaceAttr)) {
      std::byte *begin = arena.data() + place.getOffset();
      bits.residents.insert(bits.residents.end(), begin, begin + place.getBytes());
    }
  return bits;
}

std::optional<int64_t> plimsoll::test::smallestArena(MLIRContext &context,
                                                     pipeline::CompileOptions options) {
  options.memory = 0;
  pipeline::Compilation refused; // its module is not lowered
  (void)pipeline::compileTo(context, options, pipeline::Stage::Exec, &refused.outcome);
  if (!refused.outcome.result.refusal)
    return std::nullopt;
  return refused.outcome.result.refusal->smallestArena;
}

/// Relative to the larger of 1 and the number, after some steps of AdamW.
static constexpr float kRounding = 1e-4f;

static bool isClose(float a, float b) {
  return (std::isnan(a) && std::isnan(b)) || a == b ||
         std::abs(a - b) <= kRounding * std::max(1.0f, std::max(std::abs(a), std::abs(b)));
}

bool plimsoll::test::areClose(const Bits &a, const Bits &b) {
  auto floats = [](const Bits &bits) {
    std::vector<float> all(bits.losses.size() + bits.residents.size() / sizeof(float));
    std::memcpy(all.data(), bits.losses.data(), bits.losses.size() * sizeof(float));
    std::memcpy(all.data() + bits.losses.size(), bits.residents.data(),
                (all.size() - bits.losses.size()) * sizeof(float));
    return all;
  };
  return llvm::equal(floats(a), floats(b), isClose);
}

/// Reads `MODEL[,weight=0.5][,temperature=1]`.
static pipeline::TeacherOptions teacherOf(StringRef text) {
  auto [model, settings] = text.split(',');
  pipeline::TeacherOptions teacher{.model = model.str(), .output = ""};
  SmallVector<StringRef> pairs;
  settings.split(pairs, ',', -1, /*KeepEmpty=*/false);
  for (StringRef pair : pairs) {
    auto [key, number] = pair.split('=');
    (key == "weight" ? teacher.weight : teacher.temperature) = std::stod(number.str());
  }
  return teacher;
}

pipeline::CompileOptions plimsoll::test::optionsFor(const std::string &model,
                                                    const std::vector<std::string> &arguments) {
  registerFrontEnds();
  pipeline::CompileOptions options;
  options.model.path = model;
  options.threads = 2;
  for (const std::string &argument : arguments) {
    auto [name, sizes] = StringRef(argument).split('=');
    if (name == "--loss") {
      std::vector<std::string> problems;
      options.loss = prepare::parseLoss(sizes, problems);
      continue;
    }
    if (name == "--teacher") {
      options.teacher = teacherOf(sizes);
      continue;
    }
    if (name == "--optimizer") {
      std::vector<std::string> problems;
      options.optimizer = autodiff::parseOptimizer(sizes, problems);
      continue;
    }
    if (name == "--sparse") {
      options.recipe.sparse.push_back(sizes.str());
      continue;
    }
    SmallVector<StringRef> parts;
    sizes.split(parts, 'x');
    SmallVector<int64_t> dims;
    for (StringRef part : parts)
      dims.push_back(std::stoll(part.str()));
    options.model.shapes[name] = dims;
  }
  return options;
}
