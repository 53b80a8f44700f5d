// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{an arena cannot have -1 bytes}}
exec.program @p arena(-1) threads(1) {
}

// -----

// expected-error @+1 {{needs at least one thread, got 0}}
exec.program @p arena(64) threads(0) {
}

// -----

// expected-error @+1 {{an alignment must be a power of two, got 96}}
exec.program @p arena(64) threads(1) attributes {alignment = 96 : i64} {
}

// -----

exec.program @p arena(64) threads(1) {
  // expected-error @+1 {{elements must be f32, f64, bf16, i64, i32, i8 or i1, got 'index'}}
  %x = exec.slice "x" input at 0 : !exec.slice<index, 4>
}

// -----

exec.program @p arena(64) threads(1) {
  // expected-error @+1 {{a slice cannot have -4 elements}}
  %x = exec.slice "x" input at 0 : !exec.slice<f32, -4>
}

// -----

exec.program @p arena(64) threads(1) {
  // expected-error @+1 {{one of the following enum values for attribute 'kind' [parameter, state, constant, input, activation, gradient, workspace]}}
  %x = exec.slice "x" weight at 0 : !exec.slice<f32, 4>
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{buffer 1 names no read or write}}
  exec.call "copy" reads(%x) writes(%y) buffers [1, -1] sizes [128] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{buffer -2 names no read or write}}
  exec.call "copy" reads(%x) writes(%y) buffers [0, -2] sizes [128] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{may_alias must hold pairs}}
  exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [128] {may_alias = array<i64: 0>}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{may_alias: there is no write 1 or no read 0}}
  exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [128] {may_alias = array<i64: 1, 0>}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{has 2 operands and strides for 1}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{operand 1 has 1 strides for 2 dimensions}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{operand 1 is read or written at element 38 of 32}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8, 2]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{operand 0 is read or written at element -7 of 32}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, -1], [8, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{domain [4, -8] has a negative size}}
  exec.loop domain [4, -8] reads(%x) writes(%y) strides [[8, 1], [8, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{reduced: 2 is not a dimension of the domain}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8, 1]] {reduced = array<i64: 2>}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{may_alias: there is no write 0 or no read 1}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8, 1]] {may_alias = array<i64: 0, 1>}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{body must have one argument for each read, of its element type}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32, %1: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{body must have one argument for each read, of its element type}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f64):
    %1 = arith.truncf %0 : f64 to f32
    exec.yield %1 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{body must yield one value for each write, of its element type}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [8, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    %1 = arith.extf %0 : f32 to f64
    exec.yield %1 : f64
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{has no attribute 'rloe'; the closest is 'role'}}
  %x = exec.slice "x" input at 0 {rloe = "input"} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{'exec.role' is no attribute of the exec dialect, whose ops declare theirs}}
  %x = exec.slice "x" input at 0 {exec.role = "input"} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{role must be "input", "labels" or "hyper", got "weights"}}
  %x = exec.slice "x" input at 0 {role = "weights", shape = array<i64: 32>} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{an input needs a shape}}
  %x = exec.slice "x" input at 0 {role = "input"} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{has an attribute of inputs, but no role}}
  %x = exec.slice "x" input at 0 {limit = 4 : i64} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{shape [4, 4] does not have 32 elements}}
  %x = exec.slice "x" input at 0 {role = "input", shape = array<i64: 4, 4>} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{shape [-4, -8] does not have 32 elements}}
  %x = exec.slice "x" input at 0 {role = "input", shape = array<i64: -4, -8>} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{attribute 'role' failed to satisfy constraint: string attribute}}
  %x = exec.slice "x" input at 0 {role = 3 : i64} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{limit must not be negative, got -1}}
  %x = exec.slice "x" input at 0 {role = "input", shape = array<i64: 32>, limit = -1 : i64} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{value of type 'tensor<4xf32>' does not fit '!exec.slice<f32, 32>'}}
  %x = exec.slice "x" input at 0 {value = dense<1.0> : tensor<4xf32>} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{value of type 'tensor<32xi32>' does not fit '!exec.slice<f32, 32>'}}
  %x = exec.slice "x" input at 0 {value = dense<1> : tensor<32xi32>} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{attribute 'value' failed to satisfy constraint: dense elements}}
  %x = exec.slice "x" input at 0 {value = dense_resource<gone> : tensor<32xf32>} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{cannot lie at 9223372036854775807}}
  %x = exec.slice "x" input at 9223372036854775807 {} : !exec.slice<f32, 32>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{a slice cannot have 9223372036854775807 elements}}
  %x = exec.slice "x" input at 0 {} : !exec.slice<f32, 9223372036854775807>
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{elements must be f32, f64, bf16, i64, i32, i8 or i1, got 'f16'}}
  %x = exec.slice "x" input at 0 {} : !exec.slice<f16, 4>
}

