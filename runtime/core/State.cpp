//===- State.cpp - parameters and optimizer state in and out of files -------===//
#include "State.h"

#include "Failure.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <type_traits>

namespace plimsoll {

int64_t Slot::count() const {
  int64_t product = 1;
  for (int64_t extent : shape)
    product *= extent;
  return product;
}

namespace {

/// A tensor of `parameter`, or that it has in the optimizer.
Slot slotOf(const ParameterInfo &parameter, const TensorInfo &tensor, bool transposed,
            std::string name) {
  return {.name = std::move(name),
          .aliases = {},
          .shape = {tensor.shape, tensor.shape + tensor.rank},
          .type = tensor.type,
          .transposed = transposed,
          .trained = parameter.trainable,
          .offset = tensor.offset,
          .saved = !parameter.unsaved};
}

/// What lies at `offset` as the parameter does, under its own name with its aliases.
Slot namedSlot(const ParameterInfo &parameter, uint64_t offset) {
  Slot slot = slotOf(parameter, parameter.tensor, parameter.transposed, parameter.tensor.name);
  slot.offset = offset;
  slot.aliases.assign(parameter.aliases, parameter.aliases + parameter.aliasCount);
  return slot;
}

/// Calls move(file byte, arena byte, size) for the elements of bytes [first, last) of a transposed
/// slot.
template <int64_t size, typename Move>
void forElements(const Slot &slot, int64_t first, int64_t last, const Move &move) {
  int64_t begin = first / size, end = last / size, rows = slot.shape[0], columns = slot.shape[1];
  int64_t row = begin / columns, column = begin % columns;
  for (int64_t i = begin; i < end; ++i) {
    move(i * size, (column * rows + row) * size, std::integral_constant<int64_t, size>{});
    if (++column == columns)
      column = 0, ++row;
  }
}

template <typename Move>
void forTransposed(const Slot &slot, int64_t first, int64_t last, const Move &move) {
  switch (bytesOf(slot.type)) {
  case 8:
    return forElements<8>(slot, first, last, move);
  case 4:
    return forElements<4>(slot, first, last, move);
  case 2:
    return forElements<2>(slot, first, last, move);
  default:
    return forElements<1>(slot, first, last, move);
  }
}

} // namespace

std::vector<Slot> parameterSlots(const Program &program) {
  std::vector<Slot> slots;
  for (int i = 0; i < program.parameterCount; ++i)
    slots.push_back(namedSlot(program.parameters[i], program.parameters[i].tensor.offset));
  return slots;
}

std::string scalesName(const ParameterInfo &parameter, const StateInfo &state) {
  return std::string("optimizer.") + state.tensor.name + "_scales." + parameter.tensor.name;
}

std::vector<Slot> stateSlots(const ParameterInfo &parameter, const StateInfo &state) {
  std::string name = std::string("optimizer.") + state.tensor.name + "." + parameter.tensor.name;
  std::vector<Slot> slots = {slotOf(parameter, state.tensor, state.transposed, name)};
  if (state.scales)
    slots.push_back(slotOf(parameter, *state.scales, false, scalesName(parameter, state)));
  return slots;
}

std::vector<Slot> stateSlots(const Program &program) {
  std::vector<Slot> slots;
  for (int i = 0; i < program.parameterCount; ++i)
    for (int j = 0; j < program.parameters[i].stateCount; ++j) {
      std::vector<Slot> own = stateSlots(program.parameters[i], program.parameters[i].states[j]);
      slots.insert(slots.end(), own.begin(), own.end());
    }
  return slots;
}

std::vector<Slot> gradientSlots(const Program &program) {
  std::vector<Slot> slots;
  for (int i = 0; i < program.parameterCount; ++i)
    if (program.parameters[i].gradientOffset >= 0)
      slots.push_back(namedSlot(program.parameters[i],
                                static_cast<uint64_t>(program.parameters[i].gradientOffset)));
  for (Slot &slot : slots)
    slot.trained = false; // a gradient is written as it is
  return slots;
}

void copyOut(const Slot &slot, const std::byte *arena, int64_t begin, int64_t bytes,
             std::byte *out) {
  const std::byte *data = arena + slot.offset;
  if (!slot.transposed)
    std::memcpy(out, data + begin, bytes);
  else
    forTransposed(slot, begin, begin + bytes, [&](int64_t file, int64_t place, auto size) {
      std::memcpy(out + file - begin, data + place, size);
    });
}

void copyIn(const Slot &slot, std::byte *arena, int64_t begin, int64_t bytes, const std::byte *in) {
  std::byte *data = arena + slot.offset;
  if (!slot.transposed)
    std::memcpy(data + begin, in, bytes);
  else
    forTransposed(slot, begin, begin + bytes, [&](int64_t file, int64_t place, auto size) {
      std::memcpy(data + place, in + file - begin, size);
    });
}

namespace {

/// Returns the index of the first element with all bits of `exponent` set (infinite or NaN), or -1.
template <typename Bits>
int64_t firstWithExponent(Bits exponent, const std::byte *data, int64_t bytes) {
  auto *bits = reinterpret_cast<const Bits *>(data);
  int64_t count = bytes / static_cast<int64_t>(sizeof(Bits));
  bool bad = false;
  for (int64_t i = 0; i < count; ++i)
    bad |= (bits[i] & exponent) == exponent;
  for (int64_t i = 0; bad && i < count; ++i)
    if ((bits[i] & exponent) == exponent)
      return i;
  return -1;
}

} // namespace

int64_t firstNotFinite(ElementType type, const std::byte *data, int64_t bytes) {
  switch (type) {
  case ElementType::f32:
    return firstWithExponent<uint32_t>(0x7f800000, data, bytes);
  case ElementType::f64:
    return firstWithExponent<uint64_t>(0x7ff0000000000000, data, bytes);
  case ElementType::bf16:
    return firstWithExponent<uint16_t>(0x7f80, data, bytes);
  case ElementType::f16:
    return firstWithExponent<uint16_t>(0x7c00, data, bytes);
  default:
    return -1;
  }
}

namespace {

/// The prefixes in which the file's names differ from the program's.
struct Prefix {
  std::string inFile, inProgram;

