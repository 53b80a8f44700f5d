// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(exec.program(exec-verify))' -split-input-file -verify-diagnostics

// Calls that contradict the signatures of their kernels in dialects/exec/Kernels.td.

exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 16>
  exec.given %x : !exec.slice<f32, 16>
  // expected-error @+2 {{calls 'copy': it reads 4000000 bytes of 'in', slice 'x' has 64}}
  // expected-error @+1 {{calls 'copy': it writes 4000000 bytes of 'out', slice 'y' has 64}}
  exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [4000000]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'no_such_kernel': there is no such kernel}}
  exec.call "no_such_kernel" reads(%x) writes(%y) buffers [0, -1] sizes [1, 2, 3]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

// Numbers.
exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 16>
  exec.given %x : !exec.slice<f32, 16>
  // expected-error @+1 {{calls 'softmax': it takes 2 sizes, found 1}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': it takes 2 sizes, found 4}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [4, 4, 0, 0]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': it takes 2 buffers, found 1}}
  exec.call "softmax" reads(%x) writes(%y) buffers [-1] sizes [4, 4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': it takes 0 scalars, found 1}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [4, 4] {scalars = array<f64: 1.0>}
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': 'cols' must be in [0, 2^48), found -4}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [4, -4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': the library has no such kernel for i64}}
  exec.call "softmax" of i64 reads(%x) writes(%y) buffers [0, -1] sizes [4, 4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': the library has no such kernel for f32 in this precision}}
  exec.call "softmax" in tf32 reads(%x) writes(%y) buffers [0, -1] sizes [4, 4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+2 {{calls 'softmax': 'x' holds f64, slice 'x' holds f32}}
  // expected-error @+1 {{calls 'softmax': 'y' holds f64, slice 'y' holds f32}}
  exec.call "softmax" of f64 reads(%x) writes(%y) buffers [0, -1] sizes [4, 2]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'softmax': it takes 2 sizes, found 3}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [4, 4, 1]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'reduce': 'kind' must be in [0, 4), found 4}}
  exec.call "reduce" reads(%x) writes(%y) buffers [0, -1] sizes [4, 4, 4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'cum_sum': 'reverse' must be 0 or 1, found 2}}
  exec.call "cum_sum" reads(%x) writes(%y) buffers [0, -1] sizes [4, 4, 0, 2]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

// A product of huge sizes does not overflow to a small number.
exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 16>
  exec.given %x : !exec.slice<f32, 16>
  // expected-error @+2 {{reads 9223372036854775807 bytes of 'x', slice 'x' has 64}}
  // expected-error @+1 {{writes 9223372036854775807 bytes of 'y', slice 'y' has 64}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [70368744177664, 262144]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

// Requirements of sizes; absent buffers; roles.
exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 16>
  %i = exec.slice "i" activation at 512 : !exec.slice<i64, 16>
  exec.given %x : !exec.slice<f32, 16>
  // expected-error @+1 {{calls 'top_k': its sizes must be such that k <= cols}}
  exec.call "top_k" reads(%x) writes(%y, %i) buffers [0, -1, -2] sizes [4, 4, 5, 0]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>, !exec.slice<i64, 16>)
  // expected-error @+1 {{calls 'softmax': 'x' is absent}}
  exec.call "softmax" reads() writes(%y) buffers [-9223372036854775808, -1] sizes [4, 4]
      : () -> (!exec.slice<f32, 16>)
  // expected-error @+3 {{calls 'softmax': 'x' is read, the call writes it}}
  // expected-error @+2 {{calls 'softmax': 'y' is written, the call reads it}}
  // expected-error @+1 {{calls 'softmax': it may not write}}
  exec.call "softmax" reads(%x) writes(%x) buffers [-1, 0] sizes [4, 4] {may_alias = array<i64: 0, 0>}
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

