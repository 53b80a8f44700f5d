// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels | FileCheck %s --check-prefixes=CHECK,PLAIN
// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels="target=cpu:x86-64-v3 threads=2" | FileCheck %s --check-prefixes=CHECK,CPU
// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels="target=cuda:emulator precision=tf32" | FileCheck %s --check-prefixes=CHECK,GPU
// RUN: not plimsoll-opt %s --nn-form-launches --choose-kernels="target=abacus" 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: plimsoll-opt %s --nn-form-launches --choose-kernels --choose-kernels | FileCheck %s --check-prefixes=CHECK,PLAIN

// UNKNOWN: error: unknown target 'abacus', expected cpu[:ISA] or cuda[:ARCHITECTURE]

// PLAIN: module attributes {plan.machine = #plan.machine<threads = 1, alignment = 64>}
// CPU:   module attributes {plan.machine = #plan.machine<threads = 2, alignment = 64>}
// GPU:   module attributes {plan.machine = #plan.machine<threads = 1, alignment = 256>}
nn.parameter @w : tensor<64x64xf32> {trainable}

// CHECK-LABEL: func.func @train
func.func @train(%x: tensor<64x64xf32>) -> tensor<4096xf32> attributes {nn.timeline = #nn.timeline<train>} {
  // An op that is no launch has no kernel.
  // CHECK:      nn.load @w : tensor<64x64xf32>
  %w = nn.load @w : tensor<64x64xf32>
  // 2 * 64^3 operations at 50 GFLOP/s.
  // PLAIN-NEXT: nn.launch(%arg0, %{{.*}}) {plan.launch = #plan.launch<seconds = {{1\.048[0-9]*[eE]-0?5}} : f64>}
  // CPU-NEXT:   nn.launch(%arg0, %{{.*}}) {plan.launch = #plan.launch<kernel = "matmul", workspace = {{[1-9][0-9]*}}, seconds = {{[^>]*}} : f64>}
  // GPU-NEXT:   nn.launch(%arg0, %{{.*}}) {plan.launch = #plan.launch<kernel = "matmul", precision = tf32, {{.*}}seconds = {{[^>]*}} : f64>}
  %y = nn.matmul %x, %w : tensor<64x64xf32>, tensor<64x64xf32>
  // A loop nest has no kernel of a library.
  // CHECK:      nn.launch({{.*}}) {plan.launch = #plan.launch<seconds = {{[^>]*}} : f64>}
  %h = nn.tanh %y : tensor<64x64xf32>
  // CHECK:      nn.reshape %{{[0-9]+}} : tensor<64x64xf32> to tensor<4096xf32>
  %flat = nn.reshape %h : tensor<64x64xf32> to tensor<4096xf32>
  return %flat : tensor<4096xf32>
}

// A function that is no timeline does not change.
// CHECK-LABEL: func.func @forward
// CHECK-NOT:     plan.launch
func.func @forward(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = nn.tanh %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
