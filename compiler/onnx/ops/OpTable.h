//===- OpTable.h - the ONNX operators that are supported -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_OPS_OPTABLE_H
#define PLIMSOLL_COMPILER_ONNX_OPS_OPTABLE_H

#include "compiler/onnx/ops/Node.h"

namespace plimsoll::import {

/// The reason for refusing operators that select elements by their values.
inline constexpr llvm::StringLiteral kSizeOfData =
    "the size of its result depends on the data, and a plan needs every size";
inline constexpr llvm::StringLiteral kSizeOfDataFix =
    "keep all elements and mask them: torch.where(mask, x, 0), or sums weighted by the mask, "
    "instead of x[mask]; a mixture of experts with "
    "model.set_experts_implementation('batched_mm')";

using Handler = void (*)(Node &);

struct OpEntry {
  /// Emits nn ops if operands are known only at run time.
  Handler data = nullptr;
  /// Evaluates the node if all its operands are known or missing.
  Handler fold = nullptr;
  /// The reason for refusing the operator, and a remedy.
  const char *refusal = nullptr, *fix = "";
};

/// Returns the entries by operator name, for the domain ai.onnx.
const llvm::StringMap<OpEntry> &opTable();

// The families of operators, one file each.
void addElementwiseOps(llvm::StringMap<OpEntry> &table);
void addActivationOps(llvm::StringMap<OpEntry> &table);
void addShapeOps(llvm::StringMap<OpEntry> &table);
void addLayoutOps(llvm::StringMap<OpEntry> &table);
void addIndexOps(llvm::StringMap<OpEntry> &table);
void addOrderOps(llvm::StringMap<OpEntry> &table);
void addContractionOps(llvm::StringMap<OpEntry> &table);
void addEinsumOps(llvm::StringMap<OpEntry> &table);
void addImageOps(llvm::StringMap<OpEntry> &table);
void addBatchNormOps(llvm::StringMap<OpEntry> &table);
void addResizeOps(llvm::StringMap<OpEntry> &table);
void addAttentionOps(llvm::StringMap<OpEntry> &table);
void addNormalizationOps(llvm::StringMap<OpEntry> &table);
void addLossOps(llvm::StringMap<OpEntry> &table);
void addRecurrentOps(llvm::StringMap<OpEntry> &table);
void addReductionOps(llvm::StringMap<OpEntry> &table);
void addRandomOps(llvm::StringMap<OpEntry> &table);
void addBranchOps(llvm::StringMap<OpEntry> &table);
void addSampleOps(llvm::StringMap<OpEntry> &table);
void addSequenceOps(llvm::StringMap<OpEntry> &table);
void addSpectralOps(llvm::StringMap<OpEntry> &table);
void addVisionOps(llvm::StringMap<OpEntry> &table);
void addControlOps(llvm::StringMap<OpEntry> &table);
void addRefusedOps(llvm::StringMap<OpEntry> &table);
void addElementwiseFolds(llvm::StringMap<OpEntry> &table);
void addShapeFolds(llvm::StringMap<OpEntry> &table);
void addIndexFolds(llvm::StringMap<OpEntry> &table);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_OPS_OPTABLE_H
