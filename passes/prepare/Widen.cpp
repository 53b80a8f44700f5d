//===- Widen.cpp - a model of f32 in f64 -----------------------------------------===//
//
// For gradient checks, which f32 is too coarse for. A parameter keeps the place of its f32 bytes
// under another name, because the sizes no longer agree.
//===----------------------------------------------------------------------===//
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AttrTypeSubElements.h"
#include "mlir/IR/Builders.h"
#include "passes/prepare/Passes.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_WIDENPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;
using namespace plimsoll::prepare;

static APFloat widened(APFloat number) {
  bool inexact;
  number.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &inexact);
  return number;
}

namespace {

struct WidenPass : prepare::impl::WidenPassBase<WidenPass> {
  using WidenPassBase::WidenPassBase;

  void runOnOperation() override {
    Type wide = Float64Type::get(&getContext());
    AttrTypeReplacer replacer;
    replacer.addReplacement([&](Float32Type) { return wide; });
    replacer.addReplacement([&](DenseElementsAttr constant) -> std::optional<Attribute> {
      if (!constant.getElementType().isF32())
        return std::nullopt;
      return constant.mapValues(
          wide, [](const APFloat &number) { return widened(number).bitcastToAPInt(); });
    });
    for (auto parameter : getOperation().getOps<nn::ParameterOp>())
      if (nn::BytesAttr source = parameter.getSourceAttr();
          source && parameter.getTensorType().getElementType().isF32()) {
        parameter->setAttr(nn::kSingleSourceAttr, source);
        parameter.removeSourceAttr();
      }
    replacer.recursivelyReplaceElementsIn(getOperation(), /*replaceAttrs=*/true,
                                          /*replaceLocs=*/false, /*replaceTypes=*/true);
  }
};

} // namespace
