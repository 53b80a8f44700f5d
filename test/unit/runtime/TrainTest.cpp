//===- TrainTest.cpp - a small program trained from the command line --------===//
#include "TinyProgram.h"

#include "core/Json.h"
#include "plimsoll/Run.h"
#include "plimsoll/train.h"

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <omp.h>
#include <sstream>
#include <sys/mman.h>
#include <unistd.h>

using namespace plimsoll;

// Replaces malloc and mmap, so that every allocation of this process is counted.
extern "C" void *__libc_malloc(size_t);
namespace {
std::atomic<bool> counting{false};
std::atomic<int> allocations{0};
} // namespace
#ifndef __SANITIZE_ADDRESS__ // the sanitizer has its own
extern "C" void *malloc(size_t bytes) {
  if (counting)
    ++allocations;
  return __libc_malloc(bytes);
}
extern "C" void *mmap(void *at, size_t bytes, int protection, int flags, int file,
                      off_t offset) noexcept {
  using Map = void *(*)(void *, size_t, int, int, int, off_t);
  static Map real = reinterpret_cast<Map>(dlsym(RTLD_NEXT, "mmap"));
  if (counting)
    ++allocations;
  return real(at, bytes, protection, flags, file, offset);
}
#endif

namespace {

class TrainTest : public testing::Test {
protected:
  std::string folder = testing::TempDir() + "plimsoll-train-" + std::to_string(getpid()) + "-";
  std::string weights = folder + "w.safetensors", data = folder + "d.safetensors";
  std::string out, err;

  void SetUp() override {
    tiny::onStep = nullptr;
    tiny::writeFile(weights, tiny::weights());
    tiny::writeFile(data, tiny::data(53));
  }
  void TearDown() override { tiny::onStep = nullptr; }

  std::string file(const std::string &name) const { return folder + name; }

  int run(std::vector<std::string> arguments) {
    std::vector<char *> argv = {const_cast<char *>("train")};
    for (std::string &argument : arguments)
      argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int code = runTraining(plimsoll_program, static_cast<int>(argv.size()), argv.data());
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }
  int train(std::vector<std::string> more, bool fresh = true) {
    more.push_back("--data=safetensors:" + data);
    if (fresh)
      more.push_back("--weights=" + weights);
    return run(more);
  }

