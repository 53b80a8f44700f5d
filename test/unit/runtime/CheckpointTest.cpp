//===- CheckpointTest.cpp - saving, loading, and what is refused ------------===//
#include "TinyProgram.h"

#include "core/Checkpoint.h"
#include "core/Failure.h"
#include "core/Json.h"
#include "core/Start.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace plimsoll;

namespace {

class CheckpointTest : public testing::Test {
protected:
  std::string folder = testing::TempDir() + "plimsoll-ckpt-" + std::to_string(getpid()) + "-";
  std::string path = folder + "c.safetensors";
  alignas(64) std::byte arena[16384] = {}, other[16384] = {};
  std::vector<Slot> slots = parameterSlots(plimsoll_program);
  std::string warning;

  void SetUp() override {
    for (const Slot &slot : stateSlots(plimsoll_program))
      slots.push_back(slot);
    for (size_t i = 0; i < sizeof(arena) / 4; ++i) {
      float value = float(i) * 0.5f;
      std::memcpy(arena + 4 * i, &value, 4);
    }
  }

  template <typename Action> std::string failure(const Action &action) {
    try {
      action();
    } catch (const std::exception &error) {
      return error.what();
    }
    return "no failure";
  }
  std::string load(const std::vector<tiny::Tensor> &tensors) {
    tiny::writeFile(path, tensors);
    return failure([&] {
      warning =
          loadSlots(parameterSlots(plimsoll_program), SafetensorsFile(path), other, true, true);
    });
  }
  /// Returns the state after `steps` steps.
  static RunState after(int64_t steps) {
    RunState state;
    state.step = steps, state.dataPosition = steps * tiny::kRows;
    return state;
  }
  const Slot &slot(const std::string &name) {
    return *std::find_if(slots.begin(), slots.end(), [&](const Slot &s) { return s.name == name; });
  }
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(CheckpointTest, RoundTrip) {
  RunState state;
  state.step = 12, state.steps = 40, state.seed = 99, state.dataPosition = 96;
  state.shuffle = true, state.learningRate = 0.1, state.weightDecay = 1.0 / 3;
  state.hasBest = true, state.bestLoss = 0.7;
  std::snprintf(state.schedule, sizeof(state.schedule), "cosine,warmup=3");
  CheckpointWriter(plimsoll_program, slots, path).save(state, arena);
  SafetensorsFile file(path);
  RunState read = readRunState(plimsoll_program, file);
  EXPECT_EQ(read.step, 12);
  EXPECT_EQ(read.steps, 40);
  EXPECT_EQ(read.seed, 99u);
  EXPECT_EQ(read.dataPosition, 96);
  EXPECT_TRUE(read.shuffle);
  EXPECT_EQ(read.learningRate, 0.1);
  EXPECT_EQ(read.weightDecay, 1.0 / 3);
  EXPECT_EQ(read.bestLoss, 0.7);
  EXPECT_STREQ(read.schedule, "cosine,warmup=3");
  loadSlots(slots, file, other, false, false);
  for (const Slot &slot : slots)
    EXPECT_EQ(std::memcmp(arena + slot.offset, other + slot.offset, slot.bytes()), 0) << slot.name;
  EXPECT_NE(access((path + ".tmp").c_str(), F_OK), 0);
  Json aliases = parseJson(*file.metadata("aliases"));
  EXPECT_EQ(aliases.find("fc.weight")->items[0].string, "tied.weight");
}

TEST_F(CheckpointTest, FilesHoldTheFrameworksLayout) {
  CheckpointWriter(plimsoll_program, slots, path).save({}, arena);
  SafetensorsFile file(path);
  const SafetensorsFile::Tensor *weight = file.find("fc.weight");
  ASSERT_TRUE(weight);
  EXPECT_EQ(weight->shape, (std::vector<int64_t>{tiny::kClasses, tiny::kFeatures}));
  EXPECT_EQ(weight->begin % 8, 0);
  float second;
  file.read(&second, weight->begin + 4, 4); // weight[0][1], in the arena at [1][0]
  EXPECT_EQ(second, tiny::kClasses * 0.5f);
  EXPECT_TRUE(file.find("optimizer.exp_avg_sq.fc.bias"));
}

TEST_F(CheckpointTest, AliasesAndWrapperPrefixesAreTaken) {
  auto good = tiny::weights();
  EXPECT_EQ(load(good), "no failure");
  float weight01;
  std::memcpy(&weight01, other + 4 * tiny::kClasses, 4);
  EXPECT_FLOAT_EQ(weight01, float(good[0].values[1]));
  auto alias = good;
  alias[0].name = "tied.weight";
  EXPECT_EQ(load(alias), "no failure");
  auto wrapped = good;
  for (auto &tensor : wrapped)
    tensor.name = "model." + tensor.name;
  EXPECT_EQ(load(wrapped), "no failure");
  auto bare = good;
  for (auto &tensor : bare)
    tensor.name = tensor.name.substr(3);
  EXPECT_EQ(load(bare), "no failure");
}

TEST_F(CheckpointTest, EveryMisfitIsListed) {
  auto bad = tiny::weights();
  bad[0].shape = {tiny::kFeatures, tiny::kClasses};
  bad[1].name = "fc.bais";
  std::string text = load(bad);
  EXPECT_HAS(text, "'fc.weight' has the shape [20, 5], expected [5, 20]");
  EXPECT_HAS(text, "'fc.bias' is missing");
  EXPECT_HAS(text, "'fc.bais' is no parameter of the program");
}

TEST_F(CheckpointTest, AnotherProgramsCheckpointIsRefused) {
  Program stranger = plimsoll_program;
  stranger.fingerprint = "ffff";
  stranger.model = "strange \"one\".onnx";
  CheckpointWriter(stranger, slots, path).save({}, arena);
  EXPECT_HAS(failure([&] { readRunState(plimsoll_program, SafetensorsFile(path)); }),
             "was saved by another model or optimizer (strange \"one\".onnx, fingerprint ffff");
  tiny::writeFile(path, tiny::weights());
  EXPECT_HAS(failure([&] { readRunState(plimsoll_program, SafetensorsFile(path)); }),
             "is no checkpoint");
}

TEST_F(CheckpointTest, NoSpaceKeepsTheOldOne) {
  CheckpointWriter writer(plimsoll_program, slots, path);
  writer.save(after(1), arena);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old, small = {1024, RLIM_INFINITY};
  getrlimit(RLIMIT_FSIZE, &old);
  small.rlim_max = old.rlim_max;
  setrlimit(RLIMIT_FSIZE, &small);
  std::string text = failure([&] { writer.save(after(2), arena); });
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_HAS(text, "cannot write the checkpoint");
  EXPECT_HAS(text, "it needs ");
  EXPECT_HAS(text, "the checkpoint of before is untouched");
  EXPECT_NE(access((path + ".tmp").c_str(), F_OK), 0);
  EXPECT_EQ(readRunState(plimsoll_program, SafetensorsFile(path)).step, 1);
}

TEST_F(CheckpointTest, WhatIsNotFiniteDoesNotReplaceTheOldOne) {
  CheckpointWriter writer(plimsoll_program, slots, path);
  writer.save(after(1), arena);
  auto spoil = [&](const char *name, int64_t element, float value) {
    std::memcpy(arena + slot(name).offset + 4 * element, &value, 4);
  };
  auto refused = [&] {
    EXPECT_THROW(writer.save(after(2), arena), NotFinite);
    std::string text = failure([&] { writer.save(after(2), arena); });
    EXPECT_HAS(text, "the checkpoint of before is untouched");
    EXPECT_NE(access((path + ".tmp").c_str(), F_OK), 0);
    EXPECT_EQ(readRunState(plimsoll_program, SafetensorsFile(path)).step, 1);
    return text;
  };
  spoil("fc.weight", 2 * tiny::kClasses + 1, NAN); // in the file it is [1][2]
  EXPECT_HAS(refused(), "step 2: 'fc.weight' is not finite (element 22 of 100), so '");
  spoil("fc.weight", 2 * tiny::kClasses + 1, 0);
  spoil("optimizer.exp_avg_sq.fc.bias", 4, -INFINITY);
  EXPECT_HAS(refused(), "'optimizer.exp_avg_sq.fc.bias' is not finite (element 4 of 5)");
  spoil("optimizer.exp_avg_sq.fc.bias", 4, 0);
  writer.save(after(2), arena);
  EXPECT_EQ(readRunState(plimsoll_program, SafetensorsFile(path)).step, 2);
}

TEST_F(CheckpointTest, WhatIsNotTrainedMayBeInfinite) {
  std::vector<ParameterInfo> parameters(plimsoll_program.parameters,
                                        plimsoll_program.parameters + 2);
  parameters[1].trainable = false; // a mask, say
  Program program = plimsoll_program;
  program.parameters = parameters.data();
  float value = -INFINITY;
  std::memcpy(arena + slot("fc.bias").offset, &value, 4);
  EXPECT_EQ(failure([&] {
              CheckpointWriter(program, parameterSlots(program), path).save(after(1), arena);
            }),
            "no failure");
  value = NAN;
  std::memcpy(arena + gradientSlots(plimsoll_program)[0].offset, &value, 4);
  EXPECT_EQ(failure([&] {
              CheckpointWriter(program, gradientSlots(program), path).save(after(1), arena);
            }),
            "no failure");
}

TEST_F(CheckpointTest, WhatTheInitialWeightsHaveIsLeftOut) {
  std::vector<ParameterInfo> parameters(plimsoll_program.parameters,
                                        plimsoll_program.parameters + 2);
  parameters[0].unsaved = true;
  Program program = plimsoll_program;
  program.parameters = parameters.data();
  program.loraAlpha = 12.5;
  std::vector<Slot> held = checkpointSlots(program);
  EXPECT_TRUE(
      std::none_of(held.begin(), held.end(), [](const Slot &s) { return s.name == "fc.weight"; }));
  CheckpointWriter(program, held, path).save(after(1), arena);
  SafetensorsFile file(path);
  EXPECT_EQ(file.find("fc.weight"), nullptr);
  EXPECT_NE(file.find("fc.bias"), nullptr);
  EXPECT_EQ(*file.metadata("lora_alpha"), "12.5");

  // A resumed run reads it from the weights, and so does one that starts from a file without it.
  std::string weights = folder + "w.safetensors";
  tiny::writeFile(weights, tiny::weights());
  EXPECT_EQ(loadCheckpoint(program, path, weights, other).step, 1);
  uint64_t offset = slot("fc.bias").offset;
  EXPECT_FALSE(std::memcmp(other + offset, arena + offset, slot("fc.bias").bytes()));
  EXPECT_TRUE(std::any_of(other + slot("fc.weight").offset, other + slot("fc.weight").offset + 64,
                          [](std::byte b) { return b != std::byte(0); }));
  EXPECT_HAS(failure([&] { loadCheckpoint(program, path, path, other); }),
             "'fc.weight' is missing");
}

TEST_F(CheckpointTest, AnotherBatchIsRefused) {
  CheckpointWriter(plimsoll_program, slots, path).save(after(12), arena);
  const int64_t shape[] = {4, tiny::kFeatures};
  Timeline train = plimsoll_program.timelines[0];
  std::vector<TensorInfo> inputs(train.inputs, train.inputs + 2);
  inputs[0].shape = shape;
  train.inputs = inputs.data();
  Program program = plimsoll_program;
  program.timelines = &train;
  program.timelineCount = 1;
  EXPECT_HAS(failure([&] { readRunState(program, SafetensorsFile(path)); }),
             "was saved by a program compiled for another batch: its 12 steps took 96 rows of the "
             "data, those of this program take 48");
}

TEST_F(CheckpointTest, BuffersInAFileOfWeightsAreAWarning) {
  auto tensors = tiny::weights();
  EXPECT_EQ(load(tensors), "no failure");
  EXPECT_EQ(warning, "");
  for (const char *name : {"h.0.attn.bias", "h.1.attn.bias", "h.2.attn.bias", "h.3.attn.bias"})
    tensors.push_back({name, "U8", {2}, {1, 0}});
  tensors.push_back({"bn.num_batches_tracked", "I64", {1}, {7}});
  EXPECT_EQ(load(tensors), "no failure");
  EXPECT_HAS(warning, "not used, because the program has no parameter of the name: "
                      "'bn.num_batches_tracked', 'h.0.attn.bias', 'h.1.attn.bias' and 2 more");
  EXPECT_HAS(failure([&] {
               loadSlots(parameterSlots(plimsoll_program), SafetensorsFile(path), other, false,
                         false);
             }),
             "'h.3.attn.bias' is no parameter of the program");
}

TEST_F(CheckpointTest, PlacesThatCannotBeWritten) {
  EXPECT_HAS(failure([&] { CheckpointWriter(plimsoll_program, slots, "/nowhere/c"); }),
             "there is no directory '/nowhere'");
  EXPECT_HAS(failure([&] { CheckpointWriter(plimsoll_program, slots, testing::TempDir()); }),
             "directory");
}

} // namespace
