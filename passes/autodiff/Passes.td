//===- Passes.td - from a loss to a training step -----------------------------===//
#ifndef PLIMSOLL_PASSES_AUTODIFF_PASSES
#define PLIMSOLL_PASSES_AUTODIFF_PASSES

include "mlir/Pass/PassBase.td"

def BuildStepPass : Pass<"nn-build-step", "::mlir::ModuleOp"> {
  let summary = "makes the training step and the evaluation of a loss";
  let description = [{
    Turns `@forward`, whose first result is the loss, into `@evaluate` (the same function) and
    `@train`: forward, backward and optimizer as one function. Every trainable parameter gets its
    optimizer state and one update; gradients of a value with several uses are added in the order of
    the uses, last use first. Batch normalisations in inference form normalise by the batch in
    `@train` and update their running statistics there; in `@evaluate` they stay as they are. With
    `accumulate` there is a third function, `@accumulate`: forward and backward of every micro-batch
    of a step except the last, whose gradients are added up in transient states; `@train` adds those
    of the last micro-batch and updates by the mean. Dropout draws in `@train` and `@accumulate` and
    is removed from `@evaluate`; other random ops draw everywhere. All ops without a gradient rule
    and all parameters that no gradient reaches are reported at once.

    Before, with `%w = nn.load @w`:
    ```mlir
    func.func @forward(%x, %labels) -> (loss, accuracy)
    ```
    After:
    ```mlir
    func.func @train(%x, %labels, %hyper) -> (loss, accuracy)   // ends in nn.adamw, nn.store
    func.func @evaluate(%x, %labels) -> (loss, accuracy)
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect", "::mlir::func::FuncDialect"];
  let options = [
    Option<"optimizer", "optimizer", "std::string", "\"adamw\"",
           "An optimizer of dialects/support/OptimizerKinds.td, then its settings: sgd,momentum=0.9">,
    Option<"clip", "clip", "std::string", "\"\"",
           "Limit the gradients: norm:1.0 all together, value:0.5 each element">,
    Option<"accumulate", "accumulate", "int64_t", "1", "Micro-batches of one update">,
    Option<"keepGradients", "keep-gradients", "bool", "false",
           "Return the gradient of every trainable parameter after the other results">,
    Option<"scaleRule", "scale-rule", "std::string", "\"\"",
           "For tests of the tests: multiply the gradients of this op's rule by 1.001">,
  ];
}

def BuildForwardPass : Pass<"nn-build-forward", "::mlir::ModuleOp"> {
  let summary = "makes the forward pass a timeline of its own, for checks of single operators";
  let description = [{
    Renames `@forward` to `@evaluate`. With `gradients`, every floating-point result `y` gets an
    input `weight:y` of its type, and the gradient of the sum of all `y * weight:y` with respect to
    each floating-point input `x` becomes the result `gradient:x`; inputs that the sum does not
    depend on have none. Random ops, including dropout, draw by the input `hyper`.

    Before:
    ```mlir
    func.func @forward(%x) -> (y)
    ```
    After, with `gradients`:
    ```mlir
    func.func @evaluate(%x, %weight) -> (y, gradient)
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect", "::mlir::func::FuncDialect"];
  let options = [
    Option<"gradients", "gradients", "bool", "false", "Return gradients of a weighted sum">,
    Option<"scaleRule", "scale-rule", "std::string", "\"\"",
           "For tests of the tests: multiply the gradients of this op's rule by 1.001">,
  ];
}

def BuildCheckPass : Pass<"nn-build-check", "::mlir::ModuleOp"> {
  let summary = "makes the loss and its gradients, without updates, for checks of a model";
  let description = [{
    `@train` returns the loss, the first result of `@forward`, and the gradient of each trainable
    parameter; `@evaluate` returns the same loss alone. Both are in training mode (batch
    normalisation by the batch, dropout that draws by the input `hyper`) and change no parameter.
    With `weigh` the loss is the one of nn-build-forward: the sum of `y * weight:y` over all
    floating-point results.

    Before, with `%w = nn.load @w`:
    ```mlir
    func.func @forward(%x, %labels) -> (loss, accuracy)
    ```
    After:
    ```mlir
    func.func @train(%x, %labels) -> (loss, gradient:w)
    func.func @evaluate(%x, %labels) -> (loss)
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect", "::mlir::func::FuncDialect"];
  let options = [
    Option<"weigh", "weigh", "bool", "false", "A weighted sum of the results is the loss">,
    Option<"scaleRule", "scale-rule", "std::string", "\"\"",
           "For tests of the tests: multiply the gradients of this op's rule by 1.001">,
  ];
}

#endif // PLIMSOLL_PASSES_AUTODIFF_PASSES
