//===- Attributes.h - attributes that text may carry ----------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_SUPPORT_ATTRIBUTES_H
#define PLIMSOLL_DIALECTS_SUPPORT_ATTRIBUTES_H

#include "mlir/IR/OpDefinition.h"

namespace plimsoll {

/// `known` has the smallest edit distance to `name`; of several names, the first.
llvm::StringRef closestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> known);

/// An attribute without a dialect's prefix must be one that the op declares: MLIR itself lets any
/// pass, so a misspelt one would be ignored.
mlir::LogicalResult verifyDeclaredAttributes(mlir::Operation *op);

/// A trait of ops that carry, besides other dialects' attributes, declared ones only.
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
