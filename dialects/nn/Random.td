//===- Random.td - dropout and random tensors ---------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_RANDOM
#define PLIMSOLL_DIALECTS_NN_RANDOM

include "dialects/nn/NNBase.td"

/// An op that draws numbers from a counter: Philox4x32-10 of the run's seed, the step, the op's
/// `stream` (not negative) and the element's index. The same step draws the same numbers, however
/// often the op runs. `hyper`, the step's block of scalars, contains seed and step; the passes that
/// make a timeline add it.
class NN_DrawingOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, traits # [Pure, NN_Costed, NN_InPlace, NN_Differentiable]> {
  dag drawing = (ins Optional<NN_FloatTensor>:$hyper, I32Attr:$stream);
  let hasVerifier = 1;
}

def NN_DropoutOp : NN_DrawingOp<"dropout", [AllTypesMatch<["x", "y"]>]> {
  let summary = "sets elements to zero at random, in training";
  let description = [{
    `y = x / (1 - p)` with probability `1 - p`, else 0, for each element; `p` is in [0, 1). An
    element is kept if its random number (24 bits, in [0, 1)) is at least `p`. Without `hyper` the
    op only marks a place for dropout: `nn-build-step` adds `hyper` in `@train` and removes the op
    from `@evaluate`. The mask is never stored: the gradient is the same op on `dy`.
    ```mlir
    %y = nn.dropout %x, %hyper {stream = 3 : i32, p = 0.1 : f64}
        : tensor<4x64xf32>, tensor<16xf32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$x), drawing, (ins F64Attr:$p));
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$x (`,` $hyper^)? attr-dict `:` type($x) (`,` type($hyper)^)?";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 8 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool isDifferentiable(unsigned index) { return index == 0; }
  }];
}

def NN_UniformCase : I32EnumAttrCase<"uniform", 0>;
def NN_NormalCase : I32EnumAttrCase<"normal", 1>;
def NN_Distribution : I32EnumAttr<"Distribution", "what random numbers are like",
                                  [NN_UniformCase, NN_NormalCase]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_RandomOp : NN_DrawingOp<"random"> {
  let summary = "random numbers, uniform in [0, 1) or normal";
  let description = [{
    Normal numbers have mean 0 and variance 1 (Box and Muller 1958). `nn-build-step` adds `hyper`.
    ```mlir
    %y = nn.random normal %hyper {stream = 3 : i32} : (tensor<16xf32>) -> tensor<4x64xf32>
    ```
  }];
  let arguments = !con((ins NN_Distribution:$distribution), drawing);
  let results = (outs NN_FloatTensor:$y);
  let assemblyFormat = "$distribution ($hyper^)? attr-dict `:` functional-type(operands, results)";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 16 * getY().getType().getNumElements(); }
    bool isDifferentiable(unsigned) { return false; }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_RANDOM
