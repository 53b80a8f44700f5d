//===- Passes.td - the choice of kernels ---------------------------------------===//
#ifndef PLIMSOLL_PASSES_KERNELS_PASSES
#define PLIMSOLL_PASSES_KERNELS_PASSES

include "mlir/Pass/PassBase.td"

def ChooseKernelsPass : Pass<"choose-kernels", "::mlir::ModuleOp"> {
  let summary = "writes on every launch which kernel runs it, with what scratch and in what time";
  let description = [{
    Asks a target for the kernel, workspace and predicted time of every launch of every timeline,
    and writes the answers as attributes: later passes read these and need no target. The module
    gets `plan.machine`, which holds for all launches. Without `target` the machine has no libraries
    and one thread, so that the answers are the same on every computer.

    Before:
    ```mlir
    %y = nn.matmul %x, %w : tensor<4x8xf32>, tensor<8x8xf32>
    ```
    After:
    ```mlir
    %y = nn.matmul %x, %w {plan.launch = #plan.launch<kernel = "matmul", workspace = 4096,
      seconds = 1.5e-06 : f64>} : tensor<4x8xf32>, tensor<8x8xf32>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect", "::plimsoll::plan::PlanDialect"];
  let options = [
    Option<"target", "target", "std::string", "\"\"",
           "As the command line's --target; empty: a machine without libraries">,
    Option<"threads", "threads", "int64_t", "1", "Threads of each launch">,
    Option<"precision", "precision", "std::string", "\"f32\"",
           "Of the factors of matrix products, as the command line's --precision">,
    Option<"device", "device", "std::string", "\"\"",
           "Whose times are predicted, as the command line's --device; empty: the target's own">,
  ];
}

#endif // PLIMSOLL_PASSES_KERNELS_PASSES
