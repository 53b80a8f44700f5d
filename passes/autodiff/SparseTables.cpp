//===- SparseTables.cpp - tables whose gradients are kept by rows ----------------===//
#include "passes/autodiff/SparseTables.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/TensorType.h"
#include "llvm/ADT/STLExtras.h"
#include <limits>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::autodiff;

// Checks --------------------------------------------------------------------

LogicalResult SparseTables::find(ModuleOp module, ArrayRef<nn::ParameterOp> parameters,
                                 ArrayRef<Value> loads) {
  bool isFine = true;
  for (auto parameter : module.getOps<nn::ParameterOp>())
    if (parameter.getSparse() && !parameter.getTrainable()) {
      parameter.emitError("parameter '")
          << parameter.getSymName() << "' is not trained ("
          << parameter.getReason().value_or("frozen")
          << "), so it has no gradient that could be sparse; make --sparse narrower, or train it "
             "with --trainable";
      isFine = false;
    }
  for (auto [parameter, load] : llvm::zip(parameters, loads)) {
    nn::ParameterOp each = parameter;
    if (!each.getSparse())
      continue;
    isFine &= collect(each, load) && checkUpdate(each);
    if (isFine)
      checkSize(each);
  }
  return success(isFine);
}

/// Collects the lookups of a table in the order of the function. False, with an error, if it has
/// another reader.
bool SparseTables::collect(nn::ParameterOp parameter, Value load) {
  SmallVector<nn::GatherOp> &lookups = tables[parameter].lookups;
  parameterOf[load] = parameter;
  bool isFine = true;
  for (Operation *user : load.getUsers()) {
    auto lookup = dyn_cast<nn::GatherOp>(user);
    if (lookup && lookup.getTable() == load && lookup.getAxis() == 0) {
      lookups.push_back(lookup);
      continue;
    }
    parameter.emitError("parameter '")
        << parameter.getSymName() << "' cannot be sparse: besides lookups of its rows '"
        << user->getName() << "'" << nn::inNode(user->getLoc())
        << " reads it, whose gradient has all rows; make --sparse narrower, or do not tie the "
           "weights in the model";
    isFine = false;
  }
  llvm::sort(lookups, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
  return isFine;
}

/// False, with an error, if the optimizer cannot update rows of the table.
bool SparseTables::checkUpdate(nn::ParameterOp parameter) {
  const UpdateRule &rule = settings.rule();
  const RowsRule *rows = findRowsRule(rule.name);
  bool hasMomentum = settings.kind->momentumRule && rule.name == settings.kind->momentumRule->name;
  auto error = [&]() {
    return parameter.emitError("parameter '") << parameter.getSymName() << "' cannot be sparse: ";
  };
  if (!rows) {
    error() << settings.kind->name << (hasMomentum ? " with momentum" : "")
            << " moves every row in every step; use adamw, adam, adagrad or sgd without momentum";
    return false;
  }
  if (settings.state->element == ElementType::u8) {
    error() << "state=" << settings.state->name
            << " keeps blocks of numbers that do not end where rows do; use state=bf16 or f32";
    return false;
  }
  double decay =
      parameter.getDecay() ? parameter.getDecay()->convertToDouble() : settings.weightDecay;
  if (parameter.getDecayed() && !rows->catchesUp && decay > 0) {
    error() << "weight decay of " << settings.kind->name
            << " is a gradient of every row; use adamw, weight-decay=0, or "
               "--no-decay with this parameter";
    return false;
  }
  parameter.setDecayed(parameter.getDecayed() && rows->catchesUp);
  return true;
}

/// Records how many rows a step may touch; warns if they are as many as the table has.
void SparseTables::checkSize(nn::ParameterOp parameter) {
  int64_t rows = parameter.getTensorType().getDimSize(0), touched = 0;
  for (nn::GatherOp lookup : tables[parameter].lookups)
    touched += microBatches * nn::tensorType(lookup.getIndices()).getNumElements();
  parameter.setTouchedRows(std::min(rows, touched));
  if (touched >= rows)
    parameter.emitWarning("a step looks up ")
        << touched << " rows of parameter '" << parameter.getSymName() << "', which has " << rows
        << ": a dense gradient is not larger; leave it out of --sparse";
}

// Gradients -----------------------------------------------------------------

SmallVector<Value> SparseTables::leaves(ArrayRef<Value> loads) const {
  SmallVector<Value> leaves;
  for (Value load : loads)
    if (Operation *parameter = parameterOf.lookup(load))
      llvm::append_range(leaves, llvm::map_range(tables.at(parameter).lookups,
                                                 [](nn::GatherOp op) { return op.getY(); }));
    else
      leaves.push_back(load);
  return leaves;
}

/// Returns `value` as a list of what the dimensions from `rank` on hold.
static Value asList(OpBuilder &builder, Value value, int64_t rank) {
  RankedTensorType type = nn::tensorType(value);
  ArrayRef<int64_t> rest = type.getShape().drop_front(rank);
  SmallVector<int64_t> shape = {type.clone(type.getShape().take_front(rank)).getNumElements()};
  llvm::append_range(shape, rest);
  if (type.getShape() == ArrayRef<int64_t>(shape))
    return value;
  return nn::ReshapeOp::create(builder, value.getLoc(), type.clone(shape), value);
}

/// Returns lists one after the other.
static Value concatenated(OpBuilder &builder, ArrayRef<Value> lists) {
  if (lists.size() == 1)
    return lists.front();
  return nn::ConcatOp::create(builder, lists.front().getLoc(), lists, 0);
}

SmallVector<Value> SparseTables::join(OpBuilder &builder, ArrayRef<Value> loads,
                                      ArrayRef<Value> gradients) {
  SmallVector<Value> result;
  for (Value load : loads) {
    Operation *parameter = parameterOf.lookup(load);
    if (!parameter) {
      result.push_back(gradients.front());
      gradients = gradients.drop_front();
      continue;
    }
    SmallVector<Value> rows, numbers;
    Table &table = tables[parameter];
    for (nn::GatherOp lookup : table.lookups) {
      if (Value gradient = gradients.front()) {
        int64_t rank = nn::tensorType(lookup.getIndices()).getRank();
        rows.push_back(asList(builder, gradient, rank));
        numbers.push_back(asList(builder, lookup.getIndices(), rank));
      }
      gradients = gradients.drop_front();
    }
    table.numbers = numbers.empty() ? Value() : concatenated(builder, numbers);
    result.push_back(rows.empty() ? Value() : concatenated(builder, rows));
  }
  return result;
}

Value SparseTables::numbersOf(nn::ParameterOp table) const {
  auto found = tables.find(table);
  return found == tables.end() ? Value() : found->second.numbers;
}

// Micro-batches -------------------------------------------------------------

static std::string sumsName(nn::ParameterOp table, StringRef slot) {
  return (table.getSymName() + "." + slot).str();
}

static constexpr StringLiteral kGradients = "gradient_rows", kNumbers = "gradient_row_numbers";

/// Returns a type with a slice of type `of` for each of `count` micro-batches.
static RankedTensorType ofAll(Value of, int64_t count) {
  RankedTensorType type = nn::tensorType(of);
  SmallVector<int64_t> shape = {count};
  llvm::append_range(shape, type.getShape());
  return type.clone(shape);
}

void SparseTables::makeSums(nn::ParameterOp table, Value gradient) {
  OpBuilder module(table->getContext());
  module.setInsertionPointAfter(table);
  for (auto [value, slot] : {std::pair(gradient, kGradients), {numbersOf(table), kNumbers}})
    nn::StateOp::create(module, table.getLoc(), sumsName(table, slot),
                        ofAll(value, microBatches - 1), table.getSymName(), slot,
                        /*scales=*/nullptr)
        .setTransient(true);
}

Value SparseTables::kept(OpBuilder &builder, nn::ParameterOp table, StringRef slot, Value part) {
  return nn::LoadOp::create(builder, table.getLoc(), ofAll(part, microBatches - 1),
                            sumsName(table, slot));
}

void SparseTables::keep(OpBuilder &builder, nn::ParameterOp table, Value gradient, Value numbers,
                        Value hyper) {
  for (auto [part, slot] : {std::pair(gradient, kGradients), {numbers, kNumbers}}) {
    Value with = nn::KeepMicroBatchOp::create(builder, table.getLoc(),
                                              kept(builder, table, slot, part), part, hyper);
    nn::StoreOp::create(builder, table.getLoc(), with, sumsName(table, slot));
  }
}

Value SparseTables::sumRows(OpBuilder &builder, nn::ParameterOp table, Value gradient) {
  Value &numbers = tables[table].numbers;
  auto withKept = [&](StringRef slot, Value own) {
    return concatenated(builder, {asList(builder, kept(builder, table, slot, own), 2), own});
  };
  if (microBatches > 1) {
    gradient = withKept(kGradients, gradient);
    numbers = withKept(kNumbers, numbers);
  }
  int64_t rows = table.getTensorType().getDimSize(0);
  auto sums = nn::GatherGradRowsOp::create(builder, gradient.getLoc(), gradient, numbers, rows);
  numbers = sums.getRows();
  return sums.getSums();
}
