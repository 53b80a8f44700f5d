//===- Attributes.h - attributes that text may carry ----------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_SUPPORT_ATTRIBUTES_H
#define PLIMSOLL_DIALECTS_SUPPORT_ATTRIBUTES_H

#include "mlir/IR/OpDefinition.h"

namespace plimsoll {

/// Returns the name in `known` with the smallest edit distance to `name`, the first of equals; ""
/// if there are none.
llvm::StringRef closestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> known);

/// Fails with an error if `op` has an attribute without a dialect's prefix that it does not
/// declare. MLIR itself accepts these, so a misspelt one would be ignored.
mlir::LogicalResult verifyDeclaredAttributes(mlir::Operation *op);

/// Trait of ops that may carry other dialects' attributes and those that they declare, but no
/// others.
template <typename ConcreteType>
class DeclaredAttributesOnly
    : public mlir::OpTrait::TraitBase<ConcreteType, DeclaredAttributesOnly> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    return verifyDeclaredAttributes(op);
  }
};

} // namespace plimsoll

#endif // PLIMSOLL_DIALECTS_SUPPORT_ATTRIBUTES_H
