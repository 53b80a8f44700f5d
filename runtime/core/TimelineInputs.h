//===- TimelineInputs.h - the inputs of one timeline -------------------------===//
//
// What an input is holds in every timeline; its shape and its place are a timeline's own.
// Sources and feeders work for one timeline and see both together.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_TIMELINEINPUTS_H
#define PLIMSOLL_CORE_TIMELINEINPUTS_H

#include "plimsoll/Program.h"

namespace plimsoll {

/// An input as one timeline has it.
struct Input {
  const InputInfo &info;
  const TensorInfo &tensor;

  bool isRead() const { return tensor.offset != kNoPlace; }
  bool isFloat() const { return plimsoll::isFloat(tensor.type); }
  /// Whether it holds labels that are classes.
  bool isClasses() const { return info.labels && tensor.type == ElementType::i64; }
  int64_t elements() const { return static_cast<int64_t>(bytesOf(tensor)) / bytesOf(tensor.type); }
  /// Elements in one row.
  int64_t rowElements() const;
  /// Elements that one place of a data source gives it: a row, or all where it is read whole.
  int64_t placeElements() const;
  /// Places that it takes in a batch of `rows` rows.
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
  /// Rows of a batch: the first dimension of the inputs but those that are read whole; 1 where all
  /// are. Throws Failure when they differ.
  int64_t batchRows() const;
};

} // namespace plimsoll

#endif // PLIMSOLL_CORE_TIMELINEINPUTS_H
