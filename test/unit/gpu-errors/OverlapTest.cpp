//===- OverlapTest.cpp - the host reads and writes while the GPU computes -----===//
//
// Runs the training loop of the command line on CudaDevice and a fake of CUDA. A step multiplies
// its weight with its input: loss = w * x, w += 1.
//===----------------------------------------------------------------------===//
#include "FakeCuda.h"
#include "FakeStream.h"

#include "plimsoll/Program.h"
#include "plimsoll/Run.h"
#include "plimsoll/Stepper.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <unistd.h>

using namespace plimsoll;

namespace {

constexpr uint64_t W = 0, hyper = 64, loss = 128, norm = 192, x = 256;
constexpr int64_t shape[] = {1};

int spoilStep = 0, breakStep = 0, stepsRun = 0;

void compute(const Launch &launch) {
  float *w = launch.buffer<float>(0), *out = launch.buffer<float>(2);
  float *length = launch.buffer<float>(3);
  const auto *in = launch.buffer<int64_t>(1);
  fakeStream.enqueue([=] {
    ++stepsRun;
    if (stepsRun == breakStep)
      return cudaErrorECCUncorrectable;
    *out = stepsRun == spoilStep ? NAN : *w * float(*in);
    *length = *w;
    *w += 1;
    return cudaSuccess;
  });
}
void evaluate(const Launch &launch) {
  float *w = launch.buffer<float>(0), *out = launch.buffer<float>(2);
  const auto *in = launch.buffer<int64_t>(1);
  fakeStream.enqueue([=] { return *out = *w * float(*in), cudaSuccess; });
}

void train(Stepper &s) {
  s.run(compute, {s.at(W), s.at(x), s.at(loss), s.at(norm)});
}
void evaluation(Stepper &s) {
  s.run(evaluate, {s.at(W), s.at(x), s.at(loss)});
}

const ParameterInfo parameters[] = {
    {{"w", ElementType::f32, 1, shape, W}, false, true, false, nullptr, 0, nullptr, 0, -1}};
const InputInfo inputs[] = {{.limit = 100}};
const TensorInfo places[] = {{"x", ElementType::i64, 1, shape, x}};
const Timeline training = {.name = "train",
                           .kind = TimelineKind::train,
                           .run = train,
                           .launchCount = 1,
                           .inputs = places,
                           .hyperOffset = hyper,
                           .lossOffset = loss,
                           .accuracyOffset = -1,
                           .gradientNormOffset = norm};
const Timeline forwardAlone = {.name = "evaluate",
                               .kind = TimelineKind::evaluate,
                               .run = evaluation,
                               .launchCount = 1,
                               .inputs = places,
                               .hyperOffset = -1,
                               .lossOffset = loss,
                               .accuracyOffset = -1};
const Timeline timelines[] = {training, forwardAlone};

} // namespace

extern "C" const Program plimsoll_program = {.model = "w.onnx",
                                             .fingerprint = "0123",
                                             .info = "{}",
                                             .instructionSet = "sm_90",
                                             .arenaBytes = 512,
                                             .threads = 1,
                                             .parameters = parameters,
                                             .parameterCount = 1,
                                             .inputs = inputs,
                                             .inputCount = 1,
                                             .constants = nullptr,
                                             .constantCount = 0,
                                             .optimizer = {"sgd", 0.1, 0, 0, 0},
                                             .timelines = timelines,
                                             .timelineCount = 2,
                                             .tokenLabels = false};

namespace {

class Overlap : public testing::Test {
protected:
  std::string folder = testing::TempDir() + "plimsoll-overlap-" + std::to_string(getpid()) + "-";
  const std::vector<int64_t> numbers = {5, 3, 20, 8, 3, 5, 1, 7};
  std::string weights = folder + "w.safetensors", data = folder + "x.safetensors";
  std::string log = folder + "m.jsonl", saved = folder + "c.safetensors", err;

  void SetUp() override {
    resetFakeStream();
    fakeGpu = FakeGpu();
    spoilStep = breakStep = stepsRun = 0;
    write(weights, "w", "F32", std::vector<float>{1});
    write(data, "x", "I64", numbers);
  }

