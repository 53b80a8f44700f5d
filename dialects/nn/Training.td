//===- Training.td - parameters, losses and optimizers ----------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_TRAINING
#define PLIMSOLL_DIALECTS_NN_TRAINING

include "dialects/nn/NNBase.td"
include "mlir/IR/SymbolInterfaces.td"

// What lives across steps ---------------------------------------------------

def NN_ParameterOp : NN_Op<"parameter", [Symbol]> {
  let summary = "a tensor of the model that lives across steps";
  let description = [{
    The symbol is the parameter's name in the framework. `type` is the shape in the
    arena; `transposed` says that the framework's shape is its transpose. `source` is
    where the initial bytes are (in the arena's layout); without it they are drawn by
    `role` (`matrix`, `gain`, `bias`). A parameter that is not `trainable` gets no
    gradient, no state and no update.
    ```mlir
    nn.parameter @h.0.weight : tensor<64x32xf32> {trainable, decayed, role = "matrix",
        source = #nn.bytes<file = "m.onnx", offset = 256, size = 8192>}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
                       OptionalAttr<NN_BytesAttr>:$source, DefaultValuedAttr<StrAttr, "\"matrix\"">:$role,
                       OptionalAttr<StrArrayAttr>:$aliases, UnitAttr:$transposed,
                       UnitAttr:$trainable, UnitAttr:$decayed, OptionalAttr<StrAttr>:$reason);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// The shape in the framework.
    ::llvm::SmallVector<int64_t> getFrameworkShape();
  }];
}

def NN_StateOp : NN_Op<"state", [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "optimizer state of a parameter, zero before the first step";
  let description = [{
    ```mlir
    nn.state @h.0.weight.exp_avg : tensor<64x32xf32> {of = @h.0.weight, slot = "exp_avg"}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, FlatSymbolRefAttr:$of,
                       StrAttr:$slot);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
}

def NN_LoadOp : NN_Op<"load", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a parameter or state at the start of the step";
  let description = [{
    ```mlir
    %w = nn.load @h.0.weight : tensor<64x32xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs NN_Tensor:$value);
  let assemblyFormat = "$symbol attr-dict `:` type($value)";
}

def NN_StoreOp : NN_Op<"store", [MemoryEffects<[MemWrite]>,
                                 DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "makes a value the symbol's value at the start of the next step";
  let description = [{
    The value must have been written into the symbol's own bytes by the op that made it.
    ```mlir
    nn.store %w, @h.0.weight : tensor<64x32xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$value, FlatSymbolRefAttr:$symbol);
  let assemblyFormat = "$value `,` $symbol attr-dict `:` type($value)";
}

// Losses --------------------------------------------------------------------

def NN_CrossEntropyOp : NN_TensorOp<"cross_entropy"> {
  let summary = "mean softmax cross entropy over the last dimension";
  let description = [{
    `labels` has the shape of the logits without their last dimension; rows whose label
    is -100 do not count. `accuracy` is the share of the counted rows whose largest
    score is the label's.
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels : tensor<64x10xf32>, tensor<64xi64>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_IndexTensor:$labels);
  let results = (outs NN_FloatTensor:$loss, NN_FloatTensor:$accuracy);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels)";
  let extraClassDeclaration = [{
    int64_t getFlops() { return 6 * getLogits().getType().getNumElements(); }
  }];
}

def NN_CrossEntropyGradOp : NN_TensorOp<"cross_entropy_grad"> {
  let summary = "gradient of nn.cross_entropy";
  let description = [{
    `dlogits = dloss (softmax(logits) - onehot(labels)) / rows counted`, zero in rows
    that do not count.
    ```mlir
    %d = nn.cross_entropy_grad %logits, %labels, %dloss : tensor<64x10xf32>, tensor<64xi64>, tensor<f32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_IndexTensor:$labels, NN_FloatTensor:$dloss);
  let results = (outs NN_FloatTensor:$dlogits);
  let assemblyFormat = [{
    $logits `,` $labels `,` $dloss attr-dict `:` type($logits) `,` type($labels) `,` type($dloss)
  }];
  let extraClassDeclaration = [{
    int64_t getFlops() { return 6 * getLogits().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_CrossEntropyWithGradOp : NN_TensorOp<"cross_entropy_with_grad"> {
  let summary = "nn.cross_entropy and its gradient for dloss = 1 in one sweep";
  let description = [{
    What the two ops become when kernels are formed: the gradient may be written over
    the logits.
    ```mlir
    %loss, %accuracy, %dlogits = nn.cross_entropy_with_grad %logits, %labels
        : tensor<64x10xf32>, tensor<64xi64>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_IndexTensor:$labels);
  let results = (outs NN_FloatTensor:$loss, NN_FloatTensor:$accuracy, NN_FloatTensor:$dlogits);
  let assemblyFormat = "$logits `,` $labels attr-dict `:` type($logits) `,` type($labels)";
  let extraClassDeclaration = [{
    int64_t getFlops() { return 8 * getLogits().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{2, 0}}; }
  }];
}

// Optimizers ----------------------------------------------------------------

class NN_UpdateOp<string mnemonic> : NN_TensorOp<mnemonic>;

def NN_AdamWOp : NN_UpdateOp<"adamw"> {
  let summary = "one AdamW update of a parameter and its two moments";
  let description = [{
    As PyTorch's, with decoupled decay (Loshchilov and Hutter 2019). `hyper` holds the
    step's scalars (see `Hyper` in runtime/include/plimsoll/Program.h).
    ```mlir
    %w1, %m1, %v1 = nn.adamw %w, %g, %m, %v, %hyper {decayed, beta1 = 0.9 : f64,
        beta2 = 0.999 : f64, epsilon = 1.0e-08 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$param, NN_FloatTensor:$gradient, NN_FloatTensor:$exp_avg,
                       NN_FloatTensor:$exp_avg_sq, NN_FloatTensor:$hyper, UnitAttr:$decayed,
                       F64Attr:$beta1, F64Attr:$beta2, F64Attr:$epsilon);
  let results = (outs NN_FloatTensor:$new_param, NN_FloatTensor:$new_exp_avg,
                      NN_FloatTensor:$new_exp_avg_sq);
  let assemblyFormat = [{
    $param `,` $gradient `,` $exp_avg `,` $exp_avg_sq `,` $hyper attr-dict `:`
    custom<OneType>(type($param), type($gradient), type($exp_avg), type($exp_avg_sq)) `,` type($hyper)
  }];
  let extraClassDeclaration = [{
    int64_t getFlops() { return 14 * getParam().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return {{0, 0}, {1, 2}, {2, 3}};
    }
    bool overwritesOperands() { return true; }
  }];
}

def NN_SgdOp : NN_UpdateOp<"sgd"> {
  let summary = "one update by stochastic gradient descent with momentum";
  let description = [{
    As PyTorch's: decay is added to the gradient, the momentum buffer starts as the
    first gradient. A momentum of 0 needs no buffer.
    ```mlir
    %w1, %b1 = nn.sgd %w, %g, %b, %hyper {decayed, momentum = 0.9 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$param, NN_FloatTensor:$gradient,
                       NN_FloatTensor:$momentum_buffer, NN_FloatTensor:$hyper,
                       UnitAttr:$decayed, UnitAttr:$nesterov, F64Attr:$momentum);
  let results = (outs NN_FloatTensor:$new_param, NN_FloatTensor:$new_momentum_buffer);
  let assemblyFormat = [{
    $param `,` $gradient `,` $momentum_buffer `,` $hyper attr-dict `:`
    custom<OneType>(type($param), type($gradient), type($momentum_buffer)) `,` type($hyper)
  }];
  let extraClassDeclaration = [{
    int64_t getFlops() { return 6 * getParam().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return {{0, 0}, {1, 2}};
    }
    bool overwritesOperands() { return true; }
  }];
}

def NN_SgdPlainOp : NN_UpdateOp<"sgd_plain"> {
  let summary = "one update by stochastic gradient descent without momentum";
  let description = [{
    ```mlir
    %w1 = nn.sgd_plain %w, %g, %hyper {decayed} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$param, NN_FloatTensor:$gradient, NN_FloatTensor:$hyper,
                       UnitAttr:$decayed);
  let results = (outs NN_FloatTensor:$new_param);
  let assemblyFormat = [{
    $param `,` $gradient `,` $hyper attr-dict `:` custom<OneType>(type($param), type($gradient))
    `,` type($hyper)
  }];
  let extraClassDeclaration = [{
    int64_t getFlops() { return 3 * getParam().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool overwritesOperands() { return true; }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_TRAINING
