// Which ops become one launch, and where it runs.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches))' --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}))' --mlir-print-local-scope | FileCheck %s --check-prefix=NONE

// A chain, with a broadcast operand, through a reshape.
// CHECK-LABEL: func.func @chain
// CHECK-NEXT:    %[[Y:.*]] = nn.launch(%arg0, %arg1) : (tensor<4x6xf32>, tensor<6xf32>) -> tensor<2x2x6xf32> {
// CHECK-NEXT:    ^bb0(%[[X:.*]]: tensor<4x6xf32>, %[[B:.*]]: tensor<6xf32>):
// CHECK-NEXT:      %[[A:.*]] = nn.add %[[X]], %[[B]]
// CHECK-NEXT:      %[[R:.*]] = nn.reshape %[[A]]
// CHECK-NEXT:      %[[T:.*]] = nn.tanh %[[R]]
// CHECK-NEXT:      nn.yield %[[T]]
// CHECK-NEXT:    }
// CHECK-NEXT:    return %[[Y]]
// NONE-LABEL: func.func @chain
// NONE:         nn.launch
// NONE:           nn.add
// NONE:         nn.reshape
// NONE:         nn.launch
// NONE:           nn.tanh
func.func @chain(%x: tensor<4x6xf32>, %b: tensor<6xf32>) -> tensor<2x2x6xf32> {
  %a = nn.add %x, %b : tensor<4x6xf32>, tensor<6xf32>
  %r = nn.reshape %a : tensor<4x6xf32> to tensor<2x2x6xf32>
  %y = nn.tanh %r : tensor<2x2x6xf32>
  return %y : tensor<2x2x6xf32>
}

// What others read, too, is a second output; reshapes of it follow the launch.
// CHECK-LABEL: func.func @two_outputs
// CHECK-NEXT:    %[[Y:.*]]:2 = nn.launch(%arg0)
// CHECK:           nn.exp
// CHECK:           nn.neg
// CHECK:           nn.yield
// CHECK-NEXT:    }
// CHECK-NEXT:    %[[V:.*]] = nn.reshape %[[Y]]#0
// CHECK-NEXT:    %[[S:.*]] = nn.launch(%[[V]])
// CHECK:           nn.softmax
// CHECK:         return %[[Y]]#1, %[[S]]
func.func @two_outputs(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<24xf32>) {
  %e = nn.exp %x : tensor<4x6xf32>
  %v = nn.reshape %e : tensor<4x6xf32> to tensor<24xf32>
  %n = nn.neg %e : tensor<4x6xf32>
  %s = nn.softmax %v : tensor<24xf32>
  return %n, %s : tensor<4x6xf32>, tensor<24xf32>
}

