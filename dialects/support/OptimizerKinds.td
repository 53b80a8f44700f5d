//===- OptimizerKinds.td - the optimizers, and how they update a parameter ----===//
//
// An UpdateRule is the op nn.NAME (dialects/nn/Optimizers.td), the kernel NAME
// (dialects/exec/Kernels.td), and the struct with the name of its record in
// runtime/rules/UpdateRules.h, which has the formula. plimsoll-tblgen prints the table of
// OptimizerKinds.h from both classes.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_SUPPORT_OPTIMIZERKINDS
#define PLIMSOLL_DIALECTS_SUPPORT_OPTIMIZERKINDS

// Rules ---------------------------------------------------------------------

/// One update of a parameter and of its states.
class UpdateRule<string mnemonic> {
  string name = mnemonic;
  list<string> states = [];  // of the parameter's shape; checkpoints have them by these names
  list<string> squares = []; // the states that are never negative, as sums of squares are
  list<string> numbers = []; // attributes f64 of the op, scalars of the kernel
  list<string> flags = [];   // unit attributes of the op, sizes of the kernel
  int flops = 0;             // for each element
  string summary = "";
  string description = ""; // with the formula and an example
}

/// What states may be kept in, for all rules that have some: `state=NAME` on the command line.
class StateType<string onCommandLine, string elementType, string asPrinted> {
  string name = onCommandLine;
  string element = elementType; // an enumerator of ElementType; u8: codes, with scales of blocks
  string title = asPrinted;     // in reports
}
def F32State : StateType<"f32", "f32", "f32">;
def Bf16State : StateType<"bf16", "bf16", "bf16, rounded to the nearest">;
def CodedState : StateType<"8bit", "u8", "8 bits, by blocks">;

/// With two moments, as Adam has them.
class MomentsRule<string name> : UpdateRule<name> {
  let states = ["exp_avg", "exp_avg_sq"];
  let squares = ["exp_avg_sq"];
  let numbers = ["beta1", "beta2", "epsilon"];
}

def AdamWRule : MomentsRule<"adamw"> {
  let flops = 14;
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
    With moments in codes of 8 bits, and with moments in bf16:
    ```mlir
    %w1, %m1, %v1, %scales:2 = nn.adamw %w, %g, %m, %v, %hyper scales %ms, %vs {beta1 = 0.9 : f64,
        beta2 = 0.999 : f64, epsilon = 1.0e-08 : f64} : tensor<64x32xf32> state ui8, tensor<16xf32>
    ```
    ```mlir
    %w1, %m1, %v1 = nn.adamw %w, %g, %m, %v, %hyper {beta1 = 0.9 : f64, beta2 = 0.999 : f64,
        epsilon = 1.0e-08 : f64} : tensor<64x32xf32> state bf16, tensor<16xf32>
    ```
  }];
}

