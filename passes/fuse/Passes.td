//===- Passes.td - forming kernels --------------------------------------------===//
#ifndef PLIMSOLL_PASSES_FUSE_PASSES
#define PLIMSOLL_PASSES_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def FormKernelsPass : Pass<"nn-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "decides which ops run as one launch";
  let description = [{
    Runs before planning and without a budget: the planner schedules launches, and a choice that
    could change bits must not depend on the budget. Every op is a launch, with two exceptions:
    `nn.cross_entropy` and its gradient become one launch, and a broadcast becomes part of the
    elementwise op that reads it.

    Before:
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels
    %d = nn.cross_entropy_grad %logits, %labels, %one
    ```
    After:
    ```mlir
    %loss, %accuracy, %d = nn.cross_entropy_with_grad %logits, %labels
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

#endif // PLIMSOLL_PASSES_FUSE_PASSES
