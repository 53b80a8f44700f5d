//===- Losses.td - losses and their gradients ---------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_LOSSES
#define PLIMSOLL_DIALECTS_NN_LOSSES

include "dialects/nn/NNBase.td"

// Classes -------------------------------------------------------------------

class NN_CrossEntropyBase<string mnemonic> : NN_TensorOp<mnemonic> {
  dag options = (ins Optional<NN_FloatTensor>:$weights, OptionalAttr<F64Attr>:$label_smoothing,
                     OptionalAttr<I64Attr>:$ignore_index, OptionalAttr<I64Attr>:$axis,
                     OptionalAttr<I64Attr>:$first_row);
  code classAxis = [{
    /// The dimension of the logits that the classes lie along.
    int64_t getClassAxis() { return getAxis().value_or(getLogits().getType().getRank() - 1); }
  }];
}

def NN_CrossEntropyOp : NN_CrossEntropyBase<"cross_entropy"> {
  let summary = "mean softmax cross entropy over classes";
  let description = [{
    Classes lie along dimension `axis` of the logits, by default the last; `labels` has the shape of
    the logits without it. Rows whose label is `ignore_index` (-100) do not count; if none counts,
    the loss is NaN and its gradient is 0. `accuracy` is the share of the counted rows whose largest
    score is the label's. Options are PyTorch's: with `label_smoothing` s, in [0, 1], the target of
    a row is `(1 - s) onehot(label) + s / classes`; with `weights` w, one for each class, every term
    of class c counts `w[c]` times, and the sum is divided by the sum of `w[label]`.
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels : tensor<64x10xf32>, tensor<64xi64>
    ```
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels weights %w {ignore_index = 0 : i64,
        label_smoothing = 0.1 : f64} : tensor<64x10xf32>, tensor<64xi64>, tensor<10xf32>
    ```
    For the pixels of an image, without a transposition:
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels {axis = 1 : i64}
        : tensor<2x21x8x8xf32>, tensor<2x8x8xi64>
    ```
    With `first_row` the logits are some rows of a matrix, from that one on, and the labels those of
    all its rows; loss and accuracy are what these rows add to those of the matrix.
    ```mlir
    %loss, %accuracy = nn.cross_entropy %logits, %labels {first_row = 16 : i64}
        : tensor<16x10xf32>, tensor<64xi64>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$logits, NN_IndexTensor:$labels), options);
  let results = (outs NN_FloatTensor:$loss, NN_FloatTensor:$accuracy);
  let assemblyFormat = [{
    $logits `,` $labels (`weights` $weights^)? attr-dict `:`
    type($logits) `,` type($labels) (`,` type($weights)^)?
  }];
  let extraClassDeclaration = declaredFactors # classAxis # [{
    int64_t getFlops() { return 6 * getLogits().getType().getNumElements(); }
    bool isDifferentiable(unsigned index) { return index == 0; }
  }];
}

def NN_CrossEntropyGradOp : NN_CrossEntropyBase<"cross_entropy_grad"> {
  let summary = "gradient of nn.cross_entropy";
  let description = [{
    `dlogits = dloss (softmax(logits) - onehot(labels)) / rows counted`, zero in rows that do not
    count; with the options of nn.cross_entropy, the gradient of the loss that they define. `dloss`
    is one number.
    ```mlir
    %d = nn.cross_entropy_grad %logits, %labels, %dloss : tensor<64x10xf32>, tensor<64xi64>, tensor<f32>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$logits, NN_IndexTensor:$labels,
                            NN_FloatTensor:$dloss), options);
  let results = (outs NN_FloatTensor:$dlogits);
  let assemblyFormat = [{
    $logits `,` $labels `,` $dloss (`weights` $weights^)? attr-dict `:`
    type($logits) `,` type($labels) `,` type($dloss) (`,` type($weights)^)?
  }];
  let extraClassDeclaration = declaredFactors # classAxis # [{
    int64_t getFlops() { return 6 * getLogits().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

def NN_CrossEntropyWithGradOp : NN_CrossEntropyBase<"cross_entropy_with_grad"> {
  let summary = "nn.cross_entropy and its gradient for dloss = 1 in one sweep";
  let description = [{
    `nn-form-launches` makes it of the two ops. The gradient may be written over the logits.
    ```mlir
    %loss, %accuracy, %dlogits = nn.cross_entropy_with_grad %logits, %labels
        : tensor<64x10xf32>, tensor<64xi64>
    ```
  }];
  let arguments = !con((ins NN_FloatTensor:$logits, NN_IndexTensor:$labels), options);
  let results = (outs NN_FloatTensor:$loss, NN_FloatTensor:$accuracy, NN_FloatTensor:$dlogits);
  let assemblyFormat = [{
    $logits `,` $labels (`weights` $weights^)? attr-dict `:`
    type($logits) `,` type($labels) (`,` type($weights)^)?
  }];
  let extraClassDeclaration = declaredFactors # classAxis # [{
    int64_t getFlops() { return 8 * getLogits().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{2, 0}}; }
  }];
}

// Distributions -------------------------------------------------------------

def NN_KlDivergenceOp : NN_TensorOp<"kl_divergence"> {
  let summary = "Kullback-Leibler divergence of a softmax from a target distribution";
  let description = [{
    `T^2 / batch * sum target (ln target - log_softmax(logits / T))`, where the softmax is over the
    last dimension, `T` is the positive `temperature` and `batch` the size of the first of at least
    two dimensions: PyTorch's `kl_div` with `batchmean`, times `T^2`, so that gradients keep their
    size (Hinton et al. 2015). A target of 0 adds nothing. No gradient flows to the target; for
    distillation it is `softmax(teacher / T)`.
    ```mlir
    %loss = nn.kl_divergence %logits, %target {temperature = 2.0 : f64} : tensor<64x10xf32>
    ```
    With `batch` the sum is divided by that number instead: the loss is what some rows add to that
    of a batch of this size.
    ```mlir
    %loss = nn.kl_divergence %logits, %target {batch = 64 : i64, temperature = 2.0 : f64}
        : tensor<16x10xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_FloatTensor:$target, F64Attr:$temperature,
                       OptionalAttr<I64Attr>:$batch);
  let results = (outs NN_FloatTensor:$loss);
  let assemblyFormat =
      "$logits `,` $target attr-dict `:` custom<OneType>(type($logits), type($target))";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 10 * getLogits().getType().getNumElements(); }
    bool isDifferentiable(unsigned index) { return index == 0; }
  }];
}