// Types.
exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f64, 16>
  %i = exec.slice "i" input at 256 : !exec.slice<i32, 16>
  %y = exec.slice "y" activation at 512 : !exec.slice<f32, 16>
  exec.given %x, %i : !exec.slice<f64, 16>, !exec.slice<i32, 16>
  // expected-error @+1 {{calls 'softmax': 'x' holds f32, slice 'x' holds f64}}
  exec.call "softmax" reads(%x) writes(%y) buffers [0, -1] sizes [4, 4]
      : (!exec.slice<f64, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+3 {{calls 'gather': 'table' holds f32, slice 'x' holds f64}}
  // expected-error @+2 {{calls 'gather': 'indices' holds i64, slice 'i' holds i32}}
  // expected-error @+1 {{calls 'gather': it writes 128 bytes of 'out', slice 'y' has 64}}
  exec.call "gather" reads(%x, %i) writes(%y) buffers [0, 1, -1] sizes [1, 8, 2, 16]
      : (!exec.slice<f64, 16>, !exec.slice<i32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

// Operands that a kernel may overwrite, and operands that it must overwrite.
exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %h = exec.slice "hyper" input at 256 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 0 : !exec.slice<f32, 16>
  %s = exec.slice "s" activation at 0 : !exec.slice<f32, 16>
  exec.given %x, %h : !exec.slice<f32, 16>, !exec.slice<f32, 16>
  // expected-error @+1 {{calls 'max_pool': it may not write 'y' over 'x'}}
  exec.call "max_pool" reads(%x) writes(%y) buffers [0, -1]
      sizes [1, 1, 1, 16, 1, 1, 1, 1, 1, 16, 1, 1, 1, 0, 0, 0, 1, 1, 1] {may_alias = array<i64: 0, 0>}
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
  // expected-error @+1 {{calls 'accumulate': 'sum' is updated in place, the call does not overwrite it}}
  exec.call "accumulate" reads(%y, %h) writes() buffers [0, 1, 1] sizes [16]
      : (!exec.slice<f32, 16>, !exec.slice<f32, 16>) -> ()
  // expected-error @+1 {{calls 'softmax': it updates nothing in place}}
  exec.call "softmax" reads(%y) writes(%s) buffers [0, -1] sizes [4, 4] {may_alias = array<i64: 0, 0>, overwrites}
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

// Updates whose states are codes have their scales as buffers; those of other types have none.
exec.program @train arena(8192) threads(1) {
  %p = exec.slice "p" parameter at 0 : !exec.slice<f32, 257>
  %g = exec.slice "g" input at 2048 : !exec.slice<f32, 257>
  %m = exec.slice "m" state at 4096 : !exec.slice<i8, 257>
  %s = exec.slice "s" state at 4608 : !exec.slice<f32, 2>
  %few = exec.slice "few" state at 4736 : !exec.slice<f32, 1>
  %b = exec.slice "b" state at 4800 : !exec.slice<bf16, 257>
  %h = exec.slice "hyper" input at 5376 : !exec.slice<f32, 16>
  %p1 = exec.slice "p" parameter at 0 : !exec.slice<f32, 257>
  %m1 = exec.slice "m" state at 4096 : !exec.slice<i8, 257>
  %s1 = exec.slice "s" state at 4608 : !exec.slice<f32, 2>
  %few1 = exec.slice "few" state at 4736 : !exec.slice<f32, 1>
  %b1 = exec.slice "b" state at 4800 : !exec.slice<bf16, 257>
  exec.given %p, %g, %m, %s, %few, %b, %h : !exec.slice<f32, 257>, !exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 2>, !exec.slice<f32, 1>, !exec.slice<bf16, 257>, !exec.slice<f32, 16>
  exec.call "lion" of i8 reads(%p, %g, %m, %s, %h) writes(%p1, %m1, %s1) buffers [0, 1, 2, 3, 4] sizes [0, 257]
      {may_alias = array<i64: 0, 0, 1, 2, 2, 3>, overwrites, scalars = array<f64: 0.9, 0.99>}
      : (!exec.slice<f32, 257>, !exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 2>, !exec.slice<f32, 16>) -> (!exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 2>)
  // expected-error @+1 {{calls 'lion': it updates 8 bytes of 'exp_avg_scales', slice 'few' has 4}}
  exec.call "lion" of i8 reads(%p1, %g, %m1, %few, %h) writes(%p, %m, %few1) buffers [0, 1, 2, 3, 4] sizes [0, 257]
      {may_alias = array<i64: 0, 0, 1, 2, 2, 3>, overwrites, scalars = array<f64: 0.9, 0.99>}
      : (!exec.slice<f32, 257>, !exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 1>, !exec.slice<f32, 16>) -> (!exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 1>)
  // expected-error @+1 {{calls 'lion': it takes 5 buffers, found 4}}
  exec.call "lion" of i8 reads(%p, %g, %m, %h) writes(%p1, %m1) buffers [0, 1, 2, 3] sizes [0, 257]
      {may_alias = array<i64: 0, 0, 1, 2>, overwrites, scalars = array<f64: 0.9, 0.99>}
      : (!exec.slice<f32, 257>, !exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 16>) -> (!exec.slice<f32, 257>, !exec.slice<i8, 257>)
  // expected-error @+1 {{calls 'lion': 'exp_avg' holds bf16, slice 'm' holds i8}}
  exec.call "lion" of bf16 reads(%p1, %g, %m1, %h) writes(%p, %m) buffers [0, 1, 2, 3] sizes [0, 257]
      {may_alias = array<i64: 0, 0, 1, 2>, overwrites, scalars = array<f64: 0.9, 0.99>}
      : (!exec.slice<f32, 257>, !exec.slice<f32, 257>, !exec.slice<i8, 257>, !exec.slice<f32, 16>) -> (!exec.slice<f32, 257>, !exec.slice<i8, 257>)
  // expected-error @+1 {{calls 'sgd_plain': the library has no such kernel for bf16}}
  exec.call "sgd_plain" of bf16 reads(%p, %g, %h) writes(%p1) buffers [0, 1, 2] sizes [0, 257]
      {may_alias = array<i64: 0, 0>, overwrites}
      : (!exec.slice<f32, 257>, !exec.slice<f32, 257>, !exec.slice<f32, 16>) -> (!exec.slice<f32, 257>)
}
