//===- Start.cpp - loads the weights or the checkpoint that a run starts from ===//
#include "Start.h"

#include "StateTypes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

namespace plimsoll {

std::string defaultWeights() {
  // For an object of the executable dladdr gives argv[0], which need not be a path.
  Dl_info info;
  if (dladdr(&plimsoll_program, &info) && info.dli_fname &&
      std::strcmp(info.dli_fname, program_invocation_name))
    return std::string(info.dli_fname) + ".safetensors";
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return std::string(path, length > 0 ? static_cast<size_t>(length) : 0) + ".safetensors";
}

namespace {

std::string existingDefault() {
  std::string path = defaultWeights();
  if (access(path.c_str(), F_OK))
    throw Failure(format("the initial weights '%s' are not beside the program; name a file with "
                         "--weights",
                         path.c_str()));
  return path;
}

/// Returns the parameters that checkpoints hold, or those that they leave out.
std::vector<Slot> part(const Program &program, bool saved) {
  std::vector<Slot> slots = parameterSlots(program);
  std::erase_if(slots, [&](const Slot &slot) { return slot.saved != saved; });
  return slots;
}

/// True if the file holds any of the slots.
bool holdsAny(const SafetensorsFile &file, std::vector<Slot> slots) {
  std::string warning;
  for (Slot &slot : slots)
    slot.optional = true;
  std::vector<std::string> names =
      matchSlots(slots, file, {.anyPrefix = true, .ignoreExtra = true}, warning);
  return std::any_of(names.begin(), names.end(), [](const auto &name) { return !name.empty(); });
}

} // namespace

std::string loadParameters(const Program &program, const std::string &path, std::byte *arena) {
  SafetensorsFile file(path.empty() ? existingDefault() : path);
  std::vector<Slot> saved = part(program, true), others = part(program, false);
  bool one = !path.empty() && !others.empty() && holdsAny(file, saved) != holdsAny(file, others);
  if (!one)
    return loadSlots(parameterSlots(program), file, arena, true, true);
  bool holdsSaved = holdsAny(file, saved);
  loadSlots(holdsSaved ? others : saved, SafetensorsFile(existingDefault()), arena, true, true);
  return loadSlots(holdsSaved ? saved : others, file, arena, true, true);
}

std::vector<Slot> checkpointSlots(const Program &program) {
  std::vector<Slot> slots = part(program, true), states = stateSlots(program);
  slots.insert(slots.end(), states.begin(), states.end());
  return slots;
}

RunState loadCheckpoint(const Program &program, const std::string &path, const std::string &weights,
                        std::byte *arena) {
  SafetensorsFile file(path);
  RunState state = readRunState(program, file);
  std::vector<Slot> others = part(program, false);
  if (!others.empty())
    loadSlots(others, SafetensorsFile(weights.empty() ? existingDefault() : weights), arena, true,
              true);
  StatesOfFile states(program, file);
  std::vector<Slot> slots = part(program, true), converted = states.converted(), all;
  slots.insert(slots.end(), states.plain().begin(), states.plain().end());
  all = slots;
  all.insert(all.end(), converted.begin(), converted.end());
  std::string ignored;
  std::vector<std::string> names = matchSlots(all, file, {}, ignored);
  for (size_t i = 0; i < slots.size(); ++i)
    readSlot(slots[i], file, *file.find(names[i]), arena);
  state.remark = states.convert(arena);
  return state;
}

} // namespace plimsoll
