//===- Source.h - reads the rows of a batch from data -----------------------===//
//
// A source has places (a row of a file, an offset in a sequence of tokens). The data rule
// (Feeder.h) says which place each row of each batch takes; a source copies places into the
// arena. Everything a source needs is allocated when it is made.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SOURCE_H
#define PLIMSOLL_CORE_SOURCE_H

#include "TimelineInputs.h"

#include <memory>
#include <string>
#include <vector>

namespace plimsoll {

/// What a source fills: `rows` rows of every input.
struct Batch {
  const int64_t *places; ///< one for each row
  int64_t rows;
  std::byte *const *buffers; ///< one for each input of the timeline; null: the input is not read
};

class Source {
public:
  virtual ~Source() = default;

  /// The number of records in an epoch.
  virtual int64_t records() const = 0;
  /// The place of record `record` < records().
  virtual int64_t place(int64_t record) const { return record; }
  /// The place of row g (from 0) of a run with --order=sequential.
  virtual int64_t sequentialPlace(int64_t g) const { return g % records(); }
  /// True if the source is a stream: it has no places, rows can only be read in their order.
  virtual bool stream() const { return false; }
  /// Moves a stream past the rows that an earlier run has taken.
  virtual void skipRows(int64_t) {}
  /// Fills a batch; false when a stream has ended. Throws Failure.
  virtual bool read(const Batch &batch) = 0;
  /// Names a place for messages: "row 12 of x.safetensors".
  virtual std::string describe(int64_t place) const = 0;
};

/// Makes the source of batches for one timeline. `specs` are one or more `tokens:FILE[:type]`, one
/// or more `safetensors:FILE`, or `synthetic`. `evaluation`: the source may have fewer rows than a
/// batch. Throws UsageError or Failure.
std::unique_ptr<Source> makeSource(const TimelineInputs &inputs,
                                   const std::vector<std::string> &specs, uint64_t seed,
                                   bool evaluation = false);

std::unique_ptr<Source> makeTokenSource(const TimelineInputs &inputs,
                                        const std::vector<std::string> &files);
std::unique_ptr<Source> makeTableSource(const TimelineInputs &inputs,
                                        const std::vector<std::string> &files, bool evaluation);
std::unique_ptr<Source> makeSyntheticSource(const TimelineInputs &inputs, uint64_t seed);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SOURCE_H
