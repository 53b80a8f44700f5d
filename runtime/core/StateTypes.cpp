//===- StateTypes.cpp - optimizer state of a file in another type -----------===//
#include "StateTypes.h"

#include "Failure.h"
#include "plimsoll/Bf16.h"
#include "plimsoll/StateBlocks.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace plimsoll {
namespace {

const StateBlockCodes &codesOf(const StateInfo &state) {
  return state.nonnegative ? kUnsignedCodes : kSignedCodes;
}

/// Returns the type in which states may be kept that the file gives a tensor; `otherwise` if it is
/// none, or if the file lacks the tensor.
ElementType typeIn(const SafetensorsFile &file, const std::string &name, ElementType otherwise) {
  const SafetensorsFile::Tensor *tensor = file.find(name);
  for (ElementType type : {ElementType::f32, ElementType::bf16, ElementType::u8})
    if (tensor && tensor->type == safetensorsType(type))
      return type;
  return otherwise;
}

std::vector<std::byte> bytesOf(const Slot &slot, const SafetensorsFile &file) {
  std::vector<std::byte> bytes(static_cast<size_t>(slot.bytes()));
  readSlot(slot, file, *file.find(slot.name), bytes.data());
  return bytes;
}

/// Writes numbers, in the arena's layout, as the program keeps the state.
void write(const StateInfo &state, const std::vector<float> &numbers, std::byte *arena) {
  std::byte *to = arena + state.tensor.offset;
  if (state.tensor.type == ElementType::f32) {
    std::memcpy(to, numbers.data(), numbers.size() * sizeof(float));
  } else if (state.tensor.type == ElementType::bf16) {
    std::vector<Bf16> rounded(numbers.begin(), numbers.end());
    std::memcpy(to, rounded.data(), rounded.size() * sizeof(Bf16));
  } else {
    auto count = static_cast<int64_t>(numbers.size());
    auto *scales = reinterpret_cast<float *>(arena + state.scales->offset);
    for (int64_t at = 0; at < count; at += kStateBlock)
      *scales++ =
          encodeBlock(codesOf(state), numbers.data() + at, std::min(kStateBlock, count - at),
                      reinterpret_cast<uint8_t *>(to) + at);
  }
}

} // namespace

StatesOfFile::StatesOfFile(const Program &program, const SafetensorsFile &file) : file(file) {
  for (int i = 0; i < program.parameterCount; ++i)
    for (int j = 0; j < program.parameters[i].stateCount; ++j)
      add(program.parameters[i], program.parameters[i].states[j]);
}

void StatesOfFile::add(const ParameterInfo &parameter, const StateInfo &state) {
  std::vector<Slot> own = stateSlots(parameter, state);
  ElementType type = typeIn(file, own[0].name, state.tensor.type);
  if (type == state.tensor.type) {
    plainSlots.insert(plainSlots.end(), own.begin(), own.end());
    return;
  }
  Slot numbers = own[0];
  numbers.type = type, numbers.offset = 0;
  numbers.shape.assign(parameter.tensor.shape, parameter.tensor.shape + parameter.tensor.rank);
  numbers.transposed = parameter.transposed;
  std::vector<Slot> scales;
  if (type == ElementType::u8) { // in the arena's layout, because that is the order of its blocks
    if (parameter.transposed)
      std::reverse(numbers.shape.begin(), numbers.shape.end());
    numbers.transposed = false;
    scales = {numbers};
    scales[0].name = scalesName(parameter, state);
    scales[0].shape = {stateBlocks(numbers.count())};
    scales[0].type = ElementType::f32;
  }
  conversions.push_back({parameter, state, numbers, scales});
}

std::vector<Slot> StatesOfFile::converted() const {
  std::vector<Slot> slots;
  for (const Conversion &each : conversions) {
    slots.push_back(each.numbers);
    slots.insert(slots.end(), each.scales.begin(), each.scales.end());
  }
  return slots;
}

/// Returns the numbers of a state, in the arena's layout.
std::vector<float> StatesOfFile::read(const Conversion &conversion) const {
  const int64_t count = conversion.numbers.count();
  std::vector<float> numbers(static_cast<size_t>(count));
  std::vector<std::byte> bytes = bytesOf(conversion.numbers, file);
  if (conversion.numbers.type == ElementType::f32) {
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
  } else if (conversion.numbers.type == ElementType::bf16) {
    auto *stored = reinterpret_cast<const Bf16 *>(bytes.data());
    std::copy(stored, stored + count, numbers.begin());
  } else {
    std::vector<std::byte> scaleBytes = bytesOf(conversion.scales[0], file);
    auto *scales = reinterpret_cast<const float *>(scaleBytes.data());
    auto *codes = reinterpret_cast<const uint8_t *>(bytes.data());
    for (int64_t at = 0; at < count; at += kStateBlock)
      decodeBlock(codesOf(conversion.state), codes + at, *scales++,
                  std::min(kStateBlock, count - at), numbers.data() + at);
  }
  return numbers;
}

std::string StatesOfFile::convert(std::byte *arena) const {
  std::set<std::string> pairs;
  for (const Conversion &each : conversions) {
    write(each.state, read(each), arena);
    pairs.insert(format("%s to %s", safetensorsType(each.numbers.type),
                        safetensorsType(each.state.tensor.type)));
  }
  if (pairs.empty())
    return "";
  std::string text;
  for (const std::string &pair : pairs)
    text += (text.empty() ? "" : ", ") + pair;
  return format("'%s' keeps %zu tensors of optimizer state in another type than this program: "
                "converted from %s; from here on bits differ from those of a run that had not "
                "stopped",
                file.path().c_str(), conversions.size(), text.c_str());
}

} // namespace plimsoll
