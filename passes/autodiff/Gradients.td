//===- Gradients.td - the gradient of every op -------------------------------===//
//
// One line for most ops; GradientBase.td explains the language. A rule prefers to
// keep a result over an operand where the next op holds the result anyway.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_GRADIENTS
#define PLIMSOLL_PASSES_AUTODIFF_GRADIENTS

include "passes/autodiff/GradientBase.td"

def TwoOverRootPi : Number<"1.1283791670955126">;
def One : Number<"1.0">;
def Half : Number<"0.5">;
def Second : Result<1>;
def Third : Result<2>;

// One operand ---------------------------------------------------------------

def : Gradient<NN_NegOp, [(NN_NegOp $dy)]>;
def : NativeGradient<NN_AbsOp, "absGradient">;
def : Gradient<NN_ExpOp, [(NN_MulOp $dy, $y)]>;
def : Gradient<NN_LogOp, [(NN_DivOp $dy, $x)]>;
def : Gradient<NN_SqrtOp, [(NN_DivOp (NN_MulOp $dy, (Half)), $y)]>;
def : Gradient<NN_ReciprocalOp, [(NN_NegOp (NN_MulOp $dy, (NN_MulOp $y, $y)))]>;
def : Gradient<NN_SinOp, [(NN_MulOp $dy, (NN_CosOp $x))]>;
def : Gradient<NN_CosOp, [(NN_NegOp (NN_MulOp $dy, (NN_SinOp $x)))]>;
// d tan(x) = 1 + tan^2
def : Gradient<NN_TanOp, [(NN_MulOp $dy, (NN_AddOp (NN_MulOp $y, $y), (One)))]>;
def : Gradient<NN_SinhOp, [(NN_MulOp $dy, (NN_CoshOp $x))]>;
def : Gradient<NN_CoshOp, [(NN_MulOp $dy, (NN_SinhOp $x))]>;
// d asin(x) = -d acos(x) = 1 / sqrt(1 - x^2), d atan(x) = 1 / (1 + x^2). The inverses of hyperbolic
// functions differ in signs: d asinh(x) = 1 / sqrt(x^2 + 1), d acosh(x) = 1 / sqrt(x^2 - 1), d
// atanh(x) = 1 / (1 - x^2).
def : Gradient<NN_AsinOp, [(NN_DivOp $dy, (NN_SqrtOp (NN_SubOp (One), (NN_MulOp $x, $x))))]>;
def : Gradient<NN_AcosOp, [(NN_NegOp (NN_DivOp $dy,
                                      (NN_SqrtOp (NN_SubOp (One), (NN_MulOp $x, $x)))))]>;
def : Gradient<NN_AtanOp, [(NN_DivOp $dy, (NN_AddOp (NN_MulOp $x, $x), (One)))]>;
def : Gradient<NN_AsinhOp, [(NN_DivOp $dy, (NN_SqrtOp (NN_AddOp (NN_MulOp $x, $x), (One))))]>;
def : Gradient<NN_AcoshOp, [(NN_DivOp $dy, (NN_SqrtOp (NN_SubOp (NN_MulOp $x, $x), (One))))]>;
def : Gradient<NN_AtanhOp, [(NN_DivOp $dy, (NN_SubOp (One), (NN_MulOp $x, $x)))]>;
def : Gradient<NN_TanhOp, [(NN_TanhGradOp $dy, $y)]>;
// d erf(x) = 2/sqrt(pi) e^(-x^2)
def : Gradient<NN_ErfOp, [(NN_MulOp $dy, (NN_MulOp (TwoOverRootPi),
                                          (NN_ExpOp (NN_NegOp (NN_MulOp $x, $x)))))]>;
def : Gradient<NN_SigmoidOp, [(NN_SigmoidGradOp $dy, $y)]>;
def : Gradient<NN_ReluOp, [(NN_ReluGradOp $dy, $y)]>;
def : Gradient<NN_GeluOp, [(NN_GeluGradOp $dy, $x)]>;
def : NativeGradient<NN_CastOp, "castGradient">;

// Two operands --------------------------------------------------------------

def : Gradient<NN_AddOp, [(Same $dy), (Same $dy)]>;
def : Gradient<NN_SubOp, [(Same $dy), (NN_NegOp $dy)]>;
def : Gradient<NN_MulOp, [(NN_MulOp $dy, $b), (NN_MulOp $a, $dy)]>;
// d(a/b) = da/b - y db/b
def : Gradient<NN_DivOp, [(NN_DivOp $dy, $b), (NN_NegOp (NN_DivOp (NN_MulOp $dy, $y), $b))]>;
// d(a^b) = b a^(b-1) da + y ln(a) db; ElementRules.cpp says what holds where a or b is 0.
def : NativeGradient<NN_PowOp, "powGradient">;
def : Gradient<NN_ModOp, [(Same $dy), (None)]>;
def : NativeGradient<NN_MinOp, "minGradient">;
def : NativeGradient<NN_MaxOp, "maxGradient">;
def : Gradient<NN_SelectOp, [(None), (NN_SelectOp $condition, $dy, (Zero)),
                             (NN_SelectOp $condition, (Zero), $dy)]>;

