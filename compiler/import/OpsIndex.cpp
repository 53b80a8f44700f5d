//===- OpsIndex.cpp - operators that choose elements by index --------------------===//
#include "compiler/import/OpTable.h"
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::import;
using llvm::Twine;

/// One known index takes a part; others look rows up at run time.
static void gather(Node &n) {
  Value table = n.data(0);
  if (!table)
    return;
  std::optional<int64_t> axis = n.axis(n.intAttr("axis", 0), typeOf(table).getRank());
  if (!axis)
    return;
  int64_t rows = typeOf(table).getDimSize(*axis);
  if (const HostTensor *indices = n.knownOrNull(1)) {
    if (indices->isFloat())
      return n.error("its indices must be integers");
    for (int64_t index : indices->ints)
      if (index < -rows || index >= rows)
        return n.error("its index " + Twine(index) + " is outside the " + Twine(rows) + " rows");
    if (indices->rank() == 0) {
      int64_t index = indices->ints[0] < 0 ? indices->ints[0] + rows : indices->ints[0];
      Value part = n.part(table, *axis, index, 1);
      Shape shape(typeOf(table).getShape());
      shape.erase(shape.begin() + *axis);
      return n.set(n.reshape(part, shape));
    }
  }
  Value indices = n.data(1);
  n.set(n.emit<nn::GatherOp>({table, indices}, n.intNamed("axis", *axis)));
}

void plimsoll::import::addIndexOps(llvm::StringMap<OpEntry> &table) {
  table["Gather"].data = gather;
}
