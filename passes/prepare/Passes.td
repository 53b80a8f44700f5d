//===- Passes.td - from an inference graph to a model that can be trained -----===//
#ifndef PLIMSOLL_PASSES_PREPARE_PASSES
#define PLIMSOLL_PASSES_PREPARE_PASSES

include "mlir/Pass/PassBase.td"

def SimplifyPass : Pass<"nn-simplify", "::mlir::func::FuncOp"> {
  let summary = "removes what exporters leave behind";
  let description = [{
    Folds transposes into matrix products and into each other, drops reshapes and
    broadcasts that change nothing or that the next op does itself, additions of zero
    and products with one, moves a transposition through the reshapes that merge batch
    and heads around it, and removes what no result needs.

    Before:
    ```mlir
    %t = nn.transpose %w {permutation = array<i64: 1, 0>} : tensor<32x64xf32>
    %y = nn.matmul %x, %t : tensor<4x64xf32>, tensor<64x32xf32>
    ```
    After:
    ```mlir
    %y = nn.matmul %x, %w {transpose_b} : tensor<4x64xf32>, tensor<32x64xf32>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def RaiseGeluPass : Pass<"nn-raise-gelu", "::mlir::func::FuncOp"> {
  let summary = "raises decomposed GELU to nn.gelu";
  let description = [{
    Recognises `x * 0.5 (1 + erf(x / sqrt 2))` and
    `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))` in the orders that exporters
    write, with a remark for each.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def RaiseLayerNormPass : Pass<"nn-raise-layer-norm", "::mlir::func::FuncOp"> {
  let summary = "raises decomposed layer normalisation to nn.layer_norm";
  let description = [{
    Recognises `(x - mean) / sqrt(mean((x - mean)^2) + epsilon) * scale + bias` over the
    last dimension, with a remark for each.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def RaiseAttentionPass : Pass<"nn-raise-attention", "::mlir::func::FuncOp"> {
  let summary = "raises decomposed attention to nn.attention, and sees causal masks";
  let description = [{
    Recognises `softmax(scale q k^T + mask) v`, the scale on the scores or split between
    q and k, with or without a mask and the exporter's guard against rows without keys
    (`where(isnan(p), 0, p)`). A mask that is a constant triangle (bool, or 0 and very
    negative numbers) becomes `causal`, one that hides nothing is dropped. Transposes
    between `[batch, tokens, heads, features]` and `[batch, heads, tokens, features]`
    around the op become `heads_inner`. A remark for each.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def AttachLossPass : Pass<"nn-attach-loss", "::mlir::ModuleOp"> {
  let summary = "makes @forward return a loss";
  let description = [{
    Adds the input `labels` and replaces the results of `@forward` by the loss (and, for
    cross entropy, the accuracy). `loss` is `cross-entropy[:OUTPUT]`, `mse[:OUTPUT]`, or
    `output:NAME` for a scalar that the model computes itself. Without OUTPUT the model
    must have one output only.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [Option<"loss", "loss", "std::string", "\"cross-entropy\"", "The loss">];
}

#endif // PLIMSOLL_PASSES_PREPARE_PASSES
