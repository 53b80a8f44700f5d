//===- Indexing.td - one index for each element -------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_INDEXING
#define PLIMSOLL_DIALECTS_NN_INDEXING

include "dialects/nn/NNBase.td"

def NN_GatherElementsOp : NN_TensorOp<"gather_elements"> {
  let summary = "one element for each index along a dimension";
  let description = [{
    `y[i, j, k] = x[i, indices[i, j, k], k]` for `axis` 1. `x` and `indices` have the same sizes in
    all dimensions but `axis`. Negative indices count from the end; an index out of range gives an
    element whose bytes are all ones, which is NaN for floats.
    ```mlir
    %y = nn.gather_elements %x, %indices {axis = 1 : i64} : tensor<4x8xf32>, tensor<4x2xi64>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$x, NN_IndexTensor:$indices, I64Attr:$axis);
  let results = (outs NN_NumberTensor:$y);
  let assemblyFormat = "$x `,` $indices attr-dict `:` type($x) `,` type($indices)";
  let extraClassDeclaration = declaredFactors # [{ int64_t getFlops() { return 0; } }];
}

def NN_ReplaceCase : I32EnumAttrCase<"replace", 0>;
def NN_AddCase : I32EnumAttrCase<"add", 1>;
def NN_MultiplyCase : I32EnumAttrCase<"mul", 2>;
def NN_LargerCase : I32EnumAttrCase<"max", 3>;
def NN_SmallerCase : I32EnumAttrCase<"min", 4>;
def NN_Update : I32EnumAttr<"Update", "what a written element does to the one that was there",
    [NN_ReplaceCase, NN_AddCase, NN_MultiplyCase, NN_LargerCase, NN_SmallerCase]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_ScatterElementsOp : NN_TensorOp<"scatter_elements"> {
  let summary = "a tensor with one element written for each index along a dimension";
  let description = [{
    `y = x`, then `updates[i, j, k]` replaces, or is added to, multiplied with, or compared with,
    `y[i, indices[i, j, k], k]` for `axis` 1, in the order of `j`. `x` and `indices` have the same
    sizes in all dimensions but `axis`, and `updates` has the shape of `indices`. Negative indices
    count from the end; an index out of range writes nothing.
    ```mlir
    %y = nn.scatter_elements add %x, %indices, %updates {axis = 1 : i64}
        : tensor<4x8xf32>, tensor<4x2xi64>, tensor<4x2xf32>
    ```
  }];
  let arguments = (ins NN_Update:$update, NN_NumberTensor:$x, NN_IndexTensor:$indices,
                       NN_NumberTensor:$updates, I64Attr:$axis);
  let results = (outs NN_NumberTensor:$y);
  let assemblyFormat = [{
    $update $x `,` $indices `,` $updates attr-dict `:`
    type($x) `,` type($indices) `,` type($updates)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 0; }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool isDifferentiable(unsigned index) { return index != 1; }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_INDEXING
