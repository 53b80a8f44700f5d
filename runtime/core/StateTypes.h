//===- StateTypes.h - optimizer state of a file in another type -------------===//
#ifndef PLIMSOLL_CORE_STATETYPES_H
#define PLIMSOLL_CORE_STATETYPES_H

#include "State.h"

namespace plimsoll {

/// The optimizer state of a program as a checkpoint holds it. Where the checkpoint's type is
/// another one than the program's (f32, bf16, or codes with scales), numbers are converted as they
/// are read.
class StatesOfFile {
public:
  StatesOfFile(const Program &program, const SafetensorsFile &file);

  /// The slots of what is read without a conversion, in the program's arena.
  const std::vector<Slot> &plain() const { return plainSlots; }
  /// The slots of what is converted, in buffers of their own.
  std::vector<Slot> converted() const;
  /// Converts the others from the file, whose tensors fit them. Returns a remark that names the
  /// types, or "" if there are none.
  std::string convert(std::byte *arena) const;

private:
  /// A state that the file has in another type.
  struct Conversion {
    const ParameterInfo &parameter;
    const StateInfo &state;
    Slot numbers;
    std::vector<Slot> scales; ///< one, if the numbers are codes
  };

  void add(const ParameterInfo &parameter, const StateInfo &state);
  std::vector<float> read(const Conversion &conversion) const;

  const SafetensorsFile &file;
  std::vector<Slot> plainSlots;
  std::vector<Conversion> conversions;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_STATETYPES_H
