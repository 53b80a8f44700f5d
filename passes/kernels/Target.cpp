//===- Target.cpp - the target without libraries ------------------------------===//
#include "passes/kernels/Target.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;

/// Rates of a small machine: floating-point operations, and bytes of memory traffic.
static constexpr double kFlopsPerSecond = 5e10, kBytesPerSecond = 1e10;

FailureOr<kernels::KernelChoice> kernels::Target::choose(Operation *op) const {
  KernelChoice choice;
  if (auto costed = dyn_cast<nn::CostOpInterface>(op))
    choice.seconds =
        std::max(costed.getFlops() / kFlopsPerSecond, costed.getTraffic() / kBytesPerSecond);
  return choice;
}
