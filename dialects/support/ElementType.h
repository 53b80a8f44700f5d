//===- ElementType.h - MLIR's types as the runtime has them --------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_SUPPORT_ELEMENTTYPE_H
#define PLIMSOLL_DIALECTS_SUPPORT_ELEMENTTYPE_H

#include "mlir/IR/Types.h"
#include "runtime/include/plimsoll/ElementType.h"
#include <optional>

namespace plimsoll {

/// The type of the table in which elements of `type` lie in the arena; nothing where none is.
std::optional<ElementType> elementTypeOf(mlir::Type type);
/// Returns the type of MLIR for which elementTypeOf returns `type`.
mlir::Type typeOf(ElementType type, mlir::MLIRContext *context);

} // namespace plimsoll

#endif // PLIMSOLL_DIALECTS_SUPPORT_ELEMENTTYPE_H
