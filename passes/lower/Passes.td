//===- Passes.td - from a planned step to a program ----------------------------===//
#ifndef PLIMSOLL_PASSES_LOWER_PASSES
#define PLIMSOLL_PASSES_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def LowerToExecPass : Pass<"lower-to-exec", "::mlir::ModuleOp"> {
  let summary = "values become slices of the arena, ops become launches";
  let description = [{
    Turns the planned timelines into `exec.program`s. Needs the attributes that
    `choose-kernels` and `plan-memory` write.

    Before:
    ```mlir
    %y = nn.tanh %x {plan.places = [#plan.place<offset = 256, bytes = 128>]} : tensor<4x8xf32>
    ```
    After:
    ```mlir
    %y = exec.slice "tanh" activation at 256 : !exec.slice<f32, 32>
    exec.loop domain [32] reads(%x) writes(%y) strides [[1], [1]] ... { ... math.tanh ... }
    ```
  }];
  let dependentDialects = ["::plimsoll::exec::ExecDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect"];
}

def PoisonPass : Pass<"exec-poison", "::plimsoll::exec::ProgramOp"> {
  let summary = "overwrites every value after its last use";
  let description = [{
    A debug program computes the same bits: nothing may read a value after the plan let
    its bytes go. Bytes that the last reader wrote its own result into are left alone.
  }];
  let dependentDialects = ["::plimsoll::exec::ExecDialect"];
}

def VerifyPlanPass : Pass<"exec-verify", "::plimsoll::exec::ProgramOp"> {
  let summary = "replays a program against the arena";
  let description = [{
    Knows nothing of the planner. Keeps, for every byte of the arena, which version lies
    there, and refuses a program in which a launch reads bytes that another version owns
    or nothing wrote, writes over its own operands where the kernel does not allow it,
    leaves the arena, or after which something kept is gone. A call must be what
    `dialects/exec/Kernels.td` says of its kernel: known by name, with buffers, sizes and scalars
    of the right number and type, and with slices that hold every byte that the kernel touches.
  }];
}

#endif // PLIMSOLL_PASSES_LOWER_PASSES
