//===- WireScan.cpp - offsets of initializers in a protobuf file --------------===//
#include "compiler/onnx/file/ModelFile.h"
#include "compiler/onnx/file/WireFormat.h"

using namespace plimsoll::import;

static InlineBytes scanTensor(llvm::StringRef file, size_t begin, size_t end) {
  InlineBytes found;
  int pieces = 0;
  Fields tensor(file, begin, end);
  while (tensor.next()) {
    if (!field::isData(tensor.number))
      continue;
    // If raw_data occurs twice, the last one counts. Repeated fields would be in several pieces.
    pieces = tensor.number == field::kRawData ? 1 : pieces + 1;
    found = {int64_t(tensor.payload), tensor.wireType == 2 ? int64_t(tensor.length) : 0};
  }
  return pieces == 1 ? found : InlineBytes();
}

std::vector<InlineBytes> plimsoll::import::scanInitializers(llvm::StringRef file) {
  std::vector<InlineBytes> result;
  Fields model(file, 0, file.size());
  while (model.next()) {
    if (model.number != field::kGraph || model.wireType != 2)
      continue;
    Fields graph(file, model.payload, model.payload + model.length);
    while (graph.next())
      if (graph.number == field::kInitializer && graph.wireType == 2)
        result.push_back(scanTensor(file, graph.payload, graph.payload + graph.length));
  }
  return result;
}
