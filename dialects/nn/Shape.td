//===- Shape.td - ops that move elements, and reductions --------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_SHAPE
#define PLIMSOLL_DIALECTS_NN_SHAPE

include "dialects/nn/NNBase.td"

def NN_ConstantOp : NN_OpaqueOp<"constant", "its numbers are an attribute of the whole shape",
                                [Pure, ConstantLike, AllTypesMatch<["value", "y"]>]> {
  let summary = "a tensor known at compile time";
  let description = [{
    `value` has the type of `y` and holds its elements itself: it must not refer to a resource.
    ```mlir
    %y = nn.constant dense<0.5> : tensor<f32>
    ```
  }];
  let arguments = (ins NN_DenseAttr:$value);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def NN_ReshapeOp : NN_Op<"reshape", [Pure, NN_Costed, NN_InPlace, NN_Differentiable]> {
  let summary = "the same elements in row-major order under another shape";
  let description = [{
    Both types have the same number of elements of the same type. Costs nothing: the plan gives
    operand and result the same bytes.
    ```mlir
    %y = nn.reshape %x : tensor<4x6xf32> to tensor<2x12xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 0; }
    int64_t getTraffic() { return 0; }
  }];
}

def NN_TransposeOp : NN_TensorOp<"transpose"> {
  let summary = "permuted dimensions";
  let description = [{
    Dimension `i` of the result is dimension `permutation[i]` of the operand; each is named once.
    ```mlir
    %y = nn.transpose %x {permutation = array<i64: 0, 2, 1>} : tensor<2x3x4xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasFolder = 1;
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops() { return 0; } }];
}

def NN_BroadcastOp : NN_Op<"broadcast", [Pure, NN_Costed, NN_InPlace, NN_Differentiable]> {
  let summary = "repetition along dimensions of size 1 and new leading dimensions";
  let description = [{
    Dimensions are aligned at the last one: each of `x` has size 1 or the size that it has in `y`.
    Element types are the same.
    ```mlir
    %y = nn.broadcast %x : tensor<1x64xf32> to tensor<4x17x64xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x) `to` type($y)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops() { return 0; } }];
}

def NN_ConcatOp : NN_TensorOp<"concat"> {
  let summary = "tensors one after the other along one dimension";
  let description = [{
    All operands have the same element type and the same sizes in every dimension but `axis`.
    ```mlir
    %y = nn.concat %a, %b {axis = 1 : i64} : tensor<4x1x64xf32>, tensor<4x16x64xf32>
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs)";
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops() { return 0; } }];
}

def NN_SplitOp : NN_TensorOp<"split"> {
  let summary = "consecutive parts along one dimension";
  let description = [{
    Part `i` has the size `sizes[i]` along `axis`. The sizes sum to that of the operand.
    ```mlir
    %q, %k, %v = nn.split %x {axis = 2 : i64, sizes = array<i64: 8, 8, 8>} : tensor<4x16x24xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, I64Attr:$axis, DenseI64ArrayAttr:$sizes);
  let results = (outs Variadic<NN_Tensor>:$parts);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops() { return 0; } }];
}

def NN_ReduceSumOp : NN_TensorOp<"reduce_sum"> {
  let summary = "sum over dimensions";
  let description = [{
    The dimensions in `axes` (ascending) disappear. Bit-exact: the order of every sum depends on the
    shape only, and it is accumulated in f64.
    ```mlir
    %y = nn.reduce_sum %x {axes = array<i64: 0, 1>} : tensor<4x16x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, DenseI64ArrayAttr:$axes);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors;
}

def NN_GatherOp : NN_TensorOp<"gather"> {
  let summary = "slices of a table chosen by indices";
  let description = [{
    The dimension `axis` of the table is replaced by the dimensions of the indices; negative indices
    count from the end. An index out of range gives NaN, or 0 for integers.
    ```mlir
    %y = nn.gather %table, %indices {axis = 0 : i64} : tensor<256x64xf32>, tensor<4x16xi64>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$table, NN_IndexTensor:$indices, I64Attr:$axis);
  let results = (outs NN_NumberTensor:$y);
  let assemblyFormat = "$table `,` $indices attr-dict `:` type($table) `,` type($indices)";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 0; }
    /// Only the chosen slices of the table are read.
    int64_t getTraffic();
  }];
}

def NN_GatherGradOp : NN_Op<"gather_grad", [Pure, NN_Costed, NN_InPlace, NN_Differentiable]> {
  let summary = "gradient of nn.gather with respect to its table";
  let description = [{
    `dtable` is zero where no index points, else the sum of the slices of `dy`, in the order of
    their indices. `dy` has the type of gathering `indices` from `dtable`.
    ```mlir
    %d = nn.gather_grad %dy, %indices {axis = 0 : i64} : tensor<4x16x64xf32>, tensor<4x16xi64> to tensor<256x64xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_IndexTensor:$indices, I64Attr:$axis);
  let results = (outs NN_FloatTensor:$dtable);
  let assemblyFormat = [{
    $dy `,` $indices attr-dict `:` type($dy) `,` type($indices) `to` type($dtable)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = declaredFactors;
}

def NN_GatherGradRowsOp : NN_TensorOp<"gather_grad_rows"> {
  let summary = "gradient of nn.gather with respect to the rows that it read";
  let description = [{
    The gradient of a table with `table_rows` rows, of which `indices` (one dimension) chose those
    whose gradients `dy` holds, without the rows that were not chosen. The indices are sorted, equal
    ones in their order. Where a row comes first in that order, `rows` has its number, and `sums`
    the sum of its slices of `dy` in their order; elsewhere, and for indices outside the table,
    `rows` is `table_rows`, the number of no row, and `sums` is zero.
    ```mlir
    %rows, %sums = nn.gather_grad_rows %dy, %indices {table_rows = 1000 : i64} : tensor<8x32xf32>, tensor<8xi64>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_IndexTensor:$indices, I64Attr:$table_rows);
  let results = (outs NN_IndexTensor:$rows, NN_FloatTensor:$sums);
  let assemblyFormat = "$dy `,` $indices attr-dict `:` type($dy) `,` type($indices)";
  let extraClassDeclaration = declaredFactors;
}

#endif // PLIMSOLL_DIALECTS_NN_SHAPE
