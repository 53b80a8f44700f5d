//===- DataTest.cpp - the data rule, sources and their errors ---------------===//
#include "TinyProgram.h"

#include "core/Failure.h"
#include "core/Feeder.h"
#include "core/Json.h"
#include "core/Safetensors.h"
#include "core/Schedule.h"
#include "plimsoll/Random.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

using namespace plimsoll;

namespace {

class Data : public testing::Test {
protected:
  std::string folder = testing::TempDir() + "plimsoll-data-" + std::to_string(getpid()) + "-";
  alignas(64) std::byte arena[16384] = {};

  std::string tokens(int64_t count, int width, const std::string &name = "tokens.bin") {
    std::ofstream out(folder + name, std::ios::binary);
    for (int64_t i = 0; i < count; ++i) {
      uint32_t token = static_cast<uint32_t>(i % 200);
      out.write(reinterpret_cast<const char *>(&token), width);
    }
    return folder + name;
  }

  Feeder feeder(const Program &program, std::vector<std::string> specs, bool shuffle = false,
                bool evaluation = false) {
    TimelineInputs inputs(program, *firstTimeline(program, evaluation ? TimelineKind::evaluate
                                                                      : TimelineKind::train));
    return Feeder(inputs, makeSource(inputs, specs, 7), shuffle, 7);
  }

  int64_t whole(int64_t offset, int64_t index) const {
    int64_t value;
    std::memcpy(&value, arena + offset + index * 8, 8);
    return value;
  }