  template <typename T>
  static void write(const std::string &path, const std::string &name, const std::string &type,
                    const std::vector<T> &numbers) {
    std::string count = std::to_string(numbers.size()),
                end = std::to_string(sizeof(T) * numbers.size());
    std::string header = "{\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":[" + count +
                         "],\"data_offsets\":[0," + end + "]}}";
    uint64_t length = header.size();
    std::ofstream out(path, std::ios::binary);
    out.write(reinterpret_cast<const char *>(&length), 8) << header;
    out.write(reinterpret_cast<const char *>(numbers.data()), sizeof(T) * numbers.size());
  }

  int run(std::vector<std::string> more, const Program &program = plimsoll_program) {
    more.insert(more.end(), {"--data=safetensors:" + data, "--weights=" + weights,
                             "--order=sequential", "--metrics=" + log});
    std::vector<char *> argv = {const_cast<char *>("train")};
    for (std::string &word : more)
      argv.push_back(word.data());
    testing::internal::CaptureStderr();
    int code = runTraining(program, static_cast<int>(argv.size()), argv.data());
    err = testing::internal::GetCapturedStderr();
    return code;
  }

  struct Line {
    double step, loss, norm;
    bool evaluation;
  };
  std::vector<Line> lines() const {
    std::ifstream in(log);
    std::vector<Line> all;
    for (std::string text; std::getline(in, text);) {
      auto number = [&](const std::string &key) {
        size_t at = text.find("\"" + key + "\":");
        return at == text.npos ? NAN : std::atof(text.c_str() + at + key.size() + 3);
      };
      bool evaluation = text.find("\"eval_loss\"") != text.npos;
      all.push_back({number("step"), number(evaluation ? "eval_loss" : "loss"),
                     number("gradient_norm"), evaluation});
    }
    return all;
  }
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

/// The next step is queued on the GPU before a step ends, and the host waits once for each step.
TEST_F(Overlap, TheNextStepIsLaunchedBeforeTheLastOneHasEnded) {
  ASSERT_EQ(run({"--steps=8"}), 0) << err;
  EXPECT_EQ(fakeStream.unfinished, (std::vector<int>{0, 1, 1, 1, 1, 1, 1, 1}));
  ASSERT_EQ(fakeStream.waits.size(), 8u);
  EXPECT_EQ(fakeStream.waits[1], fakeStream.waits[0]);
  for (int i = 2; i < 8; ++i)
    EXPECT_EQ(fakeStream.waits[i], fakeStream.waits[i - 1] + 1) << "step " << i + 1;
  std::vector<Line> found = lines();
  ASSERT_EQ(found.size(), 8u);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(found[i].step, i + 1);
    EXPECT_EQ(found[i].loss, double(numbers[i]) * (i + 1));
    EXPECT_EQ(found[i].norm, i + 1);
  }
}

TEST_F(Overlap, WhatLooksAtAStepAwaitsIt) {
  ASSERT_EQ(run({"--steps=6", "--save=" + saved + ",every=2",
                 "--eval-data=safetensors:" + data + ",every=3"}),
            0)
      << err;
  std::vector<Line> found = lines();
  ASSERT_EQ(found.size(), 8u);
  const double order[] = {1, 2, 3, 3, 4, 5, 6, 6};
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(found[i].step, order[i]);
    EXPECT_EQ(found[i].evaluation, i == 3 || i == 7);
  }
  EXPECT_EQ(found[3].loss, 4 * 6.5);
  EXPECT_EQ(found[7].loss, 7 * 6.5);
}

/// The timeline of the first micro-batch only evaluates, as there is nothing to accumulate; the
/// loss of a step is the mean of both.
TEST_F(Overlap, SoDoesTheNextMicroBatch) {
  Timeline accumulation = forwardAlone;
  accumulation.kind = TimelineKind::accumulate;
  accumulation.hyperOffset = hyper;
  const Timeline both[] = {training, accumulation};
  Program program = plimsoll_program;
  program.microBatches = 2;
  program.timelines = both;
  ASSERT_EQ(run({"--steps=4"}, program), 0) << err;
  EXPECT_EQ(fakeStream.unfinished, (std::vector<int>{0, 1, 1, 1, 1, 1, 1, 1}));
  std::vector<Line> found = lines();
  ASSERT_EQ(found.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(found[i].loss, (i + 1) * double(numbers[2 * i] + numbers[2 * i + 1]) / 2);
    EXPECT_EQ(found[i].norm, i + 1);
  }
}

/// Metrics have every line before the failed step, and none of the steps that were begun after it.
TEST_F(Overlap, ALossThatIsNotFiniteIsThatOfItsStep) {
  spoilStep = 5;
  ASSERT_EQ(run({"--steps=8", "--save=" + saved + ",every=2"}), 1);
  EXPECT_HAS(err, "step 5: the loss is not finite (nan); the last good checkpoint, '" + saved +
                      "', is of step 4");
  EXPECT_EQ(lines().size(), 4u);
}

TEST_F(Overlap, AFailureNamesTheStepThatFailed) {
  for (bool eager : {false, true}) {
    SetUp();
    fakeStream.eager = eager;
    breakStep = 4;
    ASSERT_EQ(run({"--steps=8", "--save=" + saved + ",every=2"}), 1);
    EXPECT_HAS(err, "step 4: cannot ");
    EXPECT_HAS(err, "; the last good checkpoint, '" + saved + "', is of step 2");
    EXPECT_EQ(lines().size(), 3u) << "eager: " << eager;
  }
}

/// The data of the next step is wrong; its error must not hide that of the step before.
TEST_F(Overlap, TheErrorThatComesFirstIsTold) {
  spoilStep = 3;
  write(data, "x", "I64", std::vector<int64_t>{5, 3, 20, 100});
  ASSERT_EQ(run({"--steps=4"}), 1);
  EXPECT_HAS(err, "step 3: the loss is not finite");
  spoilStep = 0;
  ASSERT_EQ(run({"--steps=4"}), 1);
  EXPECT_HAS(err, "input 'x': the value 100 in ");
  EXPECT_EQ(lines().size(), 3u);
}

} // namespace
