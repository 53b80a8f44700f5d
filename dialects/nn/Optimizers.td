//===- Optimizers.td - updates of parameters, accumulation, clipping ---------===//
#ifndef PLIMSOLL_DIALECTS_NN_OPTIMIZERS
#define PLIMSOLL_DIALECTS_NN_OPTIMIZERS

include "dialects/nn/NNBase.td"
include "dialects/support/OptimizerKinds.td"

/// The op of a rule: an update of a parameter and of its states, which it overwrites. The gradient
/// has the parameter's type. States have it too; or, if the parameter is f32, they have its shape
/// and are of bf16; or of ui8, codes whose blocks have `scales`, one tensor for each state
/// (runtime/include/plimsoll/StateCodes.h). Every update reads `hyper`, the step's scalars (see
/// `Hyper` in runtime/include/plimsoll/Program.h), and may have
///   clip_scale   one number, by which the gradient is multiplied
///   clip_value   the limit of the gradient's elements: [-clip_value, clip_value]
///   decayed      weight decay by the step's rate, or by the parameter's own, `decay`
///   lr_scale     a factor on the learning rate
class NN_UpdateOp<UpdateRule rule>
    : NN_TensorOp<rule.name, !if(!empty(rule.states), [], [AttrSizedOperandSegments])> {
  defvar states = rule.states;
  defvar hasStates = !not(!empty(states));
  let summary = rule.summary;
  let description = rule.description;
  let arguments = !con((ins NN_FloatTensor:$param, NN_FloatTensor:$gradient),
                       !dag(ins, !listsplat(NN_Tensor, !size(states)), states),
                       !if(hasStates, (ins Variadic<NN_FloatTensor>:$scales), (ins)),
                       (ins NN_FloatTensor:$hyper, Optional<NN_FloatTensor>:$clip_scale),
                       !dag(ins, !listsplat(UnitAttr, !size(rule.flags)), rule.flags),
                       !dag(ins, !listsplat(F64Attr, !size(rule.numbers)), rule.numbers),
                       (ins UnitAttr:$decayed, OptionalAttr<F64Attr>:$decay,
                            OptionalAttr<F64Attr>:$lr_scale, OptionalAttr<F64Attr>:$clip_value));
  let results = !con((outs NN_FloatTensor:$new_param),
                     !dag(outs, !listsplat(NN_Tensor, !size(states)),
                          !foreach(state, states, "new_" # state)),
                     !if(hasStates, (outs Variadic<NN_FloatTensor>:$new_scales), (outs)));
  let assemblyFormat =
      "$param `,` $gradient `,` " # !foldl("", states, text, state, text # "$" # state # " `,` ") #
      "$hyper (`clip` $clip_scale^)? " # !if(hasStates, "(`scales` $scales^)? ", "") #
      "attr-dict `:` " #
      !if(hasStates, "custom<UpdateTypes>(type($param), type($gradient), type($scales)",
                     "custom<OneType>(type($param), type($gradient)") #
      !foldl("", states, text, state, text # ", type($" # state # ")") #
      ") `,` type($hyper) (`,` type($clip_scale)^)?";
  let extraClassDeclaration =
      "static constexpr unsigned kStates = " # !size(states) # ";\n" #
      "int64_t getFlops() { return " # rule.flops #
      " * getParam().getType().getNumElements(); }\n" # [{
    ::plimsoll::nn::IndexFactors getIndexFactors() {
      return ::plimsoll::nn::detail::ruleFactors(getOperation(), kStates);
    }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      ::llvm::SmallVector<::plimsoll::nn::InPlacePair> pairs = {{0, 0}};
      for (unsigned result = 1; result < getOperation()->getNumResults(); ++result)
        pairs.push_back({result, result + 1});
      return pairs;
    }
    bool overwritesOperands() { return true; }
    ::llvm::SmallVector<::plimsoll::nn::GradientPair> getGradients() { return {{1, 0}}; }
  }];
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *, std::optional<::mlir::Location> loc, Adaptor adaptor,
        ::llvm::SmallVectorImpl<::mlir::Type> &results) {
      return ::plimsoll::nn::detail::inferUpdate(loc, adaptor.getOperands(), kStates,
  }] # !if(hasStates, "adaptor.getScales()", "{}") # [{,
                                                 adaptor.getClipScale(), results);
    }
  }];
}
foreach rule = !instances<UpdateRule>() in
  def "NN_" # !subst("Rule", "Op", !cast<string>(rule)) : NN_UpdateOp<rule>;

