//===- TinyProgram.cpp - a hand-written program, as the compiler would emit it ===//
#include "TinyProgram.h"

#include "core/StepRunner.h"
#include "plimsoll/Kernels.h"

#include <cmath>
#include <cstring>
#include <fstream>

using namespace plimsoll;

namespace tiny {

std::function<void(const std::byte *)> onStep;

namespace {

// Offsets in the arena, in bytes: residents first, then the values of a step. All are multiples of
// 64.
constexpr uint64_t W = 0, WExpAvg = 448, WExpAvgSq = 896, B = 1344, BExpAvg = 1408,
                   BExpAvgSq = 1472, hyper = 1536, loss = 1600, accuracy = 1664, x = 1728,
                   labels = 2432, logits = 2496, dW = 2688, dB = 3136, space = 3200;

template <int64_t Rows> void addBias(const Launch &launch) {
  float *y = launch.buffer<float>(0);
  const float *bias = launch.buffer<float>(1);
  for (int64_t i = 0; i < Rows; ++i)
    for (int64_t j = 0; j < kClasses; ++j)
      y[i * kClasses + j] += bias[j];
}

template <int64_t Rows> void sumRows(const Launch &launch) {
  const float *dy = launch.buffer<float>(0);
  float *sum = launch.buffer<float>(1);
  for (int64_t j = 0; j < kClasses; ++j) {
    sum[j] = 0;
    for (int64_t i = 0; i < Rows; ++i)
      sum[j] += dy[i * kClasses + j];
  }
}

template <int64_t Rows> void forward(Stepper &s) {
  s.run(matmul, {s.at(x), s.at(W), nullptr, nullptr, s.at(logits), nullptr, s.at(space)},
        {1, Rows, kClasses, kFeatures, 0, 0, 0, 0, 0, 0, 0}, {}, 8192);
  s.run(addBias<Rows>, {s.at(logits), s.at(B)});
}

template <int64_t Rows> void train(Stepper &s) {
  if (!static_cast<StepRunner &>(s).preparing && onStep)
    onStep(s.arena);
  forward<Rows>(s);
  s.run(cross_entropy_with_grad,
        {s.at(logits), s.at(labels), s.at(loss), s.at(accuracy), s.at(logits)},
        {Rows, kClasses, 0, 0});
  s.run(matmul, {s.at(x), s.at(logits), nullptr, nullptr, s.at(dW), nullptr, s.at(space)},
        {1, kFeatures, kClasses, Rows, 1, 0, 0, 0, 0, 0, 0}, {}, 8192);
  s.run(sumRows<Rows>, {s.at(logits), s.at(dB)});
  s.run(adamw, {s.at(W), s.at(dW), s.at(WExpAvg), s.at(WExpAvgSq), s.at(hyper)},
        {1, kFeatures * kClasses}, {0.9, 0.999, 1e-8});
  s.run(adamw, {s.at(B), s.at(dB), s.at(BExpAvg), s.at(BExpAvgSq), s.at(hyper)}, {0, kClasses},
        {0.9, 0.999, 1e-8});
}

void evaluate(Stepper &s) {
  forward<kRows>(s);
  s.run(cross_entropy, {s.at(logits), s.at(labels), s.at(loss), s.at(accuracy)},
        {kRows, kClasses, 0, 0});
}

const int64_t weightShape[] = {kClasses, kFeatures}, biasShape[] = {kClasses};
const int64_t xShape[] = {kRows, kFeatures}, labelShape[] = {kRows};
const int64_t fewX[] = {kFewRows, kFeatures}, fewLabels[] = {kFewRows};
const char *const weightAliases[] = {"tied.weight"};
const StateInfo weightStates[] = {
    {{"exp_avg", ElementType::f32, 2, weightShape, WExpAvg}, true},
    {{"exp_avg_sq", ElementType::f32, 2, weightShape, WExpAvgSq}, true}};
const StateInfo biasStates[] = {{{"exp_avg", ElementType::f32, 1, biasShape, BExpAvg}},
                                {{"exp_avg_sq", ElementType::f32, 1, biasShape, BExpAvgSq}}};
const ParameterInfo parameters[] = {
    {{"fc.weight", ElementType::f32, 2, weightShape, W},
     true,
     true,
     true,
     weightAliases,
     1,
     weightStates,
     2,
     int64_t(dW)},
    {{"fc.bias", ElementType::f32, 1, biasShape, B},
     false,
     true,
     false,
     nullptr,
     0,
     biasStates,
     2,
     int64_t(dB)},
};
const InputInfo inputs[] = {{}, {.labels = true, .limit = kClasses}};
const TensorInfo places[] = {
    {"x", ElementType::f32, 2, xShape, x},
    {"labels", ElementType::i64, 1, labelShape, labels},
};
const TensorInfo fewPlaces[] = {
    {"x", ElementType::f32, 2, fewX, x},
    {"labels", ElementType::i64, 1, fewLabels, labels},
};
const WriteInfo writes[] = {
    {0, "logits", "/fc/MatMul", ElementType::f32, logits, kRows * kClasses},
    {1, "logits_1", "/fc/Add", ElementType::f32, logits, kRows * kClasses},
    {2, "loss", "loss", ElementType::f32, loss, 1},
};

const LaunchInfo launches[] = {
    {"matmul", 1e4, 1e3, 2e-6}, {"loop nest", 0, 2e3, 1e-6}, {"cross_entropy_with_grad", 0, 0, 0},
    {"matmul", 2e4, 1e3, 3e-6}, {"loop nest", 0, 1e3, 1e-6}, {"adamw", 0, 1e3, 1e-6},
    {"adamw", 0, 1e3, 1e-6},
};

const Timeline timelines[] = {
    {.name = "train",
     .kind = TimelineKind::train,
     .run = train<kRows>,
     .launchCount = 7,
     .inputs = places,
     .hyperOffset = hyper,
     .lossOffset = loss,
     .accuracyOffset = accuracy,
     .writes = writes,
     .writeCount = 3,
     .launches = launches},
    {.name = "evaluate",
     .kind = TimelineKind::evaluate,
     .run = evaluate,
     .launchCount = 3,
     .inputs = places,
     .hyperOffset = -1,
     .lossOffset = loss,
     .accuracyOffset = accuracy,
     .writes = nullptr,
     .writeCount = 0},
    {.name = "train_few",
     .kind = TimelineKind::train,
     .run = train<kFewRows>,
     .launchCount = 7,
     .inputs = fewPlaces,
     .hyperOffset = hyper,
     .lossOffset = loss,
     .accuracyOffset = accuracy,
     .writes = nullptr,
     .writeCount = 0},
};

} // namespace
} // namespace tiny

