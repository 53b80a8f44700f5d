// RUN: plimsoll-opt %s --nn-attach-teacher | FileCheck %s

// The mean is over tokens, not over sequences.
// CHECK:      %[[P:.*]] = nn.softmax %{{.*}} : tensor<2x5x3xf32>
// CHECK-NEXT: %[[Q:.*]] = nn.reshape %{{.*}} : tensor<2x5x3xf32> to tensor<10x3xf32>
// CHECK-NEXT: %[[R:.*]] = nn.reshape %[[P]] : tensor<2x5x3xf32> to tensor<10x3xf32>
// CHECK-NEXT: nn.kl_divergence %[[Q]], %[[R]] {{.*}} : tensor<10x3xf32>
func.func @forward(%y: tensor<2x5x3xf32>, %t: tensor<2x5x3xf32>) -> (tensor<2x5x3xf32> {nn.name = "y"}, tensor<2x5x3xf32> {nn.name = "teacher", nn.role = "teacher"}) {
  return %y, %t : tensor<2x5x3xf32>, tensor<2x5x3xf32>
}
