//===- RowInputs.cpp - inputs that a data source can feed -------------------------===//
//
// A row of the data is a row of every input, along its first dimension. The size of that dimension
// does not prove that it is the batch: the state [2, batch, 128] of a recurrent net would fit a
// batch of two. So dimensions are followed through the forward pass. Inputs whose batch is another
// dimension are reported, and so are those whose first dimension has another size.
//===----------------------------------------------------------------------===//
#include "compiler/pipeline/RowInputs.h"
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Timelines.h"
#include "passes/dimensions/SameDimensions.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::pipeline;
using dimensions::SameDimensions;

namespace {

struct Input {
  BlockArgument value;
  std::string name;
  bool isLabels, isWhole;

  ArrayRef<int64_t> shape() const { return cast<RankedTensorType>(value.getType()).getShape(); }
};

class InputSettler {
public:
  InputSettler(ModuleOp module, func::FuncOp function, const CompileOptions &options)
      : module(module), function(function), options(options) {
    for (BlockArgument argument : function.getArguments()) {
      unsigned index = argument.getArgNumber();
      StringRef name = nn::argumentName(function, index);
      auto role = function.getArgAttrOfType<StringAttr>(index, nn::kRoleAttr);
      if (!name.empty() && role && role.getValue() != "hyper")
        inputs.push_back({argument, name.str(), role.getValue() == "labels", false});
    }
  }

  LogicalResult run() {
    if (failed(markWhole()))
      return failure();
    if (options.feed != Feed::ByHost)
      lookAtRows();
    if (problems.empty())
      return success();
    std::string text = std::to_string(count) + (count == 1 ? " input has" : " inputs have") +
                       " no row for each row of the batch, as a data source feeds them" + problems;
    if (options.feed == Feed::ByData)
      return module.emitError(text);
    module.emitWarning(text);
    return success();
  }

private:
  // --whole -----------------------------------------------------------------

  LogicalResult markWhole() {
    LogicalResult result = success();
    for (const std::string &expression : options.whole) {
      llvm::Regex regex("^(" + expression + ")$");
      bool any = false;
      for (Input &input : inputs)
        if (regex.match(input.name))
          any = input.isWhole = true;
      if (any)
        continue;
      std::string names;
      for (const Input &input : inputs)
        names += (names.empty() ? "'" : ", '") + input.name + "'";
      result = module.emitError("--whole=") << expression << " names no input; there are " << names;
    }
    for (const Input &input : inputs)
      for (auto timeline : module.getOps<func::FuncOp>())
        if (BlockArgument argument = nn::findArgument(timeline, input.name);
            argument && input.isWhole)
          timeline.setArgAttr(argument.getArgNumber(), nn::kWholeAttr,
                              UnitAttr::get(module.getContext()));
    return result;
  }

  // Rows --------------------------------------------------------------------

  /// Unites dimensions of the same name.
  void joinNames(SameDimensions &same) {
    llvm::StringMap<std::pair<Value, int64_t>> known;
    for (const Input &input : inputs) {
      auto names =
          function.getArgAttrOfType<ArrayAttr>(input.value.getArgNumber(), nn::kDimensionsAttr);
      for (int64_t d = 0; names && d < int64_t(names.size()); ++d) {
        StringRef name = cast<StringAttr>(names[d]).getValue();
        if (name.empty() || !llvm::isAlpha(name.front())) // "?" and the like are no names
          continue;
        auto [entry, isNew] = known.try_emplace(name, input.value, d);
        if (!isNew)
          same.unite(entry->second.first, entry->second.second, input.value, d);
      }
    }
  }

  /// Returns the group of most first dimensions, and its size. Of several groups it is that of the
  /// labels, or the first.
  std::pair<int, int64_t> batchOf(SameDimensions &same) {
    llvm::MapVector<int, std::pair<int, int64_t>> votes;
    for (const Input &input : inputs)
      if (!input.isWhole && !input.shape().empty()) {
        auto &vote = votes[same.group(input.value, 0)];
        vote.first += input.isLabels ? 3 : 2; // so that labels break a tie
        vote.second = input.shape()[0];
      }
    std::pair<int, int64_t> best = {-1, 0};
    int most = 0;
    for (const auto &[group, vote] : votes)
      if (vote.first > most) {
        most = vote.first;
        best = {group, vote.second};
      }
    return best;
  }

  void lookAtRows() {
    SameDimensions same(function);
    joinNames(same);
    auto [batch, rows] = batchOf(same);
    findProblems(same, batch, rows);
    if (!rowInputs.empty() && mixesRows(same, same.group(rowInputs.front(), 0)))
      module->setAttr(nn::kRowsMixAttr, UnitAttr::get(module.getContext()));
  }

