// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(exec.program(exec-verify))' -verify-diagnostics

// Programs in which every byte that is read belongs to the version that is read.

// Bytes are used again once their value is dead, and a result may take the bytes of an
// operand that dies.
exec.program @train arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  %b = exec.slice "b" activation at 128 : !exec.slice<f32, 32>
  %c = exec.slice "c" activation at 0 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%a) writes(%b) buffers [0, -1] sizes [128] {may_alias = array<i64: 0, 0>} : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%b) writes(%c) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.kept %c : !exec.slice<f32, 32>
}

// An update writes the parameter's own bytes, after the last reader of the old version.
exec.program @update arena(1024) threads(1) {
  %w = exec.slice "w" parameter at 0 : !exec.slice<f32, 32>
  %g = exec.slice "g" activation at 128 : !exec.slice<f32, 32>
  %w1 = exec.slice "w1" parameter at 0 : !exec.slice<f32, 32>
  exec.given %w : !exec.slice<f32, 32>
  exec.call "copy" reads(%w) writes(%g) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%g) writes(%w1) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.kept %w1 : !exec.slice<f32, 32>
}

// Scratch belongs to no value; poison is written where no value is alive.
exec.program @scratch arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  %s = exec.slice "s" workspace at 256 : !exec.slice<i8, 100>
  %b = exec.slice "b" activation at 256 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  exec.call "matmul" reads(%x) writes(%a, %s) buffers [0, 0, -9223372036854775808, -9223372036854775808, -1, -9223372036854775808, -2] sizes [1, 4, 8, 4, 0, 0, 0, 0, 0, 0, 0] {workspace} : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>, !exec.slice<i8, 100>)
  exec.call "copy" reads(%a) writes(%b) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.poison at 128 bytes 128
  exec.kept %b : !exec.slice<f32, 32>
}
