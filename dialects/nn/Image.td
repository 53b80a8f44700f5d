//===- Image.td - convolution and pooling over one to three dimensions -------===//
#ifndef PLIMSOLL_DIALECTS_NN_IMAGE
#define PLIMSOLL_DIALECTS_NN_IMAGE

include "dialects/nn/NNBase.td"

/// Ops that move a window over the dimensions after batch and channels. `strides` and
/// `dilations` have one number for each of them; `pads` are those before each, then those
/// behind each. Result types are written: rounding up or down is the model's choice.
class NN_WindowOp<string mnemonic>
    : NN_Op<mnemonic, [Pure, NN_Costed, NN_InPlace, NN_Differentiable]> {
  dag window = (ins DenseI64ArrayAttr:$strides, DenseI64ArrayAttr:$pads,
                    DenseI64ArrayAttr:$dilations);
  let hasVerifier = 1;
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops(); }];
}

// Convolution ---------------------------------------------------------------

class NN_ConvLikeOp<string mnemonic> : NN_WindowOp<mnemonic> {
  dag grouped = !con(window, (ins I64Attr:$groups));
}

def NN_ConvOp : NN_ConvLikeOp<"conv"> {
  let summary = "convolution";
  let description = [{
    `y[b, f, o] = sum over c, t of w[f, c, t] x[b, c', o * stride - pad + t * dilation]`, where `c'`
    is channel `c` of the group of filter `f`, and `x` is zero outside. `x` is
    `[batch, channels, sizes...]`, `w` is `[filters, channels / groups, kernel sizes...]`, with one
    to three sizes; `groups` divides the filters, and sizes of `y` are rounded down. As in all
    frameworks this is a correlation: the kernel is not mirrored.
    ```mlir
    %y = nn.conv %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
        dilations = array<i64: 1, 1>, groups = 1 : i64}
        : tensor<4x1x8x8xf32>, tensor<64x1x2x2xf32> to tensor<4x64x4x4xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$x, NN_FloatTensor:$w), grouped);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x `,` $w attr-dict `:` type($x) `,` type($w) `to` type($y)";
}

def NN_ConvGradInputOp : NN_ConvLikeOp<"conv_grad_input"> {
  let summary = "gradient of nn.conv with respect to x";
  let description = [{
    `dx[b, c', i] = sum of dy[b, f, o] w[f, c, t]` over all `f`, `o` and `t` with
    `o * stride - pad + t * dilation = i`, in the notation of `nn.conv`. `nn.conv` of `dx` with `w`
    must have the shape of `dy`.
    ```mlir
    %dx = nn.conv_grad_input %dy, %w {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
        dilations = array<i64: 1, 1>, groups = 1 : i64}
        : tensor<4x64x4x4xf32>, tensor<64x1x2x2xf32> to tensor<4x1x8x8xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$dy, NN_FloatTensor:$w), grouped);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy `,` $w attr-dict `:` type($dy) `,` type($w) `to` type($dx)";
}

def NN_ConvGradWeightOp : NN_ConvLikeOp<"conv_grad_weight"> {
  let summary = "gradient of nn.conv with respect to w";
  let description = [{
    `dw[f, c, t] = sum over b, o of dy[b, f, o] x[b, c', o * stride - pad + t * dilation]`, in the
    notation of `nn.conv`. `nn.conv` of `x` with `dw` must have the shape of `dy`.
    ```mlir
    %dw = nn.conv_grad_weight %dy, %x {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
        dilations = array<i64: 1, 1>, groups = 1 : i64}
        : tensor<4x64x4x4xf32>, tensor<4x1x8x8xf32> to tensor<64x1x2x2xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$dy, NN_FloatTensor:$x), grouped);
  let results = (outs NN_FloatTensor:$dw);
  let assemblyFormat = "$dy `,` $x attr-dict `:` type($dy) `,` type($x) `to` type($dw)";
}

def NN_ConvTransposeOp : NN_ConvLikeOp<"conv_transpose"> {
  let summary = "transposed convolution";
  let description = [{
    `y` is what `nn.conv_grad_input` makes of `x` and `w`: `x` is `[batch, channels, sizes...]`, `w`
    is `[channels, filters / groups, kernel sizes...]`, and `nn.conv` of `y` with `w` must have the
    shape of `x`.
    ```mlir
    %y = nn.conv_transpose %x, %w {strides = array<i64: 2, 2>, pads = array<i64: 0, 0, 0, 0>,
        dilations = array<i64: 1, 1>, groups = 1 : i64}
        : tensor<4x64x4x4xf32>, tensor<64x32x2x2xf32> to tensor<4x32x8x8xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$x, NN_FloatTensor:$w), grouped);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x `,` $w attr-dict `:` type($x) `,` type($w) `to` type($y)";
}

// Pooling -------------------------------------------------------------------

def NN_MaxPoolOp : NN_WindowOp<"max_pool"> {
  let summary = "largest element of each window";
  let description = [{
    The maximum of the elements of the window that lie inside `x`; a NaN is larger than all numbers.
    One window more than fit is allowed if it begins inside `x` or the padding before it.
    ```mlir
    %y = nn.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>,
        pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
        : tensor<4x16x8x8xf32> to tensor<4x16x4x4xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$x, DenseI64ArrayAttr:$kernel), window);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def NN_MaxPoolIndexOp : NN_WindowOp<"max_pool_index"> {
  let summary = "where the largest element of each window is";
  let description = [{
    The index of the window's largest element among all elements of `x`, the first of equals; -1 for
    a window without elements. With `column_major`, elements within an image's channel are counted
    with the first spatial dimension fastest.
    ```mlir
    %i = nn.max_pool_index %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>,
        pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
        : tensor<4x16x8x8xf32> to tensor<4x16x4x4xi64>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$x, DenseI64ArrayAttr:$kernel), window,
                       (ins UnitAttr:$column_major));
  let results = (outs NN_IndexTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def NN_MaxPoolGradOp : NN_WindowOp<"max_pool_grad"> {
  let summary = "gradient of nn.max_pool";
  let description = [{
    Each window's gradient goes to its first largest element, and `dx` is zero elsewhere. That
    element is found again in `x`: no indices are kept.
    ```mlir
    %dx = nn.max_pool_grad %dy, %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>,
        pads = array<i64: 1, 1, 1, 1>, dilations = array<i64: 1, 1>}
        : tensor<4x16x4x4xf32>, tensor<4x16x8x8xf32> to tensor<4x16x8x8xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$dy, NN_FloatTensor:$x, DenseI64ArrayAttr:$kernel),
                       window);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy `,` $x attr-dict `:` type($dy) `,` type($x) `to` type($dx)";
}

def NN_AvgPoolOp : NN_WindowOp<"avg_pool"> {
  let summary = "mean of each window";
  let description = [{
    The mean of the elements of the window that lie inside `x`; with `count_padding`, padding counts
    as zeros. Windows are those of `nn.max_pool`.
    ```mlir
    %y = nn.avg_pool %x {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>,
        pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
        : tensor<4x16x8x8xf32> to tensor<4x16x4x4xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$x, DenseI64ArrayAttr:$kernel), window,
                       (ins UnitAttr:$count_padding));
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
}

def NN_AvgPoolGradOp : NN_WindowOp<"avg_pool_grad"> {
  let summary = "gradient of nn.avg_pool";
  let description = [{
    `dx` is the sum of `dy / n` over the windows that an element lies in, where `n` is the number by
    which `nn.avg_pool` divides that window's sum.
    ```mlir
    %dx = nn.avg_pool_grad %dy {kernel = array<i64: 2, 2>, strides = array<i64: 2, 2>,
        pads = array<i64: 0, 0, 0, 0>, dilations = array<i64: 1, 1>}
        : tensor<4x16x4x4xf32> to tensor<4x16x8x8xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$dy, DenseI64ArrayAttr:$kernel), window,
                       (ins UnitAttr:$count_padding));
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy attr-dict `:` type($dy) `to` type($dx)";
}

#endif // PLIMSOLL_DIALECTS_NN_IMAGE
