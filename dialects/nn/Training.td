//===- Training.td - parameters and optimizer state -------------------------===//
#ifndef PLIMSOLL_DIALECTS_NN_TRAINING
#define PLIMSOLL_DIALECTS_NN_TRAINING

include "dialects/nn/NNBase.td"
include "mlir/IR/SymbolInterfaces.td"

// What lives across steps ---------------------------------------------------

def NN_ParameterOp : NN_OpaqueOp<"parameter", "it declares a symbol and computes nothing", [Symbol]> {
  let summary = "a tensor of the model that lives across steps";
  let description = [{
    The symbol is the parameter's name in the framework. `type` is the shape in the arena; if a
    matrix is `transposed`, the framework's shape is its transpose. `source` names the initial bytes
    (in the arena's layout), as many as the type needs; without it they are drawn by `role`
    (`matrix`, `gain`, `bias`). A parameter that is not `trainable` gets no gradient, no state and
    no update; only floats are trainable. `lr_scale` is a factor on its learning rate and `decay`
    its weight decay, which replaces that of the step; neither is negative. Of a `sparse` one only
    the rows that a step reads have a gradient and are updated, at most `touched_rows` of them.
    ```mlir
    nn.parameter @h.0.weight : tensor<64x32xf32> {trainable, decayed, role = "matrix",
        source = #nn.bytes<file = "m.onnx", offset = 256, size = 8192>}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type,
                       OptionalAttr<NN_BytesAttr>:$source, DefaultValuedAttr<StrAttr, "\"matrix\"">:$role,
                       OptionalAttr<StrArrayAttr>:$aliases, UnitAttr:$transposed,
                       UnitAttr:$trainable, UnitAttr:$decayed, OptionalAttr<F64Attr>:$decay,
                       OptionalAttr<F64Attr>:$lr_scale, UnitAttr:$sparse,
                       OptionalAttr<I64Attr>:$touched_rows, OptionalAttr<StrAttr>:$reason);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
  let extraClassDeclaration = opaqueFactors # [{
    ::mlir::RankedTensorType getTensorType() {
      return ::llvm::cast<::mlir::RankedTensorType>(getType());
    }
    /// Returns the shape in the framework.
    ::llvm::SmallVector<int64_t> getFrameworkShape();
  }];
}

def NN_StateOp : NN_OpaqueOp<"state", "it declares a symbol and computes nothing",
                             [Symbol, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "optimizer state of a parameter, zero before the first step";
  let description = [{
    `of` is the parameter, `slot` the state's name in the optimizer. A `transient` state is not in
    checkpoints: no step reads what the previous one left in it. A state of ui8 is codes
    (runtime/include/plimsoll/StateCodes.h): `scales` is another state of the parameter, which has a
    scale for each block of them.
    ```mlir
    nn.state @h.0.weight.exp_avg : tensor<64x32xf32> {of = @h.0.weight, slot = "exp_avg"}
    ```
    ```mlir
    nn.state @w.exp_avg : tensor<64x32xui8> {of = @w, slot = "exp_avg", scales = @w.exp_avg_scales}
    nn.state @w.exp_avg_scales : tensor<8xf32> {of = @w, slot = "exp_avg_scales"}
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttr:$type, FlatSymbolRefAttr:$of,
                       StrAttr:$slot, OptionalAttr<FlatSymbolRefAttr>:$scales,
                       UnitAttr:$transient);
  let assemblyFormat = "$sym_name `:` $type attr-dict";
  let hasVerifier = 1;
}

def NN_LoadOp : NN_OpaqueOp<"load", "its symbol has the whole shape",
                            [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the value of a parameter or state at the start of the step";
  let description = [{
    `symbol` names an `nn.parameter` or `nn.state` of the same type.
    ```mlir
    %w = nn.load @h.0.weight : tensor<64x32xf32>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$symbol);
  let results = (outs NN_Tensor:$value);
  let assemblyFormat = "$symbol attr-dict `:` type($value)";
}

def NN_StoreOp : NN_OpaqueOp<"store", "its symbol has the whole shape",
                             [MemoryEffects<[MemWrite]>,
                              DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "makes a value the symbol's value at the start of the next step";
  let description = [{
    The op that made the value must have overwritten the symbol's value of this step; the types
    agree.
    ```mlir
    nn.store %w, @h.0.weight : tensor<64x32xf32>
    ```
  }];
  let arguments = (ins NN_Tensor:$value, FlatSymbolRefAttr:$symbol);
  let assemblyFormat = "$value `,` $symbol attr-dict `:` type($value)";
}

#endif // PLIMSOLL_DIALECTS_NN_TRAINING
