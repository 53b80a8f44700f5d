// A product adds a bias, a residual and a sum of gradients.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches))' --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}))' --mlir-print-local-scope | FileCheck %s --check-prefix=ALONE

// ALONE-NOT: plus

// CHECK-LABEL: func.func @layer
// CHECK:         %[[R:.*]] = nn.reshape %arg3 : tensor<2x3x8xf32> to tensor<6x8xf32>
// CHECK-NEXT:    %[[Y:.*]] = nn.launch(%arg0, %arg1, %arg2, %[[R]])
// CHECK:           nn.matmul %{{.*}}, %{{.*}} plus %{{.*}}, %{{.*}}
// CHECK:         %[[V:.*]] = nn.reshape %[[Y]] : tensor<6x8xf32> to tensor<2x3x8xf32>
// CHECK-NEXT:    return %[[V]]
func.func @layer(%a: tensor<6x4xf32>, %w: tensor<4x8xf32>, %bias: tensor<8xf32>, %x: tensor<2x3x8xf32>) -> tensor<2x3x8xf32> {
  %p = nn.matmul %a, %w : tensor<6x4xf32>, tensor<4x8xf32>
  %b = nn.add %p, %bias : tensor<6x8xf32>, tensor<8xf32>
  %v = nn.reshape %b : tensor<6x8xf32> to tensor<2x3x8xf32>
  %y = nn.add %x, %v : tensor<2x3x8xf32>, tensor<2x3x8xf32>
  return %y : tensor<2x3x8xf32>
}

// The second product goes on from the first.
// CHECK-LABEL: func.func @gradients
// CHECK:         %[[P:.*]] = nn.launch(%arg0, %arg1)
// CHECK:         nn.launch(%arg2, %arg3, %[[P]])
// CHECK:           nn.matmul %{{.*}}, %{{.*}} plus
// CHECK-NOT:     nn.add
func.func @gradients(%a: tensor<6x4xf32>, %w: tensor<4x8xf32>, %b: tensor<6x5xf32>, %v: tensor<5x8xf32>) -> tensor<6x8xf32> {
  %p = nn.matmul %a, %w : tensor<6x4xf32>, tensor<4x8xf32>
  %q = nn.matmul %b, %v : tensor<6x5xf32>, tensor<5x8xf32>
  %s = nn.add %q, %p : tensor<6x8xf32>, tensor<6x8xf32>
  return %s : tensor<6x8xf32>
}

// Something else reads the product, or what is added is made behind it, or is broadcast along rows.
// CHECK-LABEL: func.func @apart
// CHECK-NOT:     plus
func.func @apart(%a: tensor<6x4xf32>, %w: tensor<4x8xf32>, %x: tensor<6x8xf32>, %c: tensor<6x1xf32>) -> (tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>) {
  %p = nn.matmul %a, %w : tensor<6x4xf32>, tensor<4x8xf32>
  %s = nn.add %p, %x : tensor<6x8xf32>, tensor<6x8xf32>
  %q = nn.matmul %a, %w {} : tensor<6x4xf32>, tensor<4x8xf32>
  %later = nn.softmax %s : tensor<6x8xf32>
  %t = nn.add %q, %later : tensor<6x8xf32>, tensor<6x8xf32>
  %r = nn.matmul %x, %w {transpose_b} : tensor<6x8xf32>, tensor<4x8xf32>
  %u = nn.matmul %r, %w : tensor<6x4xf32>, tensor<4x8xf32>
  %z = nn.add %u, %c : tensor<6x8xf32>, tensor<6x1xf32>
  return %p, %s, %t, %z : tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>, tensor<6x8xf32>
}
