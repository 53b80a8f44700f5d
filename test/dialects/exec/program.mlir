// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// CHECK: exec.program @train arena(4096) threads(2)
exec.program @train arena(4096) threads(2) {
  // CHECK: %[[X:.*]] = exec.slice "x" input at 0 : <f32, 64>
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 64>
  // CHECK: exec.slice "w" parameter at 256 : <f32, 8>
  %w = exec.slice "w" parameter at 256 : !exec.slice<f32, 8>
  %m = exec.slice "w.exp_avg" state at 320 : !exec.slice<f32, 8>
  %c = exec.slice "mask" constant at 384 : !exec.slice<i1, 8>
  %y = exec.slice "y" activation at 512 : !exec.slice<f32, 64>
  %g = exec.slice "g" gradient at 768 : !exec.slice<f32, 8>
  %s = exec.slice "scratch" workspace at 1024 : !exec.slice<i8, 100>
  %w1 = exec.slice "w" parameter at 256 : !exec.slice<f32, 8>
  // CHECK: exec.given %[[X]], %{{.*}}, %{{.*}}, %{{.*}} : !exec.slice<f32, 64>
  exec.given %x, %w, %m, %c : !exec.slice<f32, 64>, !exec.slice<f32, 8>, !exec.slice<f32, 8>, !exec.slice<i1, 8>
  // CHECK: exec.loop domain [8, 8] reads(%[[X]], %{{.*}}) writes(%{{.*}}) strides {{\[\[}}8, 1], [0, 1], [8, 1]]
  // CHECK-SAME: {may_alias = array<i64: 0, 0>}
  exec.loop domain [8, 8] reads(%x, %w) writes(%y) strides [[8, 1], [0, 1], [8, 1]]
      {may_alias = array<i64: 0, 0>}
      : (!exec.slice<f32, 64>, !exec.slice<f32, 8>) -> (!exec.slice<f32, 64>) {
  ^bb0(%0: f32, %1: f32):
    %2 = arith.addf %0, %1 : f32
    // CHECK: exec.yield %{{.*}} : f32
    exec.yield %2 : f32
  }
  // CHECK: exec.loop domain [8, 8] {{.*}} {reduced = array<i64: 0>, work = #exec.work<flops = 64, bytes = 288, seconds = 1.500000e-06 : f64>}
  exec.loop domain [8, 8] reads(%y) writes(%g) strides [[8, 1], [0, 1]]
      {reduced = array<i64: 0>, work = #exec.work<flops = 64, bytes = 288, seconds = 1.5e-06 : f64>} : (!exec.slice<f32, 64>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
  // CHECK: exec.poison at 512 bytes 256
  exec.poison at 512 bytes 256
  // CHECK: exec.call "update" reads(%{{.*}}, %{{.*}}) writes(%{{.*}}, %{{.*}}) buffers [0, 1, -9223372036854775808, -1, -2] sizes [8]
  // CHECK-SAME: {may_alias = array<i64: 0, 0>, overwrites, scalars = array<f64: 5.000000e-01>, workspace}
  exec.call "update" reads(%w, %g) writes(%w1, %s)
      buffers [0, 1, -9223372036854775808, -1, -2] sizes [8]
      {may_alias = array<i64: 0, 0>, overwrites, scalars = array<f64: 0.5>, workspace}
      : (!exec.slice<f32, 8>, !exec.slice<f32, 8>) -> (!exec.slice<f32, 8>, !exec.slice<i8, 100>)
  // CHECK: exec.kept
  exec.kept %w1, %m, %c : !exec.slice<f32, 8>, !exec.slice<f32, 8>, !exec.slice<i1, 8>
}
