//===- InsertDropout.cpp - dropout behind named nodes and modules -------------===//
//
// Exporters in evaluation mode leave no trace of a dropout. A rule REGEX=p names nodes or modules
// as the user's file does, and each floating-point value that leaves one of them gets a dropout.
// This runs on the freshly imported model, where all names still exist.
//===----------------------------------------------------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "dialects/nn/Random.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/prepare/Passes.h"
#include "llvm/Support/Regex.h"
#include <map>

namespace plimsoll::prepare {
#define GEN_PASS_DEF_INSERTDROPOUTPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;

namespace {

/// Returns the names by which a rule can address an op: its node, and every module around it.
SmallVector<std::string> namesOf(Operation *op) {
  SmallVector<std::string> names = {nn::nodeName(op->getLoc()).str()};
  for (StringRef path = nn::modulePath(op->getLoc()); !path.empty();
       path = path.contains('.') ? path.rsplit('.').first : "")
    names.push_back(path.str());
  llvm::erase_if(names, [](const std::string &name) { return name.empty(); });
  return names;
}

struct InsertDropoutPass : prepare::impl::InsertDropoutPassBase<InsertDropoutPass> {
  using InsertDropoutPassBase::InsertDropoutPassBase;

  void runOnOperation() override {
    if (failed(nn::checkFunction(getOperation())))
      return signalPassFailure();
    std::map<std::string, SmallVector<Operation *>> named;
    for (Operation &op : getOperation().getBody().front().without_terminator())
      if (!isa<nn::LoadOp, nn::ConstantOp>(op))
        for (const std::string &name : namesOf(&op))
          named[name].push_back(&op);
    for (const std::string &rule : rules)
      if (failed(apply(rule, named)))
        signalPassFailure();
  }

private:
  using Names = std::map<std::string, SmallVector<Operation *>>;

  LogicalResult apply(StringRef rule, const Names &named) {
    auto [expression, number] = rule.rsplit('=');
    double p;
    llvm::Regex regex(("^(" + expression + ")$").str());
    std::string invalid;
    if (number.getAsDouble(p) || !(p > 0 && p < 1) || !regex.isValid(invalid))
      return getOperation().emitError("--dropout=")
             << rule << ": expected REGEX=p with 0 < p < 1"
             << (invalid.empty() ? "" : "; the expression: " + invalid);
    int64_t matched = 0;
    for (const auto &[name, ops] : named)
      if (regex.match(name)) {
        ++matched;
        dropBehind(ops, p);
      }
    if (matched > 0)
      return success();
    return getOperation().emitError("--dropout=")
           << rule << ": no node or module has a name that the expression matches as a whole"
           << nearest(expression, named);
  }

  /// Inserts one dropout behind each floating-point value that is read outside of `ops`.
  void dropBehind(ArrayRef<Operation *> ops, double p) {
    for (Operation *op : ops)
      for (Value value : op->getResults()) {
        auto isInside = [&](Operation *user) { return llvm::is_contained(ops, user); };
        if (!nn::detail::isFloat(value.getType()) || llvm::all_of(value.getUsers(), isInside) ||
            llvm::any_of(value.getUsers(), llvm::IsaPred<nn::DropoutOp>))
          continue;
        OpBuilder builder(op->getContext());
        builder.setInsertionPointAfter(op);
        int32_t stream = nn::nextStream(*op->getBlock());
        auto dropout =
            nn::DropoutOp::create(builder, op->getLoc(), value, Value(), stream, APFloat(p));
        value.replaceUsesWithIf(dropout.getY(), [&](OpOperand &use) {
          return use.getOwner() != dropout && !isInside(use.getOwner());
        });
      }
  }

  /// Returns "; near are ..." with the names most similar to the expression.
  static std::string nearest(StringRef expression, const Names &named) {
    std::string plain = expression.str();
    llvm::erase_if(plain, [](char c) { return StringRef("\\^$.*+?()[]{}|").contains(c); });
    std::vector<std::pair<unsigned, StringRef>> ranked;
    for (const auto &[name, ops] : named) {
      std::string letters = name;
      llvm::erase_if(letters, [](char c) { return c == '.'; });
      bool part = StringRef(letters).contains(plain) && !plain.empty();
      ranked.push_back({part ? 0 : StringRef(letters).edit_distance(plain), name});
    }
    llvm::sort(ranked);
    std::string text;
    for (auto [distance, name] : ArrayRef(ranked).take_front(5))
      text += (text.empty() ? "; near are " : ", ") + name.str();
    return text;
  }
};

} // namespace
