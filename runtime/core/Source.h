//===- Source.h - where the rows of a batch come from -----------------------===//
//
// A source has places (a row of a file, an offset in a token stream). The data rule
// says which place each row of each batch takes; a source turns places into bytes in
// the arena. Everything a source needs is allocated when it is made.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_CORE_SOURCE_H
#define PLIMSOLL_CORE_SOURCE_H

#include "plimsoll/Program.h"

#include <memory>
#include <string>
#include <vector>

namespace plimsoll {

/// What a source fills: `rows` rows of every input.
struct Batch {
  const int64_t *places; ///< of each row
  int64_t rows;
  std::byte *const *buffers; ///< of each input of the program; null: not wanted
};

class Source {
public:
  virtual ~Source() = default;

  /// Different records in an epoch.
  virtual int64_t records() const = 0;
  /// Place of record `record` < records().
  virtual int64_t place(int64_t record) const { return record; }
  /// Place of the g-th row that is asked for, under --order=sequential.
  virtual int64_t sequentialPlace(int64_t g) const { return g % records(); }
  /// A stream has no places: rows come as they come.
  virtual bool stream() const { return false; }
  /// Moves a stream past the rows that an earlier run has taken.
  virtual void skipRows(int64_t) {}
  /// Fills a batch; false when a stream has ended. Throws Failure.
  virtual bool read(const Batch &batch) = 0;
  /// "row 12 of x.safetensors".
  virtual std::string describe(int64_t place) const = 0;
};

/// Rows of the program's batch: the first dimension of its inputs but those that are read whole; 1
/// where all are. Throws Failure when they differ.
int64_t batchRows(const Program &program);

/// Elements in one row of an input.
int64_t rowElements(const TensorInfo &input);
/// Elements of an input that one place gives it: a row, or all of one that is read whole.
int64_t placeElements(const InputInfo &input);
/// Places of an input that has `rows` rows.
inline int64_t placesOf(const InputInfo &input, int64_t rows) {
  return input.whole ? 1 : rows;
}

/// Makes the source that `specs` (one or more `tokens:FILE[:type]`, `safetensors:FILE` of one
/// kind, or `synthetic`) name. `evaluation`: it may have fewer rows than a batch. Throws UsageError
/// or Failure.
std::unique_ptr<Source> makeSource(const Program &program, const std::vector<std::string> &specs,
                                   uint64_t seed, bool evaluation = false);

std::unique_ptr<Source> makeTokenSource(const Program &program,
                                        const std::vector<std::string> &files);
std::unique_ptr<Source> makeTableSource(const Program &program,
                                        const std::vector<std::string> &files, bool evaluation);
std::unique_ptr<Source> makeSyntheticSource(const Program &program, uint64_t seed);

} // namespace plimsoll

#endif // PLIMSOLL_CORE_SOURCE_H
