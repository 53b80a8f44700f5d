//===- Source.cpp - choosing a source, and the synthetic one ----------------===//
#include "Source.h"

#include "Failure.h"
#include "Storage.h"
#include "plimsoll/Random.h"

#include <cstring>

namespace plimsoll {

namespace {

/// Reproducible noise: floats uniform in [-1, 1), integers below the input's limit.
class SyntheticSource : public Source {
public:
  SyntheticSource(const TimelineInputs &inputs, uint64_t seed) : inputs(inputs), seed(seed) {}

  int64_t records() const override { return int64_t(1) << 40; }
  std::string describe(int64_t place) const override {
    return format("synthetic row %lld", static_cast<long long>(place));
  }

  bool read(const Batch &batch) override {
    for (int i = 0; i < inputs.count(); ++i)
      for (int64_t row = 0; batch.buffers[i] && row < inputs[i].places(batch.rows); ++row)
        fillRow(i, inputs[i].info.whole ? 0 : batch.places[row], row, batch.buffers[i]);
    return true;
  }

private:
  const TimelineInputs inputs;
  uint64_t seed;

  void fillRow(int index, int64_t place, int64_t row, std::byte *buffer) const {
    const Input input = inputs[index];
    int64_t count = input.placeElements(), size = bytesOf(input.tensor.type);
    std::byte *out = buffer + row * count * size;
    for (int64_t i = 0; i < count; ++i, out += size) {
      uint64_t bits = randomBits(seed, 0x73796e00 + index, static_cast<uint32_t>(place),
                                 static_cast<uint64_t>(i));
      store(input, bits, out);
    }
  }

  static void store(const Input &input, uint64_t bits, std::byte *out) {
    int64_t whole =
        static_cast<int64_t>((bits >> 33) % (input.info.limit > 0 ? input.info.limit : 2));
    double real = static_cast<double>(bits >> 40) / 8388608.0 - 1.0;
    withStorage(input.tensor.type, [&]<typename T>() {
      T element = input.isFloat() ? static_cast<T>(real) : static_cast<T>(whole);
      std::memcpy(out, &element, sizeof element);
    });
  }
};

} // namespace

std::unique_ptr<Source> makeSyntheticSource(const TimelineInputs &inputs, uint64_t seed) {
  return std::make_unique<SyntheticSource>(inputs, seed);
}

std::unique_ptr<Source> makeSource(const TimelineInputs &inputs,
                                   const std::vector<std::string> &specs, uint64_t seed,
                                   bool evaluation) {
  std::string kind;
  std::vector<std::string> files;
  for (const std::string &spec : specs) {
    size_t colon = spec.find(':');
    std::string head = spec.substr(0, colon);
    if (head != "tokens" && head != "safetensors" && head != "synthetic")
      throw UsageError(format("'%s' is not a data source; sources are tokens:FILE[:u8|u16|u32], "
                              "safetensors:FILE and synthetic",
                              spec.c_str()));
    if ((head == "synthetic") != (colon == spec.npos) || spec.size() == head.size() + 1)
      throw UsageError(format("data source '%s': %s", spec.c_str(),
                              head == "synthetic" ? "it takes no file" : "a file is missing"));
    if (!kind.empty() && (kind != head || head == "synthetic"))
      throw UsageError("several --data must all be tokens: or all be safetensors: files");
    kind = head;
    if (colon != spec.npos)
      files.push_back(spec.substr(colon + 1));
  }
  (void)inputs.batchRows(); // throws if the inputs have no common number of rows
  if (kind == "tokens")
    return makeTokenSource(inputs, files);
  if (kind == "safetensors")
    return makeTableSource(inputs, files, evaluation);
  return makeSyntheticSource(inputs, seed);
}

} // namespace plimsoll
