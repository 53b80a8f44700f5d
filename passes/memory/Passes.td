//===- Passes.td - planning memory ---------------------------------------------===//
#ifndef PLIMSOLL_PASSES_MEMORY_PASSES
#define PLIMSOLL_PASSES_MEMORY_PASSES

include "mlir/Pass/PassBase.td"

def PlanMemoryPass : Pass<"plan-memory", "::mlir::ModuleOp"> {
  let summary = "finds the cheapest plan that fits the budget, and writes it into the step";
  let description = [{
    Makes a `planner::Problem` from the timelines, on whose launches `choose-kernels` must have
    written kernels and times, lets the planner (`passes/planner`) solve it, and applies the
    solution: launches are moved into the planned order, recomputed ones are cloned and marked,
    every value gets a place. If no plan fits, an error reports the smallest arena found, a lower
    bound, the launch at which that arena is full, and what is alive there.

    After:
    ```mlir
    %y = nn.tanh %x {plan.places = [#plan.place<offset = 256, bytes = 128>]} : tensor<4x8xf32>
    ```
  }];
  let dependentDialects = ["::plimsoll::nn::NNDialect", "::plimsoll::plan::PlanDialect"];
  let options = [
    Option<"budget", "budget", "int64_t", "-1", "Bytes that the arena may have; -1: any">,
    Option<"effort", "effort", "std::string", "\"normal\"", "fast, normal or max">,
    Option<"keepOrder", "keep-order", "bool", "false", "Only updates may move">,
    Option<"recompute", "recompute", "bool", "true", "Operations may run again">,
    Option<"checkpointEvery", "checkpoint-every", "int64_t", "-1",
           "Instead of planning: keep what is alive after every so many launches of the "
           "forward pass, 0 for the square root of their number; -1: plan">,
    Option<"frontier", "frontier", "bool", "false",
           "Look for every plan from the smallest to the unconstrained, for reports">,
  ];
}

#endif // PLIMSOLL_PASSES_MEMORY_PASSES
