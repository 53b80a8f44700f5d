//===- NNInterfaces.h - interfaces of nn ops -----------------------*- C++ -*-===//
#ifndef PLIMSOLL_DIALECTS_NN_NNINTERFACES_H
#define PLIMSOLL_DIALECTS_NN_NNINTERFACES_H

#include "dialects/nn/Factors.h"
#include "dialects/support/Attributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/TypeUtilities.h"

namespace plimsoll::nn {

/// A result that may be written over the bytes of an operand of the same op.
struct InPlacePair {
  unsigned result;
  unsigned operand;
};

/// An operand that is the gradient of another operand of the same op.
struct GradientPair {
  unsigned gradient;
  unsigned of;
};

namespace detail {
bool isFloat(mlir::Type type);
int64_t largestElementCount(mlir::Operation *op);
int64_t operandAndResultBytes(mlir::Operation *op);
llvm::SmallVector<InPlacePair> elementwiseInPlacePairs(mlir::Operation *op);
/// Implements `inferReturnTypes` of an update: gives its results the types of the operands that
/// they overwrite, the parameter, its `states` and their scales. Refuses gradients, states and
/// scales of types that do not belong together, and a clip scale, null if absent, that is not one
/// number.
mlir::LogicalResult inferUpdate(std::optional<mlir::Location> loc, mlir::ValueRange operands,
                                unsigned states, mlir::ValueRange scales, mlir::Value clipScale,
                                llvm::SmallVectorImpl<mlir::Type> &results);

/// Implements `inferReturnTypes` of an update of rows: gives its results the types of the
/// parameter, of its `states` and of `decaySums`, null if absent. Refuses types that do not belong
/// together.
mlir::LogicalResult inferUpdateRows(std::optional<mlir::Location> loc, mlir::ValueRange operands,
                                    unsigned states, mlir::Value decaySums, mlir::Value clipScale,
                                    llvm::SmallVectorImpl<mlir::Type> &results);
/// Fails with an error unless an update of rows has sums of decay exactly if it is `decayed`, which
/// only a rule that `catchesUp` may be.
mlir::LogicalResult verifyDecay(mlir::Operation *op, bool decayed, bool hasSums, bool catchesUp);
/// Returns the bytes that an update of rows reads and writes.
int64_t updateRowsTraffic(mlir::Operation *op, unsigned states);

/// Fails with an error at `loc` (if given) at the first type that is not addressable.
mlir::LogicalResult verifyAddressable(std::optional<mlir::Location> loc, mlir::TypeRange operands,
                                      mlir::TypeRange results);

/// Infers result types through the op's adaptor. The parser of an assembly format calls this before
/// the attributes it read have become properties, and before attributes and operand types are
/// verified.
template <typename Op>
llvm::LogicalResult inferTypes(mlir::MLIRContext *context, std::optional<mlir::Location> loc,
                               mlir::ValueRange operands, mlir::DictionaryAttr attributes,
                               mlir::OpaqueProperties properties, mlir::RegionRange regions,
                               llvm::SmallVectorImpl<mlir::Type> &results) {
  using Properties = typename Op::Adaptor::Properties;
  Properties parsed{};
  // Attributes with a place of their own in the assembly are properties already.
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

/// Returns the bytes of a dense tensor of static shape; an i1 takes one byte.
int64_t tensorBytes(mlir::Type type);
/// Returns the bytes of one element; an i1 takes one byte.
int64_t elementBytes(mlir::Type elementType);

/// True for a tensor of integers or floats with static shape and at most 2^48 elements, so that its
/// bytes can be counted.
bool isAddressable(mlir::Type type);
/// True for an addressable tensor whose element type the dialect supports.
bool isModelTensor(mlir::Type type);

/// Trait of ops whose operands and results are all addressable.
template <typename ConcreteType>
class AddressableTensors : public mlir::OpTrait::TraitBase<ConcreteType, AddressableTensors> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    return detail::verifyAddressable(op->getLoc(), op->getOperandTypes(), op->getResultTypes());
  }
};

/// Marks ops that compute each element of the result from one element of each operand.
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
