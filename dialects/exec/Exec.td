//===- Exec.td - programs on an arena -----------------------------------------===//
#ifndef PLIMSOLL_DIALECTS_EXEC_EXEC
#define PLIMSOLL_DIALECTS_EXEC_EXEC

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Exec_Dialect : Dialect {
  let name = "exec";
  let summary = "launches of kernels on slices of one arena";
  let description = [{
    A program is a list of launches in destination style. Each `exec.slice` is one *version* of some
    bytes: what one launch wrote, or what was there before the first one. A launch reads and writes
    slices; exec-verify replays the list and checks that every byte read still belongs to the
    version that is read. The dialect is independent of targets: library kernels are called by name,
    loop nests carry their body.
  }];
  let cppNamespace = "::plimsoll::exec";
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def Exec_SliceType : TypeDef<Exec_Dialect, "Slice"> {
  let mnemonic = "slice";
  let summary = "elements of one type in the arena";
  let description = [{
    A slice has no shape: launches define extents and strides. Elements are f32, f64, bf16, i64,
    i32, i8 (an unsigned byte) or i1, which also takes a byte; there are at most 2^48.
    ```mlir
    !exec.slice<f32, 512>
    ```
  }];
  let parameters = (ins "::mlir::Type":$element, "int64_t":$count);
  let assemblyFormat = "`<` $element `,` $count `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{ int64_t getBytes() const; }];
}

def Exec_WorkAttr : AttrDef<Exec_Dialect, "Work"> {
  let mnemonic = "work";
  let summary = "what a launch does, for profiles";
  let description = [{
    Floating-point operations, bytes that move between the launch and memory, and the seconds that
    the device model predicts.
    ```mlir
    #exec.work<flops = 2048, bytes = 4096, seconds = 1.500000e-06 : f64>
    ```
  }];
  let parameters = (ins "int64_t":$flops, "int64_t":$bytes, "::mlir::FloatAttr":$seconds);
  let assemblyFormat = "`<` struct(params) `>`";
}

/// Verifies that the op has no undeclared attribute, such as a misspelt one.
def Exec_DeclaredAttributesOnly : NativeOpTrait<"DeclaredAttributesOnly"> {
  let cppNamespace = "::plimsoll";
}

class Exec_Op<string mnemonic, list<Trait> traits = []>
    : Op<Exec_Dialect, mnemonic, [Exec_DeclaredAttributesOnly] # traits>;

/// An op inside a program.
class Exec_ProgramPart<string mnemonic, list<Trait> traits = []>
    : Exec_Op<mnemonic, [HasParent<"ProgramOp">] # traits>;

def Exec_Kind : I32EnumAttr<"Kind", "what a slice holds, for reports", [
    I32EnumAttrCase<"parameter", 0>, I32EnumAttrCase<"state", 1>,
    I32EnumAttrCase<"constant", 2>, I32EnumAttrCase<"input", 3>,
    I32EnumAttrCase<"activation", 4>, I32EnumAttrCase<"gradient", 5>,
    I32EnumAttrCase<"workspace", 6>]> {
  let cppNamespace = "::plimsoll::exec";
}

def Exec_TimelineKind : I32EnumAttr<"TimelineKind", "what running a timeline does", [
    I32EnumAttrCase<"train", 0>, I32EnumAttrCase<"accumulate", 1>,
    I32EnumAttrCase<"evaluate", 2>]> {
  let cppNamespace = "::plimsoll::exec";
}

def Exec_ProgramOp : Exec_Op<"program", [Symbol, NoTerminator, SingleBlock, IsolatedFromAbove]> {
  let summary = "one timeline: slices and launches in order";
  let description = [{
    The kind after the name, `accumulate` or `evaluate`, says what running the timeline does;
    without one it trains. The host reads `results` by name after the last launch, at
    `result_offsets`, where slices must lie. Every slice lies at a multiple of `alignment`, a power
    of two, 64 bytes by default. The body contains only slices, launches, `exec.given`, `exec.kept`
    and `exec.poison`.
    ```mlir
    exec.program @train arena(1024) threads(2) {
      %x = exec.slice "x" input at 0 : !exec.slice<f32, 64>
      %y = exec.slice "y" activation at 256 : !exec.slice<f32, 64>
      exec.given %x : !exec.slice<f32, 64>
      exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [256]
          : (!exec.slice<f32, 64>) -> (!exec.slice<f32, 64>)
      exec.kept %y : !exec.slice<f32, 64>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       DefaultValuedAttr<Exec_TimelineKind, "TimelineKind::train">:$kind,
                       I64Attr:$arena, I64Attr:$threads, OptionalAttr<StrArrayAttr>:$results,
                       OptionalAttr<DenseI64ArrayAttr>:$result_offsets,
                       DefaultValuedAttr<I64Attr, "64">:$alignment);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name ($kind^)? `arena` `(` custom<Integer>($arena) `)` `threads` `(` custom<Integer>($threads) `)`
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Returns where the host reads result `name` after the last launch, or -1.
    int64_t resultOffset(::llvm::StringRef name);
  }];
}

/// Excludes references to resources elsewhere in the file, whose elements cannot be read.
def Exec_DenseAttr : ElementsAttrBase<CPred<"::llvm::isa<::mlir::DenseElementsAttr>($_self)">,
                                      "dense elements"> {
  let storageType = "::mlir::DenseElementsAttr";
  let returnType = "::mlir::DenseElementsAttr";
}

def Exec_SliceOp : Exec_ProgramPart<"slice"> {
  let summary = "one version of some bytes of the arena";
  let description = [{
    `count` elements at byte `offset`. A slice with a `role` ("input", "labels" or "hyper") is an
    input; it needs a `shape` of `count` elements and may have a `limit` that its integers must be
    below, a label whose rows do not count (`ignored`), the flag that each step takes a data
    source's whole tensor (`whole`), and the dimension of the output that its classes lie along
    (`classes`). A slice with a `value` is a constant; the value's elements have the slice's width
    and number.
    ```mlir
    %x = exec.slice "x" activation at 4096 : !exec.slice<f32, 64>
    ```
  }];
  let arguments = (ins StrAttr:$name, Exec_Kind:$kind, I64Attr:$offset,
                       OptionalAttr<StrAttr>:$role, OptionalAttr<DenseI64ArrayAttr>:$shape,
                       OptionalAttr<I64Attr>:$limit, OptionalAttr<I64Attr>:$ignored,
                       UnitAttr:$whole, OptionalAttr<StrAttr>:$classes,
                       OptionalAttr<Exec_DenseAttr>:$value);
  let results = (outs Exec_SliceType:$slice);
  let builders = [OpBuilder<(ins "SliceType":$type, "::llvm::StringRef":$name, "Kind":$kind,
                                 "int64_t":$offset)>];
  let hasVerifier = 1;
  let assemblyFormat = "$name $kind `at` custom<Integer>($offset) attr-dict `:` type($slice)";
  let extraClassDeclaration = [{
    int64_t getEnd() { return getOffset() + getSlice().getType().getBytes(); }
  }];
}

def Exec_GivenOp : Exec_ProgramPart<"given"> {
  let summary = "slices that hold their content before the first launch";
  let description = [{
    Parameters, state, constants, and the inputs that the host writes.
    ```mlir
    exec.given %x : !exec.slice<f32, 64>
    ```
  }];
  let arguments = (ins Variadic<Exec_SliceType>:$slices);
  let assemblyFormat = "$slices attr-dict `:` type($slices)";
}

def Exec_KeptOp : Exec_ProgramPart<"kept"> {
  let summary = "slices that must hold their content after the last launch";
  let description = [{
    The next version of every parameter and state, constants, and what the host reads.
    ```mlir
    exec.kept %x : !exec.slice<f32, 64>
    ```
  }];
  let arguments = (ins Variadic<Exec_SliceType>:$slices);
  let assemblyFormat = "$slices attr-dict `:` type($slices)";
}

def Exec_PoisonOp : Exec_ProgramPart<"poison"> {
  let summary = "overwrites bytes that no later launch may read";
  let description = [{
    A debug program (`exec-poison`) has one after the last use of each value.
    ```mlir
    exec.poison at 4096 bytes 256
    ```
  }];
  let arguments = (ins I64Attr:$offset, I64Attr:$bytes);
  let assemblyFormat = "`at` custom<Integer>($offset) `bytes` custom<Integer>($bytes) attr-dict";
  let hasVerifier = 1;
}

def Exec_CallOp : Exec_ProgramPart<"call", [AttrSizedOperandSegments]> {
  let summary = "a launch of a library kernel";
  let description = [{
    `buffers` lists the kernel's buffers in its order: `i >= 0` is read `i`, `-1 - i` is write `i`,
    and the smallest integer is an absent buffer. `may_alias` holds pairs (write, read) that may lie
    at the same offset; with `overwrites` they must. With `workspace`, the last write is the
    workspace, whose content is undefined before and after. `recompute` is the number of a
    repetition, from 1. The kernel's data is `of` a type, if not f32, and its products are `in` the
    precision tf32 or bf16, if their factors are rounded as they are read. exec-verify checks the
    call against its kernel's record in Kernels.td.
    ```mlir
    exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [256]
        : (!exec.slice<f32, 64>) -> (!exec.slice<f32, 64>)
    exec.call "softmax" of f64 reads(%a) writes(%b) buffers [0, -1] sizes [4, 8]
        : (!exec.slice<f64, 32>) -> (!exec.slice<f64, 32>)
    ```
  }];
  let arguments = (ins StrAttr:$kernel, OptionalAttr<TypeAttr>:$element,
                       OptionalAttr<TypeAttr>:$precision, Variadic<Exec_SliceType>:$reads,
                       Variadic<Exec_SliceType>:$writes, DenseI64ArrayAttr:$buffers,
                       DenseI64ArrayAttr:$sizes,
                       DefaultValuedAttr<DenseF64ArrayAttr, "{}">:$scalars,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$may_alias,
                       UnitAttr:$overwrites, UnitAttr:$workspace,
                       OptionalAttr<I64Attr>:$recompute, OptionalAttr<Exec_WorkAttr>:$work);
  let assemblyFormat = [{
    $kernel (`of` $element^)? (`in` $precision^)? `reads` `(` $reads `)` `writes` `(` $writes `)`
    `buffers` $buffers `sizes` $sizes attr-dict `:` custom<LaunchTypes>(type($reads), type($writes))
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Returns the key of the kernel.
    ::plimsoll::KernelKey getKey() {
      return *::plimsoll::KernelKey::get(getKernel(), getElement().value_or(::mlir::Type()),
                                         getPrecision().value_or(::mlir::Type()));
    }
    static constexpr int64_t kAbsent = std::numeric_limits<int64_t>::min();
  }];
}

def Exec_LoopOp : Exec_ProgramPart<"loop", [AttrSizedOperandSegments, SingleBlock]> {
  let summary = "a launch of a loop nest, with its body";
  let description = [{
    For every point of `domain` the body gets one element of each read and yields one for each
    write. `strides` holds, for the reads and then the writes, one stride (in elements) for each
    dimension of the domain: element = sum of index times stride, which must lie in the slice. A
    write has stride 0 along reduced dimensions and only there. With `reduced` dimensions
    (ascending) there is one write, f32 or f64, and the yielded values are summed over them, in f64
    and in an order that depends on the domain only: if the last dimension is reduced, into eight
    partial sums by its index modulo 8, then a tree; else one after the other. A body may contain
    the ops of `dialects/exec/ScalarOps.def`.
    ```mlir
    exec.loop domain [4, 8] reads(%a, %b) writes(%y) strides [[8, 1], [0, 1], [8, 1]]
        : (!exec.slice<f32, 32>, !exec.slice<f32, 8>) -> (!exec.slice<f32, 32>) {
    ^bb0(%0: f32, %1: f32):
      %2 = arith.addf %0, %1 : f32
      exec.yield %2 : f32
    }
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$domain, Variadic<Exec_SliceType>:$reads,
                       Variadic<Exec_SliceType>:$writes,
                       TypedArrayAttrBase<DenseI64ArrayAttr, "strides of each operand">:$strides,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$reduced,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$may_alias,
                       OptionalAttr<I64Attr>:$recompute, OptionalAttr<Exec_WorkAttr>:$work);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `domain` $domain `reads` `(` $reads `)` `writes` `(` $writes `)`
    `strides` custom<Strides>($strides)
    attr-dict `:` custom<LaunchTypes>(type($reads), type($writes)) $body
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// Returns the strides of read `i`, or of write `i - reads`.
    ::llvm::ArrayRef<int64_t> stridesOf(unsigned i) {
      return ::llvm::cast<::mlir::DenseI64ArrayAttr>(getStrides()[i]).asArrayRef();
    }
    bool isReduced(int64_t dimension) {
      return ::llvm::is_contained(getReduced(), dimension);
    }
  }];
}

def Exec_YieldOp : Exec_Op<"yield", [Pure, Terminator, HasParent<"LoopOp">]> {
  let summary = "the elements that a loop body writes";
  let description = [{
    Ends the body of an `exec.loop`; each value has the element type of its write.
    ```mlir
    exec.loop domain [8] reads() writes(%y) strides [[1]] : () -> (!exec.slice<f32, 8>) {
      %zero = arith.constant 0.0 : f32
      exec.yield %zero : f32
    }
    ```
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "$values attr-dict `:` type($values)";
}

#endif // PLIMSOLL_DIALECTS_EXEC_EXEC