  void findProblems(SameDimensions &same, int batch, int64_t rows) {
    for (const Input &input : inputs) {
      if (input.isWhole)
        continue;
      ArrayRef<int64_t> shape = input.shape();
      if (shape.empty()) {
        add(input, "is a scalar");
        continue;
      }
      if (same.group(input.value, 0) == batch) {
        rowInputs.push_back(input.value);
        continue;
      }
      std::optional<int64_t> elsewhere;
      for (int64_t d = 1; rows > 1 && d < int64_t(shape.size()); ++d)
        if (same.group(input.value, d) == batch)
          elsewhere = d;
      if (elsewhere)
        add(input, "has the batch of " + std::to_string(rows) + " in dimension " +
                       std::to_string(*elsewhere));
      else if (shape[0] != rows)
        add(input, "begins with a dimension of " + std::to_string(shape[0]) +
                       ", the others with the batch of " + std::to_string(rows));
      else
        rowInputs.push_back(input.value);
    }
    for (Value input : rowInputs)
      same.unite(rowInputs.front(), 0, input, 0);
  }

  /// True if the model combines several rows: a sum over the batch, or scores of rows against each
  /// other. The loss itself, which reads labels, does not count.
  bool mixesRows(SameDimensions &same, int batch) {
    DenseSet<Value> ofLoss;
    for (const Input &input : inputs)
      if (input.isLabels)
        ofLoss.insert(input.value);
    for (Operation &op : function.getBody().front().without_terminator()) {
      bool isLoss =
          llvm::any_of(op.getOperands(), [&](Value value) { return ofLoss.contains(value); });
      if (isLoss)
        ofLoss.insert(op.getResults().begin(), op.getResults().end());
      if (isLoss ? classesAreRows(same, &op, batch) : mixesRows(same, &op, batch))
        return true;
    }
    return false;
  }

  static int64_t countOf(SameDimensions &same, Value value, int batch) {
    int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
    return llvm::count_if(llvm::seq<int64_t>(0, rank),
                          [&](int64_t d) { return same.group(value, d) == batch; });
  }

  static bool classesAreRows(SameDimensions &same, Operation *op, int batch) {
    auto loss = dyn_cast<nn::CrossEntropyOp>(op);
    return loss && same.group(loss.getLogits(), loss.getClassAxis()) == batch;
  }

  /// True if `op` does not treat rows one by one: the batch is one of its factors that is not free,
  /// or is left out of its result, or is there twice.
  static bool mixesRows(SameDimensions &same, Operation *op, int batch) {
    if (isa<nn::ReshapeOp>(op) || op->getNumResults() == 0)
      return false;
    nn::IndexFactors factors = cast<nn::IndexFactorsOpInterface>(op).getIndexFactors();
    for (auto [value, labels] : llvm::zip(op->getOperands(), factors.operands))
      for (auto [d, label] : llvm::enumerate(labels))
        if (label != nn::IndexFactors::kRepeated && same.group(value, d) == batch &&
            factors.factors[label].kind != nn::FactorKind::free)
          return true;
    int64_t after = countOf(same, op->getResult(0), batch);
    return after > 1 || llvm::any_of(op->getOperands(), [&](Value value) {
             return countOf(same, value, batch) > after;
           });
  }

  void add(const Input &input, const std::string &what) {
    std::string shape;
    llvm::raw_string_ostream stream(shape);
    llvm::interleave(input.shape(), stream, "x");
    problems += "\n  input '" + input.name + "'" + (shape.empty() ? "" : " (" + shape + ")") +
                ": " + what + "\n      ";
    if (!input.isLabels)
      problems += "bind it with --input=" + input.name + "=VALUE (zeros, ones, numbers), or ";
    problems += "read it whole in each step with --whole=" + input.name +
                ": a column of the input's own shape";
    if (input.isLabels)
      problems += "; else export the model with the batch as the first dimension of its output";
    ++count;
  }

  ModuleOp module;
  func::FuncOp function;
  const CompileOptions &options;
  SmallVector<Input> inputs;
  SmallVector<Value> rowInputs; ///< their first dimension is the batch
  std::string problems;
  int count = 0;
};

} // namespace

LogicalResult plimsoll::pipeline::settleInputs(ModuleOp module, const CompileOptions &options) {
  // Every timeline has the same inputs; one that evaluates is a forward pass only.
  auto evaluate = nn::firstTimeline(module, nn::TimelineKind::evaluate);
  return evaluate ? InputSettler(module, evaluate, options).run() : success();
}
