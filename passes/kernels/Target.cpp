//===- Target.cpp - the target without libraries ------------------------------===//
#include "passes/kernels/Target.h"

using namespace mlir;
using namespace plimsoll;

/// Rates of a small machine: floating-point operations, and bytes of memory traffic.
static constexpr double kFlopsPerSecond = 5e10, kBytesPerSecond = 1e10;

FailureOr<kernels::KernelChoice> kernels::Target::choose(nn::LaunchOp launch) const {
  KernelChoice choice;
  choice.seconds =
      std::max(launch.getFlops() / kFlopsPerSecond, launch.getTraffic() / kBytesPerSecond);
  return choice;
}
