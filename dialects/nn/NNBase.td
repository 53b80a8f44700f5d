//===- NNBase.td - the nn dialect, its types and op classes -----------------===//
#ifndef PLIMSOLL_DIALECTS_NN_NNBASE
#define PLIMSOLL_DIALECTS_NN_NNBASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "dialects/nn/NNInterfaces.td"

def NN_Dialect : Dialect {
  let name = "nn";
  let summary = "tensor operations of neural network models and of their training steps";
  let description = [{
    Values are ranked tensors of static shape in SSA form; writing in place is decided by the plan,
    not here. Parameters and optimizer state are symbols that name the source of their bytes. A
    training step reads them with `nn.load`; an optimizer op makes their next version, which
    `nn.store` assigns to the symbol.
  }];
  let cppNamespace = "::plimsoll::nn";
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

// Types ---------------------------------------------------------------------

def NN_Float : AnyTypeOf<[F32, F64]>;
def NN_Int : AnyTypeOf<[I1, I32, I64, UI8]>;
/// bf16 is only for factors of products: nn-assign-precision makes it, and ops that move data keep
/// it.
def NN_Tensor : StaticShapeTensorOf<[NN_Float, BF16, NN_Int]>;
/// For kernels that take the element type as an argument, none of which supports bf16.
def NN_NumberTensor : StaticShapeTensorOf<[NN_Float, NN_Int]>;
def NN_FloatTensor : StaticShapeTensorOf<[NN_Float]>;
def NN_FactorTensor : StaticShapeTensorOf<[NN_Float, BF16]>;
def NN_IndexTensor : StaticShapeTensorOf<[I64, I32]>;
/// Excludes references to resources elsewhere in the file, whose elements cannot be read.
def NN_DenseAttr : ElementsAttrBase<CPred<"::llvm::isa<::mlir::DenseElementsAttr>($_self)">,
                                    "dense elements">;
def NN_BoolTensor : StaticShapeTensorOf<[I1]>;

// Where bytes come from -----------------------------------------------------

def NN_BytesAttr : AttrDef<NN_Dialect, "Bytes"> {
  let mnemonic = "bytes";
  let summary = "a range of bytes in a file";
  let description = [{
    The bytes of a dense tensor, row-major and little-endian, at `offset` of `file`. The path is
    relative to the folder of the model.
    ```mlir
    #nn.bytes<file = "gpt2.onnx", offset = 4096, size = 1024>
    ```
  }];
  let parameters = (ins StringRefParameter<>:$file, "int64_t":$offset, "int64_t":$size);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

// Timelines -----------------------------------------------------------------

def NN_TimelineKind : I32EnumAttr<"TimelineKind", "what running a timeline does", [
    I32EnumAttrCase<"train", 0>, I32EnumAttrCase<"accumulate", 1>,
    I32EnumAttrCase<"evaluate", 2>]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_TimelineAttr : AttrDef<NN_Dialect, "Timeline"> {
  let mnemonic = "timeline";
  let summary = "marks a function that the program can run from begin to end";
  let description = [{
    On a function, as `nn.timeline`. `train` runs forward, backward and updates, and ends a step;
    `accumulate` adds the gradients of a micro-batch to those of the step; `evaluate` runs forward
    only. A module may have several of a kind. `weight`, 1 by default, is how often a training step
    runs the timeline: the planner's cost is the sum over all timelines, each times its weight.
    ```mlir
    #nn.timeline<accumulate, weight = 3>
    ```
  }];
  let parameters = (ins EnumParameter<NN_TimelineKind>:$kind,
                        DefaultValuedParameter<"int64_t", "1">:$weight);
  let assemblyFormat = "`<` $kind (`,` `weight` `=` $weight^)? `>`";
}

// Phases --------------------------------------------------------------------

def NN_Phase : I32Enum<"Phase", "what part of a training step an op belongs to", [
    I32EnumCase<"forward", 0>, I32EnumCase<"backward", 1>, I32EnumCase<"update", 2>]> {
  let cppNamespace = "::plimsoll::nn";
}

def NN_PhaseAttr : AttrDef<NN_Dialect, "Phase"> {
  let mnemonic = "phase";
  let summary = "what part of a training step an op belongs to; in its location";
  let description = [{
    `forward`, `backward` (computes gradients) or `update` (writes parameters and states). Autodiff
    records it in the location of each op that it makes; a location without it means `forward`.

    Autodiff also numbers the forward values of a function that have a gradient: `values` is the
    number of the op's first result, the others follow. `gradients` has a pair for each value whose
    gradient the op completes: the index of the op's result, and the value's number. A result may be
    the gradient of several values, as that of a sum is of both terms.
    ```mlir
    #nn.phase<forward values = 7>
    ```
    ```mlir
    #nn.phase<backward gradients = [0 : 7, 0 : 9]>
    ```
  }];
  let parameters = (ins EnumParameter<NN_Phase>:$value,
                        OptionalParameter<"std::optional<unsigned>">:$values,
                        OptionalArrayRefParameter<"::plimsoll::nn::GradientOf">:$gradients);
  let assemblyFormat = [{
    `<` $value (`values` `=` $values^)?
        (`gradients` `=` `[` custom<Gradients>($gradients)^ `]`)? `>`
  }];
}

// Op classes ----------------------------------------------------------------

/// Verifies that every operand and result is a tensor whose bytes can be counted.
def NN_AddressableTensors : NativeOpTrait<"AddressableTensors"> {
  let cppNamespace = "::plimsoll::nn";
}
/// Verifies that the op has no undeclared attribute, such as a misspelt one.
def NN_DeclaredAttributesOnly : NativeOpTrait<"DeclaredAttributesOnly"> {
  let cppNamespace = "::plimsoll";
}

/// The index factors of softmax and its like (see WholeRows).
def NN_WholeRows : NativeOpTrait<"WholeRows"> {
  let cppNamespace = "::plimsoll::nn";
}

class NN_Op<string mnemonic, list<Trait> traits = []>
    : Op<NN_Dialect, mnemonic, [NN_AddressableTensors, NN_DeclaredAttributesOnly,
                                NN_IndexFactors] # traits> {
  /// For `extraClassDeclaration`: index factors that a function of a .cpp file gives.
  code declaredFactors = [{ ::plimsoll::nn::IndexFactors getIndexFactors(); }];
}

/// An op whose dimensions have no factors, for this reason.
class NN_OpaqueOp<string mnemonic, string reason, list<Trait> traits = []>
    : NN_Op<mnemonic, traits> {
  code opaqueFactors = "::plimsoll::nn::IndexFactors getIndexFactors() { return "
                       "::plimsoll::nn::IndexFactors::opaque(\"" # reason # "\"); }";
  let extraClassDeclaration = opaqueFactors;
}

/// Like MLIR's InferTypeOpAdaptor, but the adaptor has its attributes even when the parser infers.
def NN_InferTypes : TraitList<[
    DeclareOpInterfaceMethods<InferTypeOpInterface>,
    NativeOpTrait<"InferTypeOpAdaptor", /*traits=*/[], /*extraOpDeclaration=*/[{
      static ::llvm::LogicalResult inferReturnTypes(
          ::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
          Adaptor adaptor, ::llvm::SmallVectorImpl<::mlir::Type> &inferredReturnTypes);
    }], /*extraOpDefinition=*/[{
      ::llvm::LogicalResult $cppClass::inferReturnTypes(
          ::mlir::MLIRContext *context, std::optional<::mlir::Location> location,
          ::mlir::ValueRange operands, ::mlir::DictionaryAttr attributes,
          ::mlir::OpaqueProperties properties, ::mlir::RegionRange regions,
          ::llvm::SmallVectorImpl<::mlir::Type> &inferredReturnTypes) {
        return ::plimsoll::nn::detail::inferTypes<$cppClass>(
            context, location, operands, attributes, properties, regions, inferredReturnTypes);
      }
    }]>]>;

/// An op on tensors without side effects whose result types follow from its operands.
/// Every such op says what it costs and what it may overwrite; the defaults of the interfaces
/// fit most. As every op it says how its dimensions belong together.
class NN_TensorOp<string mnemonic, list<Trait> traits = []>
    : NN_Op<mnemonic, traits # [Pure, NN_InferTypes, NN_Costed, NN_InPlace,
                                NN_Differentiable]>;

#endif // PLIMSOLL_DIALECTS_NN_NNBASE
