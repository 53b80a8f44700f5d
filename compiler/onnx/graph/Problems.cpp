#include "compiler/onnx/graph/Problems.h"
#include "mlir/IR/Diagnostics.h"
#include "plimsoll/Shown.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace plimsoll::import;

/// More would hide the first ones.
static constexpr size_t kShown = 40;

void Problems::add(const llvm::Twine &where, const llvm::Twine &what, const llvm::Twine &fix) {
  list.push_back({shown(where.str()), what.str(), fix.str()});
}

/// Returns a shortened list of names, "a, b, c and 251 more".
static std::string listText(llvm::ArrayRef<StringRef> names) {
  constexpr size_t kNamed = 3;
  size_t named = names.size() > kNamed + 1 ? kNamed : names.size();
  std::string text = llvm::join(names.take_front(named), ", ");
  if (names.size() > named)
    text += " and " + std::to_string(names.size() - named) + " more";
  return text;
}

std::string Problems::text(StringRef what) const {
  // The same problem in many places is reported as one.
  llvm::MapVector<std::pair<StringRef, StringRef>, llvm::SmallVector<StringRef>> causes;
  for (const Problem &problem : list)
    if (auto &where = causes[{problem.what, problem.fix}];
        where.empty() || where.back() != problem.where)
      where.push_back(problem.where);
  std::string result = std::to_string(causes.size()) +
                       (causes.size() == 1 ? " problem keeps" : " problems keep") +
                       " this model from being " + what.str();
  size_t shown = 0;
  for (const auto &[cause, where] : causes) {
    if (++shown > kShown)
      break;
    std::string names = listText(where);
    result += "\n  " + names + (names.empty() ? "" : ": ") + cause.first.str();
    if (!cause.second.empty())
      result += "\n      " + cause.second.str();
  }
  if (causes.size() > kShown)
    result += "\n  and " + std::to_string(causes.size() - kShown) + " more";
  return result;
}

void Problems::report(Location file) const {
  emitError(file) << text("imported");
}
