//===- TimelineInputs.cpp - the inputs of one timeline -----------------------===//
#include "TimelineInputs.h"

#include "Failure.h"

namespace plimsoll {

int64_t Input::rowElements() const {
  int64_t count = 1;
  for (int i = 1; i < tensor.rank; ++i)
    count *= tensor.shape[i];
  return count;
}

int64_t Input::placeElements() const {
  return info.whole && tensor.rank ? tensor.shape[0] * rowElements() : rowElements();
}

int64_t TimelineInputs::batchRows() const {
  int64_t rows = -1;
  for (int i = 0; i < count(); ++i) {
    const TensorInfo &input = timeline.inputs[i];
    if (program.inputs[i].whole)
      continue;
    int64_t first = input.rank ? input.shape[0] : 1;
    if (!input.rank || (rows >= 0 && first != rows))
      throw Failure(format("input '%s' has no batch dimension like the other inputs: a data source "
                           "cannot feed it; compile with --input=%s=VALUE or --whole=%s",
                           input.name, input.name, input.name));
    rows = first;
  }
  if (rows < 0 && count() > 0)
    return 1;
  if (rows <= 0)
    throw Failure("the program has no inputs that a data source could feed");
  return rows;
}

} // namespace plimsoll
