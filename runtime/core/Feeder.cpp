//===- Feeder.cpp - the data rule: which row of the data each batch takes ----===//
#include "Feeder.h"

#include "Failure.h"
#include "plimsoll/Random.h"

#include <algorithm>
#include <cstring>

namespace plimsoll {

int64_t integerAt(ElementType type, const std::byte *data, int64_t index) {
  int64_t whole;
  int32_t half;
  switch (type) {
  case ElementType::i64:
    std::memcpy(&whole, data + index * 8, 8);
    return whole;
  case ElementType::i32:
    std::memcpy(&half, data + index * 4, 4);
    return half;
  default:
    return static_cast<int64_t>(data[index]);
  }
}

Feeder::Feeder(const TimelineInputs &inputs, std::unique_ptr<Source> given, bool shuffle,
               uint64_t seed)
    : inputs(inputs), source(std::move(given)), shuffle(shuffle), seed(seed),
      batch(inputs.batchRows()), places(batch), buffers(inputs.count()) {
  if (source->stream() && (shuffle || isEvaluation()))
    throw UsageError(shuffle ? "a stream cannot be shuffled; use --order=sequential"
                             : "--eval-data cannot be a stream");
  for (int i = 0; i < inputs.count(); ++i) {
    const Input input = inputs[i];
    if (input.isClasses())
      labels = i;
    // What an index points to, among rows that are all of the data, would be elsewhere.
    if (shuffle && input.info.whole && input.info.limit >= 0 && !input.isFloat())
      throw UsageError(format("--order=shuffled: '%s' is read whole and counts rows, which "
                              "shuffling would move",
                              input.tensor.name));
  }
  if (isEvaluation() && evaluationRuns() == 0)
    throw Failure(format("--eval-data has %s records, fewer than the batch of %s",
                         grouped(source->records()).c_str(), grouped(batch).c_str()));
}

bool Feeder::feed(int64_t step, std::byte *arena, const Timeline &timeline) {
  for (int64_t row = 0; row < batch; ++row) {
    int64_t g = step * batch + row, records = source->stream() ? 1 : source->records();
    if (isEvaluation())
      places[row] = source->place(std::min(g, records - 1));
    else if (shuffle)
      places[row] =
          source->place(shuffled(g % records, records, seed, static_cast<uint32_t>(g / records)));
    else
      places[row] = source->sequentialPlace(g);
  }
  for (int i = 0; i < inputs.count(); ++i) {
    uint64_t offset = timeline.inputs[i].offset;
    buffers[i] = offset != kNoPlace ? arena + offset : nullptr;
  }
  if (!source->read({places.data(), batch, buffers.data()}))
    return false;
  fedStep = step;
  for (int i = 0; i < inputs.count(); ++i)
    if (buffers[i])
      checkRange(i);
  if (isEvaluation() && canIgnore())
    ignoreFilling(step);
  return true;
}

/// True if the loss of a batch is the mean of losses that depend on one row each: labels are floats
/// by rows, no rows are mixed, and no random numbers are drawn.
bool Feeder::isMeanOverRows() const {
  bool any = false;
  for (int i = 0; i < inputs.count(); ++i) {
    const Input input = inputs[i];
    any |= input.info.labels && !input.info.whole && input.isFloat();
  }
  return any && !inputs.program.rowsMix && inputs.timeline.hyperOffset < 0;
}

int64_t Feeder::evaluationRuns() const {
  int64_t whole = batchesPerEpoch();
  if (recordsLeft() == 0)
    return whole;
  return whole + (canIgnore() ? 1 : isMeanOverRows() ? 2 : 0);
}

double Feeder::weight() const {
  if (labels >= 0)
    return static_cast<double>(countedLabels());
  int64_t filling = batch - recordsLeft();
  return static_cast<double>(fedStep > batchesPerEpoch() ? -filling : batch);
}

/// Gives the rows after the last record labels that are ignored.
void Feeder::ignoreFilling(int64_t step) const {
  if (!buffers[labels])
    return;
  int64_t each = inputs[labels].rowElements();
  auto *classes = reinterpret_cast<int64_t *>(buffers[labels]);
  for (int64_t row = 0; row < batch; ++row)
    if (step * batch + row >= source->records())
      std::fill_n(classes + row * each, each, inputs[labels].info.ignored);
}

std::string Feeder::describeBatch() const {
  std::string first = source->describe(places[0]), text = first;
  bool inOrder = true;
  for (int64_t row = 1; row < batch; ++row)
    inOrder = inOrder && places[row] > places[row - 1];
  if (batch > 1 && inOrder)
    return first + " to " + source->describe(places[batch - 1]);
  constexpr int64_t kNamed = 8;
  for (int64_t row = 1; row < std::min(batch, kNamed); ++row)
    text += ", " + source->describe(places[row]);
  return batch > kNamed ? text + format(" and %lld more", static_cast<long long>(batch - kNamed))
                        : text;
}

void Feeder::checkRange(int index) const {
  const Input input = inputs[index];
  const InputInfo &info = input.info;
  if (info.limit < 0 || input.isFloat())
    return;
  int64_t each = input.placeElements();
  for (int64_t i = 0; i < input.places(batch) * each; ++i) {
    int64_t value = integerAt(input.tensor.type, buffers[index], i);
    if ((value >= 0 && value < info.limit) || (info.labels && value == info.ignored))
      continue;
    std::string where = source->describe(places[i / each]);
    std::string element =
        each > 1 ? format(", element %lld", static_cast<long long>(i % each)) : "";
    std::string others =
        info.labels ? format(" and is not %lld", static_cast<long long>(info.ignored)) : "";
    throw Failure(format("input '%s': the value %lld in %s%s is outside [0, %lld)%s",
                         input.tensor.name, static_cast<long long>(value), where.c_str(),
                         element.c_str(), static_cast<long long>(info.limit), others.c_str()));
  }
}

int64_t Feeder::countedLabels() const {
  if (labels < 0 || !buffers[labels])
    return batch;
  const Input input = inputs[labels];
  int64_t counted = 0, count = input.places(batch) * input.placeElements();
  for (int64_t j = 0; j < count; ++j)
    counted += integerAt(ElementType::i64, buffers[labels], j) != input.info.ignored;
  return counted;
}

} // namespace plimsoll
