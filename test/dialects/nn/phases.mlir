// RUN: plimsoll-opt %s --mlir-print-debuginfo --mlir-print-local-scope | plimsoll-opt --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// CHECK-LABEL: func.func @phases
func.func @phases(%x: tensor<4xf32>) -> tensor<4xf32> {
  // CHECK: nn.exp {{.*}} loc(fused<#nn.phase<forward values = 7>>["y"])
  %y = nn.exp %x : tensor<4xf32> loc(fused<#nn.phase<forward values = 7>>["y"])
  // CHECK: nn.exp {{.*}} loc(fused<#nn.phase<backward>>["y"])
  %z = nn.exp %y : tensor<4xf32> loc(fused<#nn.phase<backward>>["y"])
  // CHECK: nn.exp {{.*}} loc(fused<#nn.phase<backward gradients = [0 : 7, 1 : 9]>>["y"])
  %u = nn.exp %z : tensor<4xf32> loc(fused<#nn.phase<backward gradients = [0 : 7, 1 : 9]>>["y"])
  // CHECK: nn.exp {{.*}} loc(fused<#nn.phase<forward values = 7 gradients = [2 : 6]>>["y"])
  %v = nn.exp %u : tensor<4xf32> loc(fused<#nn.phase<forward values = 7 gradients = [2 : 6]>>["y"])
  return %v : tensor<4xf32>
}