  /// Returns a metrics file without the times, which differ from run to run.
  static std::string curve(const std::string &path) {
    std::ifstream in(path);
    std::string all, line;
    while (std::getline(in, line)) {
      size_t from = line.find(",\"step_ms\""), to = line.find(",\"accuracy\"");
      all += (from == line.npos ? line : line.substr(0, from) + line.substr(to)) + "\n";
    }
    return all;
  }
  static std::string content(const std::string &path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(TrainTest, LearnsAndReports) {
  ASSERT_EQ(train({"--steps=60", "--metrics=-"}), 0) << err;
  std::istringstream lines(out);
  std::string line, first, last;
  int count = 0;
  for (; std::getline(lines, line); ++count)
    (count ? last : first) = line;
  EXPECT_EQ(count, 60);
  EXPECT_EQ(first.rfind("{\"step\":1,\"loss\":", 0), 0u) << first;
  double start = std::atof(first.c_str() + 17), end = std::atof(last.c_str() + 18);
  EXPECT_LT(end, start / 3);
  EXPECT_HAS(err, "step 60/60  loss ");
  EXPECT_HAS(last, "\"samples_per_second\":");
}

TEST_F(TrainTest, ResumedRunsHaveTheSameBits) {
  std::vector<std::string> common = {"--order=shuffled", "--seed=5",
                                     "--lr-schedule=cosine,warmup=5",
                                     "--eval-data=safetensors:" + data + ",every=4"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.end(), common.begin(), common.end());
    return more;
  };
  ASSERT_EQ(train(with({"--steps=30", "--metrics=" + file("a.jsonl"), "--save=" + file("a.st")})),
            0)
      << err;
  // The other run is stopped after step 13, its last checkpoint is of step 10.
  int steps = 0;
  tiny::onStep = [&](const std::byte *) {
    if (++steps == 13)
      throw std::runtime_error("pulled the plug");
  };
  ASSERT_EQ(train(with({"--steps=30", "--metrics=" + file("b.jsonl"),
                        "--save=" + file("b.st") + ",every=5"})),
            1);
  tiny::onStep = nullptr;
  // Options that are not given again are read from the checkpoint.
  ASSERT_EQ(train({"--resume=" + file("b.st"), "--metrics=" + file("b.jsonl"),
                   "--save=" + file("b.st"), common[3]},
                  false),
            0)
      << err;
  EXPECT_EQ(curve(file("a.jsonl")), curve(file("b.jsonl")));
  EXPECT_TRUE(content(file("a.st")) == content(file("b.st")));
}

TEST_F(TrainTest, NothingIsAllocatedAfterTheFirstStep) {
  void *breakAtStart = nullptr, *breakAtEnd = nullptr;
  tiny::onStep = [&, step = 0](const std::byte *) mutable {
    ++step;
    counting = step >= 2 && step < 20;
    (step == 2 ? breakAtStart : breakAtEnd) = sbrk(0);
  };
  allocations = 0;
  ASSERT_EQ(train({"--steps=20", "--order=shuffled", "--metrics=" + file("m.jsonl"),
                   "--save=" + file("c.st") + ",every=3,best",
                   "--eval-data=safetensors:" + data + ",every=4"}),
            0)
      << err;
  counting = false;
  EXPECT_EQ(allocations, 0);
  EXPECT_EQ(breakAtStart, breakAtEnd);
}

TEST_F(TrainTest, TheTimeOfEveryLaunchIsWritten) {
  for (const char *steps : {"--steps=1", "--steps=5", "--steps=40"}) {
    ASSERT_EQ(train({steps, "--profile=" + file("p.json")}), 0) << err;
    std::string profile = content(file("p.json"));
    EXPECT_EQ(profile.rfind(std::string("{\"steps\": ") + (steps + 8) + ",", 0), 0u) << profile;
    int launches = 0;
    const size_t end = profile.find("\"kinds\": ");
    for (size_t at = 0; (at = profile.find("\"seconds\": ", at + 1)) < end; ++launches)
      EXPECT_GT(std::atof(profile.c_str() + at + 11), 0);
    EXPECT_EQ(launches, plimsoll_program.timelines[0].launchCount);
    EXPECT_HAS(profile, plimsoll_program.timelines[0].writes[0].node);
    EXPECT_HAS(profile, "\"predicted_seconds\": 9e-06, \"flops_per_second\": 1e+11");
    EXPECT_HAS(profile.substr(end), "{\"launches\": 2, \"kind\": \"matmul\", ");
    EXPECT_HAS(profile.substr(end), "\"flops\": 30000, \"bytes\": 2000, ");
    EXPECT_HAS(profile, "\"name\": \"launches, at predicted times\"");
    EXPECT_HAS(err, "launches of a step           launches");
    EXPECT_HAS(err, "\nadamw                               2");
    EXPECT_HAS(err, "\nall                                 7");
  }
  EXPECT_EQ(train({"--steps=1", "--profile=" + file("no/such/p.json")}), 1);
  EXPECT_EQ(train({"--steps=1", "--profile=p", "--find-nonfinite"}), 2);
}

TEST_F(TrainTest, BestCheckpointIsKeptBesideTheLast) {
  ASSERT_EQ(train({"--steps=8", "--save=" + file("k.safetensors") + ",best",
                   "--eval-data=safetensors:" + data + ",every=4"}),
            0)
      << err;
  EXPECT_EQ(access(file("k.safetensors").c_str(), F_OK), 0);
  EXPECT_EQ(access(file("k.best.safetensors").c_str(), F_OK), 0);
  EXPECT_HAS(err, "step 4: evaluation loss ");
}

TEST_F(TrainTest, TheBestCheckpointGoesWhereItIsAskedFor) {
  ASSERT_EQ(train({"--steps=8", "--save-best=" + file("b.st"),
                   "--eval-data=safetensors:" + data + ",every=4"}),
            0)
      << err;
  EXPECT_HAS(content(file("b.st")), "\"best_step\":\"8\"");
}

/// With a learning rate of 0 no evaluation is better than the first.
TEST_F(TrainTest, PatienceEndsARunAndIsKeptInItsCheckpoint) {
  std::string evaluation = "--eval-data=safetensors:" + data + ",every=2";
  ASSERT_EQ(train({"--steps=100", "--lr=0", "--patience=3", "--save=" + file("e.st"), evaluation}),
            0);
  EXPECT_HAS(err, "stopped after step 8 of 100: 3 evaluations without a lower loss than ");
  EXPECT_HAS(err, ", of step 2; saved to '" + file("e.st") + "'");
  EXPECT_HAS(content(file("e.st")), "\"evaluations_since_best\":\"3\"");
  std::vector<std::string> resumed = {"--resume=" + file("e.st"), "--data=safetensors:" + data,
                                      "--save=" + file("e.st"), evaluation, "--patience=3"};
  EXPECT_EQ(run(resumed), 0);
  EXPECT_HAS(err, "stopped after step 8 of 100");
  resumed.back() = "--patience=4";
  EXPECT_EQ(run(resumed), 0);
  EXPECT_HAS(err, "stopped after step 10 of 100: 4 evaluations");
}

TEST_F(TrainTest, ASignalSavesAndLeaves) {
  tiny::onStep = [step = 0](const std::byte *) mutable {
    if (++step == 7)
      raise(SIGINT);
  };
  ASSERT_EQ(train({"--steps=1000", "--save=" + file("s.st")}), 0);
  EXPECT_HAS(err, "stopped after step 7 of 1000: interrupted; saved to");
  tiny::onStep = nullptr;
  EXPECT_EQ(run({"--resume=" + file("s.st"), "--data=synthetic", "--steps=5"}), 2);
  EXPECT_HAS(err, "the checkpoint has 7 steps already");
}

TEST_F(TrainTest, ALossThatIsNotFiniteIsNamed) {
  auto bad = tiny::data(53);
  bad[0].values[20 * 30 + 4] = INFINITY; // row 30, in step 4
  tiny::writeFile(data, bad);
  ASSERT_EQ(train({"--steps=20", "--save=" + file("n.st") + ",every=2"}), 1);
  EXPECT_HAS(err, "step 4: the loss is not finite (");
  EXPECT_HAS(err, "the last good checkpoint, ");
  EXPECT_HAS(err, "is of step 2");
  EXPECT_HAS(err, "--find-nonfinite");
  ASSERT_EQ(train({"--steps=20", "--resume=" + file("n.st"), "--find-nonfinite"}, false), 1);
  EXPECT_HAS(err, "the first infinite value is in 'logits', written by /fc/MatMul in step 4");
  EXPECT_HAS(err, "no checkpoint was written since the run was resumed from '" + file("n.st") +
                      "', of step 2");
}

TEST_F(TrainTest, AnUpdateThatIsNotFiniteIsNotSaved) {
  ASSERT_EQ(train({"--steps=2", "--save=" + file("u.st")}), 0) << err;
  std::string before = content(file("u.st"));
  std::vector<std::string> again = {"--steps=9", "--resume=" + file("u.st"), "--lr=1e39",
                                    "--save=" + file("u.st") + ",every=1"};
  ASSERT_EQ(train(again, false), 1);
  EXPECT_HAS(err, "step 3: 'fc.weight' is not finite (element 0 of 100), so '" + file("u.st") +
                      "' was not written; the checkpoint of before is untouched");
  EXPECT_HAS(err, "run again from the checkpoint with --find-nonfinite");
  EXPECT_TRUE(content(file("u.st")) == before);
}

TEST_F(TrainTest, AStateThatIsNotFiniteIsNotSavedAsTheBest) {
  // An infinite second moment stops its parameter, which no loss shows.
  tiny::onStep = [step = 0](const std::byte *arena) mutable {
    const float infinite = INFINITY;
    if (++step == 4)
      std::memcpy(const_cast<std::byte *>(arena) +
                      plimsoll_program.parameters[1].states[1].tensor.offset,
                  &infinite, 4);
  };
  ASSERT_EQ(train({"--steps=8", "--save=" + file("v.st") + ",best",
                   "--eval-data=safetensors:" + data + ",every=1"}),
            1);
  EXPECT_HAS(err, "step 4: 'optimizer.exp_avg_sq.fc.bias' is not finite (element 0 of 5), so '" +
                      file("v.st.best.safetensors") + "' was not written");
  EXPECT_HAS(content(file("v.st.best.safetensors")), "\"step\":\"3\"");
}

TEST_F(TrainTest, TensorsOfNoUseInTheWeightsAreAWarning) {
  auto more = tiny::weights();
  more.push_back({"fc.mask", "U8", {2}, {1, 0}});
  tiny::writeFile(weights, more);
  EXPECT_EQ(train({"--steps=1"}), 0);
  EXPECT_HAS(err, "warning: '" + weights + "': not used");
  EXPECT_HAS(err, ": 'fc.mask'\n");
}

TEST_F(TrainTest, GradientsOfTheFirstStep) {
  ASSERT_EQ(train({"--steps=3", "--dump-gradients=" + file("g.st")}), 0) << err;
  std::string bytes = content(file("g.st"));
  EXPECT_HAS(bytes, "\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[5, 20]");
  EXPECT_EQ(bytes.find("optimizer."), std::string::npos);
}

TEST_F(TrainTest, ExitCodesAndMessages) {
  EXPECT_EQ(run({"--info"}), 0);
  EXPECT_EQ(parseJson(out).find("arena_bytes")->integer, 16384);
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_HAS(out, "--lr-schedule=constant|cosine|linear|one-cycle[,warmup=N]");
  EXPECT_EQ(run({"--bogus"}), 2);
  EXPECT_HAS(err, "train: error: unknown option '--bogus'");
  EXPECT_EQ(run({"--data=synthetic", "--steps=1"}), 1);
  EXPECT_HAS(err, "are not beside the program");
  EXPECT_EQ(run({"--data=synthetic", "--steps=1", "--weights=" + data}), 1);
  EXPECT_HAS(err, "does not fit the program");
  EXPECT_EQ(run({"--data=synthetic", "--steps=2", "--weights=" + weights}), 0) << err;
}

TEST_F(TrainTest, ACpuWithoutTheInstructionsIsTold) {
  Program program = plimsoll_program;
  char name[] = "train";
  char *argv[] = {name};
  program.instructionSet = "x86-64-v4";
  testing::internal::CaptureStderr();
  int code = runTraining(program, 1, argv);
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, __builtin_cpu_supports("avx512vl") ? 2 : 1);
  if (code == 1) {
    EXPECT_HAS(text, "this CPU lacks avx512");
  }
}

TEST_F(TrainTest, TheCInterfaceTrainsLikeTheCommandLine) {
  ASSERT_EQ(train({"--steps=3", "--save=" + file("cli.st")}), 0) << err;
  plimsoll_train *t = plimsoll_train_create(weights.c_str());
  ASSERT_TRUE(t) << plimsoll_train_error(nullptr);
  auto table = tiny::data(53);
  for (int64_t step = 0; step < 3; ++step) {
    std::vector<float> x;
    std::vector<int64_t> labels;
    for (int64_t row = step * 8; row < step * 8 + 8; ++row) {
      labels.push_back(int64_t(table[1].values[row]));
      for (int64_t c = 0; c < tiny::kFeatures; ++c)
        x.push_back(float(table[0].values[row * tiny::kFeatures + c]));
    }
    EXPECT_EQ(plimsoll_train_feed(t, "x", x.data(), x.size() * 4), 0);
    EXPECT_EQ(plimsoll_train_step(t, -1), 1);
    EXPECT_STREQ(plimsoll_train_error(t), "input 'labels' has not been fed");
    EXPECT_EQ(plimsoll_train_feed(t, "labels", labels.data(), labels.size() * 8), 0);
    EXPECT_EQ(plimsoll_train_step(t, -1), 0) << plimsoll_train_error(t);
  }
  EXPECT_EQ(plimsoll_train_save(t, file("c.st").c_str()), 0) << plimsoll_train_error(t);
  EXPECT_TRUE(content(file("c.st")) == content(file("cli.st")));
  EXPECT_EQ(plimsoll_train_load(t, file("cli.st").c_str()), 0);
  EXPECT_EQ(plimsoll_train_steps(t), 3);
  EXPECT_EQ(plimsoll_train_feed(t, "y", nullptr, 0), 1);
  EXPECT_STREQ(plimsoll_train_error(t), "there is no input 'y'");
  EXPECT_EQ(plimsoll_train_input_count(t), 2);
  plimsoll_train_destroy(t);
  EXPECT_FALSE(plimsoll_train_create("/nowhere"));
  EXPECT_STREQ(plimsoll_train_error(nullptr), "cannot open '/nowhere': No such file or directory");
}

TEST_F(TrainTest, FeedingTheOtherTimelineForgetsWhatWasFed) {
  plimsoll_train *t = plimsoll_train_create(weights.c_str());
  ASSERT_TRUE(t) << plimsoll_train_error(nullptr);
  float x[tiny::kRows * tiny::kFeatures] = {};
  int64_t labels[tiny::kRows] = {};
  plimsoll_train_feed(t, "x", x, sizeof(x));
  plimsoll_train_feed(t, "labels", labels, sizeof(labels));
  EXPECT_EQ(plimsoll_train_feed_evaluation(t, "x", x, sizeof(x)), 0);
  EXPECT_EQ(plimsoll_train_step(t, -1), 1);
  EXPECT_STREQ(plimsoll_train_error(t), "input 'x' has not been fed");
  plimsoll_train_feed_evaluation(t, "labels", labels, sizeof(labels));
  EXPECT_EQ(plimsoll_train_feed(t, "x", x, sizeof(x)), 0);
  EXPECT_EQ(plimsoll_train_evaluate(t), 1);
  EXPECT_STREQ(plimsoll_train_error(t), "input 'x' has not been fed");
  plimsoll_train_feed(t, "labels", labels, sizeof(labels));
  EXPECT_EQ(plimsoll_train_step(t, -1), 0) << plimsoll_train_error(t);
  plimsoll_train_destroy(t);
}

/// A program may have several timelines of a kind, for example for different shapes; only its
/// tables define them.
TEST_F(TrainTest, ASecondTrainingTimelineOfAnotherShapeRuns) {
  plimsoll_train *t = plimsoll_train_create(weights.c_str());
  ASSERT_TRUE(t) << plimsoll_train_error(nullptr);
  ASSERT_EQ(plimsoll_train_timeline_count(t), 3);
  plimsoll_timeline timeline;
  ASSERT_EQ(plimsoll_train_timeline(t, 2, &timeline), 0);
  EXPECT_STREQ(timeline.name, "train_few");
  EXPECT_EQ(timeline.kind, PLIMSOLL_TRAIN);
  EXPECT_EQ(plimsoll_train_timeline(t, 3, &timeline), 1);
  plimsoll_input input;
  ASSERT_EQ(plimsoll_train_timeline_input(t, 2, 0, &input), 0);
  EXPECT_EQ(input.shape[0], tiny::kFewRows);

  std::vector<float> x(tiny::kRows * tiny::kFeatures);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(std::sin(double(i)));
  std::vector<int64_t> labels = {0, 1, 2, 3, 4, 0, 1, 2};
  auto step = [&](int which, int64_t rows) {
    EXPECT_EQ(plimsoll_train_feed_timeline(t, which, "x", x.data(), rows * tiny::kFeatures * 4), 0);
    EXPECT_EQ(plimsoll_train_feed_timeline(t, which, "labels", labels.data(), rows * 8), 0);
    EXPECT_EQ(plimsoll_train_run(t, which, 0.1), 0) << plimsoll_train_error(t);
    return plimsoll_train_loss(t);
  };
  float all = step(0, tiny::kRows), few = step(2, tiny::kFewRows);
  EXPECT_EQ(plimsoll_train_steps(t), 2);
  EXPECT_NE(all, few);
  float last = few;
  for (int i = 0; i < 5; ++i, last = few)
    EXPECT_LT(few = step(2, tiny::kFewRows), last);

  // Inputs that were fed for one timeline do not count for another.
  EXPECT_EQ(plimsoll_train_feed_timeline(t, 0, "x", x.data(), x.size() * 4), 0);
  EXPECT_EQ(plimsoll_train_run(t, 2, 0.1), 1);
  EXPECT_STREQ(plimsoll_train_error(t), "input 'x' has not been fed");
  EXPECT_EQ(plimsoll_train_run(t, 7, 0.1), 1);
  EXPECT_STREQ(plimsoll_train_error(t), "there is no timeline 7; there are 3");
  plimsoll_train_destroy(t);
}

TEST_F(TrainTest, ALibraryLeavesTheHostsOpenmpSettings) {
  int threads = omp_get_max_threads(), dynamic = omp_get_dynamic();
  omp_set_num_threads(5);
  omp_set_dynamic(1);
  plimsoll_train *t = plimsoll_train_create(weights.c_str());
  ASSERT_TRUE(t) << plimsoll_train_error(nullptr);
  float x[tiny::kRows * tiny::kFeatures] = {};
  int64_t labels[tiny::kRows] = {};
  plimsoll_train_feed(t, "x", x, sizeof(x));
  plimsoll_train_feed(t, "labels", labels, sizeof(labels));
  EXPECT_EQ(plimsoll_train_step(t, -1), 0) << plimsoll_train_error(t);
  plimsoll_train_destroy(t);
  EXPECT_EQ(omp_get_max_threads(), 5);
  EXPECT_EQ(omp_get_dynamic(), 1);
  omp_set_num_threads(threads);
  omp_set_dynamic(dynamic);
}

} // namespace
