// RUN: split-file %s %t
// RUN: plimsoll-opt %t/one.mlir --nn-attach-loss | FileCheck %s --check-prefix=CE
// RUN: plimsoll-opt %t/one.mlir --nn-attach-loss=loss=mse | FileCheck %s --check-prefix=MSE
// RUN: plimsoll-opt %t/one.mlir --nn-attach-loss=loss=cross-entropy,label-smoothing=0.125,ignore-index=-1,weights=1:2:0.5:3 | FileCheck %s --check-prefix=OPTIONS
// RUN: plimsoll-opt %t/one.mlir --nn-attach-loss=loss=huber,delta=0.5 | FileCheck %s --check-prefix=HUBER
// RUN: plimsoll-opt %t/one.mlir --nn-attach-loss=loss=kl,temperature=2 | FileCheck %s --check-prefix=KL
// RUN: plimsoll-opt %t/two.mlir --nn-attach-loss=loss=cross-entropy:logits | FileCheck %s --check-prefix=NAMED
// RUN: plimsoll-opt %t/two.mlir --nn-attach-loss=loss=output:penalty | FileCheck %s --check-prefix=OUTPUT

//--- one.mlir
// Token ids are limited by the table of 10 rows that they index, labels by the classes.
// CE:      func.func @forward(%arg0: tensor<2x3xi64> {nn.limit = 10 : i64}, %arg1: tensor<2x3xi64> {nn.classes = "dimension 2 of the output (2x3x4)", nn.limit = 4 : i64, nn.name = "labels", nn.role = "labels"})
// CE-SAME:   -> (tensor<f32> {nn.name = "loss"}, tensor<f32> {nn.name = "accuracy"})
// CE:        %[[X:.*]] = nn.gather %{{.*}}, %arg0
// CE-NEXT:   %[[L:.*]], %[[A:.*]] = nn.cross_entropy %[[X]], %arg1
// CE-NEXT:   return %[[L]], %[[A]]

// MSE:      func.func @forward(%arg0: tensor<2x3xi64> {nn.limit = 10 : i64}, %arg1: tensor<2x3x4xf32> {nn.name = "labels", nn.role = "labels"})
// MSE-SAME:   -> (tensor<f32> {nn.name = "loss"})
// MSE:        %[[D:.*]] = nn.sub %{{.*}}, %arg1
// MSE-NEXT:   %[[Q:.*]] = nn.mul %[[D]], %[[D]]
// MSE-NEXT:   %[[S:.*]] = nn.reduce_sum %[[Q]] {axes = array<i64: 0, 1, 2>}
// MSE-NEXT:   %[[N:.*]] = nn.constant dense<0.0416666679> : tensor<f32>
// MSE-NEXT:   %[[M:.*]] = nn.mul %[[S]], %[[N]]
// MSE-NEXT:   return %[[M]]

// OPTIONS:      %arg1: tensor<2x3xi64> {nn.classes = "dimension 2 of the output (2x3x4)", nn.ignored = -1 : i64, nn.limit = 4 : i64, nn.name = "labels", nn.role = "labels"}
// OPTIONS:        %[[W:.*]] = nn.constant dense<[1.000000e+00, 2.000000e+00, 5.000000e-01, 3.000000e+00]> : tensor<4xf32>
// OPTIONS-NEXT:   nn.cross_entropy %{{.*}}, %arg1 weights %[[W]] {ignore_index = -1 : i64, label_smoothing = 1.250000e-01 : f64}
// HUBER:      %arg1: tensor<2x3x4xf32> {nn.name = "labels", nn.role = "labels"}) -> (tensor<f32> {nn.name = "loss"})
// HUBER:        nn.pointwise_loss huber %{{.*}}, %arg1 {delta = 5.000000e-01 : f64}
// KL:         %arg1: tensor<2x3x4xf32> {nn.classes = "dimension 2 of the output (2x3x4)", nn.name = "labels", nn.role = "labels"}) -> (tensor<f32> {nn.name = "loss"})
// KL:           nn.kl_divergence %{{.*}}, %arg1 {temperature = 2.000000e+00 : f64}
nn.parameter @table : tensor<10x4xf32> {trainable}
func.func @forward(%ids: tensor<2x3xi64>) -> tensor<2x3x4xf32> {
  %t = nn.load @table : tensor<10x4xf32>
  %flat = nn.reshape %ids : tensor<2x3xi64> to tensor<6xi64>
  %rows = nn.gather %t, %flat {axis = 0 : i64} : tensor<10x4xf32>, tensor<6xi64>
  %x = nn.gather %t, %ids {axis = 0 : i64} : tensor<10x4xf32>, tensor<2x3xi64>
  return %x : tensor<2x3x4xf32>
}

//--- two.mlir
// NAMED:      func.func @forward(%arg0: tensor<2x4xf32>, %arg1: tensor<2xi64> {nn.limit = 4 : i64
// NAMED:        nn.cross_entropy %{{.*}}, %arg1

// A loss that the model computes itself may have dimensions of size 1.
// OUTPUT:      func.func @forward(%arg0: tensor<2x4xf32>) -> (tensor<f32> {nn.name = "loss"})
// OUTPUT:        %[[R:.*]] = nn.reshape %{{.*}} : tensor<1x1xf32> to tensor<f32>
// OUTPUT-NEXT:   return %[[R]]
func.func @forward(%x: tensor<2x4xf32>) -> (tensor<2x4xf32> {nn.name = "logits"}, tensor<1x1xf32> {nn.name = "penalty"}) {
  %y = nn.tanh %x : tensor<2x4xf32>
  %s = nn.reduce_sum %y {axes = array<i64: 0, 1>} : tensor<2x4xf32>
  %p = nn.reshape %s : tensor<f32> to tensor<1x1xf32>
  return %y, %p : tensor<2x4xf32>, tensor<1x1xf32>
}
