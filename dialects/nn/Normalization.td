//===- Normalization.td - layer normalisation and its gradients -------------===//
#ifndef PLIMSOLL_DIALECTS_NN_NORMALIZATION
#define PLIMSOLL_DIALECTS_NN_NORMALIZATION

include "dialects/nn/NNBase.td"

def NN_LayerNormOp : NN_TensorOp<"layer_norm"> {
  let summary = "normalises over the trailing dimensions";
  let description = [{
    `y = (x - mean(x)) * rstd(x) * scale + bias`, mean and variance over the last
    `rank(scale)` dimensions, variance biased. Also returns `mean` and `rstd`, which is
    all that the gradient keeps besides `x`.
    ```mlir
    %y, %mean, %rstd = nn.layer_norm %x, %scale, %bias {epsilon = 1.0e-05 : f64}
        : tensor<4x128x64xf32>, tensor<64xf32>, tensor<64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$scale,
                       Optional<NN_FloatTensor>:$bias, F64Attr:$epsilon);
  let results = (outs NN_FloatTensor:$y, NN_FloatTensor:$mean, NN_FloatTensor:$rstd);
  let assemblyFormat = [{
    $x `,` $scale (`,` $bias^)? attr-dict `:` type($x) `,` type($scale) (`,` type($bias)^)?
  }];
  let extraClassDeclaration = [{
    int64_t getFlops() { return 8 * getX().getType().getNumElements(); }
  }];
}

def NN_LayerNormGradInputOp : NN_TensorOp<"layer_norm_grad_input"> {
  let summary = "gradient of nn.layer_norm with respect to x";
  let description = [{
    ```mlir
    %dx = nn.layer_norm_grad_input %dy, %x, %scale, %mean, %rstd
        : tensor<4x128x64xf32>, tensor<4x128x64xf32>, tensor<64xf32>, tensor<4x128xf32>,
          tensor<4x128xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x, NN_FloatTensor:$scale,
                       NN_FloatTensor:$mean, NN_FloatTensor:$rstd);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = [{
    $dy `,` $x `,` $scale `,` $mean `,` $rstd attr-dict `:` type($dy) `,` type($x) `,`
    type($scale) `,` type($mean) `,` type($rstd)
  }];
  let extraClassDeclaration = [{
    int64_t getFlops() { return 11 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_LayerNormGradParamsOp : NN_Op<"layer_norm_grad_params", [Pure, NN_Costed, NN_InPlace,
    NN_IndexFactors, NN_Differentiable]> {
  let summary = "gradients of nn.layer_norm with respect to scale and bias";
  let description = [{
    Both results have the shape of the scale.
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
  let extraClassDeclaration = [{
    int64_t getFlops() { return 4 * getX().getType().getNumElements(); }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_NORMALIZATION
