//===- Passes.td - forming kernels --------------------------------------------===//
#ifndef PLIMSOLL_PASSES_FUSE_PASSES
#define PLIMSOLL_PASSES_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def FormKernelsPass : Pass<"nn-form-kernels", "::mlir::func::FuncOp"> {
  let summary = "decides which ops run as one launch";
  let description = [{
    Runs before planning and knows no budget: the planner schedules launches, and a
    choice that could change bits must not depend on it. Today every op is a launch of
    its own, but that `nn.cross_entropy` and its gradient become one sweep, and
    broadcasts are done by the elementwise op that reads them.

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
