//===- LossSpec.h - the text of --loss --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H
#define PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H

#include "llvm/ADT/StringRef.h"
#include <optional>
#include <string>
#include <vector>

namespace plimsoll::prepare {

/// `KIND[:OUTPUT][,key=value]...`, as in `cross-entropy:logits,label-smoothing=0.1`.
struct LossSpec {
  std::string kind = "cross-entropy", output;
  std::optional<double> labelSmoothing;
  std::optional<int64_t> ignoreIndex;
  std::vector<double> weights; ///< one for each class; empty: none
  double delta = 1, temperature = 1;
  std::optional<int64_t> axis; ///< of the classes, from the end where negative; else by the rank
};

/// Parses `text`; what is wrong with it becomes a line each of `problems`.
LossSpec parseLoss(llvm::StringRef text, std::vector<std::string> &problems);

/// The dimension of an output of `rank` dimensions that classes lie along: as `asked`, else the
/// last of two or three (a language model's scores) and dimension 1 of more (an image's, as
/// F.cross_entropy has it). Nothing where `asked` is no dimension, or the first, the batch.
std::optional<int64_t> classAxis(std::optional<int64_t> asked, int64_t rank);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H
