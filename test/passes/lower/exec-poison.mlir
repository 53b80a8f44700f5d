// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(exec.program(exec-poison,exec-verify))' | FileCheck %s

// CHECK-LABEL: exec.program @chain
// CHECK:       exec.call "copy"
// CHECK-NEXT:  exec.poison at 0 bytes 128
// CHECK-NEXT:  exec.call "copy"
// CHECK-NOT:   exec.poison
// CHECK:       exec.call "copy"
// CHECK-NEXT:  exec.poison at 128 bytes 128
// CHECK-NEXT:  exec.kept

// %b takes over the bytes of %a: there is nothing to poison. Bytes that are kept, and bytes that
// no launch reads, are not poisoned.
exec.program @chain arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  %b = exec.slice "b" activation at 128 : !exec.slice<f32, 32>
  %c = exec.slice "c" activation at 256 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%a) writes(%b) buffers [0, -1] sizes [128] {may_alias = array<i64: 0, 0>} : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%b) writes(%c) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.kept %c : !exec.slice<f32, 32>
}

// Only the part that no other value took over is poisoned.
// CHECK-LABEL: exec.program @part
// CHECK:       exec.call "copy"
// CHECK-NEXT:  exec.poison at 64 bytes 64
// CHECK-NEXT:  exec.kept
exec.program @part arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %a = exec.slice "a" activation at 0 : !exec.slice<f32, 16>
  exec.given %x : !exec.slice<f32, 32>
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [64] {may_alias = array<i64: 0, 0>} : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 16>)
  exec.kept %a : !exec.slice<f32, 16>
}
