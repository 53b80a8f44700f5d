//===- Optimizers.td - updates of parameters, accumulation, clipping ---------===//
#ifndef PLIMSOLL_DIALECTS_NN_OPTIMIZERS
#define PLIMSOLL_DIALECTS_NN_OPTIMIZERS

include "dialects/nn/NNBase.td"

/// One update of a parameter and its `states` (the names of its slots), which it overwrites;
/// gradient and states have the parameter's type. Every update reads `hyper`, the step's scalars
/// (see `Hyper` in runtime/include/plimsoll/Program.h), and may have
///   clip_scale   one number, by which the gradient is multiplied
///   clip_value   the limit of the gradient's elements: [-clip_value, clip_value]
///   decayed      weight decay by the step's rate, or by the parameter's own, `decay`
///   lr_scale     a factor on the learning rate
class NN_UpdateOp<string mnemonic, list<string> states, int flops, dag settings = (ins)>
    : NN_TensorOp<mnemonic> {
  let arguments = !con((ins NN_FloatTensor:$param, NN_FloatTensor:$gradient),
                       !dag(ins, !listsplat(NN_FloatTensor, !size(states)), states),
                       (ins NN_FloatTensor:$hyper, Optional<NN_FloatTensor>:$clip_scale),
                       settings,
                       (ins UnitAttr:$decayed, OptionalAttr<F64Attr>:$decay,
                            OptionalAttr<F64Attr>:$lr_scale, OptionalAttr<F64Attr>:$clip_value));
  let results = !con((outs NN_FloatTensor:$new_param),
                     !dag(outs, !listsplat(NN_FloatTensor, !size(states)),
                          !foreach(state, states, "new_" # state)));
  let assemblyFormat =
      "$param `,` $gradient `,` " # !foldl("", states, text, state, text # "$" # state # " `,` ") #
      "$hyper (`clip` $clip_scale^)? attr-dict `:` custom<OneType>(type($param), type($gradient)" #
      !foldl("", states, text, state, text # ", type($" # state # ")") #
      ") `,` type($hyper) (`,` type($clip_scale)^)?";
  let extraClassDeclaration =
      "static constexpr unsigned kStates = " # !size(states) # ";\n" #
      "int64_t getFlops() { return " # flops # " * getParam().getType().getNumElements(); }\n" # [{
    ::plimsoll::nn::IndexFactors getIndexFactors() {
      return ::plimsoll::nn::detail::updateFactors(getOperation(), 2 + kStates);
    }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      ::llvm::SmallVector<::plimsoll::nn::InPlacePair> pairs = {{0, 0}};
      for (unsigned state = 1; state <= kStates; ++state)
        pairs.push_back({state, state + 1});
      return pairs;
    }
    bool overwritesOperands() { return true; }
    std::optional<unsigned> getGradientOperand() { return 1; }
  }];
}

def NN_AdamWOp : NN_UpdateOp<"adamw", ["exp_avg", "exp_avg_sq"], 14,
                             (ins F64Attr:$beta1, F64Attr:$beta2, F64Attr:$epsilon)> {
  let summary = "one AdamW update of a parameter and its two moments";
  let description = [{
    In step `t`, counted from 1: `w *= 1 - lr decay`, `m += (1 - beta1) (g - m)`,
    `v = beta2 v + (1 - beta2) g^2`, then
    `w -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)`: PyTorch's, with decoupled
    decay (Loshchilov and Hutter 2019).
    ```mlir
    %w1, %m1, %v1 = nn.adamw %w, %g, %m, %v, %hyper {decayed, beta1 = 0.9 : f64,
        beta2 = 0.999 : f64, epsilon = 1.0e-08 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def NN_AdamOp : NN_UpdateOp<"adam", ["exp_avg", "exp_avg_sq"], 15,
                            (ins F64Attr:$beta1, F64Attr:$beta2, F64Attr:$epsilon)> {
  let summary = "one Adam update of a parameter and its two moments";
  let description = [{
    As `nn.adamw`, but decay is added to the gradient, `g += decay w`, instead of shrinking `w`:
    PyTorch's (Kingma and Ba 2015).
    ```mlir
    %w1, %m1, %v1 = nn.adam %w, %g, %m, %v, %hyper {beta1 = 0.9 : f64, beta2 = 0.999 : f64,
        epsilon = 1.0e-08 : f64, lr_scale = 0.1 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def NN_SgdOp : NN_UpdateOp<"sgd", ["momentum_buffer"], 6,
                           (ins UnitAttr:$nesterov, F64Attr:$momentum)> {
  let summary = "one update by stochastic gradient descent with momentum";
  let description = [{
    `g += decay w`, `b = momentum b + g` (in the first step `b = g`), then `w -= lr b`, or with
    `nesterov` `w -= lr (g + momentum b)`: PyTorch's. A momentum of 0 needs no buffer, see
    `nn.sgd_plain`.
    ```mlir
    %w1, %b1 = nn.sgd %w, %g, %b, %hyper {decayed, momentum = 0.9 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def NN_SgdPlainOp : NN_UpdateOp<"sgd_plain", [], 3> {
  let summary = "one update by stochastic gradient descent without momentum";
  let description = [{
    `w -= lr (g + decay w)`.
    ```mlir
    %w1 = nn.sgd_plain %w, %g, %hyper clip %scale {decayed} : tensor<64x32xf32>, tensor<16xf32>, tensor<f32>
    ```
  }];
}

def NN_LionOp : NN_UpdateOp<"lion", ["exp_avg"], 9, (ins F64Attr:$beta1, F64Attr:$beta2)> {
  let summary = "one Lion update of a parameter and its moment";
  let description = [{
    `w *= 1 - lr decay`, `w -= lr sign(beta1 m + (1 - beta1) g)`, then `m = beta2 m + (1 - beta2) g`
    (Chen et al. 2023, algorithm 2).
    ```mlir
    %w1, %m1 = nn.lion %w, %g, %m, %hyper {decayed, decay = 0.3 : f64, beta1 = 0.9 : f64,
        beta2 = 0.99 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def NN_AdagradOp : NN_UpdateOp<"adagrad", ["sum"], 7, (ins F64Attr:$epsilon)> {
  let summary = "one Adagrad update of a parameter and its sum of squares";
  let description = [{
    `g += decay w`, `s += g^2`, then `w -= lr g / (sqrt(s) + epsilon)`: PyTorch's (Duchi et al.
    2011).
    ```mlir
    %w1, %s1 = nn.adagrad %w, %g, %s, %hyper {epsilon = 1.0e-10 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def NN_RmspropOp : NN_UpdateOp<"rmsprop", ["square_avg"], 8,
                               (ins F64Attr:$alpha, F64Attr:$epsilon)> {
  let summary = "one RMSprop update of a parameter and its average of squares";
  let description = [{
    `g += decay w`, `v = alpha v + (1 - alpha) g^2`, then `w -= lr g / (sqrt(v) + epsilon)`:
    PyTorch's, not centred (Hinton 2012).
    ```mlir
    %w1, %v1 = nn.rmsprop %w, %g, %v, %hyper {alpha = 0.99 : f64, epsilon = 1.0e-08 : f64,
        clip_value = 0.5 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def NN_RmspropMomentumOp : NN_UpdateOp<"rmsprop_momentum", ["square_avg", "momentum_buffer"], 10,
                                       (ins F64Attr:$alpha, F64Attr:$epsilon, F64Attr:$momentum)> {
  let summary = "one RMSprop update with momentum";
  let description = [{
    `g += decay w`, `v = alpha v + (1 - alpha) g^2`, `b = momentum b + g / (sqrt(v) + epsilon)`,
    then `w -= lr b`: PyTorch's, not centred.
    ```mlir
    %w1, %v1, %b1 = nn.rmsprop_momentum %w, %g, %v, %b, %hyper {alpha = 0.99 : f64,
        epsilon = 1.0e-08 : f64, momentum = 0.9 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

// Gradients before the update -----------------------------------------------

def NN_AccumulateOp : NN_TensorOp<"accumulate"> {
  let summary = "adds the gradient of a micro-batch to the sum of the step";
  let description = [{
    `sum + gradient`, or `gradient` in the first micro-batch of a step, which `hyper` marks. The sum
    is overwritten; the gradient has its type.
    ```mlir
    %s1 = nn.accumulate %s, %g, %hyper : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$sum, NN_FloatTensor:$gradient, NN_FloatTensor:$hyper);
  let results = (outs NN_FloatTensor:$new_sum);
  let assemblyFormat = [{
    $sum `,` $gradient `,` $hyper attr-dict `:` custom<OneType>(type($sum), type($gradient))
    `,` type($hyper)
  }];
  let extraClassDeclaration = declaredFactors # [{
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool overwritesOperands() { return true; }
    std::optional<unsigned> getGradientOperand() { return 1; }
  }];
}

def NN_SumSquaresOp : NN_TensorOp<"sum_squares"> {
  let summary = "sum of the squares of all elements";
  let description = [{
    The sum, an f64 scalar, is computed in f64, in an order that depends on the shape only.
    ```mlir
    %s = nn.sum_squares %g : tensor<64x32xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x);
  let results = (outs NN_FloatTensor:$sum);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 2 * getX().getType().getNumElements(); }
  }];
}

def NN_ClipByNormOp : NN_TensorOp<"clip_by_norm"> {
  let summary = "the number that limits the norm of all gradients together";
  let description = [{
    `norm` is the square root of the sum of the operands, each from `nn.sum_squares`; `scale` is
    `min(1, max_norm / (norm + 1e-6))`, as in PyTorch's `clip_grad_norm_`, with a positive
    `max_norm`. Both results are f32 scalars.
    ```mlir
    %scale, %norm = nn.clip_by_norm %a, %b {max_norm = 1.0 : f64} : tensor<f64>, tensor<f64>
    ```
  }];
  let arguments = (ins Variadic<NN_FloatTensor>:$squares, F64Attr:$max_norm);
  let results = (outs NN_FloatTensor:$scale, NN_FloatTensor:$norm);
  let assemblyFormat = "$squares attr-dict `:` type($squares)";
  let extraClassDeclaration = declaredFactors;
}

#endif // PLIMSOLL_DIALECTS_NN_OPTIMIZERS
