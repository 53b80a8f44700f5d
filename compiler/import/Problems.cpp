#include "compiler/import/Problems.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace plimsoll::import;

/// More would hide the first ones.
static constexpr size_t kShown = 40;

void Problems::add(const llvm::Twine &where, const llvm::Twine &what, const llvm::Twine &fix) {
  list.push_back({where.str(), what.str(), fix.str()});
}

void Problems::report(Location file) const {
  InFlightDiagnostic error = emitError(file);
  error << list.size() << (list.size() == 1 ? " problem keeps" : " problems keep")
        << " this model from being imported";
  for (size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    error << "\n  ";
    if (!list[i].where.empty())
      error << list[i].where << ": ";
    error << list[i].what;
    if (!list[i].fix.empty())
      error << "\n      " << list[i].fix;
  }
  if (list.size() > kShown)
    error << "\n  and " << list.size() - kShown << " more";
}
