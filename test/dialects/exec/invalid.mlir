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
  // expected-error @+1 {{elements must be integers or floats, got 'index'}}
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
