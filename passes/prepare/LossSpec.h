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
  std::string kind, output;
  std::optional<double> labelSmoothing;
  std::optional<int64_t> ignoreIndex;
  std::vector<double> weights; ///< one for each class; empty: none
  double delta = 1, temperature = 1;
};

/// Parses `text`; what is wrong with it becomes a line each of `problems`.
LossSpec parseLoss(llvm::StringRef text, std::vector<std::string> &problems);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_LOSSSPEC_H
