#include "compiler/onnx/ops/OpTable.h"

using namespace plimsoll::import;

void plimsoll::import::addRefusedOps(llvm::StringMap<OpEntry> &table) {
  auto refuse = [&](llvm::StringRef name, const char *why, const char *fix) {
    OpEntry &entry = table[name];
    entry.refusal = why;
    entry.fix = fix;
  };
  refuse("Scan", "loops of this kind are not supported", "unroll it before the export");
  for (llvm::StringRef name : {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear",
                               "QLinearConv", "QLinearMatMul", "ConvInteger", "MatMulInteger"})
    refuse(name, kQuantised.data(), kQuantisedFix.data());
  for (llvm::StringRef name : {"Unique", "Compress", "NonMaxSuppression"})
    refuse(name, kSizeOfData.data(), kSizeOfDataFix.data());
}

const llvm::StringMap<OpEntry> &plimsoll::import::opTable() {
  static const llvm::StringMap<OpEntry> table = [] {
    llvm::StringMap<OpEntry> result;
    for (auto add : {addElementwiseOps,   addActivationOps, addShapeOps,       addLayoutOps,
                     addIndexOps,         addOrderOps,      addContractionOps, addImageOps,
                     addResizeOps,        addBatchNormOps,  addEinsumOps,      addAttentionOps,
                     addNormalizationOps, addLossOps,       addRecurrentOps,   addReductionOps,
                     addControlOps,       addBranchOps,     addRandomOps,      addRefusedOps,
                     addSampleOps,        addSequenceOps,   addSpectralOps,    addVisionOps,
                     addElementwiseFolds, addShapeFolds,    addIndexFolds})
      add(result);
    return result;
  }();
  return table;
}
