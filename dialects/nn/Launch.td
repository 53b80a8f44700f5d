//===- Launch.td - one launch, made of ops of the dialect -------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_LAUNCH
#define PLIMSOLL_DIALECTS_NN_LAUNCH

include "dialects/nn/NNBase.td"

def NN_LaunchOp : NN_Op<"launch", [IsolatedFromAbove, RecursiveMemoryEffects, SingleBlock,
                                   NN_Costed, NN_InPlace]> {
  let summary = "one launch: what its body computes runs at once";
  let description = [{
    `nn-form-launches` decides which ops are one launch and puts them into the
    body, whose arguments are the operands and whose `nn.yield` gives the results. Cost, in-place
    pairs, overwrites and index factors follow from the body. From there on a step is a list of
    launches: passes that choose kernels, plan and lower ask this op, and read the body only for what
    it computes.

    A body of several ops is one loop nest (`dialects/nn/LoopNest.h`), every point of which computes one
    element of each value; reshapes may stand between them. Or it is updates side by side: ops of one
    kind with the same attributes, each of which overwrites other operands, and reads none that another
    makes. Or it is one main op with what its kernel does beside it: a product with sums of its factors;
    attention with the split of a tensor into queries, keys and values before it, and the concatenation
    of their gradients behind it; the gradients of a layer normalisation with the normalisation again.

    The builders take one op, whose operands and results become the launch's, or several with what they
    read of others and what others read of them, and copy them into the body. A body has at least one op, all of them on tensors and without a region; arguments and yielded
    values have the types of operands and results.
    ```mlir
    %h = nn.launch(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
    ^bb0(%a: tensor<4x8xf32>):
      %b = nn.tanh %a : tensor<4x8xf32>
      nn.yield %b : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$inputs);
  let results = (outs Variadic<NN_Tensor>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $inputs `)` attr-dict `:` functional-type($inputs, $outputs) $body
  }];
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::mlir::Operation *":$op)>,
                  OpBuilder<(ins "::llvm::ArrayRef<::mlir::Operation *>":$ops,
                                 "::mlir::ValueRange":$inputs, "::mlir::ValueRange":$outputs)>];
  let skipDefaultBuilders = 1;
  let extraClassDeclaration = declaredFactors # [{
    /// The ops of the body but for the terminator.
    ::llvm::iterator_range<::mlir::Block::iterator> getOps() {
      return getBody().front().without_terminator();
    }
    /// The op of a body that is one op; null for others.
    ::mlir::Operation *getSingleOp();
    /// The op of a body that is one op, or the product, attention or gradients of a layer
    /// normalisation that has nothing but such ops beside it as its kernel may do; null for others.
    ::mlir::Operation *getMainOp();
    /// The op that the launch is named after: what the others prepare.
    ::mlir::Operation *getLastOp() { return getBody().front().getTerminator()->getPrevNode(); }
    /// Names the ops for people: "nn.matmul", "nn.sigmoid + nn.mul", or "12 nn.adamw".
    std::string describeOps();
    /// The op whose result is result `index`, and the number of that result; null if the body gives
    /// back an operand.
    ::mlir::OpResult getMaker(unsigned index);
    /// True if the body is several updates side by side, which one kernel runs.
    bool isSideBySide();
    /// The nest of loops that computes the body; nothing if it is none.
    std::optional<::plimsoll::nn::LoopNest> getLoopNest();

    int64_t getFlops();
    int64_t getTraffic();
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs();
    bool overwritesOperands();
    ::llvm::SmallVector<::plimsoll::nn::GradientPair> getGradients();
  }];
}

def NN_YieldOp : NN_OpaqueOp<"yield", "it computes nothing", [Pure, Terminator, HasParent<"LaunchOp">]> {
  let summary = "ends the body of a launch: its results";
  let description = [{
    Has one operand for each result of the launch, of its type.
    ```mlir
    %h = nn.launch(%x) : (tensor<4x8xf32>) -> tensor<4x8xf32> {
    ^bb0(%a: tensor<4x8xf32>):
      %b = nn.tanh %a : tensor<4x8xf32>
      nn.yield %b : tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<NN_Tensor>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // PLIMSOLL_DIALECTS_NN_LAUNCH
