//===- NNAttributes.cpp - the attributes that nn puts on other ops ------------===//
//
// Modules, functions, their arguments and results, and parameters carry attributes that no op
// declares. The table below lists all of them. A name that is not in it, one on an op of another
// kind, or a value of the wrong kind is an error at that op.
//===----------------------------------------------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Stored.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::nn;

// Tests of values -----------------------------------------------------------
//
// `type` is the type of the argument, result or parameter that carries the attribute; null if that
// is not known, since these run before the verifiers of ops.

static bool isOfFloats(Type type) {
  return type && isa<FloatType>(getElementTypeOrSelf(type));
}

static bool isText(Attribute value, Type) {
  return isa<StringAttr>(value);
}

static bool isFlag(Attribute value, Type) {
  return isa<UnitAttr>(value);
}

static bool isNumber(Attribute value, Type) {
  auto number = dyn_cast<FloatAttr>(value);
  return number && number.getType().isF64() && std::isfinite(number.getValueAsDouble());
}

static bool isInteger(Attribute value, Type) {
  auto integer = dyn_cast<IntegerAttr>(value);
  return integer && integer.getType().isSignlessInteger(64);
}

static bool isLimit(Attribute value, Type type) {
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  return tensor && tensor.getElementType().isInteger() && isInteger(value, type) &&
         cast<IntegerAttr>(value).getInt() >= 0;
}

static bool isArgumentRole(Attribute value, Type) {
  auto text = dyn_cast<StringAttr>(value);
  return text && llvm::is_contained({"input", "labels", "hyper"}, text.getValue());
}

static bool isResultRole(Attribute value, Type) {
  auto text = dyn_cast<StringAttr>(value);
  return text && text.getValue() == "teacher";
}

static bool areDimensions(Attribute value, Type type) {
  auto names = dyn_cast<ArrayAttr>(value);
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  return names && tensor && int64_t(names.size()) == tensor.getRank() &&
         llvm::all_of(names, llvm::IsaPred<StringAttr>);
}

static bool areConstants(Attribute value, Type) {
  auto rows = dyn_cast<ArrayAttr>(value);
  return rows && llvm::all_of(rows, [](Attribute row) {
           auto fields = dyn_cast<DictionaryAttr>(row);
           return fields && fields.size() == 3 && fields.getAs<StringAttr>("name") &&
                  fields.getAs<StringAttr>("reason") && fields.getAs<DenseI64ArrayAttr>("shape");
         });
}

static bool isStoredType(Attribute value, Type type) {
  auto stored = dyn_cast<TypeAttr>(value);
  Type of = stored ? stored.getValue() : Type();
  return of && (of.isF16() || of.isBF16() || of.isF32() || of.isF64()) && isOfFloats(type);
}

static bool isFactor(Attribute value, Type type) {
  return isNumber(value, type) && isOfFloats(type);
}

static bool arePieces(Attribute value, Type) {
  auto numbers = dyn_cast<DenseI64ArrayAttr>(value);
  return numbers && numbers.size() % 2 == 0;
}

static bool isTimeline(Attribute value, Type) {
  auto timeline = dyn_cast<TimelineAttr>(value);
  return timeline && timeline.getWeight() >= 0;
}

static bool isSource(Attribute value, Type) {
  return isa<BytesAttr>(value);
}

// The table -----------------------------------------------------------------

namespace {

enum class Holder { Module, Function, Argument, Result, Parameter };

struct KnownAttribute {
  StringLiteral name;
  Holder holder;
  StringLiteral expected; ///< for error messages
  bool (*accepts)(Attribute value, Type type);
};

} // namespace

static constexpr StringLiteral kHolders[] = {"a module", "a function", "an argument of a function",
                                             "a result of a function", "an nn.parameter"};

