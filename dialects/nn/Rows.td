//===- Rows.td - ops along the last dimension ---------------------------------===//
//
// Reductions other than sums, positions of extremes, running sums, order, and rotations. Along another
// dimension, an op is one of these between two transpositions.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_ROWS
#define PLIMSOLL_DIALECTS_NN_ROWS

include "dialects/nn/NNBase.td"

def NN_Maximum : I32EnumAttrCase<"max", 0>;
def NN_Minimum : I32EnumAttrCase<"min", 1>;
def NN_Product : I32EnumAttrCase<"prod", 2>;
def NN_Total : I32EnumAttrCase<"sum", 3>;
def NN_Reduction : I32EnumAttr<"Reduction", "how the elements of a row become one",
    [NN_Maximum, NN_Minimum, NN_Product, NN_Total]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_ReduceOp : NN_TensorOp<"reduce"> {
  let summary = "maximum, minimum, product or sum over the last dimension";
  let description = [{
    Elements are combined one after the other, starting with the first; `x` must not be a scalar. An
    empty row gives the smallest number of the type for max, the largest for min, 1 for prod, 0 for
    sum. A NaN is the maximum and the minimum of its row. Sums of floats are `nn.reduce_sum`.
    ```mlir
    %y = nn.reduce max %x : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_Reduction:$kind, NN_NumberTensor:$x);
  let results = (outs NN_NumberTensor:$y);
  let assemblyFormat = "$kind $x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors;
}

def NN_ReduceProdGradOp : NN_TensorOp<"reduce_prod_grad", [NN_WholeRows]> {
  let summary = "gradient of a product over the last dimension";
  let description = [{
    `dx[i]` is `dy` times the product of the row's other elements, correct also where some are zero.
    `dy` has the type of `x` without the last dimension.
    ```mlir
    %dx = nn.reduce_prod_grad %dy, %x : tensor<4xf32>, tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy `,` $x attr-dict `:` type($dy) `,` type($x)";
}

def NN_ArgReduceOp : NN_TensorOp<"arg_reduce", [NN_WholeRows]> {
  let summary = "position of the maximum or minimum in the last dimension";
  let description = [{
    The position is that of the first of equal elements, or with `last` of the last. `kind` is max
    or min; the dimension must not be empty.
    ```mlir
    %y = nn.arg_reduce max %x {last} : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_Reduction:$kind, NN_NumberTensor:$x, UnitAttr:$last);
  let results = (outs NN_IndexTensor:$y);
  let assemblyFormat = "$kind $x attr-dict `:` type($x)";
}

def NN_CumSumOp : NN_TensorOp<"cum_sum"> {
  let summary = "running sum along the last dimension";
  let description = [{
    `y[i]` is the sum of `x[0]` to `x[i]`, without `x[i]` if `exclusive`; with `reverse` it is the
    sum of `x[i]` to the last element. Floats are summed in f64. `x` must not be a scalar.
    ```mlir
    %y = nn.cum_sum %x {exclusive, reverse} : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$x, UnitAttr:$exclusive, UnitAttr:$reverse);
  let results = (outs NN_NumberTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors;
}

def NN_TopKOp : NN_TensorOp<"top_k"> {
  let summary = "the largest (or smallest) elements of the last dimension, in order";
  let description = [{
    Returns `k` values and their i64 positions; among equal values the first in `x` comes first. `k`
    is at most the size of the dimension.
    ```mlir
    %values, %indices = nn.top_k %x {k = 3 : i64, smallest} : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$x, I64Attr:$k, UnitAttr:$smallest);
  let results = (outs NN_NumberTensor:$values, NN_IndexTensor:$indices);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors;
}

def NN_LogSoftmaxOp : NN_TensorOp<"log_softmax", [NN_WholeRows]> {
  let summary = "logarithm of the softmax over the last dimension";
  let description = [{
    `y = x - max x - ln(sum e^(x - max x))`, maximum and sum over the last dimension; `x` must not
    be a scalar.
    ```mlir
    %y = nn.log_softmax %x : tensor<4x16xf32>
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

def NN_RotaryOp : NN_TensorOp<"rotary", [AllTypesMatch<["cos", "sin"]>]> {
  let summary = "rotates pairs of features, as rotary position embeddings do";
  let description = [{
    Feature `i` of the first half and feature `j` of the second, as far from its beginning, are a
    pair: `y[i] = x[i] cos[i] - x[j] sin[i]` and `y[j] = x[j] cos[j] + x[i] sin[j]` (Su et al. 2021).
    With `transposed` the matrix of each pair is transposed, which is the gradient. `x` has four
    dimensions, the last of even size; `cos` and `sin` have the same type, and are broadcast in the
    first three dimensions.
    ```mlir
    %y = nn.rotary %x, %cos, %sin : tensor<4x16x8x64xf32>, tensor<1x16x1x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$cos, NN_FloatTensor:$sin,
                       UnitAttr:$transposed);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x `,` $cos `,` $sin attr-dict `:` type($x) `,` type($cos)";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 3 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool isDifferentiable(unsigned index) { return index == 0; }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_ROWS