  /// Returns the file's name for the program's `name`; empty if it lacks the program's prefix.
  std::string fileName(const std::string &name) const {
    if (!name.starts_with(inProgram))
      return "";
    return inFile + name.substr(inProgram.size());
  }
};

/// Returns the name under which the file holds the slot, or "".
std::string nameInFile(const Slot &slot, const SafetensorsFile &file, const Prefix &prefix) {
  auto held = [&](const std::string &name) {
    std::string renamed = prefix.fileName(name);
    return !renamed.empty() && file.find(renamed) ? renamed : std::string();
  };
  std::string found = held(slot.name);
  for (const std::string &alias : slot.aliases)
    if (found.empty())
      found = held(alias);
  return found;
}

/// True if the file is a checkpoint and `name` is optimizer state in it.
bool isState(const SafetensorsFile &file, const std::string &name) {
  return file.metadata("fingerprint") && name.starts_with("optimizer.");
}

Prefix bestPrefix(const std::vector<Slot> &slots, const SafetensorsFile &file) {
  std::vector<Prefix> candidates = {{}};
  const std::string &name = slots[0].name;
  for (const auto &[other, tensor] : file.tensors()) {
    if (isState(file, other))
      continue; // "optimizer.exp_avg." is no prefix of parameters
    if (other.ends_with("." + name))
      candidates.push_back({other.substr(0, other.size() - name.size()), ""});
    if (name.ends_with("." + other))
      candidates.push_back({"", name.substr(0, name.size() - other.size())});
  }
  Prefix best;
  int64_t most = -1;
  for (const Prefix &candidate : candidates) {
    int64_t found = std::count_if(slots.begin(), slots.end(), [&](const Slot &slot) {
      return !nameInFile(slot, file, candidate).empty();
    });
    if (found > most)
      best = candidate, most = found;
  }
  return best;
}

std::string checkTensor(const Slot &slot, const std::string &name,
                        const SafetensorsFile::Tensor &tensor) {
  std::string problems;
  if (tensor.shape != slot.shape)
    problems +=
        format("\n  '%s' has the shape %s, expected %s", name.c_str(),
               shapeText(tensor.shape.data(), static_cast<int>(tensor.shape.size())).c_str(),
               shapeText(slot.shape.data(), static_cast<int>(slot.shape.size())).c_str());
  if (tensor.type != safetensorsType(slot.type))
    problems += format("\n  '%s' is %s, expected %s", name.c_str(), tensor.type.c_str(),
                       safetensorsType(slot.type));
  return problems;
}

/// Returns a warning about tensors that are not used; mostly buffers of the framework, as a mask or
/// a count of batches.
std::string extraText(const SafetensorsFile &file, const std::vector<std::string> &extra) {
  constexpr size_t kNamed = 3;
  std::string text = format("'%s': not used, because the program has no parameter of the name: ",
                            file.path().c_str());
  for (size_t i = 0; i < extra.size() && i < kNamed; ++i)
    text += (i ? ", '" : "'") + extra[i] + "'";
  return extra.size() > kNamed ? text + format(" and %zu more", extra.size() - kNamed) : text;
}

} // namespace

std::vector<std::string> matchSlots(const std::vector<Slot> &slots, const SafetensorsFile &file,
                                    const MatchRules &rules, std::string &warning) {
  std::vector<std::string> names;
  warning.clear();
  if (slots.empty())
    return names;
  Prefix prefix = rules.anyPrefix ? bestPrefix(slots, file) : Prefix{};
  std::string problems;
  std::set<std::string> known;
  for (const Slot &slot : slots) {
    names.push_back(nameInFile(slot, file, prefix));
    known.insert(prefix.fileName(slot.name));
    for (const std::string &alias : slot.aliases)
      known.insert(prefix.fileName(alias));
    if (!names.back().empty())
      problems += checkTensor(slot, names.back(), *file.find(names.back()));
    else if (!slot.optional)
      problems += format("\n  '%s' is missing", slot.name.c_str());
  }
  std::vector<std::string> extra;
  for (const auto &[name, tensor] : file.tensors())
    if (!known.count(name) && !isState(file, name))
      extra.push_back(name);
  if (!rules.ignoreExtra || !problems.empty())
    for (const std::string &name : extra)
      problems += format("\n  '%s' is no parameter of the %s", name.c_str(), rules.owner);
  if (!problems.empty())
    throw Failure(format("'%s' does not fit the %s", file.path().c_str(), rules.owner) + problems);
  if (!extra.empty())
    warning = extraText(file, extra);
  return names;
}

void readSlot(const Slot &slot, const SafetensorsFile &file, const SafetensorsFile::Tensor &tensor,
              std::byte *arena) {
  if (!slot.transposed) {
    file.read(arena + slot.offset, tensor.begin, slot.bytes());
    return;
  }
  std::vector<std::byte> buffer(std::min<int64_t>(slot.bytes(), 1 << 20));
  for (int64_t begin = 0; begin < slot.bytes();) {
    int64_t bytes = std::min<int64_t>(static_cast<int64_t>(buffer.size()), slot.bytes() - begin);
    file.read(buffer.data(), tensor.begin + begin, bytes);
    copyIn(slot, arena, begin, bytes, buffer.data());
    begin += bytes;
  }
}

std::string loadSlots(const std::vector<Slot> &slots, const SafetensorsFile &file, std::byte *arena,
                      bool anyPrefix, bool ignoreExtra) {
  std::string warning;
  std::vector<std::string> names =
      matchSlots(slots, file, {.anyPrefix = anyPrefix, .ignoreExtra = ignoreExtra}, warning);
  for (size_t i = 0; i < slots.size(); ++i)
    readSlot(slots[i], file, *file.find(names[i]), arena);
  return warning;
}

} // namespace plimsoll
