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

/// A tensor of the program that files hold: its name, place in the arena and layout.
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
/// Optimizer state, named `optimizer.<state>.<parameter>`; scales of codes are behind the codes,
/// named `optimizer.<state>_scales.<parameter>`.
std::vector<Slot> stateSlots(const Program &program);
/// One state of a parameter, and its scales.
std::vector<Slot> stateSlots(const ParameterInfo &parameter, const StateInfo &state);
/// Returns the name of a state's scales in files.
std::string scalesName(const ParameterInfo &parameter, const StateInfo &state);
/// Gradients under their parameters' names; empty without --keep-gradients.
std::vector<Slot> gradientSlots(const Program &program);

/// Bytes [begin, begin + bytes) of a slot as the framework lays it out.
void copyOut(const Slot &slot, const std::byte *arena, int64_t begin, int64_t bytes,
             std::byte *out);
/// Copies `in` to bytes [begin, begin + bytes) of a slot, counted in the framework's layout.
void copyIn(const Slot &slot, std::byte *arena, int64_t begin, int64_t bytes, const std::byte *in);

/// The first element of `bytes` bytes of `type` that is infinite or NaN, or -1.
int64_t firstNotFinite(ElementType type, const std::byte *data, int64_t bytes);

/// The ways in which a file may differ from the slots.
struct MatchRules {
  bool anyPrefix = false;   ///< names may all have, or all lack, the prefix of a wrapper (`model.`)
  bool ignoreExtra = false; ///< further tensors are ignored if nothing else is wrong
  const char *owner = "program"; ///< whose tensors the slots are, for messages
};

/// Returns, for each slot, the name of its tensor in the file, which may be any alias; empty for an
/// optional one that is missing. Throws one Failure that lists all tensors that are missing, extra,
/// or of another shape or type. `warning` names the extra tensors that were ignored, or is "".
std::vector<std::string> matchSlots(const std::vector<Slot> &slots, const SafetensorsFile &file,
                                    const MatchRules &rules, std::string &warning);

/// Fills one slot from `tensor` of the file.
void readSlot(const Slot &slot, const SafetensorsFile &file, const SafetensorsFile::Tensor &tensor,
              std::byte *arena);

/// Fills `slots` from the tensors that `matchSlots` finds, and returns its warning.
std::string loadSlots(const std::vector<Slot> &slots, const SafetensorsFile &file, std::byte *arena,
                      bool anyPrefix, bool ignoreExtra);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_STATE_H
