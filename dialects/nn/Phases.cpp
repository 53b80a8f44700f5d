//===- Phases.cpp - the part of a step that an op belongs to --------------------===//
#include "dialects/nn/Phases.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::nn;

static FusedLocWith<PhaseAttr> marked(Location location) {
  return dyn_cast<FusedLocWith<PhaseAttr>>(static_cast<LocationAttr>(location));
}

Phase plimsoll::nn::phaseOf(Location location) {
  FusedLocWith<PhaseAttr> fused = marked(location);
  return fused ? fused.getMetadata().getValue() : Phase::forward;
}

std::optional<unsigned> plimsoll::nn::valuesOf(Location location) {
  FusedLocWith<PhaseAttr> fused = marked(location);
  return fused ? fused.getMetadata().getValues() : std::nullopt;
}

ArrayRef<GradientOf> plimsoll::nn::gradientsOf(Location location) {
  FusedLocWith<PhaseAttr> fused = marked(location);
  return fused ? fused.getMetadata().getGradients() : ArrayRef<GradientOf>();
}

/// Returns `location` with this in place of what is recorded there.
static Location record(Location location, Phase phase, std::optional<unsigned> values,
                       ArrayRef<GradientOf> gradients) {
  if (FusedLocWith<PhaseAttr> fused = marked(location))
    location = fused.getLocations().front();
  if (phase == Phase::forward && !values && gradients.empty())
    return location;
  MLIRContext *context = location.getContext();
  return FusedLoc::get(context, {location}, PhaseAttr::get(context, phase, values, gradients));
}

Location plimsoll::nn::withPhase(Location location, Phase phase) {
  return record(location, phase, valuesOf(location), gradientsOf(location));
}

Location plimsoll::nn::withValues(Location location, unsigned first) {
  return record(location, phaseOf(location), first, gradientsOf(location));
}

Location plimsoll::nn::withGradients(Location location, ArrayRef<GradientOf> gradients) {
  SmallVector<GradientOf> all(gradientsOf(location));
  all.append(gradients.begin(), gradients.end());
  llvm::sort(all);
  all.erase(llvm::unique(all), all.end());
  return record(location, phaseOf(location), valuesOf(location), all);
}

Location plimsoll::nn::locationOfBoth(Operation *first, Operation *second) {
  SmallVector<GradientOf> gradients(gradientsOf(second->getLoc()));
  for (GradientOf &of : gradients)
    of.result += first->getNumResults();
  return withGradients(first->getLoc(), gradients);
}

Location plimsoll::nn::withoutValues(Location location) {
  return record(location, phaseOf(location), std::nullopt, {});
}

PhaseMarker::PhaseMarker(Block &block) : block(block) {
  for (Operation &op : block)
    known.insert(&op);
}

void PhaseMarker::markAdded(Phase phase) {
  for (Operation &op : block)
    if (known.insert(&op).second)
      op.setLoc(withPhase(op.getLoc(), phase));
}
