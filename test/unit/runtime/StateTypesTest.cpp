//===- StateTypesTest.cpp - optimizer state in bf16 and in codes of 8 bits --===//
#include "KernelHarness.h"
#include "TinyProgram.h"

#include "core/Start.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/StateBlocks.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>

using namespace plimsoll;

namespace {

// Codes ---------------------------------------------------------------------

/// The values as bitsandbytes' create_dynamic_map(signed, 7, 8) makes them, step by step.
std::vector<long double> publishedValues(bool isSigned) {
  std::vector<long double> values;
  for (int i = 0; i < 7; ++i) {
    const int items = isSigned ? 1 << i : 1 << (i + 1);
    std::vector<long double> boundaries;
    for (int k = 0; k <= items; ++k)
      boundaries.push_back(0.1L + (1.0L - 0.1L) / items * k);
    for (int k = 0; k < items; ++k) {
      long double mean = (boundaries[k] + boundaries[k + 1]) / 2 * std::pow(10.0L, i - 6);
      values.push_back(mean);
      if (isSigned)
        values.push_back(-mean);
    }
  }
  values.push_back(0);
  values.push_back(1);
  std::sort(values.begin(), values.end());
  return values;
}

/// Returns the code whose value is nearest to `share`, the lesser of two, by trying all.
int nearestCode(const StateCodes &codes, double share) {
  int best = 0;
  for (int code = 1; code < StateCodes::kCount; ++code)
    if (std::abs(codes.values[code] - share) < std::abs(codes.values[best] - share))
      best = code;
  return best;
}

TEST(StateCodes, AreThePublishedValues) {
  for (bool isSigned : {false, true}) {
    const StateCodes &codes = isSigned ? kSignedCodes : kUnsignedCodes;
    std::vector<long double> published = publishedValues(isSigned);
    ASSERT_EQ(published.size(), 256u);
    for (int code = 0; code < 256; ++code)
      EXPECT_EQ(codes.values[code], static_cast<float>(published[code])) << code;
  }
  // As bitsandbytes prints its tables.
  EXPECT_NEAR(kSignedCodes.values[0], -0.99296875, 1e-7);
  EXPECT_NEAR(kSignedCodes.values[126], -5.5e-7, 1e-13);
  EXPECT_EQ(kSignedCodes.values[127], 0);
  EXPECT_NEAR(kSignedCodes.values[128], 5.5e-7, 1e-13);
  EXPECT_EQ(kSignedCodes.values[255], 1);
  EXPECT_EQ(kUnsignedCodes.values[0], 0);
  EXPECT_NEAR(kUnsignedCodes.values[1], 3.25e-7, 1e-13);
  EXPECT_NEAR(kUnsignedCodes.values[2], 7.75e-7, 1e-13);
  EXPECT_NEAR(kUnsignedCodes.values[254], 0.996484375, 1e-7);
}

TEST(StateCodes, ANumberBecomesTheNearestCode) {
  std::mt19937 engine(3);
  std::uniform_real_distribution<float> exponent(-9, 0), sign(-1, 1);
  for (const StateBlockCodes *codes : {&kSignedCodes, &kUnsignedCodes}) {
    for (int code = 0; code < 256; ++code)
      EXPECT_EQ(codeOf(codes->values[code] * 4, 4, codes->middles), code);
    for (int i = 0; i < 20000; ++i) {
      float share =
          std::pow(10.0f, exponent(engine)) * (codes == &kSignedCodes && sign(engine) < 0 ? -1 : 1);
      EXPECT_EQ(codeOf(share, 1, codes->middles), nearestCode(*codes, share)) << share;
      EXPECT_EQ(codes->find(share), nearestCode(*codes, share)) << share;
    }
    for (int code = 0; code < 255; ++code) { // the lesser of two that are equally near
      float middle = codes->middles[code];
      EXPECT_EQ(codeOf(middle, 1, codes->middles), code);
      EXPECT_EQ(codeOf(std::nextafter(middle, 2.0f), 1, codes->middles), code + 1);
      EXPECT_EQ(codes->find(middle), code);
      EXPECT_EQ(codes->find(std::nextafter(middle, 2.0f)), code + 1);
    }
    EXPECT_EQ(codeOf(-3, 1, codes->middles), 0);
    EXPECT_EQ(codeOf(3, 1, codes->middles), 255);
    EXPECT_EQ(codes->find(-1), 0);
    EXPECT_EQ(codes->find(1), 255);
  }
}

TEST(StateCodes, ABucketHasTwoCodesAtMost) {
  for (const StateBlockCodes *codes : {&kSignedCodes, &kUnsignedCodes})
    for (uint32_t bucket = 0; bucket < StateBlockCodes::kBuckets; ++bucket) {
      float least = codes->edge(bucket, false), largest = std::min(codes->edge(bucket, true), 1.0f);
      uint32_t up = codeOfShare(largest, codes->middles),
               down = codeOfShare(-least, codes->middles);
      EXPECT_LE(up - codeOfShare(least, codes->middles), 1u) << least;
      EXPECT_LE(down - codeOfShare(-largest, codes->middles), 1u) << -least;
      EXPECT_EQ(codes->find(largest), up) << largest;
      EXPECT_EQ(codes->find(-least), down) << -least;
    }
}

TEST(StateCodes, BlocksOfZerosAndOfWhatIsNotFinite) {
  uint8_t codes[3] = {7, 7, 7};
  float numbers[3] = {0, -0.0f, 0};
  EXPECT_EQ(encodeBlock(kSignedCodes, numbers, 3, codes), 0);
  EXPECT_EQ(codes[0], 127);
  decodeBlock(kSignedCodes, codes, 0, 3, numbers);
  EXPECT_EQ(numbers[1], 0);
  numbers[1] = NAN, numbers[2] = INFINITY;
  EXPECT_TRUE(std::isnan(encodeBlock(kSignedCodes, numbers, 3, codes)));
  numbers[1] = -INFINITY, numbers[2] = 5;
  EXPECT_EQ(encodeBlock(kSignedCodes, numbers, 3, codes), INFINITY);
  // A state before the first step: codes of zero with a scale of zero.
  const uint8_t zeros[3] = {};
  decodeBlock(kSignedCodes, zeros, 0, 3, numbers);
  EXPECT_EQ(numbers[0], 0);
}

TEST(StateCodes, TheErrorIsThatOfTheCodes) {
  std::mt19937 engine(5);
  std::normal_distribution<float> normal;
  float numbers[256], decoded[256];
  uint8_t codes[256];
  for (float &number : numbers)
    number = normal(engine);
  float scale = encodeBlock(kSignedCodes, numbers, 256, codes);
  decodeBlock(kSignedCodes, codes, scale, 256, decoded);
  for (int i = 0; i < 256; ++i) {
    float share = std::abs(numbers[i]) / scale;
    EXPECT_LE(std::abs(decoded[i] - numbers[i]), scale * std::max(0.0071f, share * 0.05f)) << share;
  }
}

// Kernels -------------------------------------------------------------------

struct UpdateKernel {
  const char *name;
  int states, scalars;
  unsigned squares; ///< bit i: state i is never negative
};
const UpdateKernel kUpdates[] = {
#define PLIMSOLL_UPDATE_KERNEL(name, Rule, Arguments, states, scalars, squares)                    \
  {#name, states, scalars, squares},
#include "plimsoll/Kernels.inc"
};

/// One parameter with its states, in a type.
struct Parameter {
  Floats values, gradient;
  std::vector<std::vector<std::byte>> states;
  std::vector<Floats> scales;
};

template <typename T> std::vector<std::byte> bytesOf(const std::vector<T> &values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

class StateTypes : public KernelTest {
protected:
  static const StateBlockCodes &codesOf(const UpdateKernel &kernel, int state) {
    return kernel.squares >> state & 1 ? kUnsignedCodes : kSignedCodes;
  }

  /// Sets state `state` to numbers, rounded as its type demands.
  static void write(Parameter &parameter, const UpdateKernel &kernel, int state, ElementType type,
                    const Floats &numbers) {
    if (type == ElementType::bf16) {
      parameter.states[state] = bytesOf(std::vector<Bf16>(numbers.begin(), numbers.end()));
      return;
    }
    auto count = static_cast<int64_t>(numbers.size());
    std::vector<uint8_t> codes(count);
    parameter.scales[state].resize(stateBlocks(count));
    for (int64_t at = 0; at < count; at += kStateBlock)
      parameter.scales[state][at / kStateBlock] = encodeBlock(
          codesOf(kernel, state), &numbers[at], std::min(kStateBlock, count - at), &codes[at]);
    parameter.states[state] = bytesOf(codes);
  }

  static Floats read(const Parameter &parameter, const UpdateKernel &kernel, int state,
                     ElementType type) {
    Floats numbers(parameter.values.size());
    const std::byte *bytes = parameter.states[state].data();
    for (size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = type == ElementType::bf16 ? float(reinterpret_cast<const Bf16 *>(bytes)[i])
                                             : codesOf(kernel, state).values[uint8_t(bytes[i])] *
                                                   parameter.scales[state][i / kStateBlock];
    return numbers;
  }

  Parameter draw(const UpdateKernel &kernel, ElementType type, int64_t count) {
    Parameter parameter{random(count), random(count), {}, {}};
    parameter.states.resize(kernel.states), parameter.scales.resize(kernel.states);
    for (int state = 0; state < kernel.states; ++state) {
      Floats numbers = random(count, 0.1f);
      for (float &number : numbers)
        number = kernel.squares >> state & 1 ? std::abs(number) : number;
      write(parameter, kernel, state, type, numbers);
    }
    return parameter;
  }

  static Sizes sizesOf(const UpdateKernel &kernel, const Sizes &counts) {
    Sizes sizes = {1};
    if (std::string(kernel.name) == "sgd")
      sizes.push_back(1);
    sizes.insert(sizes.end(), counts.begin(), counts.end());
    return sizes;
  }
  static Doubles scalarsOf(const UpdateKernel &kernel) {
    const Doubles numbers = {0.9, 0.95, 0.01};
    return {numbers.begin(), numbers.begin() + kernel.scalars};
  }

  /// The same with all numbers in f32, whose result is rounded afterwards.
  void updateExactly(Parameter &parameter, const UpdateKernel &kernel, ElementType type) {
    std::vector<Floats> states;
    for (int state = 0; state < kernel.states; ++state)
      states.push_back(read(parameter, kernel, state, type));
    std::vector<const void *> buffers = {parameter.values.data(), parameter.gradient.data()};
    for (const Floats &state : states)
      buffers.push_back(state.data());
    buffers.push_back(hyper.data());
    ASSERT_TRUE(run(kernel.name, buffers, sizesOf(kernel, {int64_t(parameter.values.size())}),
                    scalarsOf(kernel)));
    for (int state = 0; state < kernel.states; ++state)
      write(parameter, kernel, state, type, states[state]);
  }

  void update(std::vector<Parameter> &parameters, const UpdateKernel &kernel, ElementType type,
              int threads) {
    std::vector<const void *> buffers;
    Sizes counts;
    for (const Parameter &parameter : parameters)
      buffers.push_back(parameter.values.data()), counts.push_back(parameter.values.size());
    for (const Parameter &parameter : parameters)
      buffers.push_back(parameter.gradient.data());
    for (int state = 0; state < kernel.states; ++state)
      for (const Parameter &parameter : parameters)
        buffers.push_back(parameter.states[state].data());
    for (int state = 0; state < kernel.states && type == ElementType::u8; ++state)
      for (const Parameter &parameter : parameters)
        buffers.push_back(parameter.scales[state].data());
    buffers.push_back(hyper.data());
    ASSERT_TRUE(
        run(kernel.name, buffers, sizesOf(kernel, counts), scalarsOf(kernel), threads, type));
  }

  void SetUp() override {
    KernelTest::SetUp();
    hyper[kLearningRate] = 0.01f, hyper[kDecayFactor] = 0.999f, hyper[kStepSize] = 0.03f;
    hyper[kSqrtBias2] = 0.2f, hyper[kWeightDecay] = 0.1f;
  }

  Floats hyper = Floats(kHyperCount);
};

INSTANTIATE_TEST_SUITE_P(All, StateTypes, testing::ValuesIn(libraries()), libraryName);

/// Every rule with states in every type has the bits of the f32 kernel on the numbers that the
/// states stand for, rounded afterwards; on any number of threads, alone and beside others.
TEST_P(StateTypes, AreReadAndRoundedAroundTheF32Update) {
  for (const UpdateKernel &kernel : kUpdates)
    for (ElementType type : {ElementType::bf16, ElementType::u8})
      for (int threads : {1, 2, 3}) {
        if (kernel.states == 0)
          continue;
        SCOPED_TRACE(std::string(kernel.name) + " " + nameOf(type) + ", " +
                     std::to_string(threads) + " threads");
        std::vector<Parameter> parameters, expected;
        for (int64_t count : {4096, 0, 1, 255, 257, 20001, 768})
          parameters.push_back(draw(kernel, type, count));
        expected = parameters;
        for (int step = 0; step < 2; ++step) {
          update(parameters, kernel, type, threads);
          for (Parameter &parameter : expected)
            updateExactly(parameter, kernel, type);
        }
        for (size_t i = 0; i < parameters.size(); ++i) {
          EXPECT_TRUE(sameBits(parameters[i].values, expected[i].values)) << i;
          EXPECT_EQ(parameters[i].states, expected[i].states) << i;
          EXPECT_EQ(parameters[i].scales, expected[i].scales) << i;
        }
      }
}

// Checkpoints ---------------------------------------------------------------

/// The hand-written program with states of another type, in an arena of its own.
class OtherStates {
public:
  explicit OtherStates(ElementType type) : type(type) {
    for (int i = 0; i < 2; ++i) {
      parameters[i] = plimsoll_program.parameters[i];
      for (int j = 0; j < 2; ++j)
        addState(i, j);
      parameters[i].states = states[i];
    }
    program.parameters = parameters;
  }

  Program program = plimsoll_program;
  alignas(64) std::byte arena[16384] = {};

private:
  void addState(int i, int j) {
    StateInfo &state = states[i][j];
    state = parameters[i].states[j];
    state.tensor.type = type;
    state.nonnegative = j == 1;
    if (type != ElementType::u8)
      return;
    state.transposed = false;
    if (i == 0)
      state.tensor.shape = arenaShape;
    scales[i][j] = {"scales", ElementType::f32, 1, oneBlock, 8192 + 64 * uint64_t(2 * i + j)};
    state.scales = &scales[i][j];
  }

  ElementType type;
  ParameterInfo parameters[2];
  StateInfo states[2][2];
  TensorInfo scales[2][2];
  static constexpr int64_t arenaShape[] = {tiny::kFeatures, tiny::kClasses}, oneBlock[] = {1};
};

class StateTypesOfFiles : public testing::Test {
protected:
  std::string path =
      testing::TempDir() + "plimsoll-states-" + std::to_string(getpid()) + ".safetensors";

  static void fill(OtherStates &from) {
    std::mt19937 engine(1);
    std::normal_distribution<float> normal(0, 1);
    for (const Slot &slot : checkpointSlots(from.program))
      for (int64_t i = 0; i < slot.count(); ++i) {
        float number = std::abs(normal(engine));
        std::memcpy(from.arena + slot.offset + 4 * i, &number, 4);
      }
  }
  void save(const OtherStates &from) {
    RunState state;
    state.step = 1, state.dataPosition = tiny::kRows;
    CheckpointWriter(from.program, checkpointSlots(from.program), path).save(state, from.arena);
  }
  std::string load(OtherStates &into) {
    return loadCheckpoint(into.program, path, "", into.arena).remark;
  }
  static const float *numbers(const OtherStates &of, int parameter, int state) {
    return reinterpret_cast<const float *>(
        of.arena + of.program.parameters[parameter].states[state].tensor.offset);
  }
  void TearDown() override { unlink(path.c_str()); }
};

TEST_F(StateTypesOfFiles, AreConvertedWithARemark) {
  const int64_t counts[] = {tiny::kFeatures * tiny::kClasses, tiny::kClasses};
  OtherStates exact(ElementType::f32);
  fill(exact);
  for (ElementType type : {ElementType::bf16, ElementType::u8}) {
    OtherStates narrow(type), again(type), back(ElementType::f32);
    save(exact);
    std::string remark = load(narrow);
    EXPECT_NE(remark.find("4 tensors of optimizer state"), std::string::npos) << remark;
    EXPECT_NE(remark.find(std::string("from F32 to ") + safetensorsType(type)), std::string::npos)
        << remark;
    save(narrow);
    EXPECT_EQ(load(again), "");
    EXPECT_FALSE(std::memcmp(narrow.arena, again.arena, sizeof narrow.arena));
    remark = load(back);
    EXPECT_NE(remark.find(std::string("from ") + safetensorsType(type) + " to F32"),
              std::string::npos)
        << remark;
    for (int i = 0; i < 2; ++i)
      for (int j = 0; j < 2; ++j)
        for (int64_t k = 0; k < counts[i]; ++k) {
          float wanted = numbers(exact, i, j)[k], got = numbers(back, i, j)[k];
          EXPECT_NEAR(got, wanted, type == ElementType::bf16 ? wanted / 256 : 0.03) << i << j << k;
        }
    EXPECT_FALSE(std::memcmp(exact.arena, back.arena, 400)) << "parameters are what they were";
  }
}

TEST_F(StateTypesOfFiles, ScalesThatAreMissingAreNamed) {
  OtherStates coded(ElementType::u8), into(ElementType::f32);
  save(coded);
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  std::string name = "optimizer.exp_avg_scales.fc.bias";
  size_t at = bytes.find(name);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, name.size(), "optimizer.exp_avg_scalez.fc.bias");
  std::ofstream(path, std::ios::binary) << bytes;
  std::string error;
  try {
    load(into);
  } catch (const Failure &failure) {
    error = failure.what();
  }
  EXPECT_NE(error.find("'optimizer.exp_avg_scales.fc.bias' is missing"), std::string::npos)
      << error;
}

} // namespace
