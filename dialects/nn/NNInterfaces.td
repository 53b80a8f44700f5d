//===- NNInterfaces.td - interfaces of nn ops --------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_NNINTERFACES
#define PLIMSOLL_DIALECTS_NN_NNINTERFACES

include "mlir/IR/OpBase.td"

def NN_Costed : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::plimsoll::nn";
  let description = [{What running the op once costs, from its types alone.}];
  let methods = [
    InterfaceMethod<[{
        Floating-point operations, a multiply-add counted as two. By default one for
        every element of the largest operand or result.
      }], "int64_t", "getFlops", (ins), "", [{
        return ::plimsoll::nn::detail::largestElementCount($_op.getOperation());
      }]>,
    InterfaceMethod<[{
        Bytes read and written, every operand and result counted once.
      }], "int64_t", "getTraffic", (ins), "", [{
        return ::plimsoll::nn::detail::operandAndResultBytes($_op.getOperation());
      }]>,
  ];
}

def NN_InPlace : OpInterface<"InPlaceOpInterface"> {
  let cppNamespace = "::plimsoll::nn";
  let description = [{
    Which results may (or must) be written over the bytes of which operands.
  }];
  let methods = [
    InterfaceMethod<[{
        Pairs of result and operand that may share their bytes when the operand dies
        here. None by default.
      }], "::llvm::SmallVector<::plimsoll::nn::InPlacePair>", "getInPlacePairs", (ins), "", [{
        return {};
      }]>,
    InterfaceMethod<[{
        True if the pairs are not a choice: an optimizer writes the parameter's own bytes.
      }], "bool", "overwritesOperands", (ins), "", [{ return false; }]>,
    InterfaceMethod<[{
        Which operands are gradients of which overwritten ones. None by default: running
        statistics have none.
      }], "::llvm::SmallVector<::plimsoll::nn::GradientPair>", "getGradients", (ins), "", [{
        return {};
      }]>,
  ];
}

def NN_IndexFactors : OpInterface<"IndexFactorsOpInterface"> {
  let cppNamespace = "::plimsoll::nn";
  let description = [{
    Which dimensions of operands and results are the same one, as in an einsum, and what it
    means to cut them: other sizes for a model and loop nests derive from this. There is no
    default: an op that does not say so does not compile.
  }];
  let methods = [
    InterfaceMethod<[{
        The factors of this op, or the reason why it is opaque (see Factors.h).
      }], "::plimsoll::nn::IndexFactors", "getIndexFactors">,
  ];
}

def NN_Differentiable : OpInterface<"DifferentiableOpInterface"> {
  let cppNamespace = "::plimsoll::nn";
  let description = [{
    Whether a gradient flows from the results to an operand. The rules themselves are
    in `passes/autodiff/Gradients.td`.
  }];
  let methods = [
    InterfaceMethod<[{
        True if operand `index` can have a gradient. By default: if it is floating point.
      }], "bool", "isDifferentiable", (ins "unsigned":$index), "", [{
        return ::plimsoll::nn::detail::isFloat($_op->getOperand(index).getType());
      }]>,
  ];
}

#endif // PLIMSOLL_DIALECTS_NN_NNINTERFACES
