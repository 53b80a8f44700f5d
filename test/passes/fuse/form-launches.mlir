// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}))' | FileCheck %s

// CHECK-LABEL: func.func @loss_and_gradient
// CHECK-NEXT:    %[[R:[0-9]+]]:3 = nn.launch(%arg0, %arg1)
// CHECK-NEXT:    ^bb0(%[[X:.*]]: tensor<4x8xf32>, %[[LABELS:.*]]: tensor<4xi64>):
// CHECK-NEXT:      %[[L:.*]], %[[A:.*]], %[[D:.*]] = nn.cross_entropy_with_grad %[[X]], %[[LABELS]]
// CHECK-NEXT:      nn.yield %[[L]], %[[A]], %[[D]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[R]]#0, %[[R]]#2
func.func @loss_and_gradient(%x: tensor<4x8xf32>, %l: tensor<4xi64>) -> (tensor<f32>, tensor<4x8xf32>) {
  %loss, %accuracy = nn.cross_entropy %x, %l : tensor<4x8xf32>, tensor<4xi64>
  %one = nn.constant dense<1.0> : tensor<f32>
  %d = nn.cross_entropy_grad %x, %l, %one : tensor<4x8xf32>, tensor<4xi64>, tensor<f32>
  return %loss, %d : tensor<f32>, tensor<4x8xf32>
}

// Another factor, or other labels: two launches.
// CHECK-LABEL: func.func @kept_apart
// CHECK:         nn.cross_entropy %
// CHECK:         nn.cross_entropy_grad
// CHECK:         nn.cross_entropy_grad
func.func @kept_apart(%x: tensor<4x8xf32>, %l: tensor<4xi64>, %m: tensor<4xi64>) -> (tensor<f32>, tensor<4x8xf32>, tensor<4x8xf32>) {
  %loss, %accuracy = nn.cross_entropy %x, %l : tensor<4x8xf32>, tensor<4xi64>
  %one = nn.constant dense<1.0> : tensor<f32>
  %half = nn.constant dense<0.5> : tensor<f32>
  %d = nn.cross_entropy_grad %x, %l, %half : tensor<4x8xf32>, tensor<4xi64>, tensor<f32>
  %e = nn.cross_entropy_grad %x, %m, %one : tensor<4x8xf32>, tensor<4xi64>, tensor<f32>
  return %loss, %d, %e : tensor<f32>, tensor<4x8xf32>, tensor<4x8xf32>
}

// CHECK-LABEL: func.func @absorb
// CHECK-NEXT:    nn.launch(%arg0, %arg1)
// CHECK:           nn.add %{{.*}}, %{{.*}} : tensor<4x8xf32>, tensor<1x8xf32>
// CHECK-NOT:     nn.launch
func.func @absorb(%x: tensor<4x8xf32>, %b: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %r = nn.broadcast %b : tensor<1x8xf32> to tensor<4x8xf32>
  %y = nn.add %x, %r : tensor<4x8xf32>, tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Only this operand makes the result have four rows.
// CHECK-LABEL: func.func @needed
// CHECK-NEXT:    %[[R:.*]] = nn.launch(%arg1)
// CHECK:           nn.broadcast
// CHECK:         nn.launch(%arg0, %[[R]])
// CHECK:           nn.add
func.func @needed(%x: tensor<8xf32>, %b: tensor<1x8xf32>) -> tensor<4x8xf32> {
  %r = nn.broadcast %b : tensor<1x8xf32> to tensor<4x8xf32>
  %y = nn.add %x, %r : tensor<8xf32>, tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}

// Only this operand makes it have four dimensions, of which three have the size 1.
// CHECK-LABEL: func.func @rank_needed
// CHECK-NEXT:    %[[R:.*]] = nn.launch(%arg1)
// CHECK:           nn.broadcast
// CHECK:         nn.launch(%arg0, %[[R]])
// CHECK:           nn.add
func.func @rank_needed(%s: tensor<f32>, %b: tensor<8xf32>) -> tensor<1x1x1x8xf32> {
  %r = nn.broadcast %b : tensor<8xf32> to tensor<1x1x1x8xf32>
  %y = nn.add %s, %r : tensor<f32>, tensor<1x1x1x8xf32>
  return %y : tensor<1x1x1x8xf32>
}

// CHECK-LABEL: func.func @rank_given
// CHECK-NEXT:    nn.launch(%arg0, %arg1)
// CHECK:           nn.add
func.func @rank_given(%o: tensor<1x1x1x1xf32>, %b: tensor<8xf32>) -> tensor<1x1x1x8xf32> {
  %r = nn.broadcast %b : tensor<8xf32> to tensor<1x1x1x8xf32>
  %y = nn.add %o, %r : tensor<1x1x1x1xf32>, tensor<1x1x1x8xf32>
  return %y : tensor<1x1x1x8xf32>
}

// What looks at bytes, or names them, is no launch; equal operands have an argument each; a function
// that has its launches is left alone.
// CHECK-LABEL: func.func @no_launches
// CHECK-NEXT:    %[[W:.*]] = nn.load @w
// CHECK-NEXT:    %[[V:.*]] = nn.reshape %[[W]]
// CHECK-NEXT:    %[[P:.*]] = nn.launch(%[[V]], %[[V]])
// CHECK-NEXT:    ^bb0(%[[A:.*]]: tensor<4xf32>, %[[B:.*]]: tensor<4xf32>):
// CHECK-NEXT:      nn.mul %[[A]], %[[B]]
// CHECK:         nn.launch(%[[P]])
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.exp
nn.parameter @w : tensor<2x2xf32> {trainable}
func.func @no_launches() -> tensor<4xf32> {
  %w = nn.load @w : tensor<2x2xf32>
  %v = nn.reshape %w : tensor<2x2xf32> to tensor<4xf32>
  %p = nn.mul %v, %v : tensor<4xf32>, tensor<4xf32>
  %q = nn.launch(%p) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%a: tensor<4xf32>):
    %b = nn.exp %a : tensor<4xf32>
    nn.yield %b : tensor<4xf32>
  }
  return %q : tensor<4xf32>
}

// A loss of w * v: each update reads the other parameter as its gradient, and would overwrite it.
// CHECK-LABEL: func.func @each_others_gradient
// CHECK:         %[[W1:.*]] = nn.load @w1
// CHECK:         %[[V1:.*]] = nn.load @v1
// CHECK:         %[[ONE:.*]] = nn.constant dense<1.000000e+00> : tensor<f32>
// CHECK:         %[[COPY:.*]] = nn.launch(%[[V1]], %[[ONE]])
// CHECK:           nn.mul
// CHECK:         nn.launch(%[[W1]], %[[COPY]], %arg0)
// CHECK:           nn.sgd_plain
nn.parameter @w1 : tensor<4xf32> {trainable}
nn.parameter @v1 : tensor<4xf32> {trainable}
func.func @each_others_gradient(%h: tensor<16xf32>) {
  %w = nn.load @w1 : tensor<4xf32>
  %v = nn.load @v1 : tensor<4xf32>
  %w1 = nn.sgd_plain %w, %v, %h : tensor<4xf32>, tensor<16xf32>
  nn.store %w1, @w1 : tensor<4xf32>
  %v1 = nn.sgd_plain %v, %w, %h : tensor<4xf32>, tensor<16xf32>
  nn.store %v1, @v1 : tensor<4xf32>
  return
}
