// One table of element types, and that all who use it agree; tensors of two bytes.
#include "TinyProgram.h"

#include "core/Nonfinite.h"
#include "core/Safetensors.h"
#include "core/State.h"
#include "core/Storage.h"
#include "plimsoll/TensorFile.h"
#include "plimsoll/train.h"

#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <limits>
#include <set>
#include <unistd.h>

namespace plimsoll {
namespace {

constexpr int kTypes = std::size(kElementTypes);

TEST(ElementType, RowsStandAtTheirCodes) {
  for (int i = 0; i < kTypes; ++i)
    EXPECT_EQ(static_cast<int>(kElementTypes[i].type), i) << kElementTypes[i].name;
}

TEST(ElementType, NamesAreUnique) {
  std::set<std::string> names, files;
  std::set<int> onnx;
  for (const ElementTypeInfo &row : kElementTypes) {
    names.insert(row.name);
    files.insert(row.safetensors);
    onnx.insert(row.onnx);
  }
  EXPECT_EQ(names.size(), kTypes);
  EXPECT_EQ(files.size(), kTypes);
  EXPECT_EQ(onnx.size(), kTypes);
}

TEST(ElementType, MemoryAndFilesHaveTheSameBytes) {
  for (const ElementTypeInfo &row : kElementTypes) {
    size_t inMemory = withStorage(row.type, []<typename T>() { return sizeof(T); });
    EXPECT_EQ(static_cast<size_t>(row.bytes), inMemory) << row.name;
    EXPECT_EQ(row.bytes, elementBytes(row.safetensors)) << row.name;
  }
}

TEST(ElementType, NarrowFactorsAreNamed) {
  EXPECT_EQ(narrowFactors(ElementType::f32, Precision::stored), nullptr);
  EXPECT_EQ(narrowFactors(ElementType::f64, Precision::stored), nullptr);
  EXPECT_STREQ(narrowFactors(ElementType::bf16, Precision::stored), "bf16");
  EXPECT_STREQ(narrowFactors(ElementType::f16, Precision::stored), "f16");
  EXPECT_STREQ(narrowFactors(ElementType::f32, Precision::tf32), "tf32");
  EXPECT_STREQ(narrowFactors(ElementType::f32, Precision::bf16), "bf16");
}

/// Hosts were built with these numbers.
TEST(ElementType, TheCInterfaceKeepsItsNumbers) {
  EXPECT_EQ(PLIMSOLL_F32, 0);
  EXPECT_EQ(PLIMSOLL_F64, 1);
  EXPECT_EQ(PLIMSOLL_I64, 2);
  EXPECT_EQ(PLIMSOLL_I32, 3);
  EXPECT_EQ(PLIMSOLL_U8, 4);
  EXPECT_EQ(PLIMSOLL_BOOL, 5);
  EXPECT_EQ(PLIMSOLL_BF16, 6);
  EXPECT_EQ(PLIMSOLL_F16, 7);
}

TEST(F16, EveryNumberComesBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    F16 half;
    half.bits = static_cast<uint16_t>(bits);
    float wide = half;
    if (std::isnan(wide))
      EXPECT_EQ(F16(wide).bits, 0x7fff);
    else
      EXPECT_EQ(F16(wide).bits, bits);
  }
}

TEST(F16, RoundsToTheNearestTiesToEven) {
  EXPECT_EQ(F16(1.0f).bits, 0x3c00);
  EXPECT_EQ(F16(1.0f + 0x1p-11f).bits, 0x3c00); // a tie
  EXPECT_EQ(F16(1.0f + 0x3p-11f).bits, 0x3c02); // a tie
  EXPECT_EQ(F16(1.0f + 0x1.1p-11f).bits, 0x3c01);
  EXPECT_EQ(F16(65519.0f).bits, 0x7bff);
  EXPECT_EQ(F16(65520.0f).bits, 0x7c00);
  EXPECT_EQ(F16(-1e30f).bits, 0xfc00);
  EXPECT_EQ(F16(0x1p-25f).bits, 0); // a tie
  EXPECT_EQ(F16(0x1.8p-25f).bits, 1);
  EXPECT_EQ(F16(0x1.ffcp-15f + 0x1p-25f).bits, 0x400); // the largest subnormal and a half
}

class HalfTest : public testing::TestWithParam<ElementType> {
protected:
  /// Elements 0, 1, 2, ... as bits: no two are equal.
  std::vector<uint16_t> counted(int64_t count) {
    std::vector<uint16_t> elements(count);
    for (int64_t i = 0; i < count; ++i)
      elements[i] = static_cast<uint16_t>(i);
    return elements;
  }
  Slot slot(std::vector<int64_t> shape, bool transposed) {
    return {.name = "w",
            .aliases = {},
            .shape = std::move(shape),
            .type = GetParam(),
            .transposed = transposed,
            .trained = true,
            .offset = 0};
  }
  uint16_t bitsOf(float x) { return GetParam() == ElementType::bf16 ? Bf16(x).bits : F16(x).bits; }
};

TEST_P(HalfTest, ATransposedSlotGoesOutAndIn) {
  constexpr int64_t rows = 3, columns = 5;
  Slot what = slot({rows, columns}, true);
  std::vector<uint16_t> arena = counted(rows * columns), file(rows * columns), back(arena.size());
  auto *bytes = reinterpret_cast<std::byte *>(file.data());
  for (int64_t begin = 0; begin < what.bytes(); begin += 10) // in pieces, as files are written
    copyOut(what, reinterpret_cast<std::byte *>(arena.data()), begin, 10, bytes + begin);
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      EXPECT_EQ(file[r * columns + c], arena[c * rows + r]);
  copyIn(what, reinterpret_cast<std::byte *>(back.data()), 0, what.bytes(), bytes);
  EXPECT_EQ(back, arena);
}

TEST_P(HalfTest, WhatIsNotFiniteIsFound) {
  std::vector<uint16_t> data(7, bitsOf(1.5f));
  auto first = [&] {
    return firstNotFinite(GetParam(), reinterpret_cast<const std::byte *>(data.data()),
                          static_cast<int64_t>(data.size() * 2));
  };
  EXPECT_EQ(first(), -1);
  data[5] = bitsOf(-std::numeric_limits<float>::infinity());
  EXPECT_EQ(first(), 5);
  data[3] = bitsOf(std::numeric_limits<float>::quiet_NaN());
  EXPECT_EQ(first(), 3);
}

class PlainDevice : public Device {
public:
  explicit PlainDevice(void *memory) : memory(static_cast<std::byte *>(memory)) {}
  std::byte *host() const override { return memory; }
  std::byte *arena() const override { return memory; }

private:
  std::byte *memory;
};

TEST_P(HalfTest, TheLaunchThatMadeANanIsNamed) {
  std::vector<uint16_t> data(4, bitsOf(2.0f));
  PlainDevice device(data.data());
  const WriteInfo writes[] = {{0, "hidden", "/fc/MatMul", GetParam(), 0, 4}};
  Timeline timeline;
  timeline.writes = writes, timeline.writeCount = 1;
  NonfiniteFinder finder(timeline, device);
  finder.beginStep(1);
  NonfiniteFinder::observe(&finder, 0);
  finder.acceptStep();
  data[2] = bitsOf(std::numeric_limits<float>::quiet_NaN());
  finder.beginStep(2);
  NonfiniteFinder::observe(&finder, 0);
  EXPECT_NE(finder.report().find("the first NaN is in 'hidden', written by /fc/MatMul in step 2 "
                                 "(element 2 of 4)"),
            std::string::npos)
      << finder.report();
}

TEST_P(HalfTest, AFileIsReadTransposed) {
  std::string path = testing::TempDir() + "half-" + std::to_string(getpid()) + ".safetensors";
  std::vector<uint16_t> elements = counted(6);
  std::string header = std::string("{\"w\":{\"dtype\":\"") + safetensorsType(GetParam()) +
                       "\",\"shape\":[2,3],\"data_offsets\":[0,12]}}";
  uint64_t length = header.size();
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char *>(&length), 8)
      .write(header.data(), static_cast<std::streamsize>(length))
      .write(reinterpret_cast<const char *>(elements.data()), 12);
  std::string error;
  std::unique_ptr<TensorFile> file = TensorFile::open(path, error);
  ASSERT_TRUE(file) << error;
  unlink(path.c_str());
  ASSERT_TRUE(
      file->match({{.name = "w", .aliases = {}, .shape = {2, 3}, .type = GetParam()}}, error))
      << error;
  std::vector<uint16_t> turned(6);
  ASSERT_TRUE(file->read(0, true, reinterpret_cast<std::byte *>(turned.data()), error)) << error;
  EXPECT_EQ(turned, (std::vector<uint16_t>{0, 3, 1, 4, 2, 5}));
}

