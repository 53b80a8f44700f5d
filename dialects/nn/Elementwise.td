//===- Elementwise.td - ops that work on one element at a time --------------===//
#ifndef PLIMSOLL_DIALECTS_NN_ELEMENTWISE
#define PLIMSOLL_DIALECTS_NN_ELEMENTWISE

include "dialects/nn/NNBase.td"

/// Marks ops whose loop nest has one body per element: they have the factors of
/// numpy broadcasting and may write over any operand of the result's type.
def NN_Elementwise : NativeOpTrait<"Elementwise"> {
  let cppNamespace = "::plimsoll::nn";
}

class NN_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : NN_TensorOp<mnemonic, traits # [NN_Elementwise]> {
  string elementwiseMethods = [{
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return ::plimsoll::nn::detail::elementwiseInPlacePairs(getOperation());
    }
  }];
  let extraClassDeclaration = elementwiseMethods;
}

// One operand ---------------------------------------------------------------

class NN_UnaryOp<string mnemonic, string formula> : NN_ElementwiseOp<mnemonic> {
  let summary = "y = " # formula # ", elementwise";
  let description = "`y = " # formula # [{` for every element.
    ```mlir
    %y = nn.}] # mnemonic # [{ %x : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def NN_NegOp : NN_UnaryOp<"neg", "-x">;
def NN_AbsOp : NN_UnaryOp<"abs", "|x|">;
def NN_ExpOp : NN_UnaryOp<"exp", "e^x">;
def NN_LogOp : NN_UnaryOp<"log", "ln x">;
def NN_SqrtOp : NN_UnaryOp<"sqrt", "square root of x">;
def NN_ReciprocalOp : NN_UnaryOp<"reciprocal", "1 / x">;
def NN_SinOp : NN_UnaryOp<"sin", "sin x">;
def NN_CosOp : NN_UnaryOp<"cos", "cos x">;
def NN_TanOp : NN_UnaryOp<"tan", "tan x">;
def NN_AsinOp : NN_UnaryOp<"asin", "arc sine of x">;
def NN_AcosOp : NN_UnaryOp<"acos", "arc cosine of x">;
def NN_AtanOp : NN_UnaryOp<"atan", "arc tangent of x">;
def NN_SinhOp : NN_UnaryOp<"sinh", "sinh x">;
def NN_CoshOp : NN_UnaryOp<"cosh", "cosh x">;
def NN_AsinhOp : NN_UnaryOp<"asinh", "inverse of sinh">;
def NN_AcoshOp : NN_UnaryOp<"acosh", "inverse of cosh, where x >= 1">;
def NN_AtanhOp : NN_UnaryOp<"atanh", "inverse of tanh">;
def NN_TanhOp : NN_UnaryOp<"tanh", "tanh x">;
def NN_ErfOp : NN_UnaryOp<"erf", "erf x">;
def NN_SigmoidOp : NN_UnaryOp<"sigmoid", "1 / (1 + e^-x)">;
def NN_ReluOp : NN_UnaryOp<"relu", "max(x, 0)">;

/// An op that is constant between its steps, so that no gradient flows.
class NN_StepOp<string mnemonic, string formula> : NN_UnaryOp<mnemonic, formula> {
  let extraClassDeclaration = elementwiseMethods # [{
    bool isDifferentiable(unsigned) { return false; }
  }];
}

def NN_SignOp : NN_StepOp<"sign", "-1, 0 or 1">;
def NN_FloorOp : NN_StepOp<"floor", "largest whole number <= x">;
def NN_CeilOp : NN_StepOp<"ceil", "smallest whole number >= x">;
def NN_RoundOp : NN_StepOp<"round", "nearest whole number, halves to the even one">;

/// The identity; autodiff removes it after making gradients.
def NN_StopGradientOp : NN_StepOp<"stop_gradient", "x, through which no gradient flows">;

def NN_GeluOp : NN_ElementwiseOp<"gelu"> {
  let summary = "Gaussian error linear unit";
  let description = [{
    `y = x * P(X <= x)` for a standard normal X: by the error function, or, with
    `tanh_approximation`, by `0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))`.
    (Hendrycks and Gimpel 2016.)
    ```mlir
    %y = nn.gelu %x {tanh_approximation} : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, UnitAttr:$tanh_approximation);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def NN_IsNanOp : NN_ElementwiseOp<"is_nan"> {
  let summary = "true where x is not a number";
  let description = [{
    `y = x != x`, which is true for NaN only.
    ```mlir
    %y = nn.is_nan %x : tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x);
  let results = (outs NN_BoolTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def NN_NotOp : NN_ElementwiseOp<"not"> {
  let summary = "logical negation";
  let description = [{
    `y` is true where `x` is false.
    ```mlir
    %y = nn.not %x : tensor<4x8xi1>
    ```
  }];
  let arguments = (ins NN_BoolTensor:$x);
  let results = (outs NN_BoolTensor:$y);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def NN_CastOp : NN_ElementwiseOp<"cast"> {
  let summary = "conversion to another element type";
  let description = [{
    Converts each element as C++ does; to `i1` it is `x != 0`. Casts fold if they change nothing, or
    undo a widening of floats.
    ```mlir
    %y = nn.cast %x {to = f32} : tensor<4x8xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$x, TypeAttr:$to);
  let results = (outs NN_Tensor:$y);
  let hasFolder = 1;
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

// Gradients in terms of the result or of the operand, whichever the next op keeps anyway.

class NN_UnaryGradOp<string mnemonic, string formula, string kept> : NN_ElementwiseOp<mnemonic> {
  let summary = "dx = " # formula # ", elementwise";
  let description = "`dx = " # formula # [{` for every element.
    ```mlir
    %dx = nn.}] # mnemonic # " %dy, %" # kept # [{ : tensor<4x8xf32>, tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$kept);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy `,` $kept attr-dict `:` type($dy) `,` type($kept)";
}

def NN_TanhGradOp : NN_UnaryGradOp<"tanh_grad", "dy (1 - y^2)", "y">;
def NN_SigmoidGradOp : NN_UnaryGradOp<"sigmoid_grad", "dy y (1 - y)", "y">;
def NN_ReluGradOp : NN_UnaryGradOp<"relu_grad", "dy where y > 0, else 0", "y">;

def NN_GeluGradOp : NN_ElementwiseOp<"gelu_grad"> {
  let summary = "gradient of nn.gelu";
  let description = [{
    `dx = dy * d gelu(x) / dx`.
    ```mlir
    %dx = nn.gelu_grad %dy, %x {tanh_approximation} : tensor<4x8xf32>, tensor<4x8xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dy, NN_FloatTensor:$x, UnitAttr:$tanh_approximation);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = "$dy `,` $x attr-dict `:` type($dy) `,` type($x)";
}

// Two operands, broadcast as in numpy ---------------------------------------

class NN_BinaryOp<string mnemonic, string formula, Type type = NN_Tensor>
    : NN_ElementwiseOp<mnemonic> {
  let summary = "y = " # formula # ", broadcast as in numpy";
  let description = "`y = " # formula # [{`; dimensions of size 1 and missing leading ones are repeated.
    ```mlir
    %y = nn.}] # mnemonic # " %a, %b : tensor<4x8x" # !if(!eq(type, NN_BoolTensor), "i1", "f32")
    # ">, tensor<8x" # !if(!eq(type, NN_BoolTensor), "i1", "f32") # [{>
    ```
  }];
  let arguments = (ins type:$a, type:$b);
  let results = (outs type:$y);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b)";
}