// Updates of rows -----------------------------------------------------------

/// The op of a rule for rows: an update of the rows of a table, and of its states, that a step
/// touched. `rows` has their numbers, each once, and `gradient` their gradients, as
/// `nn.gather_grad_rows` gives them; a number outside the table is that of no row. All other rows
/// keep their bits. States, `hyper` and `clip_scale` are those of NN_UpdateOp. `decay_sums`, f64
/// with one number more than the table has rows, exists where the rows are decayed: for each row
/// the sum of `log(1 - lr decay)` over all steps up to its last update, and at the end that over
/// all steps.
class NN_UpdateRowsOp<RowsRule rows> : NN_TensorOp<rows.name, [AttrSizedOperandSegments]> {
  defvar rule = rows.rule;
  defvar states = rule.states;
  let summary = rows.summary;
  let description = rows.description;
  let arguments = !con((ins NN_FloatTensor:$param, NN_FloatTensor:$gradient, NN_IndexTensor:$rows),
                       !dag(ins, !listsplat(NN_Tensor, !size(states)), states),
                       (ins Optional<NN_FloatTensor>:$decay_sums, NN_FloatTensor:$hyper,
                            Optional<NN_FloatTensor>:$clip_scale),
                       !dag(ins, !listsplat(F64Attr, !size(rule.numbers)), rule.numbers),
                       (ins UnitAttr:$decayed, OptionalAttr<F64Attr>:$decay,
                            OptionalAttr<F64Attr>:$lr_scale, OptionalAttr<F64Attr>:$clip_value));
  let results = !con((outs NN_FloatTensor:$new_param),
                     !dag(outs, !listsplat(NN_Tensor, !size(states)),
                          !foreach(state, states, "new_" # state)),
                     (outs Optional<NN_FloatTensor>:$new_decay_sums));
  let assemblyFormat =
      "$param `,` $gradient `at` $rows `,` " #
      !foldl("", states, text, state, text # "$" # state # " `,` ") #
      "$hyper (`decays` $decay_sums^)? (`clip` $clip_scale^)? attr-dict `:` type($param) `,` " #
      "type($gradient) `at` type($rows) `,` " #
      !foldl("", states, text, state, text # "type($" # state # ") `,` ") #
      "type($hyper) (`decays` type($decay_sums)^)? (`clip` type($clip_scale)^)?";
  let hasVerifier = 1;
  let extraClassDeclaration =
      "static constexpr unsigned kStates = " # !size(states) # ";\n" #
      "int64_t getFlops() { return " # rule.flops #
      " * getGradient().getType().getNumElements(); }\n" # [{
    /// Only the rows that are updated are read and written.
    int64_t getTraffic() {
      return ::plimsoll::nn::detail::updateRowsTraffic(getOperation(), kStates);
    }
    ::plimsoll::nn::IndexFactors getIndexFactors() {
      return ::plimsoll::nn::detail::updateRowsFactors(getOperation(), kStates);
    }
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() {
      ::llvm::SmallVector<::plimsoll::nn::InPlacePair> pairs = {{0, 0}};
      for (unsigned result = 1; result < getOperation()->getNumResults(); ++result)
        pairs.push_back({result, result + 2});
      return pairs;
    }
    bool overwritesOperands() { return true; }
    ::llvm::SmallVector<::plimsoll::nn::GradientPair> getGradients() { return {{1, 0}}; }
  }];
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(
        ::mlir::MLIRContext *, std::optional<::mlir::Location> loc, Adaptor adaptor,
        ::llvm::SmallVectorImpl<::mlir::Type> &results) {
      return ::plimsoll::nn::detail::inferUpdateRows(loc, adaptor.getOperands(), kStates,
                                                     adaptor.getDecaySums(),
                                                     adaptor.getClipScale(), results);
    }
    ::llvm::LogicalResult $cppClass::verify() {
      return ::plimsoll::nn::detail::verifyDecay(getOperation(), getDecayed(),
                                                 bool(getDecaySums()), }] # rows.catchesUp # [{);
    }
  }];
}
foreach rows = !instances<RowsRule>() in
  def "NN_" # !cast<string>(rows) # "Op" : NN_UpdateRowsOp<rows>;