  template <typename Action> std::string failure(const Action &action) {
    try {
      action();
    } catch (const std::exception &error) {
      return error.what();
    }
    return "no failure";
  }
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(Data, TokensFollowTheRuleInEveryWidthAndAcrossFiles) {
  const int64_t len = 50, T = 6, B = 2;
  std::string one = tokens(len, 1), two = tokens(len, 2, "two.bin"), four = tokens(len, 4, "4.bin");
  std::string head = tokens(17, 1, "head.bin"), tail = folder + "tail.bin";
  std::ofstream out(tail, std::ios::binary);
  for (int64_t i = 17; i < len; ++i)
    out.put(static_cast<char>(i));
  out.close();
  std::vector<std::vector<std::string>> sources = {{"tokens:" + one},
                                                   {"tokens:" + one + ":u8"},
                                                   {"tokens:" + two + ":u16"},
                                                   {"tokens:" + four + ":u32"},
                                                   {"tokens:" + head, "tokens:" + tail}};
  for (const auto &specs : sources) {
    Feeder f = feeder(tiny::tokenProgram(), specs);
    for (int64_t s = 0; s < 30; ++s) {
      ASSERT_TRUE(f.feed(s, arena));
      for (int64_t b = 0; b < B; ++b)
        for (int64_t t = 0; t < T; ++t) {
          int64_t o = ((s * B + b) * T) % (len - T - 1);
          ASSERT_EQ(whole(0, b * T + t), o + t) << specs[0];
          ASSERT_EQ(whole(128, b * T + t), o + t + 1);
        }
    }
  }
}

TEST_F(Data, AStreamIsWindowsOneBehindTheOtherAndEnds) {
  const int64_t T = 6, B = 2;
  int ends[2], saved = dup(0);
  ASSERT_EQ(pipe(ends), 0);
  std::string bytes;
  for (int i = 0; i < 31; ++i)
    bytes += static_cast<char>(i);
  ASSERT_EQ(write(ends[1], bytes.data(), bytes.size()), 31);
  close(ends[1]);
  dup2(ends[0], 0);
  Feeder f = feeder(tiny::tokenProgram(), {"tokens:-:u8"});
  f.skip(1);
  ASSERT_TRUE(f.feed(1, arena));
  for (int64_t i = 0; i < B * T; ++i) {
    EXPECT_EQ(whole(0, i), B * T + i);
    EXPECT_EQ(whole(128, i), B * T + i + 1);
  }
  EXPECT_FALSE(f.feed(2, arena));
  dup2(saved, 0);
  close(saved);
  close(ends[0]);
}

TEST_F(Data, TableRowsFollowTheRule) {
  tiny::writeFile(folder + "d.safetensors", tiny::data(11));
  Feeder f = feeder(plimsoll_program, {"safetensors:" + folder + "d.safetensors"});
  for (int64_t s = 0; s < 9; ++s) {
    ASSERT_TRUE(f.feed(s, arena));
    for (int64_t b = 0; b < tiny::kRows; ++b)
      ASSERT_EQ(whole(2432, b), ((s * tiny::kRows + b) % 11) * 7 % tiny::kClasses);
  }
}

TEST_F(Data, NarrowIntegersAreWidened) {
  auto table = tiny::data(9);
  table[1].type = "U8";
  tiny::writeFile(folder + "d.safetensors", table);
  ASSERT_TRUE(feeder(plimsoll_program, {"safetensors:" + folder + "d.safetensors"}).feed(0, arena));
  EXPECT_EQ(whole(2432, 2), 14 % tiny::kClasses);
}

TEST_F(Data, AnEpochIsAPermutationAndEpochsDiffer) {
  for (int64_t count : {1, 2, 11, 64, 1000}) {
    std::set<int64_t> seen;
    bool differ = false;
    for (int64_t i = 0; i < count; ++i) {
      seen.insert(shuffled(i, count, 3, 0));
      differ |= shuffled(i, count, 3, 0) != shuffled(i, count, 3, 1);
    }
    EXPECT_EQ(static_cast<int64_t>(seen.size()), count);
    EXPECT_EQ(*seen.rbegin(), count - 1);
    EXPECT_TRUE(differ || count <= 2);
  }
}

TEST_F(Data, PhiloxKnownAnswer) {
  auto words = philox({0, 0, 0, 0}, 0);
  EXPECT_EQ(words[0], 0x6627e8d5u);
  EXPECT_EQ(words[1], 0xe169c58du);
  EXPECT_EQ(words[2], 0xbc57ac4cu);
  EXPECT_EQ(words[3], 0x9b00dbd8u);
  words = philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0x299f31d0a4093822);
  EXPECT_EQ(words[0], 0xd16cfe09u);
  EXPECT_EQ(words[1], 0x94fdcceb);
  EXPECT_EQ(words[2], 0x5001e420u);
  EXPECT_EQ(words[3], 0x24126ea1u);
}

TEST_F(Data, ValuesOutOfRangeAreNamed) {
  auto table = tiny::data(11);
  table[1].values[9] = 5;
  tiny::writeFile(folder + "d.safetensors", table);
  Feeder f = feeder(plimsoll_program, {"safetensors:" + folder + "d.safetensors"});
  ASSERT_TRUE(f.feed(0, arena));
  std::string text = failure([&] { f.feed(1, arena); });
  EXPECT_HAS(text, "input 'labels': the value 5 in row 9 of ");
  EXPECT_HAS(text, "is outside [0, 5)");
}

TEST_F(Data, EveryProblemOfATableIsListed) {
  auto table = tiny::data(11);
  table[0].name = "features";
  table[1].type = "F32";
  tiny::writeFile(folder + "d.safetensors", table);
  std::string text =
      failure([&] { feeder(plimsoll_program, {"safetensors:" + folder + "d.safetensors"}); });
  EXPECT_HAS(text, "has no column 'x'; it has 'features', 'labels'");
  EXPECT_HAS(text, "column 'labels' is F32, the input is I64");
}

TEST_F(Data, TooFewRowsOrTokens) {
  tiny::writeFile(folder + "d.safetensors", tiny::data(7));
  EXPECT_HAS(
      failure([&] { feeder(plimsoll_program, {"safetensors:" + folder + "d.safetensors"}); }),
      "has 7 rows, fewer than the batch of 8");
  std::string few = tokens(7, 1);
  EXPECT_HAS(failure([&] { feeder(tiny::tokenProgram(), {"tokens:" + few}); }), "has 7 tokens");
  std::string odd = tokens(7, 1);
  EXPECT_HAS(failure([&] { feeder(tiny::tokenProgram(), {"tokens:" + odd + ":u16"}); }),
             "no whole number of u16 tokens");
}

TEST_F(Data, WrongSourcesAreRefused) {
  EXPECT_HAS(failure([&] { feeder(plimsoll_program, {"csv:x"}); }), "is not a data source");
  EXPECT_HAS(failure([&] { feeder(plimsoll_program, {"tokens:x"}); }), "safetensors: source");
  EXPECT_HAS(failure([&] { feeder(plimsoll_program, {"safetensors:/nowhere"}); }),
             "cannot open '/nowhere'");
  EXPECT_HAS(failure([&] { feeder(plimsoll_program, {"synthetic", "safetensors:x"}); }),
             "several --data");
}

TEST_F(Data, DamagedSafetensorsAreRefused) {
  std::string path = folder + "bad.safetensors";
  auto reason = [&](const std::string &bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return failure([&] { SafetensorsFile file(path); });
  };
  auto framed = [](const std::string &header, const std::string &data) {
    uint64_t length = header.size();
    return std::string(reinterpret_cast<const char *>(&length), 8) + header + data;
  };
  EXPECT_HAS(reason("hello"), "is not a safetensors file");
  EXPECT_HAS(reason("PK\x03\x04 this is a zip file"), "is not a safetensors file");
  EXPECT_HAS(reason(framed("{\"a\":", "")), "damaged header");
  EXPECT_HAS(reason(framed("{}", "").substr(0, 9) + "xx"), "damaged header");
  std::string good = "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}";
  EXPECT_EQ(reason(framed(good, std::string(16, 'x'))), "no failure");
  EXPECT_HAS(reason(framed(good, std::string(15, 'x'))), "is truncated: tensor 'a'");
  EXPECT_HAS(
      reason(framed("{\"a\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,16]}}", "")),
      "do not match its shape");
  EXPECT_HAS(reason(framed("{\"a\":{\"dtype\":\"F32\",\"shape\":[9999999999,9999999999],"
                           "\"data_offsets\":[0,16]}}",
                           "")),
             "its shape is impossible");
  std::string whole = framed(good, std::string(16, 'x'));
  for (size_t cut = 0; cut < whole.size(); ++cut)
    EXPECT_NE(reason(whole.substr(0, cut)), "no failure");
}

TEST_F(Data, FlippedBytesInAHeaderNeverCrash) {
  std::string path = folder + "flip.safetensors";
  tiny::writeFile(path, tiny::data(9));
  std::ifstream in(path, std::ios::binary);
  std::string good{std::istreambuf_iterator<char>(in), {}};
  uint64_t header;
  std::memcpy(&header, good.data(), 8);
  for (uint64_t i = 0; i < 3000; ++i) {
    std::string bad = good;
    uint64_t bits = randomBits(1, 2, 3, i);
    bad[bits % (8 + header)] = static_cast<char>(bits >> 32);
    std::ofstream(path, std::ios::binary) << bad;
    failure([&] {
      Feeder f = feeder(plimsoll_program, {"safetensors:" + path});
      f.feed(0, arena);
    });
  }
}

TEST_F(Data, JsonIsStrict) {
  EXPECT_EQ(parseJson("{\"a\": [1, -2, \"\\u00e9\\n\"]}").find("a")->items[2].string, "\xc3\xa9\n");
  for (const char *bad : {"", "{", "[1,]", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "1.5", "nul", "\"a",
                          "\"\\x\"", "[1] 2", "{\"a\":1,\"a\":2}", "99999999999999999999"})
    EXPECT_NE(failure([&] { parseJson(bad); }), "no failure") << bad;
  EXPECT_HAS(failure([&] { parseJson(std::string(100, '[')); }), "nested too deeply");
}

TEST_F(Data, Schedules) {
  EXPECT_EQ(Schedule("constant", 0.5, 10).at(7), 0.5);
  Schedule cosine("cosine,warmup=10", 1.0, 110);
  EXPECT_DOUBLE_EQ(cosine.at(1), 0.1);
  EXPECT_DOUBLE_EQ(cosine.at(10), 1.0);
  EXPECT_DOUBLE_EQ(cosine.at(11), 1.0);
  EXPECT_NEAR(cosine.at(61), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(Schedule("linear", 1.0, 10).at(10), 0.1);
  EXPECT_THROW(Schedule("exponential", 1.0, 1), UsageError);
  EXPECT_THROW(Schedule("cosine,warmup=x", 1.0, 1), UsageError);
}

} // namespace
