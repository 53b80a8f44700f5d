//===- Passes.td - from an inference graph to a model that can be trained -----===//
#ifndef PLIMSOLL_PASSES_PREPARE_PASSES
#define PLIMSOLL_PASSES_PREPARE_PASSES

include "mlir/Pass/PassBase.td"

def AssignRecipePass : Pass<"nn-assign-recipe", "::mlir::ModuleOp"> {
  let summary = "decides which parameters are trained, decayed, and at which rates";
  let description = [{
    The front end says of every parameter whether it is one of the module that is trained, and
    what it is for (`role`). This pass applies the user's corrections, by regular expressions that
    match a part of a parameter's name, or of its name in the model file (`nn.file_name`). Weight
    decay applies to trained tensors of two dimensions or more that are no bias. An expression of
    `sparse` that matches no parameter is an error; other expressions only cause a warning.

    Before, with `freeze=embed decay=.*=0.3`:
    ```mlir
    nn.parameter @embed.weight : tensor<64x32xf32> {trainable}
    nn.parameter @h.weight : tensor<64x32xf32> {trainable}
    ```
    After:
    ```mlir
    nn.parameter @embed.weight : tensor<64x32xf32> {reason = "--freeze"}
    nn.parameter @h.weight : tensor<64x32xf32> {trainable, decayed, decay = 0.3 : f64}
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [
    ListOption<"trainable", "trainable", "std::string", "REGEX of what is trained">,
    ListOption<"freeze", "freeze", "std::string", "REGEX of what is not trained">,
    ListOption<"noDecay", "no-decay", "std::string", "REGEX of what weight decay leaves alone">,
    ListOption<"sparse", "sparse", "std::string", "REGEX of tables whose gradients are kept by rows">,
    ListOption<"decay", "decay", "std::string", "REGEX=NUMBER: weight decay of their own">,
    ListOption<"lrScale", "lr-scale", "std::string", "REGEX=NUMBER: factor on the learning rate">,
  ];
}

def InsertDropoutPass : Pass<"nn-insert-dropout", "::mlir::func::FuncOp"> {
  let summary = "puts dropout behind named nodes and modules";
  let description = [{
    For each rule `REGEX=p`: every floating-point value that leaves a node or module whose whole
    name matches the expression gets an `nn.dropout`. A rule that matches nothing is an error that
    lists similar names.

    Before, with `rules=h\.0\.mlp=0.1` and an op in module `h.0.mlp`:
    ```mlir
    %y = nn.gelu %x : tensor<4x64xf32>
    ```
    After:
    ```mlir
    %y = nn.gelu %x : tensor<4x64xf32>
    %d = nn.dropout %y {stream = 0 : i32, p = 0.1 : f64} : tensor<4x64xf32>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [ListOption<"rules", "rules", "std::string", "Rules REGEX=p">];
}

def SimplifyPass : Pass<"nn-simplify", "::mlir::func::FuncOp"> {
  let summary = "removes what exporters leave behind";
  let description = [{
    Folds transposes into matrix products and into each other, drops reshapes and broadcasts that
    change nothing or that the next op does itself, makes views of transpositions that move only
    dimensions of size 1 and of gathers of all rows in order, drops additions of zero and products with one, moves a
    transposition through the reshapes that merge batch and heads around it, replaces parts that are
    put together again by the whole, and removes ops that no result needs.

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
    last dimension, and the same without the mean (root mean square normalisation), with a
    remark for each.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def RaiseRotaryPass : Pass<"nn-raise-rotary", "::mlir::func::FuncOp"> {
  let summary = "raises decomposed rotary position embeddings to nn.rotary";
  let description = [{
    Recognises `x cos + concat(-x2, x1) sin`, where `x1` and `x2` are the halves of the features of
    `x`, `[batch, heads, tokens, features]`, and no parameter went into the tables. A transposition
    that made `x` moves behind the op, so that attention can take it. Emits a remark for each.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def RaiseAttentionPass : Pass<"nn-raise-attention", "::mlir::func::FuncOp"> {
  let summary = "raises decomposed attention to nn.attention, and sees causal masks";
  let description = [{
    Recognises `softmax(scale q k^T + mask) v`, the scale on the scores or split between q and k,
    with or without a mask and with or without the exporter's guard against rows without keys
    (`where(isnan(p), 0, p)`). A mask that is a constant triangle (bool, or 0 and very negative
    numbers) becomes `causal`, one that hides nothing is dropped. If the heads of keys and values
    are repeated for groups of queries, the op reads them unrepeated. Transposes between `[batch,
    tokens, heads, features]` and `[batch, heads, tokens, features]` around the op become
    `heads_inner`. Emits a remark for each.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

def AttachLoraPass : Pass<"nn-attach-lora", "::mlir::ModuleOp"> {
  let summary = "puts low-rank adapters beside frozen weights";
  let description = [{
    Freezes every parameter. Those that `modules` (a regular expression) names get an adapter at
    each product whose right factor they are: `y + (alpha / rank) (x A^T) B^T`, where
    `NAME.lora_A.weight` is `[rank, in]`, drawn uniformly within `1 / sqrt(in)`, and
    `NAME.lora_B.weight` is `[out, rank]` and zero. With `dropout`, each adapter reads `x` through a
    dropout. Named parameters that are used otherwise are refused, all in one error; other tensors
    of a module that has an adapter stay as they are.

    Before:
    ```mlir
    %y = nn.matmul %x, %w {transpose_b} : tensor<4x64xf32>, tensor<32x64xf32>
    ```
    After, with rank 8 and alpha 16:
    ```mlir
    %y = nn.matmul %x, %w {transpose_b} : tensor<4x64xf32>, tensor<32x64xf32>
    %h = nn.matmul %x, %a {transpose_b} : tensor<4x64xf32>, tensor<8x64xf32>
    %s = nn.mul %h, %two : tensor<4x8xf32>, tensor<f32>
    %d = nn.matmul %s, %b {transpose_b} : tensor<4x8xf32>, tensor<32x8xf32>
    %z = nn.add %y, %d : tensor<4x32xf32>, tensor<4x32xf32>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [Option<"modules", "modules", "std::string", "\"\"", "Which weights to adapt">,
                 Option<"rank", "rank", "int64_t", "8", "Rows of A">,
                 Option<"alpha", "alpha", "double", "16", "Scale of the adapter, times the rank">,
                 Option<"dropout", "dropout", "double", "0", "Of what the adapters read; 0: none">];
}

def AttachTeacherPass : Pass<"nn-attach-teacher", "::mlir::ModuleOp"> {
  let summary = "makes the distance between a student's and its teacher's scores a loss";
  let description = [{
    Replaces the result of `@forward` that has the role "teacher" by `T^2 KL(p || q)`, the mean over
    rows, where `p = softmax(teacher / T)` and `q = softmax(student / T)`: PyTorch's `kl_div(log q,
    p, reduction="batchmean") * T * T` of scores flattened to rows. The classes lie along `axis` or,
    as for nn-attach-loss, along a dimension that depends on the rank. The result gets the attribute
    `nn.added_loss = weight`, by which nn-attach-loss mixes it with the student's own loss. `output`
    names the student's scores if it has several results.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [Option<"weight", "weight", "double", "0.5", "Share of the loss">,
                 Option<"temperature", "temperature", "double", "1", "T">,
                 Option<"output", "output", "std::string", "\"\"", "The student's scores">,
                 Option<"axis", "axis", "int64_t", "0", "Of the classes; 0: by the rank">];
}

def AttachLossPass : Pass<"nn-attach-loss", "::mlir::ModuleOp"> {
  let summary = "makes @forward return a loss";
  let description = [{
    Adds the input `labels` and replaces the results of `@forward` by the loss (and, for
    cross entropy, the accuracy). `loss` is `KIND[:OUTPUT][,key=value]`, or `output:NAME` for
    a scalar that the model computes itself. Without OUTPUT the model must have one output
    only. Kinds, and what `labels` are:

    * `cross-entropy[,label-smoothing=0.1][,ignore-index=-100][,weights=1:0.5:2][,axis=N]`:
      classes;
    * `mse`, `l1`, `huber[,delta=1]`, `bce-with-logits`: numbers, like the output;
    * `kl[,temperature=1][,axis=N]`: a distribution over the classes, like the output.

    Classes lie along dimension `axis`, counted from the end if negative. Without `axis` that is the
    last of two or three dimensions, and dimension 1 of more. If the output is a Softmax or Sigmoid
    and the loss applies one itself, a warning says so.

    A result with `nn.added_loss` (see nn-attach-teacher) is mixed with the loss; the unmixed loss
    stays as the result `own_loss`. An empty `loss` adds none. Integer inputs that select rows or
    classes get their limit, `nn.limit`.
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
  let options = [Option<"loss", "loss", "std::string", "\"cross-entropy\"", "The loss">];
}

def WidenPass : Pass<"nn-widen", "::mlir::ModuleOp"> {
  let summary = "makes every f32 of a model f64, for checks of gradients";
  let description = [{
    Types, constants and parameters of f32 become f64. The bytes that `source` names are f32, so
    the attribute of such a parameter is renamed to `nn.single_source`.

    Before:
    ```mlir
    nn.parameter @w : tensor<2xf32> {source = #nn.bytes<file = "m.onnx", offset = 0, size = 8>}
    %y = nn.exp %x : tensor<2xf32>
    ```
    After:
    ```mlir
    nn.parameter @w : tensor<2xf64>
        {nn.single_source = #nn.bytes<file = "m.onnx", offset = 0, size = 8>}
    %y = nn.exp %x : tensor<2xf64>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect"];
}

#endif // PLIMSOLL_PASSES_PREPARE_PASSES
