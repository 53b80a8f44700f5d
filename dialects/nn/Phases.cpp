//===- Phases.cpp - the part of a step that an op belongs to --------------------===//
#include "dialects/nn/Phases.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::nn;

static FusedLocWith<PhaseAttr> marked(Location location) {
  return dyn_cast<FusedLocWith<PhaseAttr>>(static_cast<LocationAttr>(location));
}

Phase plimsoll::nn::phaseOf(Location location) {
  if (FusedLocWith<PhaseAttr> fused = marked(location))
    return fused.getMetadata().getValue();
  return Phase::forward;
}

Location plimsoll::nn::withPhase(Location location, Phase phase) {
  if (FusedLocWith<PhaseAttr> fused = marked(location))
    location = fused.getLocations().front();
  if (phase == Phase::forward)
    return location;
  MLIRContext *context = location.getContext();
  return FusedLoc::get(context, {location}, PhaseAttr::get(context, phase));
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
