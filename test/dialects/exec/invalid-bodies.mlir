// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// Ops that a loop's body must not have, because printed code or the interpreter would differ.

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    // expected-error @+1 {{cannot stand in the body of a loop: no target prints it}}
    %1 = arith.maximumf %0, %0 : f32
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    // expected-error @+1 {{cannot stand in the body of a loop: no target prints it}}
    %1 = math.cbrt %0 : f32
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i64, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i64, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i64, 8>) -> (!exec.slice<i64, 8>) {
  ^bb0(%0: i64):
    // expected-error @+1 {{cannot stand in the body of a loop: no target prints it}}
    %1 = math.absi %0 : i64
    exec.yield %0 : i64
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    // expected-error @+1 {{cannot stand in the body of a loop: values are f32, f64, bf16, i64, i32, i8 or i1}}
    %1 = arith.truncf %0 : f32 to f16
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    // expected-error @+1 {{cannot stand in the body of a loop: values are f32, f64, bf16, i64, i32, i8 or i1}}
    %1 = arith.constant dense<1.0> : vector<4xf32>
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    %1 = arith.truncf %0 : f32 to bf16
    // expected-error @+1 {{cannot stand in the body of a loop: bf16 is moved and converted only}}
    %2 = arith.addf %1, %1 : bf16
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i64, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i64, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i64, 8>) -> (!exec.slice<i64, 8>) {
  ^bb0(%0: i64):
    // expected-error @+1 {{cannot stand in the body of a loop: its operands must be i1}}
    %1 = arith.andi %0, %0 : i64
    exec.yield %0 : i64
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i8, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i8, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i8, 8>) -> (!exec.slice<i8, 8>) {
  ^bb0(%0: i8):
    // expected-error @+1 {{cannot stand in the body of a loop: i8 and i1 are unsigned, i32 and i64 are signed}}
    %1 = arith.divsi %0, %0 : i8
    exec.yield %0 : i8
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i32, 8>) -> (!exec.slice<i32, 8>) {
  ^bb0(%0: i32):
    // expected-error @+1 {{cannot stand in the body of a loop: i8 and i1 are unsigned, i32 and i64 are signed}}
    %1 = arith.divui %0, %0 : i32
    exec.yield %0 : i32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i64, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i64, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i64, 8>) -> (!exec.slice<i64, 8>) {
  ^bb0(%0: i64):
    // expected-error @+1 {{cannot stand in the body of a loop: i8 and i1 are unsigned, i32 and i64 are signed}}
    %1 = arith.cmpi ult, %0, %0 : i64
    exec.yield %0 : i64
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i8, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i8, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i8, 8>) -> (!exec.slice<i8, 8>) {
  ^bb0(%0: i8):
    // expected-error @+1 {{cannot stand in the body of a loop: i8 and i1 are unsigned, i32 and i64 are signed}}
    %1 = arith.cmpi slt, %0, %0 : i8
    exec.yield %0 : i8
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i8, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i8, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i8, 8>) -> (!exec.slice<i8, 8>) {
  ^bb0(%0: i8):
    // expected-error @+1 {{cannot stand in the body of a loop: i8 and i1 are unsigned, i32 and i64 are signed}}
    %1 = arith.extsi %0 : i8 to i32
    exec.yield %0 : i8
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i64, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i64, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i64, 8>) -> (!exec.slice<i64, 8>) {
  ^bb0(%0: i64):
    // expected-error @+1 {{cannot stand in the body of a loop: a bool is made by a comparison}}
    %1 = arith.trunci %0 : i64 to i1
    exec.yield %0 : i64
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    // expected-error @+1 {{cannot stand in the body of a loop: comparisons are oeq, olt, ole, ogt, oge, une, and uno of a value with itself}}
    %1 = arith.cmpf ult, %0, %0 : f32
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    %1 = arith.negf %0 : f32
    // expected-error @+1 {{cannot stand in the body of a loop: comparisons are oeq, olt, ole, ogt, oge, une, and uno of a value with itself}}
    %2 = arith.cmpf uno, %0, %1 : f32
    exec.yield %0 : f32
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<i1, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<i1, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<i1, 8>) -> (!exec.slice<i1, 8>) {
  ^bb0(%0: i1):
    // expected-error @+1 {{cannot stand in the body of a loop: of bools there are andi, ori, xori and comparisons}}
    %1 = arith.addi %0, %0 : i1
    exec.yield %0 : i1
  }
}

// -----

exec.program @p arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 8>
  %y = exec.slice "y" activation at 128 : !exec.slice<f32, 8>
  exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
      : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
  ^bb0(%0: f32):
    // expected-error @+1 {{expects parent op 'exec.program'}}
    exec.loop domain [8] reads(%x) writes(%y) strides [[1], [1]]
        : (!exec.slice<f32, 8>) -> (!exec.slice<f32, 8>) {
    ^bb0(%1: f32):
      exec.yield %1 : f32
    }
    exec.yield %0 : f32
  }
}
