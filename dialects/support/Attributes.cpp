//===- Attributes.cpp - attributes that text may carry ------------------------===//
#include "dialects/support/Attributes.h"

using namespace mlir;

StringRef plimsoll::closestName(StringRef name, ArrayRef<StringRef> known) {
  auto closer = [&](StringRef a, StringRef b) {
    return name.edit_distance(a) < name.edit_distance(b);
  };
  auto closest = llvm::min_element(known, closer);
  return closest == known.end() ? StringRef() : *closest;
}

LogicalResult plimsoll::verifyDeclaredAttributes(Operation *op) {
  for (NamedAttribute attribute : op->getDiscardableAttrs()) {
    StringRef name = attribute.getName();
    if (name.contains('.'))
      continue; // the attribute's dialect verifies it
    SmallVector<StringRef> known;
    for (StringAttr declared : op->getName().getAttributeNames())
      if (declared.getValue() != "operandSegmentSizes")
        known.push_back(declared.getValue());
    InFlightDiagnostic error = op->emitOpError("has no attribute '") << name << "'";
    if (!known.empty())
      error << "; the closest is '" << closestName(name, known) << "'";
    return error;
  }
  return success();
}