def NN_KeepMicroBatchOp : NN_TensorOp<"keep_micro_batch"> {
  let summary = "puts what a micro-batch gives beside that of the others of the step";
  let description = [{
    `all` with the slice of its first dimension that has the number of the micro-batch, from
    `hyper`, replaced by `part`. The slice is overwritten, the others keep their bits.
    ```mlir
    %a1 = nn.keep_micro_batch %a, %part, %hyper : tensor<4x8x32xf32>, tensor<8x32xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_NumberTensor:$all, NN_NumberTensor:$part, NN_FloatTensor:$hyper);
  let results = (outs NN_NumberTensor:$new_all);
  let assemblyFormat = [{
    $all `,` $part `,` $hyper attr-dict `:` type($all) `,` type($part) `,` type($hyper)
  }];
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 0; }
    /// Only one slice is written.
    int64_t getTraffic();
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool overwritesOperands() { return true; }
  }];
}

// Gradients before the update -----------------------------------------------

def NN_AccumulateOp : NN_TensorOp<"accumulate"> {
  let summary = "adds the gradient of a micro-batch to the sum of the step";
  let description = [{
    `sum + gradient`, or `gradient` in the first micro-batch of a step, which `hyper` marks. The sum
    is overwritten; the gradient has its type.
    ```mlir
    %s1 = nn.accumulate %s, %g, %hyper : tensor<64x32xf32>, tensor<16xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$sum, NN_FloatTensor:$gradient, NN_FloatTensor:$hyper);
  let results = (outs NN_FloatTensor:$new_sum);
  let assemblyFormat = [{
    $sum `,` $gradient `,` $hyper attr-dict `:` custom<OneType>(type($sum), type($gradient))
    `,` type($hyper)
  }];
  let extraClassDeclaration = declaredFactors # [{
    ::llvm::SmallVector<::plimsoll::nn::InPlacePair> getInPlacePairs() { return {{0, 0}}; }
    bool overwritesOperands() { return true; }
    ::llvm::SmallVector<::plimsoll::nn::GradientPair> getGradients() { return {{1, 0}}; }
  }];
}

def NN_SumSquaresOp : NN_TensorOp<"sum_squares"> {
  let summary = "sum of the squares of all elements";
  let description = [{
    The sum, an f64 scalar, is computed in f64, in an order that depends on the shape only.
    ```mlir
    %s = nn.sum_squares %g : tensor<64x32xf32>
    ```
  }];
  let arguments = (ins NN_FloatTensor:$x);
  let results = (outs NN_FloatTensor:$sum);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let extraClassDeclaration = declaredFactors # [{
    int64_t getFlops() { return 2 * getX().getType().getNumElements(); }
  }];
}

def NN_ClipByNormOp : NN_TensorOp<"clip_by_norm"> {
  let summary = "the number that limits the norm of all gradients together";
  let description = [{
    `norm` is the square root of the sum of the operands, each from `nn.sum_squares`; `scale` is
    `min(1, max_norm / (norm + 1e-6))`, as in PyTorch's `clip_grad_norm_`, with a positive
    `max_norm`. Both results are f32 scalars.
    ```mlir
    %scale, %norm = nn.clip_by_norm %a, %b {max_norm = 1.0 : f64} : tensor<f64>, tensor<f64>
    ```
  }];
  let arguments = (ins Variadic<NN_FloatTensor>:$squares, F64Attr:$max_norm);
  let results = (outs NN_FloatTensor:$scale, NN_FloatTensor:$norm);
  let assemblyFormat = "$squares attr-dict `:` type($squares)";
  let extraClassDeclaration = declaredFactors;
}

#endif // PLIMSOLL_DIALECTS_NN_OPTIMIZERS
