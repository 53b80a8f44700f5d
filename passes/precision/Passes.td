//===- Passes.td - in which type values are kept --------------------------------===//
#ifndef PLIMSOLL_PASSES_PRECISION_PASSES
#define PLIMSOLL_PASSES_PRECISION_PASSES

include "mlir/Pass/PassBase.td"

def AssignPrecisionPass : Pass<"nn-assign-precision", "::mlir::func::FuncOp"> {
  let summary = "keeps factors of matrix products and of attention in bf16";
  let description = [{
    Runs on the whole step, before planning and without a budget, so that rounding does not depend
    on the budget. A factor is rounded once, where it is made, and the backward pass reads the
    rounded value, so an activation that only products read is kept in half its bytes. Sums are f32,
    and so is everything else: weights, state, losses, normalisations.

    A cast moves above ops that only move data, which then move half the bytes: always above a
    reshape, above others if nothing else reads their results.

    Before:
    ```mlir
    %t = nn.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x8xf32>
    %y = nn.matmul %t, %w : tensor<8x4xf32>, tensor<4x16xf32>
    ```
    After:
    ```mlir
    %c = nn.cast %x {to = bf16} : tensor<4x8xf32>
    %t = nn.transpose %c {permutation = array<i64: 1, 0>} : tensor<4x8xbf16>
    %d = nn.cast %w {to = bf16} : tensor<4x16xf32>
    %y = nn.matmul %t, %d : tensor<8x4xbf16>, tensor<4x16xbf16>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

#endif // PLIMSOLL_PASSES_PRECISION_PASSES
