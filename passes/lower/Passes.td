//===- Passes.td - from a planned step to a program ----------------------------===//
#ifndef PLIMSOLL_PASSES_LOWER_PASSES
#define PLIMSOLL_PASSES_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def LowerToExecPass : Pass<"lower-to-exec", "::mlir::ModuleOp"> {
  let summary = "values become slices of the arena, ops become launches";
  let description = [{
    Turns the planned timelines into `exec.program`s: a value becomes a slice at its planned offset,
    a launch a call of a kernel or a loop nest, a reshape a second name of its operand's slice.
    Needs the attributes that `choose-kernels` and `plan-memory` write.

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
    Puts an `exec.poison` behind the last use of every value. The program must compute the same
    bits: a difference means that something reads a value after the plan has given its bytes away.
    Bytes that the last reader wrote its result into are left alone.
  }];
  let dependentDialects = ["::plimsoll::exec::ExecDialect"];
}

def VerifyPlanPass : Pass<"exec-verify", "::plimsoll::exec::ProgramOp"> {
  let summary = "replays a program against the arena";
  let description = [{
    Shares no code with the planner. Keeps, for every byte of the arena, which version owns it.
    Refuses a program in which a launch reads bytes that another version owns or that nothing wrote,
    writes over its own operands although the kernel does not allow it, or leaves the arena, or in
    which a kept value is gone at the end. A call must match its kernel's record in
    `dialects/exec/Kernels.td`: a known name; buffers, sizes and scalars of the right number and
    type; and slices that hold every byte that the kernel touches.
  }];
}

#endif // PLIMSOLL_PASSES_LOWER_PASSES
