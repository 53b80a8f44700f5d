//===- SimplifyParts.h - parts that are put together again ----------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_SIMPLIFYPARTS_H
#define PLIMSOLL_PASSES_PREPARE_SIMPLIFYPARTS_H

#include "mlir/IR/PatternMatch.h"

namespace plimsoll::prepare {

/// Adds patterns that find the whole tensors of which splits and concatenations along the same
/// dimension consist in the end, as where an exporter orders a weight's rows anew and the
/// importer orders them back.
void addPartsPatterns(mlir::RewritePatternSet &patterns);

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_SIMPLIFYPARTS_H
