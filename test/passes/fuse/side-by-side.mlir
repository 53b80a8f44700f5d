// Updates of small parameters with the same settings are one launch. What waits is at most 1/256 of
// the bytes of parameters and states: here 3 of the biases, of 4 KiB each.
//
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches))' --mlir-print-local-scope | FileCheck %s
// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches{fuse-loops=false}))' --mlir-print-local-scope | FileCheck %s --check-prefix=ALONE

nn.parameter @w : tensor<1024x768xf32> {trainable}
nn.parameter @a : tensor<1024xf32> {trainable}
nn.parameter @b : tensor<8x128xf32> {trainable}
nn.parameter @c : tensor<1024xf32> {trainable}
nn.parameter @d : tensor<1024xf32> {trainable}

// ALONE-COUNT-5: nn.sgd_plain

// CHECK-LABEL: func.func @small
// CHECK:         nn.launch
// CHECK:           nn.sgd_plain %{{.*}}, %{{.*}}, %{{.*}} : tensor<1024x768xf32>
// CHECK:         %[[A:.*]] = nn.load @a
// CHECK:         %[[B:.*]] = nn.load @b
// CHECK:         %[[C:.*]] = nn.load @c
// CHECK:         %[[NEW:[0-9]+]]:3 = nn.launch(%[[A]], %arg1, %arg3, %[[B]], %arg2, %[[C]]) :
// CHECK-NEXT:    ^bb0(%[[PA:.*]]: tensor<1024xf32>{{.*}}, %[[G:.*]]: tensor<1024xf32>{{.*}}, %[[H:.*]]: tensor<16xf32>{{.*}}, %[[PB:.*]]: tensor<8x128xf32>{{.*}}, %[[GB:.*]]: tensor<8x128xf32>{{.*}}, %[[PC:.*]]: tensor<1024xf32>{{.*}}):
// CHECK-NEXT:      nn.sgd_plain %[[PA]], %[[G]], %[[H]]
// CHECK-NEXT:      nn.sgd_plain %[[PB]], %[[GB]], %[[H]]
// CHECK-NEXT:      nn.sgd_plain %[[PC]], %[[G]], %[[H]]
// CHECK-DAG:     nn.store %[[NEW]]#0, @a
// CHECK-DAG:     nn.store %[[NEW]]#1, @b
// CHECK-DAG:     nn.store %[[NEW]]#2, @c
// CHECK:         nn.launch
// CHECK:           nn.sgd_plain %{{.*}}, %{{.*}}, %{{.*}} : tensor<1024xf32>
// CHECK:         nn.store %{{.*}}, @d
func.func @small(%gw: tensor<1024x768xf32>, %g: tensor<1024xf32>, %gb: tensor<8x128xf32>, %h: tensor<16xf32>) {
  %w = nn.load @w : tensor<1024x768xf32>
  %w1 = nn.sgd_plain %w, %gw, %h : tensor<1024x768xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<1024x768xf32>
  %a = nn.load @a : tensor<1024xf32>
  %a1 = nn.sgd_plain %a, %g, %h : tensor<1024xf32>, tensor<16xf32>
  nn.store %a1, @a : tensor<1024xf32>
  %b = nn.load @b : tensor<8x128xf32>
  %b1 = nn.sgd_plain %b, %gb, %h : tensor<8x128xf32>, tensor<16xf32>
  nn.store %b1, @b : tensor<8x128xf32>
  %c = nn.load @c : tensor<1024xf32>
  %c1 = nn.sgd_plain %c, %g, %h : tensor<1024xf32>, tensor<16xf32>
  nn.store %c1, @c : tensor<1024xf32>
  %d = nn.load @d : tensor<1024xf32>
  %d1 = nn.sgd_plain %d, %g, %h : tensor<1024xf32>, tensor<16xf32>
  nn.store %d1, @d : tensor<1024xf32>
  return
}

