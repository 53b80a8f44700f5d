//===- Walk.cpp - from the dimensions of operands to those of results --------------===//
#include "passes/dimensions/Walk.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::dimensions;
using llvm::Twine;

static ArrayRef<int64_t> shapeOf(Value value) {
  return cast<RankedTensorType>(value.getType()).getShape();
}

static std::string shapeText(Value value) {
  if (shapeOf(value).empty())
    return "scalar";
  return llvm::join(
      llvm::map_range(shapeOf(value), [](int64_t size) { return std::to_string(size); }), "x");
}

void Walk::run() {
  do {
    beginWalk();
    dims.clear();
    broken.clear();
    for (BlockArgument argument : function.getArguments())
      dims[argument] = dimsOfArgument(argument);
    for (Operation &op : function.getBody().front().without_terminator()) {
      visit(&op);
      visited(&op);
    }
  } while (sources.hasChanged());
}

SmallVector<int64_t> Walk::after(Value value) {
  return llvm::map_to_vector(dims[value], [](const Dim &dim) { return sizeAfter(dim); });
}

/// True if a result has a size that no operand has, and that is not repeated at will.
static bool hasOwnSizes(const nn::IndexFactors &factors) {
  auto isRead = [&](int64_t label) {
    return llvm::any_of(factors.operands, [&](const nn::FactorLabels &labels) {
      return llvm::is_contained(labels, label);
    });
  };
  return factors.isOpaque() || llvm::any_of(factors.results, [&](const nn::FactorLabels &labels) {
           return llvm::any_of(labels, [&](int64_t label) {
             return factors.factors[label].kind != nn::FactorKind::free && !isRead(label);
           });
         });
}

void Walk::visit(Operation *op) {
  if (llvm::any_of(op->getOperands(), [&](Value value) { return broken.contains(value); }))
    return fail(op);
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](nn::ConstantOp) { dims[op->getResult(0)] = begin(op->getResult(0), true); })
      .Case([&](nn::LoadOp) { dims[op->getResult(0)] = begin(op->getResult(0), false); })
      .Case([&](nn::ReshapeOp one) { reshape(one); })
      .Case([&](nn::BroadcastOp one) { broadcast(one); })
      .Case([&](nn::ConcatOp one) { concat(one); })
      .Case([&](nn::SplitOp one) { split(one); })
      .Case<nn::ConvOp, nn::MaxPoolOp, nn::AvgPoolOp>(
          [&](auto one) { window(one, one.getStrides(), false); })
      .Case([&](nn::ConvTransposeOp one) { window(one, one.getStrides(), true); })
      .Default([&](Operation *) {
        nn::IndexFactors factors = cast<nn::IndexFactorsOpInterface>(op).getIndexFactors();
        hasOwnSizes(factors) ? byInference(op) : byFactors(op, factors);
      });
}

void Walk::fail(Operation *op) {
  for (Value result : op->getResults()) {
    broken.insert(result);
    dims[result] = begin(result, false);
  }
}

void Walk::reshape(nn::ReshapeOp op) {
  Dim whole;
  for (const Dim &dim : dims[op.getX()])
    whole.append(dim);
  std::optional<Dims> cut = sources.cut(whole, shapeOf(op.getY()), op.getY());
  if (cut) {
    dims[op.getY()] = *cut;
    return;
  }
  problem(op, "turns " + shapeText(op.getX()) + " into " + shapeText(op.getY()) +
                  " across a dimension that changes: what it becomes cannot be told");
  fail(op);
}

/// Follows a broadcast. The count of a repeated dimension of size 1 is a literal, so it is
/// free.
void Walk::broadcast(nn::BroadcastOp op) {
  Dims from = dims[op.getX()], to = begin(op.getY(), true);
  size_t missing = to.size() - from.size();
  for (auto [d, dim] : llvm::enumerate(from)) {
    bool repeated = sizeBefore(dim) == 1;
    if (!repeated)
      to[d + missing] = dim;
    else if (changes(dim) && shapeOf(op.getY())[d + missing] == 1)
      to[d + missing] = dim;
    else if (changes(dim))
      problem(op, "repeats a dimension of 1 that would become " + Twine(sizeAfter(dim)));
  }
  dims[op.getY()] = to;
}

/// Joins the dimensions with the same factor. A 1 that stays is repeated if another operand's 1
/// changes.
void Walk::byFactors(Operation *op, const nn::IndexFactors &factors) {
  SmallVector<Dim> shared(factors.factors.size());
  SmallVector<Dim> ones(factors.factors.size());
  for (auto [operand, labels] : llvm::zip(op->getOperands(), factors.operands)) {
    for (auto [dim, factor] : llvm::zip(dims[operand], labels)) {
      if (factor < 0) {
        if (changes(dim))
          problem(op, "repeats a dimension of 1 that would become " + Twine(sizeAfter(dim)));
        continue;
      }
      bool one = factors.factors[factor].size == 1 && !changes(dim);
      Dim &known = one ? ones[factor] : shared[factor];
      known = known.empty() ? dim : meet(op, known, dim);
    }
  }
  for (auto [result, labels] : llvm::zip(op->getResults(), factors.results)) {
    Dims &of = dims[result] = begin(result, true);
    for (auto [d, factor] : llvm::enumerate(labels))
      if (!shared[factor].empty() || !ones[factor].empty())
        of[d] = shared[factor].empty() ? ones[factor] : shared[factor];
  }
}