// An op between them reads the first and is read by the second: they are two.
// CHECK-LABEL: func.func @through_another
// CHECK:         nn.launch(%arg0)
// CHECK:           nn.exp
// CHECK:         nn.launch
// CHECK:           nn.softmax
// CHECK:         nn.launch
// CHECK:           nn.mul
func.func @through_another(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %e = nn.exp %x : tensor<4x6xf32>
  %s = nn.softmax %e : tensor<4x6xf32>
  %y = nn.mul %e, %s : tensor<4x6xf32>, tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// A sum ends a nest: nothing that reads it is in the launch.
// CHECK-LABEL: func.func @sum
// CHECK-NEXT:    %[[S:.*]] = nn.launch(%arg0)
// CHECK:           nn.mul
// CHECK:           nn.reduce_sum
// CHECK:           nn.yield
// CHECK:         nn.launch(%[[S]])
// CHECK:           nn.neg
func.func @sum(%x: tensor<4x6xf32>) -> tensor<4xf32> {
  %q = nn.mul %x, %x : tensor<4x6xf32>, tensor<4x6xf32>
  %s = nn.reduce_sum %q {axes = array<i64: 1>} : tensor<4x6xf32>
  %y = nn.neg %s : tensor<4xf32>
  return %y : tensor<4xf32>
}

// The one sum of a nest is its only output: a square that others read is made by itself.
// CHECK-LABEL: func.func @sum_beside
// CHECK-NEXT:    %[[Q:.*]] = nn.launch(%arg0, %arg0)
// CHECK:           nn.mul
// CHECK:         nn.launch(%[[Q]])
// CHECK:           nn.reduce_sum
func.func @sum_beside(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4xf32>) {
  %q = nn.mul %x, %x : tensor<4x6xf32>, tensor<4x6xf32>
  %s = nn.reduce_sum %q {axes = array<i64: 1>} : tensor<4x6xf32>
  return %q, %s : tensor<4x6xf32>, tensor<4xf32>
}

// A transposition is written, or read, where the next op needs it.
// CHECK-LABEL: func.func @transposed
// CHECK-NEXT:    nn.launch(%arg0, %arg1)
// CHECK:           nn.add
// CHECK:           nn.reshape
// CHECK:           nn.transpose
// CHECK-NOT:     nn.launch
// CHECK:         return
func.func @transposed(%x: tensor<4x6xf32>, %b: tensor<6xf32>) -> tensor<2x4x3xf32> {
  %a = nn.add %x, %b : tensor<4x6xf32>, tensor<6xf32>
  %r = nn.reshape %a : tensor<4x6xf32> to tensor<4x2x3xf32>
  %t = nn.transpose %r {permutation = array<i64: 1, 0, 2>} : tensor<4x2x3xf32>
  return %t : tensor<2x4x3xf32>
}

// A point of this nest would need two elements of %arg0.
// CHECK-LABEL: func.func @two_indices
// CHECK:         nn.launch(%arg0)
// CHECK:           nn.transpose
// CHECK:         nn.launch(%arg0, %
// CHECK:           nn.add
func.func @two_indices(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %t = nn.transpose %x {permutation = array<i64: 1, 0>} : tensor<4x4xf32>
  %y = nn.add %x, %t : tensor<4x4xf32>, tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// What is cheap is computed for every copy, an exponential once.
// CHECK-LABEL: func.func @cheap
// CHECK-NEXT:    nn.launch(%arg1, %arg0)
// CHECK:           nn.neg
// CHECK:           nn.mul
// CHECK-NOT:     nn.launch
// CHECK-LABEL: func.func @dear
// CHECK:         nn.launch(%arg1)
// CHECK:           nn.exp
// CHECK:         nn.launch(%arg0, %
// CHECK:           nn.mul
func.func @cheap(%x: tensor<64x6xf32>, %b: tensor<6xf32>) -> tensor<64x6xf32> {
  %n = nn.neg %b : tensor<6xf32>
  %y = nn.mul %x, %n : tensor<64x6xf32>, tensor<6xf32>
  return %y : tensor<64x6xf32>
}
func.func @dear(%x: tensor<64x6xf32>, %b: tensor<6xf32>) -> tensor<64x6xf32> {
  %n = nn.exp %b : tensor<6xf32>
  %y = nn.mul %x, %n : tensor<64x6xf32>, tensor<6xf32>
  return %y : tensor<64x6xf32>
}

// Two that read the same one after the other are one launch; if something runs between, they are not.
// CHECK-LABEL: func.func @side_by_side
// CHECK-NEXT:    %{{.*}}:2 = nn.launch(%arg0)
// CHECK:           nn.exp
// CHECK:           nn.neg
// CHECK-NOT:     nn.launch
// CHECK-LABEL: func.func @not_side_by_side
// CHECK:         nn.exp
// CHECK:         nn.softmax
// CHECK:         nn.launch(%arg0)
// CHECK:           nn.neg
func.func @side_by_side(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %e = nn.exp %x : tensor<4x6xf32>
  %n = nn.neg %x : tensor<4x6xf32>
  return %e, %n : tensor<4x6xf32>, tensor<4x6xf32>
}
func.func @not_side_by_side(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) {
  %e = nn.exp %x : tensor<4x6xf32>
  %s = nn.softmax %x : tensor<4x6xf32>
  %n = nn.neg %x : tensor<4x6xf32>
  return %e, %s, %n : tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>
}

// While the softmax runs, the sum is one tensor and its terms would be two: it stays where it is. Its
// reader cannot move, since it needs the softmax.
// CHECK-LABEL: func.func @two_for_one
// CHECK:         nn.launch(%
// CHECK:           nn.add
// CHECK-NEXT:      nn.yield
// CHECK:           nn.softmax
// CHECK:           nn.mul
func.func @two_for_one(%x: tensor<4x6xf32>) -> tensor<4x6xf32> {
  %a = nn.softmax %x : tensor<4x6xf32>
  %b = nn.log_softmax %x : tensor<4x6xf32>
  %s = nn.add %a, %b : tensor<4x6xf32>, tensor<4x6xf32>
  %t = nn.softmax %x : tensor<4x6xf32>
  %y = nn.mul %s, %t : tensor<4x6xf32>, tensor<4x6xf32>
  return %y : tensor<4x6xf32>
}

// Here the reader needs nothing of what runs between, and the two terms die earlier.
// CHECK-LABEL: func.func @moved_forward
// CHECK:           nn.log_softmax
// CHECK:         nn.launch(%
// CHECK:           nn.add
// CHECK:           nn.tanh
// CHECK:           nn.softmax
// CHECK-NOT:     nn.tanh
func.func @moved_forward(%x: tensor<4x6xf32>) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %a = nn.softmax %x : tensor<4x6xf32>
  %b = nn.log_softmax %x : tensor<4x6xf32>
  %s = nn.add %a, %b : tensor<4x6xf32>, tensor<4x6xf32>
  %t = nn.softmax %a : tensor<4x6xf32>
  %y = nn.tanh %s : tensor<4x6xf32>
  return %y, %t : tensor<4x6xf32>, tensor<4x6xf32>
}

// Forward and backward pass have no launch in common: what the first one saves is chosen by a cut.
// CHECK-LABEL: func.func @phases
// CHECK:         nn.exp
// CHECK-NEXT:    nn.yield
// CHECK:         nn.neg
func.func @phases(%x: tensor<4xf32>) -> tensor<4xf32> {
  %e = nn.exp %x : tensor<4xf32>
  %n = nn.neg %e : tensor<4xf32> loc(fused<#nn.phase<backward>>[unknown])
  return %n : tensor<4xf32>
}
