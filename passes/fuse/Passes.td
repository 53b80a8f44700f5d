//===- Passes.td - forming kernels --------------------------------------------===//
#ifndef PLIMSOLL_PASSES_FUSE_PASSES
#define PLIMSOLL_PASSES_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def FormLaunchesPass : Pass<"nn-form-launches", "::mlir::func::FuncOp"> {
  let summary = "decides which ops run as one launch";
  let description = [{
    Runs before planning and without a budget: the planner schedules launches, and a choice that
    could change bits must not depend on the budget. Every op that computes becomes an `nn.launch`,
    which later passes know launches by; before that `nn.cross_entropy` and its gradient become one
    op, a broadcast becomes part of the elementwise op that reads it, and a gradient that is a
    parameter itself is copied. Parameters that are read
    or written, constants and reshapes are no launches.

    Before:
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels
    %d = nn.cross_entropy_grad %logits, %labels, %one
    ```
    After:
    ```mlir
    %loss, %accuracy, %d = nn.launch(%logits, %labels) {
      nn.cross_entropy_with_grad
      nn.yield
    }
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

#endif // PLIMSOLL_PASSES_FUSE_PASSES
