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

// Updates whose states are kept alike: codes beside codes, and f32 beside f32.
// CHECK-LABEL: func.func @state_types
// CHECK:         nn.load @q.s
// CHECK:         nn.launch
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.lion %{{.*}} scales %{{.*}} : tensor<64x64xf32> state ui8, tensor<16xf32>, tensor<f32>
// CHECK-NEXT:      nn.lion %{{.*}} scales %{{.*}} : tensor<4096xf32> state ui8, tensor<16xf32>, tensor<f32>
// CHECK-NEXT:      nn.yield
// CHECK:         nn.load @c.m
// CHECK:         nn.launch
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:      nn.lion %{{[^:]*}} : f64{{[^:]*}} : f64} : tensor<1024xf32>, tensor<16xf32>, tensor<f32>
// CHECK-NEXT:      nn.lion %{{[^:]*}} : f64{{[^:]*}} : f64} : tensor<1024xf32>, tensor<16xf32>, tensor<f32>
// CHECK-NEXT:      nn.yield
nn.parameter @p : tensor<64x64xf32> {trainable}
nn.state @p.m : tensor<64x64xui8> {of = @p, slot = "exp_avg", scales = @p.s}
nn.state @p.s : tensor<16xf32> {of = @p, slot = "exp_avg_scales"}
nn.parameter @q : tensor<4096xf32> {trainable}
nn.state @q.m : tensor<4096xui8> {of = @q, slot = "exp_avg", scales = @q.s}
nn.state @q.s : tensor<16xf32> {of = @q, slot = "exp_avg_scales"}
nn.state @a.m : tensor<1024xf32> {of = @a, slot = "exp_avg"}
nn.state @c.m : tensor<1024xf32> {of = @c, slot = "exp_avg"}
func.func @state_types(%gw: tensor<1024x768xf32>, %gp: tensor<64x64xf32>, %gq: tensor<4096xf32>, %g: tensor<1024xf32>, %h: tensor<16xf32>, %s: tensor<f32>) {
  %w = nn.load @w : tensor<1024x768xf32>
  %w1 = nn.sgd_plain %w, %gw, %h : tensor<1024x768xf32>, tensor<16xf32>
  nn.store %w1, @w : tensor<1024x768xf32>
  %p = nn.load @p : tensor<64x64xf32>
  %pm = nn.load @p.m : tensor<64x64xui8>
  %ps = nn.load @p.s : tensor<16xf32>
  %p1, %pm1, %ps1 = nn.lion %p, %gp, %pm, %h clip %s scales %ps {beta1 = 0.9 : f64, beta2 = 0.99 : f64} : tensor<64x64xf32> state ui8, tensor<16xf32>, tensor<f32>
  nn.store %p1, @p : tensor<64x64xf32>
  nn.store %pm1, @p.m : tensor<64x64xui8>
  nn.store %ps1, @p.s : tensor<16xf32>
  %a = nn.load @a : tensor<1024xf32>
  %am = nn.load @a.m : tensor<1024xf32>
  %a1, %am1 = nn.lion %a, %g, %am, %h clip %s {beta1 = 0.9 : f64, beta2 = 0.99 : f64} : tensor<1024xf32>, tensor<16xf32>, tensor<f32>
  nn.store %a1, @a : tensor<1024xf32>
  nn.store %am1, @a.m : tensor<1024xf32>
  %q = nn.load @q : tensor<4096xf32>
  %qm = nn.load @q.m : tensor<4096xui8>
  %qs = nn.load @q.s : tensor<16xf32>
  %q1, %qm1, %qs1 = nn.lion %q, %gq, %qm, %h clip %s scales %qs {beta1 = 0.9 : f64, beta2 = 0.99 : f64} : tensor<4096xf32> state ui8, tensor<16xf32>, tensor<f32>
  nn.store %q1, @q : tensor<4096xf32>
  nn.store %qm1, @q.m : tensor<4096xui8>
  nn.store %qs1, @q.s : tensor<16xf32>
  %c = nn.load @c : tensor<1024xf32>
  %cm = nn.load @c.m : tensor<1024xf32>
  %c1, %cm1 = nn.lion %c, %g, %cm, %h clip %s {beta1 = 0.9 : f64, beta2 = 0.99 : f64} : tensor<1024xf32>, tensor<16xf32>, tensor<f32>
  nn.store %c1, @c : tensor<1024xf32>
  nn.store %cm1, @c.m : tensor<1024xf32>
  return
}
