//===- CallMutator.cpp - calls broken at random ---------------------------------------===//
#include "test/executor/CallMutator.h"
#include "dialects/exec/KernelSignature.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::test;

CallMutator::CallMutator(exec::CallOp call, uint64_t seed)
    : call(call), builder(call.getContext()), random(seed) {}

std::string CallMutator::apply() {
  switch (pick(17)) {
  case 0:
  case 1:
  case 2:
  case 3:
    return changeSize();
  case 4:
  case 5:
    return swapSizes();
  case 6:
    return countSizes();
  case 7:
    return changeBuffer();
  case 8:
    return swapBuffers();
  case 9:
    return countBuffers();
  case 10:
  case 11:
    return shrinkSlice();
  case 12:
    return changeType();
  case 13:
  case 14:
    return changeKernel();
  case 15:
    return changeKey();
  default:
    return countScalars();
  }
}

std::string CallMutator::changeSize() {
  SmallVector<int64_t> sizes(call.getSizes());
  if (sizes.empty())
    return "";
  size_t i = pick(sizes.size());
  int64_t old = sizes[i];
  const int64_t choices[] = {old + 1, old - 1,    old * 2, old / 2,      0,
                             1,       old + 1000, -1,      -old,         int64_t(pick(64)),
                             old * 3, 1 << 20,    old + 8, INT64_MAX / 3};
  sizes[i] = choices[pick(std::size(choices))];
  if (sizes[i] == old)
    return "";
  call.setSizes(sizes);
  return "size " + std::to_string(i) + " from " + std::to_string(old) + " to " +
         std::to_string(sizes[i]);
}

std::string CallMutator::swapSizes() {
  SmallVector<int64_t> sizes(call.getSizes());
  if (sizes.size() < 2)
    return "";
  size_t i = pick(sizes.size()), j = pick(sizes.size());
  if (sizes[i] == sizes[j])
    return "";
  std::swap(sizes[i], sizes[j]);
  call.setSizes(sizes);
  return "sizes " + std::to_string(i) + " and " + std::to_string(j) + " swapped";
}

std::string CallMutator::countSizes() {
  SmallVector<int64_t> sizes(call.getSizes());
  if (sizes.empty())
    return "";
  bool more = pick(2);
  if (more)
    sizes.insert(sizes.begin() + pick(sizes.size() + 1), pick(5));
  else
    sizes.erase(sizes.begin() + pick(sizes.size()));
  call.setSizes(sizes);
  return more ? "one more size" : "a size less";
}

std::string CallMutator::changeBuffer() {
  SmallVector<int64_t> buffers(call.getBuffers());
  size_t i = pick(buffers.size()), writes = call.getWrites().size();
  size_t number = pick(call.getReads().size() + writes + 1);
  buffers[i] = number < writes                            ? -1 - int64_t(number)
               : number - writes < call.getReads().size() ? int64_t(number - writes)
                                                          : exec::CallOp::kAbsent;
  if (buffers[i] == call.getBuffers()[i])
    return "";
  call.setBuffers(buffers);
  return "another buffer " + std::to_string(i);
}

std::string CallMutator::swapBuffers() {
  SmallVector<int64_t> buffers(call.getBuffers());
  size_t i = pick(buffers.size()), j = pick(buffers.size());
  if (buffers[i] == buffers[j])
    return "";
  std::swap(buffers[i], buffers[j]);
  call.setBuffers(buffers);
  return "buffers " + std::to_string(i) + " and " + std::to_string(j) + " swapped";
}

std::string CallMutator::countBuffers() {
  SmallVector<int64_t> buffers(call.getBuffers());
  bool more = pick(2);
  if (more)
    buffers.push_back(buffers[pick(buffers.size())]);
  else
    buffers.erase(buffers.begin() + pick(buffers.size()));
  call.setBuffers(buffers);
  return more ? "one more buffer" : "a buffer less";
}

void CallMutator::setSlice(Value slice, Type element, int64_t count) {
  slice.setType(exec::SliceType::get(call.getContext(), element, count));
}

std::string CallMutator::shrinkSlice() {
  Value slice = call->getOperand(pick(call->getNumOperands()));
  auto type = cast<exec::SliceType>(slice.getType());
  int64_t count = type.getCount();
  const int64_t choices[] = {count - 1, count / 2, 1, 0, count - 8};
  int64_t smaller = choices[pick(std::size(choices))];
  if (smaller < 0 || smaller >= count)
    return "";
  setSlice(slice, type.getElement(), smaller);
  return "'" + exec::sliceOf(slice).getName().str() + "' has " + std::to_string(smaller) +
         " elements";
}

std::string CallMutator::changeType() {
  Value slice = call->getOperand(pick(call->getNumOperands()));
  auto type = cast<exec::SliceType>(slice.getType());
  const Type choices[] = {builder.getF32Type(), builder.getF64Type(), builder.getBF16Type(),
                          builder.getI64Type(), builder.getI32Type(), builder.getI8Type(),
                          builder.getI1Type()};
  Type element = choices[pick(std::size(choices))];
  if (element == type.getElement())
    return "";
  int64_t width = (element.getIntOrFloatBitWidth() + 7) / 8;
  setSlice(slice, element, pick(2) ? type.getCount() : type.getBytes() / width);
  return "'" + exec::sliceOf(slice).getName().str() + "' has another type";
}

std::string CallMutator::changeKernel() {
  ArrayRef<exec::KernelSignature> all = exec::kernelSignatures();
  std::string name = all[pick(all.size())].name.str();
  if (pick(8) == 0)
    name += "_";
  if (name == call.getKernel())
    return "";
  call.setKernel(name);
  return "kernel '" + name + "'";
}

std::string CallMutator::changeKey() {
  if (pick(3) == 0) {
    Type precision = pick(2) ? Type(builder.getTF32Type()) : builder.getBF16Type();
    call.setPrecisionAttr(call.getPrecision() ? TypeAttr() : TypeAttr::get(precision));
    return "another precision";
  }
  const Type choices[] = {builder.getF64Type(), builder.getBF16Type(), builder.getI64Type(),
                          builder.getI32Type(), builder.getI8Type(),   builder.getF16Type()};
  Type element = choices[pick(std::size(choices))];
  call.setElementAttr(call.getElement() == element ? TypeAttr() : TypeAttr::get(element));
  return "another type of its data";
}

std::string CallMutator::countScalars() {
  SmallVector<double> scalars(call.getScalars());
  if (!scalars.empty() && pick(2))
    scalars.pop_back();
  else
    scalars.append(1 + pick(3), 0.5);
  call.setScalars(scalars);
  return "other scalars";
}
