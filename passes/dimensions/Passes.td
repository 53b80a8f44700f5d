//===- Passes.td - passes that show dimensions ---------------------------------===//
#ifndef PLIMSOLL_PASSES_DIMENSIONS_PASSES
#define PLIMSOLL_PASSES_DIMENSIONS_PASSES

include "mlir/Pass/PassBase.td"

def PrintFactorsPass : Pass<"nn-print-factors", "::mlir::ModuleOp"> {
  let summary = "prints the index factors of every nn op, for tests";
  let description = [{
    One line for each op, in the form of Shardy's sharding rules: the factors of each dimension of
    operands and results, then size and kind of each factor. Factors that do not fit the op are an
    error.

    For this op:
    ```mlir
    %y = nn.matmul %a, %b : tensor<8x4xf32>, tensor<4x2xf32>
    ```
    it prints:
    ```
    nn.matmul ([i, j], [j, k]) -> ([i, k]) {i = 8 free, j = 4 reduced, k = 2 free}
    ```
  }];
}

#endif // PLIMSOLL_PASSES_DIMENSIONS_PASSES
