#include "dialects/nn/NNNames.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;

namespace plimsoll::nn {

Location userLocation(MLIRContext *context, StringRef node, StringRef path) {
  Location inner = UnknownLoc::get(context);
  if (!path.empty())
    inner = NameLoc::get(StringAttr::get(context, path), inner);
  return NameLoc::get(StringAttr::get(context, node), inner);
}

static NameLoc findName(Location location) {
  if (auto name = dyn_cast<NameLoc>(location))
    return name;
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location inner : fused.getLocations())
      if (NameLoc name = findName(inner))
        return name;
  return {};
}

StringRef nodeName(Location location) {
  NameLoc name = findName(location);
  return name ? name.getName().getValue() : StringRef();
}

StringRef modulePath(Location location) {
  NameLoc name = findName(location);
  auto inner = name ? dyn_cast<NameLoc>(name.getChildLoc()) : NameLoc();
  return inner ? inner.getName().getValue() : StringRef();
}

std::string describe(Location location) {
  StringRef node = nodeName(location), path = modulePath(location);
  if (path.empty())
    return node.str();
  return (path + " [" + node + "]").str();
}

std::string describe(Operation *op) {
  std::string name = describe(op->getLoc());
  return name.empty() ? op->getName().getStringRef().str() : name;
}

std::string inNode(Location location) {
  std::string name = describe(location);
  return name.empty() ? "" : " (node '" + name + "')";
}

} // namespace plimsoll::nn