// -----

// expected-error @+1 {{has 1 results and offsets of 0}}
exec.program @p arena(64) threads(1) attributes {results = ["loss"]} {
}

// -----

// expected-error @+1 {{result_offsets: no slice lies at 64}}
exec.program @p arena(64) threads(1) attributes {results = ["loss"], result_offsets = array<i64: 64>} {
}

// -----

// expected-error @+1 {{has no arguments: exec.given names what is there}}
"exec.program"() <{sym_name = "p", arena = 64 : i64, threads = 1 : i64}> ({
^bb0(%x: !exec.slice<f32, 4>):
  "exec.kept"(%x) : (!exec.slice<f32, 4>) -> ()
}) : () -> ()

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{cannot stand in a program, which holds slices and launches}}
  %0 = arith.constant 1.0 : f32
}

// -----

func.func @f() {
  // expected-error @+1 {{expects parent op 'exec.program'}}
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  return
}

// -----

exec.program @p arena(1024) threads(1) {
  // expected-error @+1 {{cannot lie at 64 with -1 bytes}}
  exec.poison at 64 bytes -1
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{has a workspace, but no write that it could be}}
  exec.call "copy" reads(%x, %y) writes() buffers [0, 1] sizes [128] {workspace}
      : (!exec.slice<f32, 32>, !exec.slice<f32, 32>) -> ()
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{recompute counts from 1, got 0}}
  exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [128] {recompute = 0 : i64}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{has no attribute 'worspace'; the closest is 'workspace'}}
  exec.call "copy" reads(%x) writes(%y) buffers [0, -1] sizes [128] {worspace}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{operand 1 has a stride of 9223372036854775807, which leads nowhere}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [9223372036854775807, 1]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{too many points to count}}
  exec.loop domain [4294967296, 4294967296] reads(%x) writes(%y) strides [[0, 0], [0, 0]] 
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 32>
  // expected-error @+1 {{reduced: [1, 0] are not ascending}}
  exec.loop domain [4, 8] reads(%x) writes(%y) strides [[8, 1], [0, 0]] {reduced = array<i64: 1, 0>}
      : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>) {
  ^bb0(%0: f32):
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %s = exec.slice "s" activation at 128 : !exec.slice<i64, 1>
  // expected-error @+1 {{a reduction gives f32 or f64, got 'i64'}}
  exec.loop domain [32] reads(%x) writes(%s) strides [[1], [0]] {reduced = array<i64: 0>}
      : (!exec.slice<f32, 32>) -> (!exec.slice<i64, 1>) {
  ^bb0(%0: f32):
    %1 = arith.fptosi %0 : f32 to i64
    exec.yield %1 : i64
  }
}

// -----

exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 16>
  // expected-error @+1 {{is of no kernel: none works on 'f8E4M3FN' in the precision}}
  exec.call "softmax" of f8E4M3FN reads(%x) writes(%y) buffers [0, -1] sizes [4, 4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}

// -----

exec.program @train arena(4096) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 16>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 16>
  // expected-error @+1 {{in the precision 'f64'}}
  exec.call "conv" in f64 reads(%x) writes(%y) buffers [0, -1] sizes [4, 4]
      : (!exec.slice<f32, 16>) -> (!exec.slice<f32, 16>)
}
