//===- PlanDialect.cpp - registration of the plan dialect ---------------------===//
#include "dialects/plan/PlanDialect.h"
#include "dialects/support/Attributes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/TypeSwitch.h"
#include <limits>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::plan;

#include "dialects/plan/PlanDialect.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/plan/PlanAttributes.cpp.inc"

static const StringRef kKnown[] = {kPlacesAttr,    kPlaceAttr,   kWorkspaceAttr, kLaunchAttr,
                                   kRecomputeAttr, kMachineAttr, kArenaAttr};

/// Refuses a place that is too small for a value of type `type`, if that is a tensor.
static LogicalResult verifyPlace(Operation *op, StringRef name, Attribute attribute, Type type) {
  auto place = dyn_cast_or_null<PlaceAttr>(attribute);
  if (!place)
    return op->emitOpError("'") << name << "' must be a #plan.place, got " << attribute;
  int64_t offset = place.getOffset(), bytes = place.getBytes();
  if (offset < 0 || bytes < 0 || offset > std::numeric_limits<int64_t>::max() - bytes)
    return op->emitOpError("'") << name << "' is no range of bytes: " << attribute;
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isIntOrFloat())
    return success();
  int64_t needed = (tensor.getElementTypeBitWidth() + 7) / 8; // an i1 takes one byte
  for (int64_t size : tensor.getShape())
    if (llvm::MulOverflow(needed, size, needed))
      return op->emitOpError("'") << name << "' cannot hold " << tensor;
  if (bytes < needed)
    return op->emitOpError("'") << name << "' has " << bytes << " bytes, and " << tensor
                                << " needs " << needed;
  return success();
}

/// Returns the type of what lies at the place of `op`: its one result, or the tensor of a symbol;
/// null otherwise.
static Type placedType(Operation *op) {
  if (op->getNumResults() == 1)
    return op->getResult(0).getType();
  auto type = op->getAttrOfType<TypeAttr>("type");
  return type ? type.getValue() : Type();
}

static LogicalResult verifyPlaces(Operation *op, StringRef name, Attribute attribute) {
  auto places = dyn_cast<ArrayAttr>(attribute);
  if (!places)
    return op->emitOpError("'") << name << "' must be an array of #plan.place, got " << attribute;
  if (places.size() != op->getNumResults())
    return op->emitOpError("'") << name << "' must have a place for each of " << op->getNumResults()
                                << " results, got " << places.size();
  for (auto [place, result] : llvm::zip(places, op->getResults()))
    if (failed(verifyPlace(op, name, place, result.getType())))
      return failure();
  return success();
}

LogicalResult LaunchAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef kernel,
                                 Type element, Type precision, int64_t workspace,
                                 FloatAttr seconds) {
  if (!KernelKey::get(kernel, element, precision))
    return emitError() << "no kernel works on " << element << " in the precision " << precision;
  if (workspace < 0)
    return emitError() << "the workspace of a launch cannot have " << workspace << " bytes";
  if (!seconds || !seconds.getType().isF64() || !seconds.getValue().isFinite() ||
      seconds.getValue().isNegative())
    return emitError() << "the seconds of a launch must be a finite f64 from 0 on, got " << seconds;
  return success();
}

LogicalResult MachineAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t threads,
                                  int64_t alignment) {
  if (threads < 1)
    return emitError() << "a launch runs on at least one thread, got " << threads;
  if (alignment < 1 || !llvm::isPowerOf2_64(alignment))
    return emitError() << "an alignment must be a power of two, got " << alignment;
  return success();
}

template <typename Kind>
static LogicalResult verifyKind(Operation *op, NamedAttribute attribute, StringRef kind) {
  if (isa<Kind>(attribute.getValue()))
    return success();
  return op->emitOpError("'") << attribute.getName().getValue() << "' must be " << kind << ", got "
                              << attribute.getValue();
}

static LogicalResult verifyRepetition(Operation *op, NamedAttribute attribute) {
  auto number = dyn_cast<IntegerAttr>(attribute.getValue());
  if (number && number.getType().isSignlessInteger(64) && number.getInt() >= 1)
    return success();
  return op->emitOpError("'") << attribute.getName().getValue()
                              << "' must be the number of a repetition, an i64 from 1 on, got "
                              << attribute.getValue();
}

LogicalResult PlanDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  StringRef name = attribute.getName();
  Attribute value = attribute.getValue();
  if (name == kPlacesAttr)
    return verifyPlaces(op, name, value);
  if (name == kPlaceAttr)
    return verifyPlace(op, name, value, placedType(op));
  if (name == kWorkspaceAttr)
    return verifyPlace(op, name, value, Type());
  if (name == kLaunchAttr)
    return verifyKind<LaunchAttr>(op, attribute, "a #plan.launch");
  if (name == kRecomputeAttr)
    return verifyRepetition(op, attribute);
  if (name == kMachineAttr && isa<ModuleOp>(op))
    return verifyKind<MachineAttr>(op, attribute, "a #plan.machine");
  if (name != kArenaAttr)
    return op->emitOpError("'") << name << "' is no attribute of a plan; the closest is '"
                                << closestName(name, kKnown) << "'";
  auto bytes = dyn_cast<IntegerAttr>(value);
  if (!isa<ModuleOp>(op) || !bytes || !bytes.getType().isInteger(64) || bytes.getInt() < 0)
    return op->emitOpError("'") << name << "' must be the bytes of a module's arena, got " << value;
  return success();
}

LogicalResult PlanDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned argument,
                                                    NamedAttribute attribute) {
  StringRef name = attribute.getName();
  if (name != kPlaceAttr)
    return op->emitOpError("'") << name << "' is no attribute of a planned argument, but '"
                                << kPlaceAttr << "' is";
  auto function = dyn_cast<FunctionOpInterface>(op);
  return verifyPlace(op, name, attribute.getValue(),
                     function ? function.getArgumentTypes()[argument] : Type());
}

LogicalResult PlanDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned,
                                                       NamedAttribute attribute) {
  return op->emitOpError("'") << attribute.getName().getValue()
                              << "' is no attribute of a planned result";
}

void PlanDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/plan/PlanAttributes.cpp.inc"
      >();
}
