//===- Plan.td - attributes that carry a memory plan in the IR ---------------===//
#ifndef PLIMSOLL_DIALECTS_PLAN_PLAN
#define PLIMSOLL_DIALECTS_PLAN_PLAN

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let summary = "where every value of a training step lies in the arena";
  let description = [{
    The choice of kernels, before any plan, is written on the ops of a step and on the module:
      * `plan.launch`: the `#plan.launch` of an op that is a launch: kernel, workspace and time;
      * `plan.machine`: the `#plan.machine` that all launches run on.
    A plan is written on the same ops, which are then in the planned order:
      * `plan.places`: an array of `#plan.place`, one for each result;
      * `plan.workspace`: the `#plan.place` of the kernel's workspace;
      * `plan.recompute`: the number (from 1) of a launch's repetition. It also keeps later passes
        from merging the clone with the original.
    Symbols, constants and function arguments carry `plan.place`; the module carries `plan.arena`,
    the size of the arena in bytes.
  }];
  let cppNamespace = "::plimsoll::plan";
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

def Plan_PlaceAttr : AttrDef<Plan_Dialect, "Place"> {
  let mnemonic = "place";
  let summary = "a range of bytes of the arena";
  let description = [{
    `bytes` bytes from `offset` on, enough for the value that lies there; neither is negative.
    ```mlir
    #plan.place<offset = 4096, bytes = 1024>
    ```
  }];
  let parameters = (ins "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Plan_LaunchAttr : AttrDef<Plan_Dialect, "Launch"> {
  let mnemonic = "launch";
  let summary = "how a target runs an op";
  let description = [{
    The key of the library kernel (no kernel for a loop nest): its name, the type of its data if
    that is not f32, and the precision of its products, `tf32` or `bf16`, if factors are rounded as
    they are read. Then the bytes of its workspace, and the predicted time of one launch in seconds,
    as a finite f64.
    ```mlir
    #plan.launch<kernel = "matmul", element = bf16, workspace = 4096, seconds = 1.500000e-06 : f64>
    ```
  }];
  let parameters = (ins StringRefParameter<"the library kernel", "\"\"">:$kernel,
                        OptionalParameter<"::mlir::Type">:$element,
                        OptionalParameter<"::mlir::Type">:$precision,
                        DefaultValuedParameter<"int64_t", "0">:$workspace,
                        "::mlir::FloatAttr":$seconds);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Returns the key of the kernel; its name is empty for a loop nest.
    ::plimsoll::KernelKey getKey() const {
      return *::plimsoll::KernelKey::get(getKernel(), getElement(), getPrecision());
    }
  }];
}

def Plan_MachineAttr : AttrDef<Plan_Dialect, "Machine"> {
  let mnemonic = "machine";
  let summary = "what all launches of a program have in common";
  let description = [{
    The threads of each launch, and the alignment in bytes of every place in the arena.
    ```mlir
    #plan.machine<threads = 2, alignment = 64>
    ```
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$alignment);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

#endif // PLIMSOLL_DIALECTS_PLAN_PLAN