extern "C" const Program plimsoll_program = {
    .model = "tiny.onnx",
    .fingerprint = "0123abcd",
    .info = "{\"arena_bytes\": 16384}",
    .instructionSet = "x86-64-v3",
    .arenaBytes = 16384,
    .threads = 2,
    .parameters = tiny::parameters,
    .parameterCount = 2,
    .inputs = tiny::inputs,
    .inputCount = 2,
    .constants = nullptr,
    .constantCount = 0,
    .optimizer = {"adamw", 0.05, 0.01, 0.9, 0.999},
    .timelines = tiny::timelines,
    .timelineCount = 3,
    .tokenLabels = false,
    .rates = {1e11, 1e10},
};

namespace tiny {

const Program &tokenProgram() {
  static const int64_t shape[] = {2, 6};
  static const InputInfo both[] = {{.limit = 256}, {.labels = true, .limit = 256}};
  static const TensorInfo windows[] = {
      {"input_ids", ElementType::i64, 2, shape, 0},
      {"labels", ElementType::i64, 2, shape, 128},
  };
  static const Timeline kinds[] = {
      {.name = "train", .kind = TimelineKind::train, .inputs = windows},
      {.name = "evaluate", .kind = TimelineKind::evaluate, .inputs = windows, .hyperOffset = -1}};
  static const Program program = [] {
    Program copy = plimsoll_program;
    copy.inputs = both;
    copy.timelines = kinds;
    copy.tokenLabels = true;
    return copy;
  }();
  return program;
}

void writeFile(const std::string &path, const std::vector<Tensor> &tensors) {
  std::string header = "{", bytes;
  for (const Tensor &t : tensors) {
    size_t begin = bytes.size();
    for (double value : t.values) {
      float single = static_cast<float>(value);
      int64_t whole = static_cast<int64_t>(value);
      int size = t.type == "F32" || t.type == "I32" ? 4 : t.type == "U8" ? 1 : 8;
      bytes.append(t.type == "F32" ? (const char *)&single : (const char *)&whole, size);
    }
    header += (header.size() > 1 ? ",\"" : "\"") + t.name + "\":{\"dtype\":\"" + t.type +
              "\",\"shape\":[";
    for (size_t i = 0; i < t.shape.size(); ++i)
      header.append(i ? "," : "").append(std::to_string(t.shape[i]));
    header +=
        "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(bytes.size()) + "]}";
  }
  header += "}";
  uint64_t length = header.size();
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char *>(&length), 8) << header << bytes;
}

std::vector<Tensor> weights() {
  Tensor weight{"fc.weight", "F32", {kClasses, kFeatures}, {}};
  for (int i = 0; i < kClasses * kFeatures; ++i)
    weight.values.push_back(std::sin(i * 0.7) * 0.1);
  return {weight, {"fc.bias", "F32", {kClasses}, {0, 0.1, 0.2, 0.3, 0.4}}};
}

std::vector<Tensor> data(int64_t rows) {
  Tensor features{"x", "F32", {rows, kFeatures}, {}}, classes{"labels", "I64", {rows}, {}};
  for (int64_t r = 0; r < rows; ++r) {
    int64_t label = (r * 7) % kClasses;
    classes.values.push_back(double(label));
    for (int64_t c = 0; c < kFeatures; ++c)
      features.values.push_back(std::sin(double(r * 31 + c * 17)) +
                                (c % kClasses == label ? 1 : 0));
  }
  return {features, classes};
}

} // namespace tiny
