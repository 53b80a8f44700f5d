//===- WireScan.cpp - offsets of initializers in a protobuf file --------------===//
//
// ModelProto.graph is field 7, GraphProto.initializer 5, TensorProto.float_data 4,
// raw_data 9 and double_data 10. Everything else is skipped.
//===----------------------------------------------------------------------===//
#include "compiler/import/ModelFile.h"

using namespace plimsoll::import;

namespace {
/// Walks the fields of one message.
class Fields {
public:
  Fields(llvm::StringRef file, size_t begin, size_t end) : file(file), at(begin), end(end) {}

  unsigned number = 0, wireType = 0;
  size_t payload = 0, length = 0; ///< of a length-delimited field

  bool next() {
    uint64_t key = 0;
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
      return true; // groups: their fields follow as if they were ours
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
} // namespace

static InlineBytes scanTensor(llvm::StringRef file, size_t begin, size_t end) {
  InlineBytes found;
  int pieces = 0;
  Fields tensor(file, begin, end);
  while (tensor.next()) {
    bool data = tensor.number == 4 || tensor.number == 9 || tensor.number == 10;
    if (!data)
      continue;
    // raw_data given twice: the last one counts. Repeated fields would be in pieces.
    pieces = tensor.number == 9 ? 1 : pieces + 1;
    found = {int64_t(tensor.payload), tensor.wireType == 2 ? int64_t(tensor.length) : 0};
  }
  return pieces == 1 ? found : InlineBytes();
}

std::vector<InlineBytes> plimsoll::import::scanInitializers(llvm::StringRef file) {
  std::vector<InlineBytes> result;
  Fields model(file, 0, file.size());
  while (model.next()) {
    if (model.number != 7 || model.wireType != 2)
      continue;
    Fields graph(file, model.payload, model.payload + model.length);
    while (graph.next())
      if (graph.number == 5 && graph.wireType == 2)
        result.push_back(scanTensor(file, graph.payload, graph.payload + graph.length));
  }
  return result;
}
