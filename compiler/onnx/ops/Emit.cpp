//===- Emit.cpp - checked creation of nn ops ------------------------------------===//
//
// The generated builders abort if operands do not fit, which a malformed file must not cause. So
// types are inferred and ops verified here, and the dialect's diagnostics become problems of the
// user's node.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/ops/Node.h"
#include "dialects/nn/NNDialect.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace plimsoll::import;
using llvm::Twine;

/// Appends the result types that op `name` infers to `types`.
static LogicalResult inferTypes(OperationName name, Location location, ValueRange operands,
                                DictionaryAttr attrs, SmallVectorImpl<Type> &types) {
  auto *interface = name.getInterface<InferTypeOpInterface>();
  if (!interface)
    return emitError(location, "types cannot be inferred");
  size_t bytes = name.getOpPropertyByteSize();
  std::vector<std::max_align_t> storage(bytes / sizeof(std::max_align_t) + 1);
  OpaqueProperties properties(bytes ? storage.data() : nullptr);
  if (bytes)
    name.initOpProperties(properties, nullptr);
  llvm::scope_exit destroy([&] {
    if (bytes)
      name.destroyOpProperties(properties);
  });
  auto report = [&] { return emitError(location); };
  if (bytes && failed(name.setOpPropertiesFromAttribute(name, properties, attrs, report)))
    return failure();
  return interface->inferReturnTypes(attrs.getContext(), location, operands, attrs, properties, {},
                                     types);
}

Operation *Node::create(StringRef op, ValueRange values, ArrayRef<NamedAttribute> attrs,
                        TypeRange given) {
  if (failed() || llvm::is_contained(values, Value()))
    return nullptr;
  MLIRContext *context = builder.getContext();
  std::string message;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
    return success();
  });
  OperationName name(op, context);
  SmallVector<Type> types(given);
  Operation *created = nullptr;
  bool ok = !given.empty() ||
            succeeded(inferTypes(name, location, values, builder.getDictionaryAttr(attrs), types));
  for (Type type : types)
    if (ok && !elementCount(llvm::cast<RankedTensorType>(type).getShape())) {
      message = "its result is too large";
      ok = false;
    }
  if (ok) {
    OperationState state(location, name, values, types, attrs);
    created = builder.create(state);
    ok = succeeded(name.verifyInvariants(created));
  }
  if (ok)
    return created;
  if (created)
    created->erase();
  error(message.empty() ? "its inputs do not fit" : message);
  return nullptr;
}

// Helpers -------------------------------------------------------------------

NamedAttribute Node::intNamed(StringRef name, int64_t value) {
  return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
}
NamedAttribute Node::intsNamed(StringRef name, ArrayRef<int64_t> values) {
  return builder.getNamedAttr(name, builder.getDenseI64ArrayAttr(values));
}
NamedAttribute Node::floatNamed(StringRef name, double value) {
  return builder.getNamedAttr(name, builder.getF64FloatAttr(value));
}
NamedAttribute Node::unitNamed(StringRef name) {
  return builder.getNamedAttr(name, builder.getUnitAttr());
}

Value Node::constant(const HostTensor &tensor) {
  DType computed = graph.computed(tensor.dtype);
  DenseElementsAttr value = denseElements(
      builder.getContext(), computed == tensor.dtype ? tensor : tensor.cast(computed));
  return emitTo<nn::ConstantOp>(value.getType(), {}, {builder.getNamedAttr("value", value)});
}

Value Node::scalar(double value, Value like) {
  if (!like)
    return {};
  std::optional<DType> dtype = dtypeOf(typeOf(like).getElementType());
  HostTensor tensor(dtype.value_or(DType::f32), {});
  tensor.setFloat(0, value);
  return constant(tensor);
}

Value Node::reshape(Value x, ArrayRef<int64_t> shape) {
  if (!x || typeOf(x).getShape() == shape)
    return x;
  return emitTo<nn::ReshapeOp>(RankedTensorType::get(shape, typeOf(x).getElementType()), x);
}

Value Node::broadcast(Value x, ArrayRef<int64_t> shape) {
  if (!x || typeOf(x).getShape() == shape)
    return x;
  return emitTo<nn::BroadcastOp>(RankedTensorType::get(shape, typeOf(x).getElementType()), x);
}

Value Node::transpose(Value x, ArrayRef<int64_t> permutation) {
  if (!x || llvm::equal(permutation, llvm::seq<int64_t>(0, permutation.size())))
    return x;
  return emit<nn::TransposeOp>(x, intsNamed("permutation", permutation));
}

Value Node::cast(Value x, Type element) {
  if (!x || typeOf(x).getElementType() == element)
    return x;
  return emit<nn::CastOp>(x, builder.getNamedAttr("to", TypeAttr::get(element)));
}

Value Node::part(Value x, int64_t axis, int64_t begin, int64_t size) {
  if (!x || typeOf(x).getDimSize(axis) == size)
    return x;
  int64_t rest = typeOf(x).getDimSize(axis) - begin - size;
  SmallVector<int64_t> sizes;
  if (begin > 0)
    sizes.push_back(begin);
  sizes.push_back(size);
  if (rest > 0)
    sizes.push_back(rest);
  Operation *split = create(nn::SplitOp::getOperationName(), x,
                            {intNamed("axis", axis), intsNamed("sizes", sizes)}, {});
  return split ? split->getResult(begin > 0 ? 1 : 0) : Value();
}
