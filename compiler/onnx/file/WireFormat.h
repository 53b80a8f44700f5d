//===- WireFormat.h - the fields of a protobuf message, as bytes ----*- C++ -*-===//
//
// protobuf does not report offsets, and what it writes differs from what it read. So code that
// needs places in the file, or must leave the rest unchanged, walks the fields itself.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_WIREFORMAT_H
#define PLIMSOLL_COMPILER_ONNX_FILE_WIREFORMAT_H

#include "llvm/ADT/StringRef.h"
#include <cstdint>

namespace plimsoll::import {

/// Field numbers of onnx.proto.
namespace field {
inline constexpr unsigned kGraph = 7;                  // ModelProto
inline constexpr unsigned kNode = 1, kInitializer = 5; // GraphProto
inline constexpr unsigned kNodeInput = 1;              // NodeProto
inline constexpr unsigned kFloatData = 4, kTensorName = 8, kRawData = 9, kDoubleData = 10,
                          kExternalData = 13, kDataLocation = 14; // TensorProto
/// True for fields of a TensorProto that hold floating-point elements.
inline bool isData(unsigned number) {
  return number == kFloatData || number == kRawData || number == kDoubleData;
}
} // namespace field

/// Walks the fields of one message, the bytes [begin, end) of `file`.
class Fields {
public:
  Fields(llvm::StringRef file, size_t begin, size_t end) : file(file), at(begin), end(end) {}

  unsigned number = 0, wireType = 0;
  size_t start = 0;               ///< offset of the field's key
  size_t payload = 0, length = 0; ///< of a length-delimited field's content
  size_t after() const { return at; }

  bool next() {
    uint64_t key = 0;
    start = at;
    if (at >= end || !varint(key))
      return false;
    number = unsigned(key >> 3);
    wireType = unsigned(key & 7);
    payload = at;
    length = 0;
    uint64_t ignored;
    switch (wireType) {
    case 0:
      return varint(ignored);
    case 1:
      return skip(8);
    case 2:
      return varint(ignored) && (payload = at, length = ignored, skip(ignored));
    case 3:
    case 4:
      return true; // groups: their fields are visited like the message's
    case 5:
      return skip(4);
    default:
      return false;
    }
  }

private:
  bool varint(uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
      uint64_t byte = static_cast<unsigned char>(file[at++]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80)
        return true;
    }
    return false;
  }
  bool skip(uint64_t bytes) {
    if (bytes > end - at)
      return false;
    at += bytes;
    return true;
  }

  llvm::StringRef file;
  size_t at, end;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_WIREFORMAT_H