def NN_KlDivergenceGradOp : NN_TensorOp<"kl_divergence_grad"> {
  let summary = "gradient of nn.kl_divergence";
  let description = [{
    `dlogits = dloss T / batch (softmax(logits / T) sum(target) - target)`, the sum over a row;
    `batch` is that of nn.kl_divergence.
    ```mlir
    %d = nn.kl_divergence_grad %logits, %target, %dloss {temperature = 2.0 : f64}
        : tensor<64x10xf32>, tensor<f32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$logits, NN_FloatTensor:$target, NN_FloatTensor:$dloss,
                       F64Attr:$temperature, OptionalAttr<I64Attr>:$batch);
  let results = (outs NN_FloatTensor:$dlogits);
  let assemblyFormat = [{
    $logits `,` $target `,` $dloss attr-dict `:` custom<OneType>(type($logits), type($target))
    `,` type($dloss)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 8 * getLogits().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
  }];
}

// Single numbers ------------------------------------------------------------

def NN_BceWithLogits : I32EnumAttrCase<"bce_with_logits", 0>;
def NN_L1 : I32EnumAttrCase<"l1", 1>;
def NN_Huber : I32EnumAttrCase<"huber", 2>;
def NN_PointwiseLossKind : I32EnumAttr<"PointwiseLossKind", "a loss of single numbers",
                                       [NN_BceWithLogits, NN_L1, NN_Huber]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_PointwiseLossOp : NN_TensorOp<"pointwise_loss"> {
  let summary = "mean of a loss of single numbers";
  let description = [{
    The mean over all elements of one of the following, where `target` has the type of `x`:

    * `bce_with_logits`: `max(x, 0) - x target + ln(1 + e^-|x|)`, the cross entropy of
      `sigmoid(x)` and the target, in [0, 1];
    * `l1`: `|x - target|`;
    * `huber`: `(x - target)^2 / 2` up to a distance of `delta`, and
      `delta (|x - target| - delta / 2)` behind it.

    Nothing is kept for the gradient, and none flows to the target. `huber`, and only it, needs a
    `delta`, which is positive.
    ```mlir
    %loss = nn.pointwise_loss huber %x, %target {delta = 0.5 : f64} : tensor<64x10xf32>
    ```
  }];
  let arguments = (ins NN_PointwiseLossKind:$kind, NN_FloatTensor:$x, NN_FloatTensor:$target,
                       OptionalAttr<F64Attr>:$delta);
  let results = (outs NN_FloatTensor:$loss);
  let assemblyFormat =
      "$kind $x `,` $target attr-dict `:` custom<OneType>(type($x), type($target))";
  let hasVerifier = 1;
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 6 * getX().getType().getNumElements(); }
    bool isDifferentiable(unsigned index) { return index == 0; }
  }];
}

def NN_PointwiseLossGradOp : NN_TensorOp<"pointwise_loss_grad"> {
  let summary = "gradient of nn.pointwise_loss";
  let description = [{
    `dx = dloss / count * s`, where `count` is the number of elements and `s` is
    `sigmoid(x) - target` for `bce_with_logits`, `sign(x - target)` for `l1`, and `x - target`
    limited to `[-delta, delta]` for `huber`. `dloss` is one number; the other constraints are those
    of `nn.pointwise_loss`.
    ```mlir
    %dx = nn.pointwise_loss_grad l1 %x, %target, %dloss : tensor<64x10xf32>, tensor<f32>
    ```
  }];
  let arguments = (ins NN_PointwiseLossKind:$kind, NN_FloatTensor:$x, NN_FloatTensor:$target,
                       NN_FloatTensor:$dloss, OptionalAttr<F64Attr>:$delta);
  let results = (outs NN_FloatTensor:$dx);
  let assemblyFormat = [{
    $kind $x `,` $target `,` $dloss attr-dict `:` custom<OneType>(type($x), type($target))
    `,` type($dloss)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 6 * getX().getType().getNumElements(); }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      return {{0, 0}, {0, 1}};
    }
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_LOSSES
