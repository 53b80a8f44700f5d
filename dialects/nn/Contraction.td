//===- Contraction.td - matrix products and attention --------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_CONTRACTION
#define PLIMSOLL_DIALECTS_NN_CONTRACTION

include "dialects/nn/NNBase.td"

def NN_MatmulOp : NN_TensorOp<"matmul"> {
  let summary = "matrix product, batched over leading dimensions";
  let description = [{
    `y = op(a) op(b)`, where `transpose_a` and `transpose_b` exchange the last two dimensions.
    Operands have the same element type and at least two dimensions; their inner sizes agree, and
    their leading dimensions, too, unless one operand has none. bf16 factors accumulate into f32, so
    `y` is f32.
    ```mlir
    %y = nn.matmul %a, %b {transpose_b} : tensor<4x16x64xf32>, tensor<32x64xf32>
    ```
    `plus` adds a vector with one number for each column (a bias), a tensor like `y` (a residual, or
    the sum so far), or both, in this order; `y` may be written over the latter. `nn-form-launches`
    makes it of `nn.add`.
    ```mlir
    %y = nn.matmul %a, %b plus %bias, %x
        : tensor<16x64xf32>, tensor<64x32xf32>, tensor<32xf32>, tensor<16x32xf32>
    ```
  }];
  let arguments = (ins NN_FactorTensor:$a, NN_FactorTensor:$b,
                       UnitAttr:$transpose_a, UnitAttr:$transpose_b,
                       Variadic<NN_FloatTensor>:$addends);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = [{
    $a `,` $b (`plus` $addends^)? attr-dict `:` type($a) `,` type($b) (`,` type($addends)^)?
  }];
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$a, "::mlir::Value":$b,
                                 CArg<"bool", "false">:$transpose_a,
                                 CArg<"bool", "false">:$transpose_b), [{
    build($_builder, $_state, a, b, transpose_a, transpose_b, ::mlir::ValueRange());
  }]>];
  let extraClassDeclaration = declaredFactors # [{
    /// The vector that is added to every row; null if there is none.
    ::mlir::Value getBias();
    /// The tensor like the result that is added; null if there is none.
    ::mlir::Value getAddend();
    int64_t getFlops();
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs();
  }];
}

def NN_SoftmaxOp : NN_TensorOp<"softmax", [NN_WholeRows]> {
  let summary = "softmax over the last dimension";
  let description = [{
    `y = e^(x - max x) / sum e^(x - max x)`, maximum and sum over the last dimension; `x` must not
    be a scalar.
    ```mlir
    %y = nn.softmax %x : tensor<4x16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = [{
    int64_t getFlops() { return 8 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_SoftmaxGradOp : NN_TensorOp<"softmax_grad", [NN_WholeRows]> {
  let summary = "gradient of nn.softmax";
  let description = [{
    `dx = y (dy - sum(dy y))`, the sum over the last dimension.
    ```mlir
    %dx = nn.softmax_grad %dy, %y : tensor<4x16xf32>, tensor<4x16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$y);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy `,` $y attr-dict `:` type($dy) `,` type($y)";
  let extraClassDeclaration = [{
    int64_t getFlops() { return 4 * getY().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_AttentionOp : NN_Op<"attention", [Pure, NN_InferTypes,
    NN_Costed, NN_InPlace, NN_Differentiable]> {
  let summary = "scaled dot-product attention";
  let description = [{
    `y = softmax(scale q k^T + mask) v` for each head. Tensors are
    `[batch, heads, tokens, features]`, or `[batch, tokens, heads, features]` with `heads_inner`.
    `k` and `v` may have fewer heads than `q` (grouped queries), which must be a multiple of theirs;
    `v` may have other features. With `causal`, query `i` sees keys `0..i`. The mask is i1 (true:
    seen) or is added to the scores; it is broadcast to `[batch, heads, queries, keys]` from four
    dimensions, of which the last is not broadcast. A query that sees no key gives zeros. `lse`,
    `[batch, heads, queries]`, is the logarithm of each softmax's sum: the gradient needs only it,
    the operands and `y`, so no matrix of queries x keys is ever stored (Dao et al. 2022). bf16
    factors give a `y` of bf16 and an `lse` of f32.
    ```mlir
    %y, %lse = nn.attention %q, %k, %v {causal, scale = 0.125 : f64}
        : tensor<4x8x16x64xf32>, tensor<4x8x16x64xf32>, tensor<4x8x16x64xf32>
    ```
  }];
  let arguments = (ins NN_FactorTensor:$q, NN_FactorTensor:$k, NN_FactorTensor:$v,
                       Optional<NN_Tensor>:$mask, F64Attr:$scale,
                       UnitAttr:$causal, UnitAttr:$heads_inner);
  let results = (outs NN_FactorTensor:$y, NN_FloatTensor:$lse);
  let assemblyFormat = [{
    $q `,` $k `,` $v (`mask` $mask^)? attr-dict `:` type($q) `,` type($k) `,` type($v)
    (`,` type($mask)^)?
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops();
    bool isDifferentiable(unsigned index) { return index < 3; }
  }];
}

def NN_AttentionGradOp : NN_Op<"attention_grad", [Pure,
    NN_InferTypes, NN_Costed, NN_InPlace, NN_Differentiable]> {
  let summary = "gradient of nn.attention";
  let description = [{
    With `p = e^(scale q k^T + mask - lse)` and `ds = p (dy v^T - sum(dy y))`, the sum over a row's
    features: `dv = p^T dy`, `dq = scale ds k`, `dk = scale ds^T q`; keys and values shared by
    several heads of queries get the sum over these. `p` is recomputed block by block. `dy` must
    have the type of `y`, and `y` and `lse` those that `nn.attention` gives. bf16 factors get
    gradients of f32.
    ```mlir
    %dq, %dk, %dv = nn.attention_grad %dy, %q, %k, %v, %y, %lse {causal, scale = 0.125 : f64}
        : tensor<4x8x16x64xf32>, tensor<4x8x16x64xf32>, tensor<4x8x16x64xf32>,
          tensor<4x8x16x64xf32>, tensor<4x8x16x64xf32>, tensor<4x8x16xf32>
    ```
  }];
  let arguments = (ins NN_FactorTensor:$dy, NN_FactorTensor:$q, NN_FactorTensor:$k,
                       NN_FactorTensor:$v, NN_FactorTensor:$y, NN_FloatTensor:$lse,
                       Optional<NN_Tensor>:$mask, F64Attr:$scale,
                       UnitAttr:$causal, UnitAttr:$heads_inner);
  let results = (outs NN_FloatTensor:$dq, NN_FloatTensor:$dk, NN_FloatTensor:$dv);
  let assemblyFormat = [{
    $dy `,` $q `,` $k `,` $v `,` $y `,` $lse (`mask` $mask^)? attr-dict `:`
    type($dy) `,` type($q) `,` type($k) `,` type($v) `,` type($y) `,` type($lse)
    (`,` type($mask)^)?
  }];
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops(); }];
}

#endif // PLIMSOLL_DIALECTS_NN_CONTRACTION