static constexpr KnownAttribute kKnown[] = {
    {kModelAttr, Holder::Module, "a string", isText},
    {kRowsMixAttr, Holder::Module, "a unit attribute", isFlag},
    {kClassesAttr, Holder::Module, "a string", isText},
    {kLoraAlphaAttr, Holder::Module, "a finite f64", isNumber},
    {kConstantsAttr, Holder::Module,
     "an array of {name = \"...\", reason = \"...\", shape = "
     "array<i64: ...>}",
     areConstants},
    {kTimelineAttr, Holder::Function, "a #nn.timeline with a weight of at least 0", isTimeline},
    {kNameAttr, Holder::Argument, "a string", isText},
    {kRoleAttr, Holder::Argument, "\"input\", \"labels\" or \"hyper\"", isArgumentRole},
    {kLimitAttr, Holder::Argument, "an i64 of at least 0, of a tensor of integers", isLimit},
    {kIgnoredAttr, Holder::Argument, "an i64", isInteger},
    {kWholeAttr, Holder::Argument, "a unit attribute", isFlag},
    {kDimensionsAttr, Holder::Argument, "an array of one string for each dimension", areDimensions},
    {kClassesAttr, Holder::Argument, "a string", isText},
    {kNameAttr, Holder::Result, "a string", isText},
    {kRoleAttr, Holder::Result, "\"teacher\"", isResultRole},
    {kAddedLossAttr, Holder::Result, "a finite f64", isNumber},
    {kUnsavedAttr, Holder::Parameter, "a unit attribute", isFlag},
    {kFileNameAttr, Holder::Parameter, "a string", isText},
    {kTeacherAttr, Holder::Parameter, "a unit attribute", isFlag},
    {kStoredAttr, Holder::Parameter, "f16, bf16, f32 or f64, of a parameter of floats",
     isStoredType},
    {kPiecesAttr, Holder::Parameter, "array<i64> of pairs of a begin and a size", arePieces},
    {kScaleAttr, Holder::Parameter, "a finite f64, of a parameter of floats", isFactor},
    {kSingleSourceAttr, Holder::Parameter, "an #nn.bytes", isSource},
};

// The check -----------------------------------------------------------------

using Emit = function_ref<InFlightDiagnostic()>;

/// Returns the known name closest to `name`, among those that `holder` may carry.
static StringRef closestKnown(StringRef name, std::optional<Holder> holder) {
  SmallVector<StringRef> names;
  for (const KnownAttribute &known : kKnown)
    if (!holder || known.holder == *holder)
      names.push_back(known.name);
  return closestName(name, names);
}

/// Returns what may carry `name`: "an argument of a function or a result of a function".
static std::string holdersOf(StringRef name) {
  std::string text;
  for (const KnownAttribute &known : kKnown)
    if (known.name == name)
      text += (text.empty() ? "" : " or ") + kHolders[size_t(known.holder)].str();
  return text;
}

static LogicalResult verifyAttribute(Emit error, NamedAttribute attribute,
                                     std::optional<Holder> holder, Type type) {
  StringRef name = attribute.getName();
  auto isNamed = [&](const KnownAttribute &known) { return known.name == name; };
  if (llvm::none_of(kKnown, isNamed))
    return error() << "'" << name << "' is no attribute of the nn dialect; the closest is '"
                   << closestKnown(name, holder) << "'";
  auto *known = llvm::find_if(kKnown, [&](const KnownAttribute &one) {
    return isNamed(one) && holder && one.holder == *holder;
  });
  if (known == std::end(kKnown))
    return error() << "'" << name << "' is an attribute of " << holdersOf(name);
  if (!known->accepts(attribute.getValue(), type))
    return error() << "'" << name << "' must be " << known->expected << ", got "
                   << attribute.getValue();
  return success();
}

LogicalResult NNDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  auto error = [&] { return op->emitOpError(); };
  if (isa<ModuleOp>(op))
    return verifyAttribute(error, attribute, Holder::Module, Type());
  if (isa<FunctionOpInterface>(op))
    return verifyAttribute(error, attribute, Holder::Function, Type());
  if (auto parameter = dyn_cast<ParameterOp>(op))
    return verifyAttribute(error, attribute, Holder::Parameter,
                           parameter.getTypeAttr() ? parameter.getType() : Type());
  return verifyAttribute(error, attribute, std::nullopt, Type());
}

LogicalResult NNDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned index,
                                                  NamedAttribute attribute) {
  auto error = [&] { return op->emitOpError("argument ") << index << ": "; };
  auto function = dyn_cast<FunctionOpInterface>(op);
  Type type = function ? function.getArgumentTypes()[index] : Type();
  return verifyAttribute(error, attribute,
                         function ? std::optional(Holder::Argument) : std::nullopt, type);
}

LogicalResult NNDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned index,
                                                     NamedAttribute attribute) {
  auto error = [&] { return op->emitOpError("result ") << index << ": "; };
  auto function = dyn_cast<FunctionOpInterface>(op);
  Type type = function ? function.getResultTypes()[index] : Type();
  return verifyAttribute(error, attribute, function ? std::optional(Holder::Result) : std::nullopt,
                         type);
}
