//===- GradientBase.td - the language of gradient rules ----------------------===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_GRADIENTBASE
#define PLIMSOLL_PASSES_AUTODIFF_GRADIENTBASE

include "dialects/nn/NNOps.td"

/// The gradient of an op: for each operand, in order, an expression for the gradient
/// of the loss with respect to it. Inside, `$dy` is the gradient of the first result;
/// other names are the op's own operands and results, by their names in its definition.
///
///  * `(NN_SomeOp args...)` makes that op. Attributes that both ops have are copied. A
///    result type that cannot be inferred is the operand's type.
///  * `(Same $x)` is `$x` itself, `(Zero)` the scalar 0, `(Half)` another scalar.
///  * `(Second (NN_SomeOp ...))` is a result other than the first.
///  * `(None)`: no gradient flows to this operand.
///
/// The driver sums broadcast dimensions back, builds gradients only for the operands that need one,
/// and merges equal expressions.
class Gradient<Op op, list<dag> gradients> {
  Op forward = op;
  list<dag> operands = gradients;
}

/// A rule written in C++, declared in GradientRules.h: `LogicalResult function(GradientBuilder &,
/// Operation *)`.
class NativeGradient<Op op, string function> {
  Op forward = op;
  string native = function;
}

def Same;
def Zero;
def None;
class Number<string text> { string value = text; }
class Result<int number> { int index = number; }

#endif // PLIMSOLL_PASSES_AUTODIFF_GRADIENTBASE
