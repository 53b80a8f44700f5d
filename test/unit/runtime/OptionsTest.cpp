//===- OptionsTest.cpp - the command line -----------------------------------===//
#include "core/Options.h"
#include "core/Failure.h"
#include "core/Schedule.h"

#include <gtest/gtest.h>

using namespace plimsoll;

namespace {

Options parse(std::vector<std::string> arguments) {
  std::vector<char *> argv = {const_cast<char *>("train")};
  for (std::string &argument : arguments)
    argv.push_back(argument.data());
  return parseOptions(plimsoll_program, static_cast<int>(argv.size()), argv.data());
}

std::string refusal(std::vector<std::string> arguments) {
  try {
    parse(std::move(arguments));
  } catch (const UsageError &error) {
    return error.what();
  }
  return "accepted";
}

TEST(OptionsTest, ReadsValuesBehindEqualsOrAsTheNextArgument) {
  Options o = parse({"--data=synthetic", "--steps", "12", "--lr=3e-4", "--order=shuffled",
                     "--save=a,b.safetensors,every=5,best", "--eval-data=synthetic,every=3"});
  EXPECT_EQ(o.steps, 12);
  EXPECT_EQ(o.learningRate, 3e-4);
  EXPECT_EQ(o.shuffle, true);
  EXPECT_EQ(o.save, "a,b.safetensors");
  EXPECT_EQ(o.saveEvery, 5);
  EXPECT_TRUE(o.saveBest);
  EXPECT_EQ(o.evalData[0], "synthetic");
  EXPECT_EQ(o.evalEvery, 3);
}

TEST(OptionsTest, RefusesWithTheReason) {
  EXPECT_EQ(refusal({"--data=synthetic", "--stesp=3"}),
            "unknown option '--stesp'; did you mean '--steps'?");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=ten"}),
            "--steps='ten': a whole number of at least 0 is expected");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--lr=-1"}),
            "--lr='-1': a number of at least 0 is expected");
  EXPECT_EQ(refusal({"--steps=3"}), "--data=SOURCE is missing");
  EXPECT_EQ(refusal({"--data=synthetic"}), "--steps=N is missing");
  EXPECT_EQ(refusal({"--info=yes"}), "--info takes no value");
  EXPECT_EQ(refusal({"train.bin"}), "'train.bin' is no option; options start with --");
  EXPECT_EQ(refusal({"--data"}), "--data=SOURCE: the value is missing");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--save=x,best"}),
            "--save=...,best needs --eval-data");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--save-best=x"}),
            "--save-best needs --eval-data");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--patience=2", "--eval-data=synthetic"}),
            "--patience counts evaluations: it needs --eval-data=SOURCE,every=N");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--patience=0"}),
            "--patience='0': a whole number of at least 1 is expected");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--weights=a", "--resume=b"}),
            "--weights and --resume both say what to start from; give one");
  EXPECT_EQ(refusal({"--help"}), "accepted");
}

TEST(OptionsTest, WhatStandsBehindAFileMustBeKnown) {
  auto save = [](const std::string &text) {
    return refusal({"--data=synthetic", "--steps=1", "--eval-data=synthetic", "--save=" + text});
  };
  EXPECT_EQ(save("c.safetensors,evry=5"),
            "--save: 'evry=5' behind the file is not known; did you mean 'every=5'?");
  EXPECT_EQ(save("c.safetensors,every=5,bset"),
            "--save: 'bset' behind the file is not known; did you mean 'best'?");
  EXPECT_EQ(save("c,every"),
            "--save: 'every' behind the file is not known; did you mean 'every=N'?");
  EXPECT_EQ(save("c.st,every=0.5"), "--save,every='0.5': a whole number of at least 1 is expected");
  EXPECT_EQ(save(",best"), "--save: a file is missing");
  EXPECT_EQ(save("runs/lr=0.1,b=4/c,best,every=5"), "accepted");
  EXPECT_EQ(refusal({"--data=synthetic", "--steps=1", "--eval-data=tokens:a,b.bin:u8,best"}),
            "--eval-data: 'best' behind the file is not known; did you mean 'every=N'?");
  Options o = parse({"--data=synthetic", "--steps=1", "--eval-data=tokens:a,b.bin:u8,every=3",
                     "--save=runs/lr=0.1,b=4/c,best,every=5"});
  EXPECT_EQ(o.evalData[0], "tokens:a,b.bin:u8");
  EXPECT_EQ(o.evalEvery, 3);
  EXPECT_EQ(o.save, "runs/lr=0.1,b=4/c");
  EXPECT_EQ(o.saveEvery, 5);
}

TEST(OptionsTest, BestFileWinsWhateverComesFirst) {
  std::string base[] = {"--data=synthetic", "--steps=1", "--eval-data=synthetic"};
  for (bool first : {false, true}) {
    std::vector<std::string> arguments(std::begin(base), std::end(base));
    arguments.insert(first ? arguments.begin() : arguments.end(), "--save-best=b.st");
    arguments.push_back("--save=a.st");
    Options o = parse(arguments);
    EXPECT_TRUE(o.saveBest);
    EXPECT_EQ(o.bestFile, "b.st");
  }
}

TEST(ScheduleTest, RisesAndFallsAsItsNameSays) {
  Schedule linear("linear,warmup=4", 0.8, 12);
  EXPECT_DOUBLE_EQ(linear.at(1), 0.2);
  EXPECT_DOUBLE_EQ(linear.at(4), 0.8);
  EXPECT_DOUBLE_EQ(linear.at(5), 0.8);
  EXPECT_DOUBLE_EQ(linear.at(9), 0.4);
  Schedule cycle("one-cycle,warmup=5,div=10,final-div=100", 0.8, 21);
  EXPECT_DOUBLE_EQ(cycle.at(1), 0.08);
  EXPECT_DOUBLE_EQ(cycle.at(3), 0.44); // half the way up
  EXPECT_DOUBLE_EQ(cycle.at(5), 0.8);
  EXPECT_DOUBLE_EQ(cycle.at(13), (0.8 + 0.0008) / 2);
  EXPECT_DOUBLE_EQ(cycle.at(21), 0.0008);
  EXPECT_DOUBLE_EQ(Schedule("one-cycle,warmup=0", 1, 10).at(10), 1 / 25.0 / 1e4);
  EXPECT_DOUBLE_EQ(Schedule("one-cycle,warmup=1", 1, 10).at(1), 1);
}

TEST(ScheduleTest, RefusesWhatItDoesNotKnow) {
  for (const char *text :
       {"", "exponential", "linear,", "linear,warmup", "linear,warmup=", "linear,warmup=-1",
        "linear,div=3", "one-cycle,div=0", "one-cycle,final-div=x", "one-cycle,warmup=3,warmups=4",
        "one-cycle,warmup=3,div=25.00000000000000000000000000000000000000000"})
    EXPECT_THROW(Schedule(text, 1, 10), UsageError) << text;
}

} // namespace
