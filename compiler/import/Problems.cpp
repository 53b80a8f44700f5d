#include "compiler/import/Problems.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace plimsoll::import;

/// More would hide the first ones.
static constexpr size_t kShown = 40;

void Problems::add(const llvm::Twine &where, const llvm::Twine &what, const llvm::Twine &fix) {
  list.push_back({where.str(), what.str(), fix.str()});
}

std::string Problems::text(StringRef what) const {
  std::string result = std::to_string(list.size()) +
                       (list.size() == 1 ? " problem keeps" : " problems keep") +
                       " this model from being " + what.str();
  for (size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    result += "\n  " + list[i].where + (list[i].where.empty() ? "" : ": ") + list[i].what;
    if (!list[i].fix.empty())
      result += "\n      " + list[i].fix;
  }
  if (list.size() > kShown)
    result += "\n  and " + std::to_string(list.size() - kShown) + " more";
  return result;
}

void Problems::report(Location file) const {
  emitError(file) << text("imported");
}
