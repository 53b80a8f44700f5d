// RUN: plimsoll-opt %s --nn-attach-lora='modules=proj|head rank=2 alpha=6' | FileCheck %s
// RUN: plimsoll-opt %s --nn-attach-lora='modules=proj|head rank=2 alpha=6 dropout=0.5' | FileCheck %s --check-prefix=DROPOUT

// Everything is frozen; adapters follow the other parameters and inherit their weights' decay.
// Checkpoints leave out all but adapters and running statistics.
// CHECK:      module attributes {nn.lora_alpha = 6.000000e+00 : f64}
// CHECK:      nn.parameter @proj.weight : tensor<6x4xf32> {nn.unsaved, reason = "frozen below --lora"}
// CHECK-NEXT: nn.parameter @proj.bias : tensor<6xf32> {nn.unsaved, {{.*}}role = "bias"}
// CHECK-NEXT: nn.parameter @head.weight : tensor<6x5xf32> {nn.unsaved, {{.*}}transposed}
// CHECK-NEXT: nn.parameter @bn.running_mean : tensor<4xf32>{{$}}
// CHECK-NEXT: nn.parameter @bn.running_var : tensor<4xf32>{{$}}
// CHECK-NEXT: nn.parameter @proj.lora_A.weight : tensor<2x4xf32> {decayed, reason = "adapter of proj.weight", role = "uniform", trainable}
// CHECK-NEXT: nn.parameter @proj.lora_B.weight : tensor<6x2xf32> {decayed, reason = "adapter of proj.weight", role = "bias", trainable}
// CHECK-NEXT: nn.parameter @head.lora_A.weight : tensor<2x6xf32> {reason = "adapter of head.weight"
// CHECK-NEXT: nn.parameter @head.lora_B.weight : tensor<5x2xf32>
nn.parameter @proj.weight : tensor<6x4xf32> {trainable, decayed}
nn.parameter @proj.bias : tensor<6xf32> {trainable, role = "bias"}
nn.parameter @head.weight : tensor<6x5xf32> {trainable, transposed}
nn.parameter @bn.running_mean : tensor<4xf32>
nn.parameter @bn.running_var : tensor<4xf32>

// CHECK-LABEL: func.func @forward
func.func @forward(%x: tensor<3x4xf32>, %gain: tensor<4xf32>) -> (tensor<3x5xf32>, tensor<3x4xf32>) {
  // CHECK-DAG: %[[A:.*]] = nn.load @proj.lora_A.weight
  // CHECK-DAG: %[[B:.*]] = nn.load @proj.lora_B.weight
  // CHECK-DAG: %[[C:.*]] = nn.load @head.lora_A.weight
  // CHECK-DAG: %[[D:.*]] = nn.load @head.lora_B.weight
  %w = nn.load @proj.weight : tensor<6x4xf32>
  %b = nn.load @proj.bias : tensor<6xf32>
  %v = nn.load @head.weight : tensor<6x5xf32>
  %mean = nn.load @bn.running_mean : tensor<4xf32>
  %variance = nn.load @bn.running_var : tensor<4xf32>
  %n = nn.batch_norm_inference %x, %gain, %gain, %mean, %variance {epsilon = 1.0e-05 : f64, momentum = 0.1 : f64} : tensor<3x4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>

  // y = n W^T + 3 (n A^T) B^T
  // CHECK:      %[[Y:.*]] = nn.matmul %[[N:.*]], %{{.*}} {transpose_b} : tensor<3x4xf32>, tensor<6x4xf32>
  // CHECK-NEXT: %[[H:.*]] = nn.matmul %[[N]], %[[A]] {transpose_b} : tensor<3x4xf32>, tensor<2x4xf32>
  // CHECK-NEXT: %[[S:.*]] = nn.constant dense<3.000000e+00>
  // CHECK-NEXT: %[[G:.*]] = nn.mul %[[H]], %[[S]]
  // CHECK-NEXT: %[[E:.*]] = nn.matmul %[[G]], %[[B]] {transpose_b} : tensor<3x2xf32>, tensor<6x2xf32>
  // CHECK-NEXT: %[[Z:.*]] = nn.add %[[Y]], %[[E]]
  // CHECK-NEXT: nn.add %[[Z]]
  // DROPOUT:      nn.matmul %[[N:.*]], %{{.*}} {transpose_b} : tensor<3x4xf32>, tensor<6x4xf32>
  // DROPOUT-NEXT: %[[K:.*]] = nn.dropout %[[N]] {{.*}}5.000000e-01
  // DROPOUT-NEXT: nn.matmul %[[K]], %{{.*}} {transpose_b} : tensor<3x4xf32>, tensor<2x4xf32>
  %y = nn.matmul %n, %w {transpose_b} : tensor<3x4xf32>, tensor<6x4xf32>
  %z = nn.add %y, %b : tensor<3x6xf32>, tensor<6xf32>

  // The adapters of a weight [in, out] have the same layouts.
  // CHECK:      %[[P:.*]] = nn.matmul %[[Q:.*]], %{{.*}} : tensor<3x6xf32>, tensor<6x5xf32>
  // CHECK-NEXT: %[[R:.*]] = nn.matmul %[[Q]], %[[C]] {transpose_b} : tensor<3x6xf32>, tensor<2x6xf32>
  // CHECK:      nn.matmul %{{.*}}, %[[D]] {transpose_b} : tensor<3x2xf32>, tensor<5x2xf32>
  %p = nn.matmul %z, %v : tensor<3x6xf32>, tensor<6x5xf32>

  // The transpose of an adapted weight: x (B A) = (x B) A.
  // CHECK:      nn.matmul %[[Q]], %{{.*}} : tensor<3x6xf32>, tensor<6x4xf32>
  // CHECK-NEXT: nn.matmul %[[Q]], %[[B]] : tensor<3x6xf32>, tensor<6x2xf32>
  // CHECK:      nn.matmul %{{.*}}, %[[A]] : tensor<3x2xf32>, tensor<2x4xf32>
  %back = nn.matmul %z, %w : tensor<3x6xf32>, tensor<6x4xf32>
  return %p, %back : tensor<3x5xf32>, tensor<3x4xf32>
}
