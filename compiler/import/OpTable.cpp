#include "compiler/import/OpTable.h"

using namespace plimsoll::import;

void plimsoll::import::addRefusedOps(llvm::StringMap<OpEntry> &table) {
  auto refuse = [&](llvm::StringRef name, const char *why, const char *fix) {
    OpEntry &entry = table[name];
    entry.refusal = why;
    entry.fix = fix;
  };
  const char *later = "it comes in a later version; export the model without it";
  refuse("InstanceNormalization", "instance and group normalisation cannot be trained yet", later);
  refuse("GroupNormalization", "instance and group normalisation cannot be trained yet", later);
  refuse("RotaryEmbedding", "the fused rotary embedding is not supported yet",
         "export with optimize=False: then it is written as Mul, Neg and Concat");
  refuse("If", "branches inside the graph are not supported",
         "export the model with inputs that take one branch");
  for (llvm::StringRef name : {"Loop", "Scan"})
    refuse(name, "loops inside the graph are not supported", "unroll it before the export");
  for (llvm::StringRef name : {"LSTM", "GRU", "RNN"})
    refuse(name, "this operator cannot be trained yet", later);
  for (llvm::StringRef name : {"QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"})
    refuse(name, "quantised models cannot be trained", "export the model in f32");
}

const llvm::StringMap<OpEntry> &plimsoll::import::opTable() {
  static const llvm::StringMap<OpEntry> table = [] {
    llvm::StringMap<OpEntry> result;
    for (auto add :
         {addElementwiseOps, addShapeOps, addIndexOps, addContractionOps, addImageOps, addResizeOps,
          addBatchNormOps, addAttentionOps, addNormalizationOps, addReductionOps, addControlOps,
          addRefusedOps, addElementwiseFolds, addShapeFolds, addIndexFolds})
      add(result);
    return result;
  }();
  return table;
}
