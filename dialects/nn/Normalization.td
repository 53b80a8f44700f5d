//===- Normalization.td - layer and batch normalisation, their gradients ----===//
#ifndef PLIMSOLL_DIALECTS_NN_NORMALIZATION
#define PLIMSOLL_DIALECTS_NN_NORMALIZATION

include "dialects/nn/NNBase.td"

def NN_LayerNormOp : NN_TensorOp<"layer_norm"> {
  let summary = "normalises over the trailing dimensions";
  let description = [{
    `y = (x - mean(x)) * rstd(x) * scale + bias`, where mean and variance are over the last
    `rank(scale)` dimensions, whose sizes are those of `scale` (and of `bias`), the variance is
    biased, and `rstd = 1 / sqrt(variance + epsilon)`. Also returns `mean` and `rstd`, one for each
    row: the gradient needs only them besides `x`. With `uncentered` the mean is taken as zero, in
    the variance too: root mean square normalisation (Zhang and Sennrich 2019).
    ```mlir
    %y, %mean, %rstd = nn.layer_norm %x, %scale, %bias {epsilon = 1.0e-05 : f64}
        : tensor<4x128x64xf32>, tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$scale,
                       Optional<NN_FloatTensor>:$bias, F64Attr:$epsilon, UnitAttr:$uncentered);
  let results = (outs NN_FloatTensor:$y, NN_FloatTensor:$mean, NN_FloatTensor:$rstd);
  let assemblyFormat = [{
    $x `,` $scale (`,` $bias^)? attr-dict `:` type($x) `,` type($scale) (`,` type($bias)^)?
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 8 * getX().getType().getNumElements(); }
  }];
}

def NN_LayerNormGradInputOp : NN_TensorOp<"layer_norm_grad_input"> {
  let summary = "gradient of nn.layer_norm with respect to x";
  let description = [{
    With `n = (x - mean) rstd` and `g = dy scale`: `dx = rstd (g - mean(g) - n mean(g n))`, the
    means over a row; with `uncentered` without `mean(g)`. `dy` has the type of `x`, `mean` and
    `rstd` have one element for each row.
    ```mlir
    %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd
        : tensor<4x128x64xf32>, tensor<4x128x64xf32>, tensor<64xf32>, tensor<4x128xf32>,
          tensor<4x128xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x, NN_FloatTensor:$scale,
                       NN_FloatTensor:$mean, NN_FloatTensor:$rstd, UnitAttr:$uncentered);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = [{
    $dy `,` $x `,` $scale `,` $mean `,` $rstd attr-dict `:` type($dy) `,` type($x) `,`
    type($scale) `,` type($mean) `,` type($rstd)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 11 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_LayerNormGradParamsOp : NN_Op<"layer_norm_grad_params", [Pure, NN_Costed, NN_InPlace,
    NN_Differentiable]> {
  let summary = "gradients of nn.layer_norm with respect to scale and bias";
  let description = [{
    `dscale = sum(dy n)` and `dbias = sum(dy)` with `n = (x - mean) rstd`, summed over the rows.
    Both results have the shape of the scale; `dy` has the type of `x`, `mean` and `rstd` have one
    element for each row.
    ```mlir
    %dscale, %dbias = nn.layer_norm_grad_params %dy, %x, %mean, %rstd
        : tensor<4x128x64xf32>, tensor<4x128x64xf32>, tensor<4x128xf32>, tensor<4x128xf32>
        to tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x, NN_FloatTensor:$mean,
                       NN_FloatTensor:$rstd);
  let results = (outs NN_FloatTensor:$dscale, NN_FloatTensor:$dbias);
  let assemblyFormat = [{
    $dy `,` $x `,` $mean `,` $rstd attr-dict `:` type($dy) `,` type($x) `,` type($mean) `,`
    type($rstd) `to` type($dscale) `,` type($dbias)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 4 * getX().getType().getNumElements(); }
  }];
}

def NN_LayerNormGradOp : NN_TensorOp<"layer_norm_grad"> {
  let summary = "gradients of nn.layer_norm, and what is added to the one of x";
  let description = [{
    `nn.layer_norm_grad_input`, to which `addend`, of its type, is added, and
    `nn.layer_norm_grad_params` in one pass over `dy` and `x`. `nn-form-launches` makes it.
    ```mlir
    %dx, %dscale, %dbias = nn.layer_norm_grad %dy, %x, %scale, %mean, %rstd plus %residual
        : tensor<4x128x64xf32>, tensor<4x128x64xf32>, tensor<64xf32>, tensor<4x128xf32>,
          tensor<4x128xf32>, tensor<4x128x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x, NN_FloatTensor:$scale,
                       NN_FloatTensor:$mean, NN_FloatTensor:$rstd,
                       Optional<NN_FloatTensor>:$addend, UnitAttr:$uncentered);
  let results = (outs NN_FloatTensor:$dx, NN_FloatTensor:$dscale, NN_FloatTensor:$dbias);
  let assemblyFormat = [{
    $dy `,` $x `,` $scale `,` $mean `,` $rstd (`plus` $addend^)? attr-dict `:` type($dy) `,`
    type($x) `,` type($scale) `,` type($mean) `,` type($rstd) (`,` type($addend)^)?
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 15 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      if (getAddend())
        return {{0, 0}, {0, 5}};
      return {{0, 0}};
    }
  }];
}

// Batch normalisation -------------------------------------------------------

def NN_BatchNormOp : NN_TensorOp<"batch_norm"> {
  let summary = "normalises each channel by the statistics of the batch";
  let description = [{
    `y = (x - mean) / sqrt(variance + epsilon) * scale + bias`, mean and (biased) variance over all
    dimensions of `x` but the second, the channels; `scale` and `bias` have one element for each
    channel. Also returns both statistics, which the gradient and the running statistics need.
    ```mlir
    %y, %mean, %variance = nn.batch_norm %x, %scale, %bias {epsilon = 1.0e-05 : f64}
        : tensor<64x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$scale, NN_FloatTensor:$bias,
                       F64Attr:$epsilon);
  let results = (outs NN_FloatTensor:$y, NN_FloatTensor:$mean, NN_FloatTensor:$variance);
  let assemblyFormat = [{
    $x `,` $scale `,` $bias attr-dict `:` type($x) `,` type($scale) `,` type($bias)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 8 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_BatchNormGradOp : NN_TensorOp<"batch_norm_grad"> {
  let summary = "gradients of nn.batch_norm";
  let description = [{
    With `n = (x - mean) rstd` and `rstd = 1 / sqrt(variance + epsilon)`: `dscale = sum(dy n)`,
    `dbias = sum(dy)`, `dx = scale rstd (dy - mean(dy) - n mean(dy n))`, sums and means over each
    channel. `dx` includes the gradients through the statistics. `dy` must have the type of `x`.
    ```mlir
    %dx, %dscale, %dbias = nn.batch_norm_grad %dy, %x, %scale, %mean, %variance
        {epsilon = 1.0e-05 : f64} : tensor<64x16x8x8xf32>, tensor<64x16x8x8xf32>, tensor<16xf32>,
        tensor<16xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x, NN_FloatTensor:$scale,
                       NN_FloatTensor:$mean, NN_FloatTensor:$variance, F64Attr:$epsilon);
  let results = (outs NN_FloatTensor:$dx, NN_FloatTensor:$dscale, NN_FloatTensor:$dbias);
  let assemblyFormat = [{
    $dy `,` $x `,` $scale `,` $mean `,` $variance attr-dict `:` type($dy) `,` type($x) `,`
    type($scale) `,` type($mean) `,` type($variance)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 11 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return {{0, 0}, {0, 1}};
    }
  }];
}

def NN_BatchNormReluOp : NN_TensorOp<"batch_norm_relu"> {
  let summary = "nn.batch_norm, what is added to it, and nn.relu";
  let description = [{
    `y = max(batch_norm(x) + addend, 0)`, each step rounded, in one pass over `x`; `addend`, which may be
    absent, has the type of `x`. `nn-form-launches` makes it.
    ```mlir
    %y, %mean, %variance = nn.batch_norm_relu %x, %scale, %bias plus %residual
        {epsilon = 1.0e-05 : f64} : tensor<64x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>,
        tensor<64x16x8x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$scale, NN_FloatTensor:$bias,
                       Optional<NN_FloatTensor>:$addend, F64Attr:$epsilon);
  let results = (outs NN_FloatTensor:$y, NN_FloatTensor:$mean, NN_FloatTensor:$variance);
  let assemblyFormat = [{
    $x `,` $scale `,` $bias (`plus` $addend^)? attr-dict `:` type($x) `,` type($scale) `,`
    type($bias) (`,` type($addend)^)?
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 10 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      if (getAddend())
        return {{0, 0}, {0, 3}};
      return {{0, 0}};
    }
  }];
}

def NN_BatchNormReluGradOp : NN_TensorOp<"batch_norm_relu_grad"> {
  let summary = "nn.batch_norm_grad of a gradient that passes nn.relu";
  let description = [{
    `nn.batch_norm_grad` with `dy` where `y > 0`, and 0 elsewhere, in place of `dy`. `y` is the result
    of the relu; `dy`, `y` and `x` have one type. `nn-form-launches` makes it.
    ```mlir
    %dx, %dscale, %dbias = nn.batch_norm_relu_grad %dy, %y, %x, %scale, %mean, %variance
        {epsilon = 1.0e-05 : f64} : tensor<64x16x8x8xf32>, tensor<64x16x8x8xf32>,
        tensor<64x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$y, NN_FloatTensor:$x,
                       NN_FloatTensor:$scale, NN_FloatTensor:$mean, NN_FloatTensor:$variance,
                       F64Attr:$epsilon);
  let results = (outs NN_FloatTensor:$dx, NN_FloatTensor:$dscale, NN_FloatTensor:$dbias);
  let assemblyFormat = [{
    $dy `,` $y `,` $x `,` $scale `,` $mean `,` $variance attr-dict `:` type($dy) `,` type($y) `,`
    type($x) `,` type($scale) `,` type($mean) `,` type($variance)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 13 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return {{0, 0}, {0, 1}, {0, 2}};
    }
  }];
}

def NN_BatchNormInferenceOp : NN_TensorOp<"batch_norm_inference"> {
  let summary = "normalises each channel by given statistics";
  let description = [{
    `nn.batch_norm` with the statistics as operands: the form that exporters write and `@evaluate`
    keeps. If the statistics are parameters, `nn-build-step` turns it into `nn.batch_norm` and
    `nn.batch_norm_update` in `@train`; `momentum` is for the update.
    ```mlir
    %y = nn.batch_norm_inference %x, %scale, %bias, %mean, %variance
        {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64}
        : tensor<64x16x8x8xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$scale, NN_FloatTensor:$bias,
                       NN_FloatTensor:$mean, NN_FloatTensor:$variance, F64Attr:$epsilon,
                       F64Attr:$momentum);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = [{
    $x `,` $scale `,` $bias `,` $mean `,` $variance attr-dict `:` type($x) `,` type($scale) `,`
    type($bias) `,` type($mean) `,` type($variance)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 4 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_BatchNormUpdateOp : NN_TensorOp<"batch_norm_update"> {
  let summary = "one update of the running statistics of a batch normalisation";
  let description = [{
    `running += momentum (new - running)`, where the new variance is the unbiased one,
    `variance * count / (count - 1)`, as in PyTorch; `count`, at least 2, is the number of elements
    of a channel. Overwrites the running statistics, so it runs once a step whatever else is
    repeated. All four operands have one type.
    ```mlir
    %m, %v = nn.batch_norm_update %running_mean, %running_variance, %mean, %variance
        {count = 4096 : i64, momentum = 0.1 : f64} : tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$running_mean, NN_FloatTensor:$running_variance,
                       NN_FloatTensor:$mean, NN_FloatTensor:$variance, I64Attr:$count,
                       F64Attr:$momentum);
  let results = (outs NN_FloatTensor:$new_mean, NN_FloatTensor:$new_variance);
  let assemblyFormat = [{
    $running_mean `,` $running_variance `,` $mean `,` $variance attr-dict `:`
    custom<OneType>(type($running_mean), type($running_variance), type($mean), type($variance))
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 6 * getMean().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return {{0, 0}, {1, 1}};
    }
    bool overwritesOperands() { return true; }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_NORMALIZATION
