//===- Passes.td - forming kernels --------------------------------------------===//
#ifndef PLIMSOLL_PASSES_FUSE_PASSES
#define PLIMSOLL_PASSES_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def FormLaunchesPass : Pass<"nn-form-launches", "::mlir::func::FuncOp"> {
  let summary = "decides which ops run as one launch";
  let description = [{
    Runs before planning and without a budget: the planner schedules launches, and a choice that
    could change bits must not depend on the budget. Every op that computes becomes an `nn.launch`,
    which later passes know launches by, and elementwise ops, broadcasts, transpositions and sums
    become one launch where one reads what another makes (`passes/fuse/Fusion.h`), unless
    `fuse-loops=false`; before that `nn.cross_entropy` and its gradient become one
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
  let options = [Option<"fuseLoops", "fuse-loops", "bool", "true",
                        "several elementwise ops may become one launch">];
}

def ChooseSavedPass : Pass<"nn-choose-saved", "::mlir::func::FuncOp"> {
  let summary = "decides which forward values the backward pass reads, and which it makes again";
  let description = [{
    Of all sets of forward values from which the backward pass can be computed, that with the fewest
    bytes is kept: a minimum cut. What is not kept is computed again where it is read: for nothing if that
    becomes a part of the loop nest that reads it, as for an activation function, or as a launch of its
    own (normalised rows that a product reads); those launches take at most 1 % of the step. Knows no
    budget: with less memory the planner repeats more.

    Before, where `%gate` is kept and `%s`, too:
    ```mlir
    %s = nn.sigmoid %gate
    ...
    %d = nn.sigmoid_grad %dy, %s
    ```
    After:
    ```mlir
    %s = nn.sigmoid %gate
    ...
    %again = nn.sigmoid %gate
    %d = nn.sigmoid_grad %dy, %again
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

#endif // PLIMSOLL_PASSES_FUSE_PASSES
