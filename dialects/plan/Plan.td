//===- Plan.td - attributes that carry a memory plan in the IR ---------------===//
#ifndef PLIMSOLL_DIALECTS_PLAN_PLAN
#define PLIMSOLL_DIALECTS_PLAN_PLAN

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Plan_Dialect : Dialect {
  let name = "plan";
  let summary = "where every value of a training step lies in the arena";
  let description = [{
    A plan is written on the ops of a step, which stand in the planned order:
      * `plan.places`: an array of `#plan.place`, one for each result;
      * `plan.workspace`: the `#plan.place` of the kernel's scratch;
      * `plan.kernel`: the library kernel that the target chose;
      * `plan.recompute`: the op is a repetition, and its number (from 1). It marks
        the clone, so that no later pass merges it with the original.
    Symbols, constants and function arguments carry `plan.place`; the module carries
    `plan.arena`, the bytes in all.
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
    ```mlir
    #plan.place<offset = 4096, bytes = 1024>
    ```
  }];
  let parameters = (ins "int64_t":$offset, "int64_t":$bytes);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // PLIMSOLL_DIALECTS_PLAN_PLAN
