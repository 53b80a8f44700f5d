//===- Timeline.cpp - inputs and results of a program by name ---------------------===//
#include "compiler/executor/Timeline.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::executor;

std::vector<Input> plimsoll::executor::inputsOf(exec::ProgramOp program) {
  std::vector<Input> inputs;
  for (auto slice : program.getBody().front().getOps<exec::SliceOp>()) {
    if (!slice.getRole())
      continue;
    exec::SliceType type = slice.getSlice().getType();
    Input input{
        slice.getName().str(), slice.getRole()->str(),   type.getElement(),          {},
        type.getCount(),       int64_t(type.getBytes()), int64_t(slice.getOffset()), std::nullopt};
    input.shape = llvm::to_vector(*slice.getShape());
    if (IntegerAttr limit = slice.getLimitAttr())
      input.limit = limit.getInt();
    inputs.push_back(std::move(input));
  }
  return inputs;
}
