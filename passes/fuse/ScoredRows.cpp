//===- ScoredRows.cpp - the ops between a last product and its losses -------------===//
//
// All ops that might belong are collected first, through operands and readers. Then those go that
// something else reads, until none is left; they are computed for all rows, as are their operands.
//===----------------------------------------------------------------------===//
#include "passes/fuse/ScoredRows.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/TensorType.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::fuse;
using nn::tensorType;

int64_t fuse::columnsOf(Value value) {
  RankedTensorType type = tensorType(value);
  return type.getRank() == 0 ? 1 : type.getShape().back();
}

int64_t fuse::rowsOf(Value value) {
  int64_t columns = columnsOf(value);
  return columns == 0 ? 0 : tensorType(value).getNumElements() / columns;
}

bool fuse::isLossOfScores(Operation *op) {
  return isa<nn::CrossEntropyOp, nn::KlDivergenceOp>(op);
}

static bool isGradientOfLoss(Operation *op) {
  return isa<nn::CrossEntropyGradOp, nn::KlDivergenceGradOp>(op);
}

/// True for a loss, or the gradient of one, that reads whole scores with their classes last.
static bool readsRows(Operation *op) {
  auto isLast = [](auto loss) {
    return !loss.getFirstRow() && tensorType(loss.getLogits()).getRank() > 1 &&
           loss.getClassAxis() == tensorType(loss.getLogits()).getRank() - 1;
  };
  if (auto entropy = dyn_cast<nn::CrossEntropyOp>(op))
    return isLast(entropy);
  if (auto gradient = dyn_cast<nn::CrossEntropyGradOp>(op))
    return isLast(gradient);
  return isa<nn::KlDivergenceOp, nn::KlDivergenceGradOp>(op);
}

/// True for a product that makes rows of the input's gradient from `use`.
static bool makesInputGradient(OpOperand &use) {
  auto matmul = dyn_cast<nn::MatmulOp>(use.getOwner());
  return matmul && use.getOperandNumber() == 0 && !matmul.getTransposeA() &&
         tensorType(matmul.getB()).getRank() == 2 && matmul.getAddends().empty();
}

/// True for a product over the rows of two matrices, and for a sum over all rows.
static bool sumsRows(OpOperand &use) {
  if (auto reduce = dyn_cast<nn::ReduceSumOp>(use.getOwner()))
    return tensorType(reduce.getY()).getRank() == 1 &&
           columnsOf(reduce.getY()) == columnsOf(reduce.getX()) &&
           reduce.getAxes().back() == tensorType(reduce.getX()).getRank() - 2;
  auto matmul = dyn_cast<nn::MatmulOp>(use.getOwner());
  return matmul && tensorType(matmul.getA()).getRank() == 2 &&
         tensorType(matmul.getB()).getRank() == 2 && matmul.getTransposeA() &&
         !matmul.getTransposeB() && matmul.getAddends().empty() && use.getOperandNumber() < 2;
}

ScoredRows::ScoredRows(Operation *loss)
    : loss(loss), count(rowsOf(loss->getOperand(0))), columns(columnsOf(loss->getOperand(0))) {}

bool ScoredRows::find() {
  if (!readsRows(loss))
    return false;
  add(loss);
  for (size_t next = 0; next < members.size(); ++next) // which grows
    addNeighbours(members[next]);
  while (members.remove_if([&](Operation *op) { return !belongs(op); })) {
  }
  if (!isMember(loss))
    return false;
  keepConnected();
  findEnds();
  return llvm::any_of(members, [&](Operation *op) { return isLastProduct(op); });
}

bool ScoredRows::isRows(Value value) const {
  return tensorType(value).getRank() > 1 && columnsOf(value) == columns && rowsOf(value) == count;
}

bool ScoredRows::isLastProduct(Operation *op) const {
  auto matmul = dyn_cast<nn::MatmulOp>(op);
  return matmul && !matmul.getTransposeA() && tensorType(matmul.getB()).getRank() == 2 &&
         matmul.getAddends().empty() && isRows(matmul.getY());
}

/// True if the op computes rows from the same rows of its operands, or from numbers that all rows
/// share.
bool ScoredRows::isRowwise(Operation *op) const {
  if (op->getNumResults() != 1 || !isa<RankedTensorType>(op->getResult(0).getType()) ||
      !isRows(op->getResult(0)))
    return false;
  if (auto reshape = dyn_cast<nn::ReshapeOp>(op))
    return isRows(reshape.getX());
  if (isa<nn::SoftmaxOp, nn::SoftmaxGradOp, nn::LogSoftmaxOp>(op))
    return true;
  ArrayRef<int64_t> shape = tensorType(op->getResult(0)).getShape();
  return op->hasTrait<nn::Elementwise>() && llvm::all_of(op->getOperands(), [&](Value operand) {
           RankedTensorType type = tensorType(operand);
           return type.getShape() == shape || type.getRank() <= 1;
         });
}

/// True for all members but losses.
bool ScoredRows::computesRows(Operation *op) const {
  return (isGradientOfLoss(op) && readsRows(op)) || isLastProduct(op) || isRowwise(op);
}

void ScoredRows::add(Operation *op) {
  if (op && op->getBlock() == loss->getBlock())
    members.insert(op);
}

void ScoredRows::addNeighbours(Operation *op) {
  if (!isLastProduct(op))
    for (Value operand : op->getOperands())
      if (isRows(operand) && operand.getDefiningOp() && computesRows(operand.getDefiningOp()))
        add(operand.getDefiningOp());
  if (isLossOfScores(op))
    return;
  for (OpOperand &use : op->getResult(0).getUses()) {
    Operation *reader = use.getOwner();
    if (isLossOfScores(reader) ? readsRows(reader) : !isLastProduct(reader) && computesRows(reader))
      add(reader);
  }
}

/// True if the op is computed row by row and its readers are members or ends.
bool ScoredRows::belongs(Operation *op) const {
  if ((isLossOfScores(op) || isGradientOfLoss(op)) && !isMember(op->getOperand(0)))
    return false;
  return isLossOfScores(op) || llvm::all_of(op->getUses(), [&](OpOperand &use) {
           return isMember(use.getOwner()) || makesInputGradient(use) || sumsRows(use);
         });
}

/// Leaves those members that values of members connect with the loss.
void ScoredRows::keepConnected() {
  llvm::SetVector<Operation *> connected;
  connected.insert(loss);
  auto visit = [&](Operation *op) {
    if (isMember(op))
      connected.insert(op);
  };
  for (size_t next = 0; next < connected.size(); ++next) { // which grows
    Operation *op = connected[next];
    for (Value operand : op->getOperands())
      visit(operand.getDefiningOp());
    for (Operation *reader : op->getUsers())
      visit(reader);
  }
  members = std::move(connected);
}

void ScoredRows::findEnds() {
  for (Operation *op : members)
    if (!isLossOfScores(op))
      for (OpOperand &use : op->getUses())
        if (!isMember(use.getOwner()))
          (makesInputGradient(use) ? inputGradients : sums).insert(use.getOwner());
}
