//===- Passes.td - forming kernels --------------------------------------------===//
#ifndef PLIMSOLL_PASSES_FUSE_PASSES
#define PLIMSOLL_PASSES_FUSE_PASSES

include "mlir/Pass/PassBase.td"

def FormLaunchesPass : Pass<"nn-form-launches", "::mlir::func::FuncOp"> {
  let summary = "decides which ops run as one launch";
  let description = [{
    Runs before planning and without a budget: the planner schedules launches, and a choice that
    could change bits must not depend on the budget. Every op that computes becomes an `nn.launch`,
    which later passes know launches by. Unless `fuse-loops=false`, a matrix product adds what is added
    to its result (`passes/fuse/ProductSums.h`), normalisations take what stands beside them
    (`MergeOps.h`), elementwise ops, broadcasts, transpositions and sums become one launch where one reads
    what another makes (`Fusion.h`), and small updates run side by side (`SideBySide.h`). Before that `nn.cross_entropy` and its gradient become one
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
                        "several ops may become one launch, but for a loss and its gradient">];
}

def ChunkLossesPass : Pass<"nn-chunk-losses", "::mlir::func::FuncOp"> {
  let summary = "computes the scores of large vocabularies for some rows at a time";
  let description = [{
    Where the scores of an `nn.cross_entropy` over the last dimension, of an `nn.kl_divergence`, or of
    both are a matrix product, or made from one element by element, the product, the losses, their
    gradients and the products that read these are computed for chunks of rows, one after the other,
    so that scores for all rows never exist. The same holds for a teacher's last product, from which
    the target of the divergence is made. Parts of a loss are added; the weight's gradient goes on
    from chunk to chunk (`plus`); rows of the input's gradient are put together. Scores that something
    else reads, such as an output of the program, stay as they are, and so do those of fewer than
    `bytes`. If they are the teacher's alone, each chunk reads a copy of its rows.

    A chunk has `rows` rows, or as many as make 16 chunks: it depends on the shape, never on
    the budget, since sums over chunks have other bits than sums over all rows.

    Before:
    ```mlir
    %scores = nn.matmul %x, %w {transpose_b} : tensor<2048x64xf32>, tensor<32000x64xf32>
    %loss, %accuracy = nn.cross_entropy %scores, %labels : tensor<2048x32000xf32>, tensor<2048xi64>
    ```
    After, for two chunks:
    ```mlir
    %x01:2 = nn.split %x {axis = 0 : i64, sizes = array<i64: 1024, 1024>} : tensor<2048x64xf32>
    %scores0 = nn.matmul %x01#0, %w {transpose_b} : tensor<1024x64xf32>, tensor<32000x64xf32>
    %loss0, %accuracy0 = nn.cross_entropy %scores0, %labels {first_row = 0 : i64}
    %scores1 = nn.matmul %x01#1, %w {transpose_b} : tensor<1024x64xf32>, tensor<32000x64xf32>
    %loss1, %accuracy1 = nn.cross_entropy %scores1, %labels {first_row = 1024 : i64}
    %loss = nn.add %loss0, %loss1 : tensor<f32>, tensor<f32>
    ```
    (Wijmans et al. 2024, and Liger Kernel, do this inside a kernel.)
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [Option<"rows", "rows", "int64_t", "256", "least rows of a chunk">,
                 Option<"bytes", "bytes", "int64_t", "16777216",
                        "least bytes of all scores, where chunks are worth their launches">];
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
