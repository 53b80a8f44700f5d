//===- Recurrent.td - recurrent layers and their gradients --------------------===//
//
// One direction of one layer, all steps of it. The input's part of the gates is a product over all
// steps at once and comes in as `x`, [steps, batch, gates * size]; the ops add the product of the
// state with `weight`, [gates * size, size], step by step. Tensors of a gate lie side by side in the
// last dimension. With `reverse` the last step is computed first; results lie where `x` does.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_RECURRENT
#define PLIMSOLL_DIALECTS_NN_RECURRENT

include "dialects/nn/NNBase.td"

/// `pairs` are results and the operands that they may overwrite, as C++.
class NN_RecurrentOp<string mnemonic, string pairs> : NN_TensorOp<mnemonic> {
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops();
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return }] # pairs # [{; }
  }];
}

def NN_LstmOp : NN_RecurrentOp<"lstm", "{{2, 0}}"> {
  let summary = "a layer of LSTM cells, all steps";
  let description = [{
    The gates are `i`, `f`, `g`, `o`, as in PyTorch. At each step `i, f, o = sigmoid(x + h weight^T)`,
    `g = tanh(x + h weight^T)`, then `c = f c + i g` and `h = o tanh(c)` (Hochreiter and Schmidhuber
    1997, with the forget gate of Gers et al. 2000). `h0` and `c0`, `[batch, size]`, are the state
    before the first step. Returns `hidden` and `cells`, `[steps, batch, size]`, with `h` and `c`
    after each step, and `gates`, which has the type of `x` and is what the gradient needs.
    ```mlir
    %hidden, %cells, %gates = nn.lstm %x, %weight, %h0, %c0 {reverse}
        : tensor<5x4x12xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$weight, NN_FloatTensor:$h0,
                       NN_FloatTensor:$c0, UnitAttr:$reverse);
  let results = (outs NN_FloatTensor:$hidden, NN_FloatTensor:$cells, NN_FloatTensor:$gates);
  let assemblyFormat = [{
    $x `,` $weight `,` $h0 `,` $c0 attr-dict `:` type($x) `,` type($weight) `,` type($h0) `,`
    type($c0)
  }];
}

def NN_LstmGradOp : NN_RecurrentOp<"lstm_grad", "{{0, 1}}"> {
  let summary = "gradient of nn.lstm with respect to x, h0 and c0";
  let description = [{
    Goes from the last step that was computed to the first: with `dh` and `dc` from the step behind,
    and `t = tanh(cells)`, `dc += (dhidden + dh) o (1 - t^2)`, and `dx` is `dc g`, `dc c`, `dc i`,
    `dh t` times the slope of the gate's function, `c` being the cell before the step; then
    `dh = dx weight` and `dc = dc f`. `dhidden` has the type of `cells`, and so has `dcells`, a
    gradient of all cells. The gradient of `weight` is a product of `dx` with the states before.
    ```mlir
    %dx, %dh0, %dc0 = nn.lstm_grad %dhidden, %gates, %cells, %weight, %c0 {reverse}
        : tensor<5x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>,
          tensor<4x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dhidden, NN_FloatTensor:$gates, NN_FloatTensor:$cells,
                       NN_FloatTensor:$weight, NN_FloatTensor:$c0,
                       Optional<NN_FloatTensor>:$dcells, UnitAttr:$reverse);
  let results = (outs NN_FloatTensor:$dx, NN_FloatTensor:$dh0, NN_FloatTensor:$dc0);
  let assemblyFormat = [{
    $dhidden `,` $gates `,` $cells `,` $weight `,` $c0 (`cells` $dcells^)? attr-dict `:`
    type($dhidden) `,` type($gates) `,` type($cells) `,` type($weight) `,` type($c0)
    (`,` type($dcells)^)?
  }];
}

def NN_GruOp : NN_RecurrentOp<"gru", "{{1, 0}}"> {
  let summary = "a layer of gated recurrent units, all steps";
  let description = [{
    The gates are `r`, `z`, `n`, as in PyTorch. At each step `r, z = sigmoid(x + h weight^T)`,
    `n = tanh(x + r (h weight^T + bias))` and `h = n + z (h - n)` (Cho et al. 2014, with the reset
    behind the product, as in PyTorch). `h0`, `[batch, size]`, is the state before the first step;
    `bias`, `[size]`, is that of the last gate. Returns `hidden`, `[steps, batch, size]`, and what
    the gradient needs: `gates`, which has the type of `x`, and `inner`, `[steps, batch, size]`, the
    term in parentheses.
    ```mlir
    %hidden, %gates, %inner = nn.gru %x, %weight, %h0 bias %bias
        : tensor<5x4x9xf32>, tensor<9x3xf32>, tensor<4x3xf32>, tensor<3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$weight, NN_FloatTensor:$h0,
                       Optional<NN_FloatTensor>:$bias, UnitAttr:$reverse);
  let results = (outs NN_FloatTensor:$hidden, NN_FloatTensor:$gates, NN_FloatTensor:$inner);
  let assemblyFormat = [{
    $x `,` $weight `,` $h0 (`bias` $bias^)? attr-dict `:` type($x) `,` type($weight) `,` type($h0)
    (`,` type($bias)^)?
  }];
}

def NN_GruGradOp : NN_RecurrentOp<"gru_grad", "{{0, 1}, {1, 2}}"> {
  let summary = "gradient of nn.gru with respect to x, the inner term and h0";
  let description = [{
    Goes from the last step that was computed to the first: with `dh` from the step behind added to
    `dhidden`, and `h` the state before the step, `dx` is `dn inner`, `dh (h - n)` and `dh (1 - z)`
    times the slope of the gate's function, of which the last is `dn`; `dinner = dn r`; then
    `dh = dh z` plus the product of `weight` with the first two of `dx` and `dinner`. `dhidden`,
    `inner` and `hidden` have the same type. The gradients of `weight` and `bias` are products and
    sums of `dx` and `dinner`.
    ```mlir
    %dx, %dinner, %dh0 = nn.gru_grad %dhidden, %gates, %inner, %hidden, %weight, %h0
        : tensor<5x4x3xf32>, tensor<5x4x9xf32>, tensor<5x4x3xf32>, tensor<5x4x3xf32>,
          tensor<9x3xf32>, tensor<4x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dhidden, NN_FloatTensor:$gates, NN_FloatTensor:$inner,
                       NN_FloatTensor:$hidden, NN_FloatTensor:$weight, NN_FloatTensor:$h0,
                       UnitAttr:$reverse);
  let results = (outs NN_FloatTensor:$dx, NN_FloatTensor:$dinner, NN_FloatTensor:$dh0);
  let assemblyFormat = [{
    $dhidden `,` $gates `,` $inner `,` $hidden `,` $weight `,` $h0 attr-dict `:` type($dhidden) `,`
    type($gates) `,` type($inner) `,` type($hidden) `,` type($weight) `,` type($h0)
  }];
}

def NN_RnnOp : NN_RecurrentOp<"rnn", "{{0, 0}}"> {
  let summary = "a layer of cells without gates, all steps";
  let description = [{
    At each step `h = tanh(x + h weight^T)` (Elman 1990), or with `relu` the positive part instead
    of the tanh. `h0`, `[batch, size]`, is the state before the first step. Returns `hidden`, which
    has the type of `x`.
    ```mlir
    %hidden = nn.rnn %x, %weight, %h0 {relu} : tensor<5x4x3xf32>, tensor<3x3xf32>, tensor<4x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x, NN_FloatTensor:$weight, NN_FloatTensor:$h0,
                       UnitAttr:$reverse, UnitAttr:$relu);
  let results = (outs NN_FloatTensor:$hidden);
  let assemblyFormat = [{
    $x `,` $weight `,` $h0 attr-dict `:` type($x) `,` type($weight) `,` type($h0)
  }];
}

def NN_RnnGradOp : NN_RecurrentOp<"rnn_grad", "{{0, 0}, {0, 1}}"> {
  let summary = "gradient of nn.rnn with respect to x and h0";
  let description = [{
    Goes from the last step that was computed to the first: `dx` is `dhidden + dh` times
    `1 - hidden^2`, or with `relu` where `hidden` is positive; then `dh = dx weight` for the step
    before. `dhidden` has the type of `hidden`. The gradient of `weight` is a product of `dx` with
    the states before.
    ```mlir
    %dx, %dh0 = nn.rnn_grad %dhidden, %hidden, %weight {relu}
        : tensor<5x4x3xf32>, tensor<5x4x3xf32>, tensor<3x3xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$dhidden, NN_FloatTensor:$hidden, NN_FloatTensor:$weight,
                       UnitAttr:$reverse, UnitAttr:$relu);
  let results = (outs NN_FloatTensor:$dx, NN_FloatTensor:$dh0);
  let assemblyFormat = [{
    $dhidden `,` $hidden `,` $weight attr-dict `:` type($dhidden) `,` type($hidden) `,`
    type($weight)
  }];
}

#endif // PLIMSOLL_DIALECTS_NN_RECURRENT
