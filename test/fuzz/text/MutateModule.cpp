//===- MutateModule.cpp - changed modules that still parse --------------------===//
#include "test/fuzz/text/MutateModule.h"
#include "dialects/plan/PlanDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;
using namespace plimsoll;

namespace {

class ModuleMutator {
public:
  ModuleMutator(ModuleOp module, Random &random)
      : module(module), random(random), builder(module.getContext()) {}

  void run() {
    for (uint64_t i = 0, n = 1 + random.below(4); i < n; ++i) {
      ops.clear();
      module.walk([&](Operation *op) {
        if (op != module)
          ops.push_back(op);
      });
      if (ops.empty())
        return;
      once(random.of(ops));
    }
  }

private:
  void once(Operation *op) {
    switch (random.below(9)) {
    case 0:
    case 1:
      return changeOperand(op);
    case 2:
      return copy(op);
    case 3:
      return remove(op);
    case 4:
      return move(op);
    case 5:
    case 6:
    case 7:
      return changeAttribute(op);
    default:
      return changeSignature();
    }
  }

  // Values --------------------------------------------------------------------

  /// Returns another value of `type` in the block than `than`, or null.
  Value another(Block *block, Type type, Value than) {
    SmallVector<Value> values;
    auto add = [&](ValueRange range) {
      for (Value value : range)
        if (value != than && value.getType() == type)
          values.push_back(value);
    };
    add(block->getArguments());
    for (Operation &op : *block)
      add(op.getResults());
    return values.empty() ? Value() : random.of(values);
  }

  void changeOperand(Operation *op) {
    if (op->getNumOperands() == 0)
      return;
    unsigned index = random.below(op->getNumOperands());
    Value old = op->getOperand(index);
    if (Value value = another(op->getBlock(), old.getType(), old))
      op->setOperand(index, value);
  }

  void copy(Operation *op) {
    if (op->hasTrait<OpTrait::IsTerminator>())
      return;
    Operation *made = op->clone();
    op->getBlock()->getOperations().insertAfter(op->getIterator(), made);
    for (auto [from, to] : llvm::zip(op->getResults(), made->getResults()))
      from.replaceUsesWithIf(
          to, [&](OpOperand &use) { return use.getOwner() != made && random.chance(50); });
  }

  void remove(Operation *op) {
    for (Value result : op->getResults())
      if (!result.use_empty()) {
        Value value = another(op->getBlock(), result.getType(), result);
        if (!value || value.getDefiningOp() == op)
          return;
        result.replaceAllUsesWith(value);
      }
    op->erase();
  }

  void move(Operation *op) {
    Operation *to = random.of(ops);
    if (op->hasTrait<OpTrait::IsTerminator>() || op->getNumRegions() > 0 || to == op ||
        to->getBlock() != op->getBlock())
      return;
    op->moveBefore(to);
  }

  // Attributes ----------------------------------------------------------------

  int64_t number() {
    static constexpr int64_t odd[] = {0, 1, -1, 2, 3, 64, 100, 1 << 20, INT64_MAX, INT64_MIN};
    return random.of(odd);
  }

  SmallVector<int64_t> changed(ArrayRef<int64_t> numbers) {
    SmallVector<int64_t> result(numbers);
    switch (random.below(4)) {
    case 0:
      result.push_back(number());
      break;
    case 1:
      if (!result.empty())
        result.pop_back();
      break;
    case 2:
      if (result.size() > 1)
        std::swap(result[random.below(result.size())], result[random.below(result.size())]);
      break;
    default:
      if (!result.empty())
        result[random.below(result.size())] = number();
    }
    return result;
  }

  /// Returns another attribute, usually of the same kind.
  Attribute changed(Attribute attribute) {
    if (auto integer = dyn_cast<IntegerAttr>(attribute);
        integer && integer.getType().isInteger() && integer.getType().getIntOrFloatBitWidth() == 64)
      return builder.getIntegerAttr(integer.getType(), number());
    if (auto numbers = dyn_cast<DenseI64ArrayAttr>(attribute))
      return builder.getDenseI64ArrayAttr(changed(numbers.asArrayRef()));
    if (isa<FloatAttr>(attribute))
      return builder.getF64FloatAttr(random.chance(50) ? double(number()) : 0.0 / 0.0);
    if (isa<StringAttr>(attribute))
      return builder.getStringAttr(random.chance(50) ? "" : "another");
    if (auto array = dyn_cast<ArrayAttr>(attribute); array && !array.empty()) {
      SmallVector<Attribute> elements(array.getValue());
      if (random.chance(30))
        elements.pop_back();
      else
        elements[random.below(elements.size())] = changed(elements.front());
      return builder.getArrayAttr(elements);
    }
    if (isa<plan::PlaceAttr>(attribute))
      return plan::PlaceAttr::get(attribute.getContext(), number(), number());
    return random.chance(50) ? Attribute(builder.getUnitAttr()) : builder.getI64IntegerAttr(7);
  }

  void changeAttribute(Operation *op) {
    ArrayRef<NamedAttribute> attributes = op->getAttrs();
    if (attributes.empty())
      return;
    NamedAttribute one = random.of(attributes);
    if (random.chance(25))
      op->removeAttr(one.getName());
    else if (random.chance(80))
      op->setAttr(one.getName(), changed(one.getValue()));
    else if (Operation *other = random.of(ops); !other->getAttrs().empty())
      op->setAttr(one.getName(), random.of(other->getAttrs()).getValue());
  }

  void changeSignature() {
    SmallVector<FunctionOpInterface> functions;
    for (auto function : module.getOps<FunctionOpInterface>())
      if (function->hasAttr("function_type")) // another change may have taken it
        functions.push_back(function);
    if (functions.empty())
      return changeAttribute(module);
    FunctionOpInterface function = random.of(functions);
    if (function.getNumArguments() == 0)
      return;
    unsigned index = random.below(function.getNumArguments());
    DictionaryAttr attributes = function.getArgAttrDict(index);
    if (!attributes || attributes.empty())
      return;
    NamedAttribute one = random.of(attributes.getValue());
    if (random.chance(50))
      function.removeArgAttr(index, one.getName());
    else if (random.chance(50))
      function.setArgAttr(index, one.getName(), changed(one.getValue()));
    else if (function.getNumResults() > 0)
      function.setResultAttr(random.below(function.getNumResults()), one.getName(), one.getValue());
  }

  ModuleOp module;
  Random &random;
  Builder builder;
  SmallVector<Operation *> ops;
};

} // namespace

void mutateModule(ModuleOp module, Random &random) {
  ModuleMutator(module, random).run();
}