def NN_AddOp : NN_BinaryOp<"add", "a + b">;
def NN_SubOp : NN_BinaryOp<"sub", "a - b">;
def NN_MulOp : NN_BinaryOp<"mul", "a * b">;
def NN_DivOp : NN_BinaryOp<"div", "a / b">;
def NN_PowOp : NN_BinaryOp<"pow", "a ^ b", NN_FloatTensor>;
def NN_MinOp : NN_BinaryOp<"min", "the smaller of a and b (NaN if either is)">;
def NN_MaxOp : NN_BinaryOp<"max", "the larger of a and b (NaN if either is)">;
def NN_AndOp : NN_BinaryOp<"and", "a and b", NN_BoolTensor>;
def NN_OrOp : NN_BinaryOp<"or", "a or b", NN_BoolTensor>;
def NN_XorOp : NN_BinaryOp<"xor", "either a or b", NN_BoolTensor>;

def NN_ModOp : NN_ElementwiseOp<"mod"> {
  let summary = "remainder of a division, broadcast as in numpy";
  let description = [{
    `y = a - b floor(a / b)`, which has the sign of `b`; with `truncated`, the quotient is
    cut towards zero and `y` has the sign of `a`.
    ```mlir
    %y = nn.mod %a, %b {truncated} : tensor<4x8xi64>, tensor<8xi64>
    ```
  }];
  let arguments = (ins NN_Tensor:$a, NN_Tensor:$b, UnitAttr:$truncated);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = "$a `,` $b attr-dict `:` type($a) `,` type($b)";
  let extraClassDeclaration = elementwiseMethods # [{
    bool isDifferentiable(unsigned index) { return index == 0; }
  }];
}

def NN_Equal : I32EnumAttrCase<"eq", 0>;
def NN_Less : I32EnumAttrCase<"lt", 1>;
def NN_LessOrEqual : I32EnumAttrCase<"le", 2>;
def NN_Greater : I32EnumAttrCase<"gt", 3>;
def NN_GreaterOrEqual : I32EnumAttrCase<"ge", 4>;
def NN_Predicate : I32EnumAttr<"Predicate", "how two numbers are compared",
    [NN_Equal, NN_Less, NN_LessOrEqual, NN_Greater, NN_GreaterOrEqual]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_CompareOp : NN_ElementwiseOp<"compare"> {
  let summary = "elementwise comparison, broadcast as in numpy";
  let description = [{
    `y = a < b` for the predicate `lt`; likewise `eq`, `le`, `gt` and `ge`. Both operands have the
    same element type. Comparisons with NaN are false.
    ```mlir
    %y = nn.compare le %a, %b : tensor<4x8xi64>, tensor<8xi64>
    ```
  }];
  let arguments = (ins NN_Predicate:$predicate, NN_Tensor:$a, NN_Tensor:$b);
  let results = (outs NN_BoolTensor:$y);
  let assemblyFormat = "$predicate $a `,` $b attr-dict `:` type($a) `,` type($b)";
}

def NN_SelectOp : NN_ElementwiseOp<"select"> {
  let summary = "a where the condition is true, else b; all broadcast as in numpy";
  let description = [{
    `y = condition ? a : b` for every element. `a` and `b` have the same element type.
    ```mlir
    %y = nn.select %condition, %a, %b : tensor<8x8xi1>, tensor<4x8x8xf32>, tensor<f32>
    ```
  }];
  let arguments = (ins NN_BoolTensor:$condition, NN_Tensor:$a, NN_Tensor:$b);
  let results = (outs NN_Tensor:$y);
  let assemblyFormat = [{
    $condition `,` $a `,` $b attr-dict `:` type($condition) `,` type($a) `,` type($b)
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_ELEMENTWISE
