//===- RebatchChecks.cpp - numbers of the file that depend on a size -------------===//
//
// Such numbers do not change with the size, and no shape would reveal that.
//===----------------------------------------------------------------------===//
#include "compiler/onnx/resize/RebatchFollower.h"
#include "llvm/ADT/StringSet.h"
#include <cmath>

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

void Follower::visited(Operation *op) {
  if (auto gather = dyn_cast<nn::GatherOp>(op))
    checkRows(gather);
  if (auto sum = dyn_cast<nn::ReduceSumOp>(op))
    checkCount(sum);
}

/// Rows that the file names are the same at every size if they are counted from the end
/// that stays: -1, or 0.
void Follower::checkRows(nn::GatherOp op) {
  const Dim &rows = dims[op.getTable()][op.getAxis()];
  auto constant = trace.constants.find(op.getIndices().getDefiningOp());
  if (!changes(rows) || constant == trace.constants.end())
    return;
  for (int64_t row : constant->second.tensor->ints)
    if (row > 0)
      return problem(op, "takes row " + Twine(row) + " of " + Twine(sizeBefore(rows)) +
                             ", which would become " + Twine(sizeAfter(rows)) +
                             ": it may be counted from either end");
}

/// Reports a sum over a dimension that changes, if it is divided by the former number of elements.
void Follower::checkCount(nn::ReduceSumOp op) {
  int64_t count = 1, now = 1;
  for (int64_t axis : op.getAxes()) {
    count *= sizeBefore(dims[op.getX()][axis]);
    now *= sizeAfter(dims[op.getX()][axis]);
  }
  if (count == now || count == 1)
    return;
  SmallVector<Operation *> users(op.getY().getUsers());
  while (!users.empty()) {
    Operation *user = users.pop_back_val();
    if (isa<nn::ReshapeOp, nn::BroadcastOp>(user))
      llvm::append_range(users, user->getResult(0).getUsers());
    if (!isa<nn::MulOp, nn::DivOp>(user))
      continue;
    for (Value operand : user->getOperands()) {
      auto constant = trace.constants.find(operand.getDefiningOp());
      if (constant != trace.constants.end() && isCount(constant->second, count))
        problem(user, "its constant '" + constant->second.name + "' is the number of elements " +
                          "that " + nodeText(op) + " adds up, or its reciprocal: " + Twine(count) +
                          " would become " + Twine(now));
    }
  }
}

/// True for a literal that is `count` or its reciprocal and was not computed from the shape of a
/// value.
bool Follower::isCount(const ImportTrace::Constant &constant, int64_t count) const {
  if (constant.tensor->size() != 1 || dependsOnShapes(constant.name))
    return false;
  double number = constant.tensor->number(0);
  return number == double(count) || std::fabs(number * count - 1) < 1e-6;
}

bool Follower::dependsOnShapes(StringRef name) const {
  SmallVector<std::string> names = {name.str()};
  llvm::StringSet<> seen;
  while (!names.empty()) {
    std::string next = names.pop_back_val();
    auto producer = graph.producers.find(next);
    if (producer == graph.producers.end() || !seen.insert(next).second)
      continue;
    const onnx::NodeProto &node = graph.node(producer->second);
    if (node.op_type() == "Shape" || node.op_type() == "Size")
      return true;
    names.append(node.input().begin(), node.input().end());
  }
  return false;
}
