//===- TimelineInputs.h - the inputs of one timeline -------------------------===//
//
// An input's role is the same in every timeline; its shape and place differ between timelines.
// Sources and feeders work for one timeline and see both together.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_TIMELINEINPUTS_H
#define PLIMSOLL_CORE_TIMELINEINPUTS_H

#include "plimsoll/Program.h"

namespace plimsoll {

/// An input of one timeline.
struct Input {
  const InputInfo &info;
  const TensorInfo &tensor;

  bool isRead() const { return tensor.offset != kNoPlace; }
  bool isFloat() const { return plimsoll::isFloat(tensor.type); }
  /// Whether it holds labels that are classes.
  bool isClasses() const { return info.labels && tensor.type == ElementType::i64; }
  int64_t elements() const { return static_cast<int64_t>(bytesOf(tensor)) / bytesOf(tensor.type); }
  /// The number of elements in one row.
  int64_t rowElements() const;
  /// The number of elements that one place of a data source fills: a row, or all if the input is
  /// read whole.
  int64_t placeElements() const;
  /// The number of places that fill the input in a batch of `rows` rows.
  int64_t places(int64_t rows) const { return info.whole ? 1 : rows; }
};

class TimelineInputs {
public:
  TimelineInputs(const Program &program, const Timeline &timeline)
      : program(program), timeline(timeline) {}

  const Program &program;
  const Timeline &timeline;

  int count() const { return program.inputCount; }
  Input operator[](int index) const { return {program.inputs[index], timeline.inputs[index]}; }
  /// Returns the rows of a batch: the first dimension of all inputs that are not read whole; 1 if
  /// all are read whole. Throws Failure if they differ.
  int64_t batchRows() const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_TIMELINEINPUTS_H
