//===- NNInterfaces.h - what every nn op can be asked --------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_NNINTERFACES_H
#define PLIMSOLL_DIALECTS_NN_NNINTERFACES_H

#include "dialects/nn/Factors.h"
#include "dialects/support/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/TypeUtilities.h"

namespace plimsoll::nn {

/// A result that may be written over the bytes of an operand.
struct InPlacePair {
  unsigned result;
  unsigned operand;
};

namespace detail {
bool isFloat(mlir::Type type);
int64_t largestElementCount(mlir::Operation *op);
int64_t operandAndResultBytes(mlir::Operation *op);
llvm::SmallVector<InPlacePair> elementwiseInPlacePairs(mlir::Operation *op);

/// An error at `loc`, if there is one, at the first type that is not addressable.
mlir::LogicalResult verifyAddressable(std::optional<mlir::Location> loc, mlir::TypeRange operands,
                                      mlir::TypeRange results);

/// Infers types by the op's adaptor. The parser of an assembly format infers before it
/// has made properties of the attributes that it read, and before anyone checked them or the
/// types of the operands.
template <typename Op>
llvm::LogicalResult inferTypes(mlir::MLIRContext *context, std::optional<mlir::Location> loc,
                               mlir::ValueRange operands, mlir::DictionaryAttr attributes,
                               mlir::OpaqueProperties properties, mlir::RegionRange regions,
                               llvm::SmallVectorImpl<mlir::Type> &results) {
  using Properties = typename Op::Adaptor::Properties;
  Properties parsed{};
  // Those that have a place of their own in the assembly are properties already.
  if constexpr (!std::is_same_v<Properties, mlir::EmptyProperties>)
    if (attributes && !attributes.empty()) {
      mlir::NamedAttrList all(attributes);
      if (properties)
        if (mlir::Attribute known =
                Op::getPropertiesAsAttr(context, *properties.as<Properties *>()))
          for (mlir::NamedAttribute one : mlir::cast<mlir::DictionaryAttr>(known))
            all.set(one.getName(), one.getValue());
      auto error = [&] { return mlir::emitError(loc.value_or(mlir::UnknownLoc::get(context))); };
      if (failed(Op::setPropertiesFromAttr(parsed, all.getDictionary(context), error)))
        return mlir::failure();
      properties = mlir::OpaqueProperties(&parsed);
    }
  typename Op::Adaptor adaptor(operands, attributes, properties, regions);
  if (loc && failed(adaptor.verify(*loc)))
    return mlir::failure();
  if (failed(verifyAddressable(loc, operands.getTypes(), {})) ||
      failed(Op::inferReturnTypes(context, loc, adaptor, results)))
    return mlir::failure();
  return verifyAddressable(loc, {}, results);
}
} // namespace detail

/// Bytes of a tensor type with static shape, dense; i1 takes a byte.
int64_t tensorBytes(mlir::Type type);
/// Bytes of one element; i1 takes a byte.
int64_t elementBytes(mlir::Type elementType);

/// True for a tensor of static shape whose bytes can be counted; false for what is no tensor of
/// integers or floats.
bool isAddressable(mlir::Type type);
/// True for an addressable tensor of an element type that the dialect has.
bool isModelTensor(mlir::Type type);

/// A trait of ops whose tensors are all addressable.
template <typename ConcreteType>
class AddressableTensors : public mlir::OpTrait::TraitBase<ConcreteType, AddressableTensors> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    return detail::verifyAddressable(op->getLoc(), op->getOperandTypes(), op->getResultTypes());
  }
};

/// Marks ops that work on one element at a time.
template <typename ConcreteType>
class Elementwise : public mlir::OpTrait::TraitBase<ConcreteType, Elementwise> {
public:
  IndexFactors getIndexFactors() { return detail::elementwiseFactors(this->getOperation()); }
};

/// Marks ops whose last dimension is needed whole and whose others are rows that do not depend on
/// each other.
template <typename ConcreteType>
class WholeRows : public mlir::OpTrait::TraitBase<ConcreteType, WholeRows> {
public:
  IndexFactors getIndexFactors() {
    return detail::rowFactors(this->getOperation(), FactorKind::whole);
  }
};

} // namespace plimsoll::nn

#include "dialects/nn/NNInterfaces.h.inc"

#endif // PLIMSOLL_DIALECTS_NN_NNINTERFACES_H
