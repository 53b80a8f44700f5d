//===- LossSpec.h - the text of --loss --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H
#define PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::prepare {

/// A loss as `KIND[:OUTPUT][,key=value]...`, for example
/// `cross-entropy:logits,label-smoothing=0.1`.
struct LossSpec {
  std::string kind = "cross-entropy", output;
  std::optional<double> labelSmoothing;
  std::optional<int64_t> ignoreIndex;
  std::vector<double> weights; ///< one for each class; empty: none
  double delta = 1, temperature = 1;
  std::optional<int64_t> axis; ///< of the classes, negative: from the end; unset: by the rank
};

/// Parses `text`. Appends one line to `problems` for each error.
LossSpec parseLoss(llvm::StringRef text, std::vector<std::string> &problems);

/// Returns the dimension of an output of `rank` dimensions that classes lie along: `asked` if
/// given, else the last of two or three (a language model's scores) and dimension 1 of more (an
/// image's, as in F.cross_entropy). Returns nothing if `asked` is out of range or the first
/// dimension, the batch.
std::optional<int64_t> classAxis(std::optional<int64_t> asked, int64_t rank);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H
