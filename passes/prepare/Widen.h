//===- Widen.h - a model of f32 in f64 -------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_PASSES_PREPARE_WIDEN_H
#define PLIMSOLL_PASSES_PREPARE_WIDEN_H

#include "llvm/ADT/StringRef.h"

namespace plimsoll::prepare {

/// Attribute of a parameter that nn-widen made f64: where its initial bytes are, of f32.
inline constexpr llvm::StringLiteral kSingleSourceAttr = "nn.single_source";

} // namespace plimsoll::prepare

#endif // PLIMSOLL_PASSES_PREPARE_WIDEN_H
