//===- Timeline.cpp - inputs and results of a program by name ---------------------===//
#include "compiler/executor/Timeline.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::executor;

std::vector<Input> plimsoll::executor::inputsOf(exec::ProgramOp program) {
  std::vector<Input> inputs;
  for (auto slice : program.getBody().front().getOps<exec::SliceOp>()) {
    auto role = slice->getAttrOfType<StringAttr>(exec::kRoleAttr);
    if (!role)
      continue;
    exec::SliceType type = slice.getSlice().getType();
    Input input{slice.getName().str(),
                role.str(),
                type.getElement(),
                {},
                type.getCount(),
                int64_t(type.getBytes()),
                int64_t(slice.getOffset()),
                std::nullopt};
    if (auto shape = slice->getAttrOfType<DenseI64ArrayAttr>(exec::kShapeAttr))
      input.shape = llvm::to_vector(shape.asArrayRef());
    if (auto limit = slice->getAttrOfType<IntegerAttr>(exec::kLimitAttr))
      input.limit = limit.getInt();
    inputs.push_back(std::move(input));
  }
  return inputs;
}

int64_t plimsoll::executor::resultOffset(exec::ProgramOp program, StringRef name) {
  auto names = program->getAttrOfType<ArrayAttr>(exec::kResultsAttr);
  auto offsets = program->getAttrOfType<DenseI64ArrayAttr>(exec::kResultOffsetsAttr);
  for (auto [i, result] : llvm::enumerate(names.getAsRange<StringAttr>()))
    if (result.getValue() == name)
      return offsets[i];
  return -1;
}
