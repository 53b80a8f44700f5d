//===- State.h - parameters and optimizer state in and out of files ---------===//
//
// Files hold tensors under the framework's names and in the framework's layout; the
// arena holds some of them transposed. A `Slot` is one such tensor.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_STATE_H
#define PLIMSOLL_CORE_STATE_H

#include "Safetensors.h"
#include "plimsoll/Program.h"

#include <string>
#include <vector>

namespace plimsoll {

/// A tensor of the program that files know: name, place in the arena, layout.
struct Slot {
  std::string name;
  std::vector<std::string> aliases;
  std::vector<int64_t> shape; ///< the framework's
  ElementType type;
  bool transposed;
  bool trained; ///< steps change it: in a checkpoint it must be finite
  uint64_t offset;
  bool optional = false; ///< a file may lack it
  bool saved = true;     ///< checkpoints hold it

  int64_t count() const;
  int64_t bytes() const { return count() * bytesOf(type); }
};

std::vector<Slot> parameterSlots(const Program &program);
/// Optimizer state, named `optimizer.<state>.<parameter>`.
std::vector<Slot> stateSlots(const Program &program);
/// Gradients under their parameters' names; empty without --keep-gradients.
std::vector<Slot> gradientSlots(const Program &program);

/// Bytes [begin, begin + bytes) of a slot as the framework lays it out.
void copyOut(const Slot &slot, const std::byte *arena, int64_t begin, int64_t bytes,
             std::byte *out);
/// The other way.
void copyIn(const Slot &slot, std::byte *arena, int64_t begin, int64_t bytes, const std::byte *in);

/// The first element of `bytes` bytes of `type` that is infinite or NaN, or -1.
int64_t firstNotFinite(ElementType type, const std::byte *data, int64_t bytes);

/// What a file may have otherwise than the slots.
struct MatchRules {
  bool anyPrefix = false;   ///< a wrapper prefix (`model.`) that all of its names have, or lack
  bool ignoreExtra = false; ///< more tensors, where nothing else is wrong
  const char *owner = "program"; ///< whose tensors the slots are, for messages
};

/// The file's name of each slot, which may be any alias; empty for one that is missing. Throws
/// one Failure that lists everything missing, of another shape, or extra. `warning` tells which
/// extra tensors were ignored, or is "".
std::vector<std::string> matchSlots(const std::vector<Slot> &slots, const SafetensorsFile &file,
                                    const MatchRules &rules, std::string &warning);

/// Fills one slot from `tensor` of the file.
void readSlot(const Slot &slot, const SafetensorsFile &file, const SafetensorsFile::Tensor &tensor,
              std::byte *arena);

/// Fills `slots` from the file as `matchSlots` says; answers its warning.
std::string loadSlots(const std::vector<Slot> &slots, const SafetensorsFile &file, std::byte *arena,
                      bool anyPrefix, bool ignoreExtra);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_STATE_H
