//===- Feeder.h - the data rule ---------------------------------------------===//
//
// Sequential: row b of step s (from 0) takes row g = s * B + b of the source, see
// Source::sequentialPlace. Shuffled: record g mod N of epoch g / N, each epoch its own
// permutation drawn from the seed. Nothing but the step is remembered, so a resumed run
// goes on where the first one stopped.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_FEEDER_H
#define PLIMSOLL_CORE_FEEDER_H

#include "Source.h"

namespace plimsoll {

class Feeder {
public:
  /// For a timeline that evaluates: every record once, in order; a last batch that is not full is
  /// filled up with the last record, so that the others' share can be told (see weight()), where
  /// it can.
  Feeder(const TimelineInputs &inputs, std::unique_ptr<Source> source, bool shuffle, uint64_t seed);

  int64_t rows() const { return batch; }
  /// Whole batches of one pass over the source, and the records behind them.
  int64_t batchesPerEpoch() const { return source->records() / batch; }
  int64_t recordsLeft() const { return source->records() % batch; }
  /// Runs of one evaluation: the batches; and for the records behind them one more where labels
  /// can be ignored, two where the loss is a mean over rows, or none.
  int64_t evaluationRuns() const;
  /// What the loss of the batch just fed counts in the evaluation's mean; that of filling alone
  /// counts against the batch it has filled.
  double weight() const;
  bool stream() const { return source->stream(); }
  void skip(int64_t steps) { source->skipRows(steps * batch); }

  /// Writes batch `step` (from 0) into the arena, to where the inputs of `timeline` lie, which are
  /// of the shapes of the feeder's own; false when a stream has ended. Throws Failure when an
  /// integer lies outside its input's range.
  bool feed(int64_t step, std::byte *arena, const Timeline &timeline);
  /// The same for the feeder's own timeline.
  bool feed(int64_t step, std::byte *arena) { return feed(step, arena, inputs.timeline); }

  /// Rows that count for the loss in the batch just fed: labels that are not ignored.
  int64_t countedLabels() const;
  /// True where it has labels that are classes, and all of them are ignored.
  bool isEmpty() const { return labels >= 0 && countedLabels() == 0; }
  /// "row 4 of x.safetensors to row 7 of x.safetensors": where the batch just fed is from.
  std::string describeBatch() const;

private:
  const TimelineInputs inputs;
  std::unique_ptr<Source> source;
  bool shuffle;
  uint64_t seed;
  int64_t batch;
  std::vector<int64_t> places;
  std::vector<std::byte *> buffers;
  int labels = -1;     ///< the input of labels that are classes
  int64_t fedStep = 0; ///< the batch just fed

  bool isEvaluation() const { return inputs.timeline.kind == TimelineKind::evaluate; }
  bool canIgnore() const { return labels >= 0 && !inputs.program.rowsMix; }
  bool isMeanOverRows() const;
  void ignoreFilling(int64_t step) const;
  void checkRange(int index) const;
};

/// Value of element `index` of an integer input.
int64_t integerAt(ElementType type, const std::byte *data, int64_t index);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_FEEDER_H
