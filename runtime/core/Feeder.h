//===- Feeder.h - the data rule: which row of the data each batch takes ------===//
//
// Row b of batch s (both from 0; B rows in a batch) is number g = s * B + b. Sequential: it is at
// Source::sequentialPlace(g). Shuffled, with N records: it is record g mod N in the order of epoch
// g / N, a permutation drawn from the seed for each epoch. Nothing but the step is remembered, so
// a resumed run continues where the first one stopped.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_FEEDER_H
#define PLIMSOLL_CORE_FEEDER_H

#include "Source.h"

namespace plimsoll {

class Feeder {
public:
  /// For a timeline that evaluates, batches take every record once, in order. If the last batch is
  /// not full, copies of the last record fill it, provided that their part in the loss can be
  /// removed (see weight()); otherwise the records of that batch are left out.
  Feeder(const TimelineInputs &inputs, std::unique_ptr<Source> source, bool shuffle, uint64_t seed);

  int64_t rows() const { return batch; }
  /// Full batches in one pass over the source, and the records that remain after them.
  int64_t batchesPerEpoch() const { return source->records() / batch; }
  int64_t recordsLeft() const { return source->records() % batch; }
  /// Returns how many runs one evaluation takes: the full batches and, for the records that remain,
  /// one more if filling rows can get ignored labels, two if the loss is a mean over rows (the
  /// second has filling rows alone), else none.
  int64_t evaluationRuns() const;
  /// Returns the weight of the batch just fed in the evaluation's mean loss: the labels or rows
  /// that count. A batch of filling rows alone has a negative weight, which takes the filling rows
  /// of the batch before it out of the mean.
  double weight() const;
  bool stream() const { return source->stream(); }
  void skip(int64_t steps) { source->skipRows(steps * batch); }

  /// Writes batch `step` (from 0) into the arena, at the places of the inputs of `timeline`, whose
  /// shapes must be those of the feeder's timeline. Returns false if a stream has ended. Throws
  /// Failure if an integer lies outside its input's range.
  bool feed(int64_t step, std::byte *arena, const Timeline &timeline);
  /// Writes batch `step` at the places of the timeline that the feeder was made for.
  bool feed(int64_t step, std::byte *arena) { return feed(step, arena, inputs.timeline); }

  /// Returns how many labels of the batch just fed are not ignored; its rows if there are no labels
  /// that are classes.
  int64_t countedLabels() const;
  /// True if the batch has labels that are classes and all of them are ignored.
  bool isEmpty() const { return labels >= 0 && countedLabels() == 0; }
  /// Says where the batch just fed is from: "row 4 of x.safetensors to row 7 of x.safetensors".
  std::string describeBatch() const;

private:
  const TimelineInputs inputs;
  std::unique_ptr<Source> source;
  bool shuffle;
  uint64_t seed;
  int64_t batch;
  std::vector<int64_t> places;
  std::vector<std::byte *> buffers;
  int labels = -1;     ///< index of the input with labels that are classes; -1: none
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
