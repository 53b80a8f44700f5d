//===- NNDialect.cpp - registration of the nn dialect ------------------------===//
#include "dialects/nn/NNDialect.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace plimsoll::nn;

#include "dialects/nn/NNOpsDialect.cpp.inc"
#include "dialects/nn/NNOpsEnums.cpp.inc"

/// Parses `0 : 7, 0 : 9`, the gradients of a #nn.phase.
static ParseResult parseGradients(AsmParser &parser, SmallVectorImpl<GradientOf> &gradients) {
  return parser.parseCommaSeparatedList([&]() -> ParseResult {
    GradientOf &gradient = gradients.emplace_back();
    return failure(parser.parseInteger(gradient.result) || parser.parseColon() ||
                   parser.parseInteger(gradient.value));
  });
}

static void printGradients(AsmPrinter &printer, ArrayRef<GradientOf> gradients) {
  llvm::interleaveComma(gradients, printer.getStream(), [&](const GradientOf &gradient) {
    printer << gradient.result << " : " << gradient.value;
  });
}

#define GET_ATTRDEF_CLASSES
#include "dialects/nn/NNOpsAttributes.cpp.inc"

LogicalResult BytesAttr::verify(function_ref<InFlightDiagnostic()> emitError, StringRef file,
                                int64_t offset, int64_t size) {
  if (offset < 0 || size < 0 || offset > std::numeric_limits<int64_t>::max() - size)
    return emitError() << "no file has " << size << " bytes from byte " << offset << " on";
  return success();
}

void NNDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/nn/NNOpsAttributes.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/nn/NNOps.cpp.inc"
      >();
}

Operation *NNDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                          Location loc) {
  auto elements = dyn_cast<ElementsAttr>(value);
  return elements && elements.getType() == type ? ConstantOp::create(builder, loc, elements)
                                                : nullptr;
}