def AdamRule : MomentsRule<"adam"> {
  let flops = 15;
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

def SgdRule : UpdateRule<"sgd"> {
  let states = ["momentum_buffer"];
  let numbers = ["momentum"];
  let flags = ["nesterov"];
  let flops = 6;
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

def SgdPlainRule : UpdateRule<"sgd_plain"> {
  let flops = 3;
  let summary = "one update by stochastic gradient descent without momentum";
  let description = [{
    `w -= lr (g + decay w)`.
    ```mlir
    %w1 = nn.sgd_plain %w, %g, %hyper clip %scale {decayed} : tensor<64x32xf32>, tensor<16xf32>, tensor<f32>
    ```
  }];
}

def LionRule : UpdateRule<"lion"> {
  let states = ["exp_avg"];
  let numbers = ["beta1", "beta2"];
  let flops = 9;
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

def AdagradRule : UpdateRule<"adagrad"> {
  let states = ["sum"];
  let squares = ["sum"];
  let numbers = ["epsilon"];
  let flops = 7;
  let summary = "one Adagrad update of a parameter and its sum of squares";
  let description = [{
    `g += decay w`, `s += g^2`, then `w -= lr g / (sqrt(s) + epsilon)`: PyTorch's (Duchi et al.
    2011).
    ```mlir
    %w1, %s1 = nn.adagrad %w, %g, %s, %hyper {epsilon = 1.0e-10 : f64} : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def RmspropRule : UpdateRule<"rmsprop"> {
  let states = ["square_avg"];
  let squares = ["square_avg"];
  let numbers = ["alpha", "epsilon"];
  let flops = 8;
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

def RmspropMomentumRule : UpdateRule<"rmsprop_momentum"> {
  let states = ["square_avg", "momentum_buffer"];
  let squares = ["square_avg"];
  let numbers = ["alpha", "epsilon", "momentum"];
  let flops = 10;
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

// Rows ----------------------------------------------------------------------

/// The form of a rule that updates some rows of a table and of its states: the op nn.NAME and the
/// kernel NAME. `formula` is the struct in runtime/rules/UpdateRules.h.
class RowsRule<UpdateRule ofAll, string structName, bit decoupled> {
  UpdateRule rule = ofAll; // whose states and numbers it has
  string name = ofAll.name # "_rows";
  string formula = structName;
  // Weight decay only shrinks a row, so that the decay of steps that left a row alone can be done
  // when it is next updated. Otherwise the rule has no decay.
  bit catchesUp = decoupled;
  string summary = "";
  string description = "";
}

def AdamWRows : RowsRule<AdamWRule, "AdamWRule", /*decoupled=*/1> {
  let summary = "one AdamW update of the rows that a step touched";
  let description = [{
    As `nn.adamw`, for the rows of the parameter and of its moments that `rows` names. Before it a
    row shrinks by the decay of the steps since its last update.
    ```mlir
    %w1, %m1, %v1, %s1 = nn.adamw_rows %w, %g at %rows, %m, %v, %hyper decays %s {decayed,
        beta1 = 0.9 : f64, beta2 = 0.999 : f64, epsilon = 1.0e-08 : f64} : tensor<64x32xf32>,
        tensor<8x32xf32> at tensor<8xi64>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<16xf32>
        decays tensor<65xf64>
    ```
  }];
}

def AdamRows : RowsRule<AdamRule, "SparseAdamRule", /*decoupled=*/0> {
  let summary = "one update of the rows that a step touched, as PyTorch's SparseAdam has it";
  let description = [{
    In step `t`, counted from 1, for the rows that `rows` names: `m += (1 - beta1) (g - m)`,
    `v += (1 - beta2) (g^2 - v)`, then
    `w -= lr sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)`.
    ```mlir
    %w1, %m1, %v1 = nn.adam_rows %w, %g at %rows, %m, %v, %hyper {beta1 = 0.9 : f64,
        beta2 = 0.999 : f64, epsilon = 1.0e-08 : f64} : tensor<64x32xf32>,
        tensor<8x32xf32> at tensor<8xi64>, tensor<64x32xf32>, tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

def SgdPlainRows : RowsRule<SgdPlainRule, "SgdPlainRule", /*decoupled=*/1> {
  let summary = "one update by stochastic gradient descent of the rows that a step touched";
  let description = [{
    As `nn.sgd_plain`, for the rows that `rows` names. Before it a row shrinks by the decay of the
    steps since its last update.
    ```mlir
    %w1 = nn.sgd_plain_rows %w, %g at %rows, %hyper clip %scale : tensor<64x32xf32>,
        tensor<8x32xf32> at tensor<8xi64>, tensor<16xf32> clip tensor<f32>
    ```
  }];
}

def AdagradRows : RowsRule<AdagradRule, "AdagradRule", /*decoupled=*/0> {
  let summary = "one Adagrad update of the rows that a step touched";
  let description = [{
    As `nn.adagrad`, for the rows that `rows` names.
    ```mlir
    %w1, %s1 = nn.adagrad_rows %w, %g at %rows, %s, %hyper {epsilon = 1.0e-10 : f64} : tensor<64x32xf32>,
        tensor<8x32xf32> at tensor<8xi64>, tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
}

// Optimizers ----------------------------------------------------------------

/// A setting of an optimizer: `key=NUMBER` on the command line, or `key` alone for a flag; a number
/// or a flag of the rule.
class Setting<string onCommandLine, string ofRule, string otherwise> {
  string key = onCommandLine;
  string name = ofRule;
  string standard = otherwise;
  bit isFlag = 0;
}
class Beta1<string standard = "0.9"> : Setting<"beta1", "beta1", standard>;
class Beta2<string standard = "0.999"> : Setting<"beta2", "beta2", standard>;
class Epsilon<string standard = "1e-8"> : Setting<"eps", "epsilon", standard>;
class Momentum<string standard = "0"> : Setting<"momentum", "momentum", standard>;
class Alpha<string standard = "0.99"> : Setting<"alpha", "alpha", standard>;
def Nesterov : Setting<"nesterov", "nesterov", "0"> {
  let isFlag = 1;
}

/// An optimizer that the command line can name. Numbers are PyTorch's defaults, or the paper's.
class Optimizer<string word, string asPrinted, string rate, string decay, list<Setting> all,
                UpdateRule first> {
  string name = word;
  string title = asPrinted; // in reports
  string learningRate = rate;
  string weightDecay = decay;
  list<Setting> settings = all; // besides these two
  UpdateRule rule = first;
  // The rule with the setting `momentum`, if that is not 0 and makes a difference.
  list<UpdateRule> momentumRule = [];
  bit biasCorrected = 0; // the step's scalars correct the bias of moments by beta1 and beta2
}

def AdamW : Optimizer<"adamw", "AdamW", "1e-3", "0.01", [Beta1<>, Beta2<>, Epsilon<>], AdamWRule> {
  let biasCorrected = 1;
}
def Adam : Optimizer<"adam", "Adam", "1e-3", "0", [Beta1<>, Beta2<>, Epsilon<>], AdamRule> {
  let biasCorrected = 1;
}
def Sgd : Optimizer<"sgd", "SGD", "1e-3", "0.01", [Momentum<>, Nesterov], SgdPlainRule> {
  let momentumRule = [SgdRule];
}
def Lion : Optimizer<"lion", "Lion", "1e-4", "0", [Beta1<>, Beta2<"0.99">], LionRule>;
def Adagrad : Optimizer<"adagrad", "Adagrad", "1e-2", "0", [Epsilon<"1e-10">], AdagradRule>;
def Rmsprop : Optimizer<"rmsprop", "RMSprop", "1e-2", "0", [Alpha<>, Epsilon<>, Momentum<>],
                        RmspropRule> {
  let momentumRule = [RmspropMomentumRule];
}

#endif // PLIMSOLL_DIALECTS_SUPPORT_OPTIMIZERKINDS
