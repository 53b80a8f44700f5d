//===- Largest.h - the largest batch or sequence that fits ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_LARGEST_H
#define PLIMSOLL_COMPILER_PIPELINE_LARGEST_H

#include "compiler/pipeline/Pipeline.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace plimsoll::pipeline {

/// One size that was tried.
struct SizeTrial {
  int64_t size = 0;
  bool fits = false;
  int64_t arenaBytes = 0;  ///< 0 if the model cannot be imported at this size
  double relativeStep = 0; ///< predicted, relative to the unconstrained step of this size
  std::string limit;       ///< why it does not fit
};

struct Largest {
  std::string dimension;          ///< its name in the model, or "batch" or "seq"
  int64_t size = 0;               ///< 0: no size fits
  std::vector<SizeTrial> trials;  ///< sorted by size
  const SizeTrial *above() const; ///< returns the smallest that does not fit, or null
};

/// Finds the largest size of the model's batch ("batch", dimension 0 of its inputs) or sequence
/// ("seq", dimension 1 of its integer inputs) with a plan within `options.memory` whose predicted
/// step is at most `slowdown` times the unconstrained one of the same size. Other dimensions are
/// those of --shape. The search doubles the size, then bisects: it assumes that a size fits if a
/// larger one does. A literal dimension is changed as by --shape, and other inputs that --shape
/// does not name follow. Fails if the dimension is dynamic and has no name.
llvm::Expected<Largest> findLargest(const CompileOptions &options, llvm::StringRef which,
                                    double slowdown,
                                    llvm::function_ref<void(const SizeTrial &)> progress);

std::string toText(const Largest &largest);
llvm::json::Object toJson(const Largest &largest);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_LARGEST_H