void Walk::concat(nn::ConcatOp op) {
  int64_t axis = op.getAxis();
  Dims result = dims[op.getInputs().front()];
  Part along = sources.begin(op.getY(), axis, false).front();
  along.was = along.now = 0;
  for (Value input : op.getInputs()) {
    const Dims &of = dims[input];
    along.was += sizeBefore(of[axis]);
    along.now += sizeAfter(of[axis]);
    for (int64_t d = 0; d < int64_t(result.size()); ++d)
      if (d != axis)
        result[d] = meet(op, result[d], of[d]);
  }
  result[axis] = {along};
  dims[op.getY()] = result;
}

/// Refuses parts of a dimension that changes, except the first: only the front is the same at every
/// size.
void Walk::split(nn::SplitOp op) {
  int64_t axis = op.getAxis(), offset = 0;
  for (auto [result, size] : llvm::zip(op->getResults(), op.getSizes())) {
    Dims of = dims[op.getX()];
    if (changes(of[axis]) && offset > 0 && !result.use_empty())
      problem(op, "takes elements from " + Twine(offset) + " on of " + Twine(sizeBefore(of[axis])) +
                      ", which would become " + Twine(sizeAfter(of[axis])) +
                      ": they may be counted from either end");
    of[axis] = sources.begin(result, axis, false);
    dims[result] = of;
    offset += size;
  }
}

Dims Walk::begin(Value value, bool isFree) {
  Dims result;
  for (int64_t d = 0; d < int64_t(shapeOf(value).size()); ++d)
    result.push_back(sources.begin(value, d, isFree));
  return result;
}

Dim Walk::meet(Operation *op, const Dim &a, const Dim &b) {
  return sources.meet(
      a, b, [&](ArrayRef<Part> moving, const Part &still) { conflict(op, moving, still); });
}

/// Follows an operator with windows. A window moves by whole strides, so the number of positions
/// grows by as many strides as the growth of the image contains, however the border is padded and
/// rounded.
void Walk::window(Operation *op, ArrayRef<int64_t> strides, bool isTransposed) {
  Value x = op->getOperand(0), y = op->getResult(0);
  bool isPool = op->getNumOperands() == 1;
  Dims from = dims[x], to = begin(y, false);
  to[0] = from[0];
  if (isPool)
    to[1] = from[1];
  else if (changes(from[1]))
    problem(op, "its weight is made for " + Twine(sizeBefore(from[1])) + " channels, and not for " +
                    Twine(sizeAfter(from[1])));
  for (auto [i, stride] : llvm::enumerate(strides)) {
    const Dim &dim = from[i + 2];
    int64_t growth = sizeAfter(dim) - sizeBefore(dim);
    if (growth == 0 || hasGlobalWindow(op))
      continue;
    if (!isTransposed && growth % stride != 0) {
      problem(op, "moves by " + Twine(stride) + ", which does not divide the change from " +
                      Twine(sizeBefore(dim)) + " to " + Twine(sizeAfter(dim)));
      return fail(op);
    }
    int64_t size = shapeOf(y)[i + 2] + (isTransposed ? growth * stride : growth / stride);
    to[i + 2] = sources.beginAt(y, i + 2, size);
  }
  dims[y] = to;
}

// Ops whose result sizes follow from their own formula -----------------------

FailureOr<SmallVector<Type>> Walk::infer(Operation *op, std::string &message) {
  auto interface = dyn_cast<InferTypeOpInterface>(op);
  if (!interface)
    return failure();
  ScopedDiagnosticHandler handler(op->getContext(), [&](Diagnostic &diagnostic) {
    if (message.empty())
      message = diagnostic.str();
    return success();
  });
  Block block;
  for (Value operand : op->getOperands())
    block.addArgument(cast<RankedTensorType>(operand.getType()).clone(after(operand)),
                      op->getLoc());
  SmallVector<Type> types;
  if (failed(interface.inferReturnTypes(op->getContext(), op->getLoc(), block.getArguments(),
                                        op->getDiscardableAttrDictionary(),
                                        op->getPropertiesStorage(), op->getRegions(), types)))
    return failure();
  return types;
}

/// Follows an op by its type inference. A dimension is that of the first operand if old and
/// new sizes agree, else a new one.
void Walk::byInference(Operation *op) {
  std::string message;
  FailureOr<SmallVector<Type>> types = infer(op, message);
  if (failed(types)) {
    bool moves = llvm::any_of(op->getOperands(), [&](Value operand) {
      return llvm::any_of(dims[operand], [](const Dim &dim) { return changes(dim); });
    });
    if (moves)
      problem(op, message.empty() ? "cannot be followed to other sizes" : message);
    return fail(op);
  }
  for (auto [result, type] : llvm::zip(op->getResults(), *types)) {
    Dims &of = dims[result] = begin(result, false);
    ArrayRef<int64_t> sizes = cast<RankedTensorType>(type).getShape();
    for (int64_t d = 0; d < int64_t(of.size()); ++d) {
      const Dim *first = op->getNumOperands() > 0 && d < int64_t(dims[op->getOperand(0)].size())
                             ? &dims[op->getOperand(0)][d]
                             : nullptr;
      if (first && sizeBefore(*first) == shapeOf(result)[d] && sizeAfter(*first) == sizes[d])
        of[d] = *first;
      else
        of[d] = sources.beginAt(result, d, sizes[d]);
    }
  }
}