INSTANTIATE_TEST_SUITE_P(Types, HalfTest, testing::Values(ElementType::bf16, ElementType::f16),
                         [](const auto &info) { return std::string(nameOf(info.param)); });

/// An optimizer that keeps bytes with a factor for each block of a f32 parameter.
TEST(StateSlots, AStateHasATypeAndScalesOfItsOwn) {
  const int64_t shape[] = {4, 8}, blocks[] = {2};
  const TensorInfo scales = {"scales", ElementType::f32, 1, blocks, 256};
  const StateInfo states[] = {
      {{"exp_avg", ElementType::u8, 2, shape, 128}, false, &scales},
      {{"exp_avg_sq", ElementType::f32, 2, shape, 512}, true},
  };
  ParameterInfo parameter = {};
  parameter.tensor = {"w", ElementType::f32, 2, shape, 0};
  parameter.transposed = parameter.trainable = true;
  parameter.states = states, parameter.stateCount = 2;
  Program program = {};
  program.parameters = &parameter, program.parameterCount = 1;
  std::vector<Slot> slots = stateSlots(program);
  ASSERT_EQ(slots.size(), 3u);
  EXPECT_EQ(slots[0].name, "optimizer.exp_avg.w");
  EXPECT_EQ(slots[0].bytes(), 32);
  EXPECT_FALSE(slots[0].transposed);
  EXPECT_EQ(slots[1].name, "optimizer.exp_avg_scales.w");
  EXPECT_EQ(slots[1].offset, 256u);
  EXPECT_EQ(slots[1].bytes(), 8);
  EXPECT_EQ(slots[2].name, "optimizer.exp_avg_sq.w");
  EXPECT_EQ(slots[2].bytes(), 128);
  EXPECT_TRUE(slots[2].transposed);
}

} // namespace
} // namespace plimsoll