// Shape ---------------------------------------------------------------------

def : Gradient<NN_ReshapeOp, [(NN_ReshapeOp $dy)]>;
def : NativeGradient<NN_TransposeOp, "transposeGradient">;
def : Gradient<NN_BroadcastOp, [(Same $dy)]>;
def : NativeGradient<NN_ConcatOp, "concatGradient">;
def : NativeGradient<NN_SplitOp, "splitGradient">;
def : NativeGradient<NN_ReduceSumOp, "reduceSumGradient">;
def : Gradient<NN_GatherOp, [(NN_GatherGradOp $dy, $indices), (None)]>;

// Rows and single elements --------------------------------------------------

def : NativeGradient<NN_ReduceOp, "reduceGradient">;
def : NativeGradient<NN_CumSumOp, "cumSumGradient">;
def : NativeGradient<NN_RotaryOp, "rotaryGradient">;
def : NativeGradient<NN_TopKOp, "topKGradient">;
def : NativeGradient<NN_LogSoftmaxOp, "logSoftmaxGradient">;
def : NativeGradient<NN_GatherElementsOp, "gatherElementsGradient">;
def : NativeGradient<NN_ScatterElementsOp, "scatterElementsGradient">;

// Contractions --------------------------------------------------------------

def : NativeGradient<NN_MatmulOp, "matmulGradient">;
def : Gradient<NN_SoftmaxOp, [(NN_SoftmaxGradOp $dy, $y)]>;
def : Gradient<NN_AttentionOp, [
    (NN_AttentionGradOp $dy, $q, $k, $v, $y, $lse, $mask),
    (Second (NN_AttentionGradOp $dy, $q, $k, $v, $y, $lse, $mask)),
    (Third (NN_AttentionGradOp $dy, $q, $k, $v, $y, $lse, $mask)),
    (None)]>;
def : NativeGradient<NN_LstmOp, "lstmGradient">;
def : NativeGradient<NN_GruOp, "gruGradient">;
def : NativeGradient<NN_RnnOp, "rnnGradient">;
def : Gradient<NN_ConvOp, [(NN_ConvGradInputOp $dy, $w), (NN_ConvGradWeightOp $dy, $x)]>;
// conv_transpose is the gradient of conv with respect to its input, so x and y have changed places:
// dx is the convolution of dy with w.
def : Gradient<NN_ConvTransposeOp, [(NN_ConvOp $dy, $w), (NN_ConvGradWeightOp $x, $dy)]>;
def : Gradient<NN_MaxPoolOp, [(NN_MaxPoolGradOp $dy, $x)]>;
def : Gradient<NN_AvgPoolOp, [(NN_AvgPoolGradOp $dy)]>;

// Dropout keeps no mask: the same counter draws the same mask again.
def : Gradient<NN_DropoutOp, [(NN_DropoutOp $dy, $hyper), (None)]>;

// Normalisation and losses --------------------------------------------------

def : Gradient<NN_LayerNormOp, [
    (NN_LayerNormGradInputOp $dy, $x, $scale, $mean, $rstd),
    (NN_LayerNormGradParamsOp $dy, $x, $mean, $rstd),
    (Second (NN_LayerNormGradParamsOp $dy, $x, $mean, $rstd))]>;
def : Gradient<NN_BatchNormOp, [
    (NN_BatchNormGradOp $dy, $x, $scale, $mean, $variance),
    (Second (NN_BatchNormGradOp $dy, $x, $scale, $mean, $variance)),
    (Third (NN_BatchNormGradOp $dy, $x, $scale, $mean, $variance))]>;
def : Gradient<NN_CrossEntropyOp, [(NN_CrossEntropyGradOp $logits, $labels, $dy, $weights),
                                   (None), (None)]>;
def : Gradient<NN_KlDivergenceOp, [(NN_KlDivergenceGradOp $logits, $target, $dy), (None)]>;
def : Gradient<NN_PointwiseLossOp, [(NN_PointwiseLossGradOp $x, $target, $dy), (None)]>;

#endif // PLIMSOLL_PASSES_AUTODIFF_GRADIENTS