// With other settings it is another launch.
// CHECK-LABEL: func.func @settings
// CHECK:         nn.load @c
// CHECK:         nn.launch
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.sgd_plain %{{[^{]*}} : tensor<1024xf32>
// CHECK-NEXT:      nn.yield
// CHECK:         nn.load @d
// CHECK:         nn.launch
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.sgd_plain %{{.*}} {decayed}
// CHECK-NEXT:      nn.sgd_plain %{{.*}} {decayed}
// CHECK-NEXT:      nn.yield
func.func @settings(%gw: tensor<1024x768xf32>, %g: tensor<1024xf32>, %h: tensor<16xf32>) {
  %w = nn.load @w : tensor<1024x768xf32>
  %w1 = nn.sgd_plain %w, %gw, %h : tensor<1024x768xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<1024x768xf32>
  %a = nn.load @a : tensor<1024xf32>
  %a1 = nn.sgd_plain %a, %g, %h {decayed} : tensor<1024xf32>, tensor<16xf32>
  nn.store %a1, @a : tensor<1024xf32>
  %c = nn.load @c : tensor<1024xf32>
  %c1 = nn.sgd_plain %c, %g, %h : tensor<1024xf32>, tensor<16xf32>
  nn.store %c1, @c : tensor<1024xf32>
  %d = nn.load @d : tensor<1024xf32>
  %d1 = nn.sgd_plain %d, %g, %h {decayed} : tensor<1024xf32>, tensor<16xf32>
  nn.store %d1, @d : tensor<1024xf32>
  return
}

// A factor that all gradients decide: they wait anyway, large ones too.
// CHECK-LABEL: func.func @clipped
// CHECK:         nn.launch
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.sgd_plain %{{.*}}, %{{.*}}, %{{.*}} clip %{{.*}} : tensor<1024x768xf32>
// CHECK-NEXT:      nn.sgd_plain %{{.*}}, %{{.*}}, %{{.*}} clip %{{.*}} : tensor<1024xf32>
// CHECK-NEXT:      nn.yield
func.func @clipped(%gw: tensor<1024x768xf32>, %g: tensor<1024xf32>, %h: tensor<16xf32>, %s: tensor<f32>) {
  %w = nn.load @w : tensor<1024x768xf32>
  %w1 = nn.sgd_plain %w, %gw, %h clip %s : tensor<1024x768xf32>, tensor<16xf32>, tensor<f32>
  nn.store %w1, @w : tensor<1024x768xf32>
  %a = nn.load @a : tensor<1024xf32>
  %a1 = nn.sgd_plain %a, %g, %h clip %s : tensor<1024xf32>, tensor<16xf32>, tensor<f32>
  nn.store %a1, @a : tensor<1024xf32>
  return
}

// Running statistics of layers with equally many numbers for a channel.
// CHECK-LABEL: func.func @statistics
// CHECK:         nn.launch(%arg0)
// CHECK:           nn.exp
// CHECK:         %[[S:[0-9]+]]:4 = nn.launch(
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.batch_norm_update
// CHECK-NEXT:      nn.batch_norm_update
// CHECK-NEXT:      nn.yield
// CHECK:         nn.store %[[S]]#0, @m1
// CHECK:         nn.store %[[S]]#3, @v2
nn.parameter @m1 : tensor<16xf32>
nn.parameter @v1 : tensor<16xf32>
nn.parameter @m2 : tensor<32xf32>
nn.parameter @v2 : tensor<32xf32>
func.func @statistics(%a: tensor<16xf32>, %b: tensor<32xf32>, %gw: tensor<1024x768xf32>, %h: tensor<16xf32>) -> tensor<16xf32> {
  %w = nn.load @w : tensor<1024x768xf32>
  %m1 = nn.load @m1 : tensor<16xf32>
  %v1 = nn.load @v1 : tensor<16xf32>
  %0, %1 = nn.batch_norm_update %m1, %v1, %a, %a {count = 64 : i64, momentum = 0.1 : f64} : tensor<16xf32>
  nn.store %0, @m1 : tensor<16xf32>
  nn.store %1, @v1 : tensor<16xf32>
  %between = nn.exp %a : tensor<16xf32>
  %m2 = nn.load @m2 : tensor<32xf32>
  %v2 = nn.load @v2 : tensor<32xf32>
  %2, %3 = nn.batch_norm_update %m2, %v2, %b, %b {count = 64 : i64, momentum = 0.1 : f64} : tensor<32xf32>
  nn.store %2, @m2 : tensor<32xf32>
  nn.store %3, @v2 : tensor<32xf32>
  %w1 = nn.sgd_plain %w, %gw, %h : tensor<1024x768xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<1024x768xf32>
  return %between : tensor<16xf32>
}
