// RUN: plimsoll-opt %s --nn-attach-teacher='weight=0.25 temperature=2' | FileCheck %s
// RUN: plimsoll-opt %s --nn-attach-teacher='weight=0.25' | FileCheck %s --check-prefix=PLAIN
// RUN: plimsoll-opt %s --nn-attach-teacher='weight=0.25 temperature=2' --nn-attach-loss | FileCheck %s --check-prefix=LOSS
// RUN: plimsoll-opt %s --nn-attach-teacher='weight=0.25 temperature=2' --nn-attach-loss --nn-build-step=optimizer=sgd | FileCheck %s --check-prefix=STEP

// T^2 KL(p || q), the mean over rows, of which there are 2.
// CHECK:      func.func @forward
// CHECK-SAME:   tensor<f32> {nn.added_loss = 2.500000e-01 : f64, nn.name = "teacher"})
// CHECK:        %[[HALF:.*]] = nn.constant dense<5.000000e-01>
// CHECK-NEXT:   %[[T:.*]] = nn.mul %arg1, %[[HALF]]
// CHECK-NEXT:   %[[P:.*]] = nn.softmax %[[T]]
// CHECK-NEXT:   %[[KL:.*]] = nn.kl_divergence %[[STUDENT:.*]], %[[P]] {temperature = 2.000000e+00 : f64} : tensor<2x3xf32>
// CHECK-NEXT:   return %[[STUDENT]], %[[KL]]

// At temperature 1 the scores stay as they are.
// PLAIN:      %[[P:.*]] = nn.softmax %arg1
// PLAIN-NEXT: nn.kl_divergence %{{.*}}, %[[P]] {temperature = 1.000000e+00 : f64}

// The loss is a mixture; the student's loss stays a result,
// LOSS:      -> (tensor<f32> {nn.name = "loss"}, tensor<f32> {nn.name = "accuracy"}, tensor<f32> {nn.name = "own_loss"})
// LOSS:        %[[OWN:.*]], %[[A:.*]] = nn.cross_entropy
// LOSS-DAG:    %[[REST:.*]] = nn.constant dense<7.500000e-01>
// LOSS-DAG:    %[[X:.*]] = nn.mul %[[OWN]], %[[REST]]
// LOSS-DAG:    %[[Y:.*]] = nn.mul %{{.*}}, %{{.*}}
// LOSS:        %[[MIXED:.*]] = nn.add %[[X]]
// LOSS:        return %[[MIXED]], %[[A]], %[[OWN]]

// which evaluation reports, and which training does not compute.
// STEP-LABEL: func.func @train
// STEP-SAME:    -> (tensor<f32> {nn.name = "loss"}, tensor<f32> {nn.name = "accuracy"})
// STEP:         %[[OWN:.*]], %[[A:.*]] = nn.cross_entropy
// STEP:         %[[MIXED:.*]] = nn.add
// STEP:         return %[[MIXED]], %[[A]]
// STEP-LABEL: func.func @evaluate
// STEP-SAME:    -> (tensor<f32> {nn.name = "loss"}, tensor<f32> {nn.name = "accuracy"})
// STEP:         %[[OWN:.*]], %[[A:.*]] = nn.cross_entropy
// STEP:         return %[[OWN]], %[[A]]
nn.parameter @w : tensor<4x3xf32> {trainable}
func.func @forward(%x: tensor<2x4xf32>, %t: tensor<2x3xf32>) -> (tensor<2x3xf32> {nn.name = "y"}, tensor<2x3xf32> {nn.name = "teacher", nn.role = "teacher"}) {
  %w = nn.load @w : tensor<4x3xf32>
  %y = nn.matmul %x, %w : tensor<2x4xf32>, tensor<4x3xf32>
  return %y, %t : tensor<2x3xf32>, tensor<2x3xf32>
}
