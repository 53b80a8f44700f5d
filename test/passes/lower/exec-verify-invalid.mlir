// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(exec.program(exec-verify))' -split-input-file -verify-diagnostics
// RUN: not plimsoll-opt %S/Inputs/named.mlir --pass-pipeline='builtin.module(exec.program(exec-verify))' 2>&1 | FileCheck %s
// CHECK: error: {{.*}}the plan is wrong: h.0.mlp [node_gelu] reads 'a', but byte 128 holds nothing

// Plans broken in every way that the pass detects; messages name the launch.

// A shifted offset.
exec.program @train arena(1024) threads(1) {
  // expected-error @+1 {{'a' lies at [960, 1088) outside the arena of 1024 bytes}}
  %a = exec.slice "a" activation at 960 : !exec.slice<f32, 32>
}

// -----

exec.program @train arena(1024) threads(1) {
  // expected-error @+1 {{'a' lies at [-64, 64) outside the arena of 1024 bytes}}
  %a = exec.slice "a" activation at -64 : !exec.slice<f32, 32>
}

// -----

exec.program @train arena(1024) threads(1) {
  // expected-error @+1 {{'a' lies at 32, not a multiple of 64}}
  %a = exec.slice "a" activation at 32 : !exec.slice<f32, 32>
}

// -----

// A program's own alignment.
exec.program @train arena(1024) threads(1) attributes {alignment = 256 : i64} {
  // expected-error @+1 {{'a' lies at 64, not a multiple of 256}}
  %a = exec.slice "a" activation at 64 : !exec.slice<f32, 32>
}

// -----

// Two parameters in the same bytes.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'w' lies at [0, 128)}}
  %w = exec.slice "w" parameter at 0 : !exec.slice<f32, 32>
  // expected-error @+1 {{'v' shares bytes with 'w' before the first launch}}
  %v = exec.slice "v" parameter at 64 : !exec.slice<f32, 32>
  exec.given %w, %v : !exec.slice<f32, 32>, !exec.slice<f32, 32>
}

// -----

// A value that no launch has written.
exec.program @train arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [128, 256)}}
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  %b = exec.slice "b" activation at 256 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call reads 'a', but byte 128 holds nothing}}
  exec.call "copy" reads(%a) writes(%b) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

// A shortened life: another value has the bytes while this one is still needed.
exec.program @train arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [128, 256)}}
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  // expected-note @+1 {{'b' lies at [192, 320)}}
  %b = exec.slice "b" activation at 192 : !exec.slice<f32, 32>
  %c = exec.slice "c" activation at 512 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%x) writes(%b) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  // expected-error @+1 {{exec.call reads 'a', but byte 192 holds 'b'}}
  exec.call "copy" reads(%a) writes(%c) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

// A swapped order.
exec.program @train arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [128, 256)}}
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  %b = exec.slice "b" activation at 256 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call reads 'a', but byte 128 holds nothing}}
  exec.call "copy" reads(%a) writes(%b) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.kept %b : !exec.slice<f32, 32>
}

// -----

// An update moved before a reader of the old version.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'w' lies at [0, 128)}}
  %w = exec.slice "w" parameter at 0 : !exec.slice<f32, 32>
  %g = exec.slice "g" activation at 128 : !exec.slice<f32, 32>
  // expected-note @+1 {{'w1' lies at [0, 128)}}
  %w1 = exec.slice "w1" parameter at 0 : !exec.slice<f32, 32>
  %y = exec.slice "y" activation at 256 : !exec.slice<f32, 32>
  exec.given %w : !exec.slice<f32, 32>
  exec.call "copy" reads(%w) writes(%g) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.call "copy" reads(%g) writes(%w1) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  // expected-error @+1 {{exec.call reads 'w', but byte 0 holds 'w1'}}
  exec.call "copy" reads(%w) writes(%y) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  exec.kept %w1 : !exec.slice<f32, 32>
}

// -----

// An update that writes elsewhere.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'w' lies at [0, 128)}}
  %w = exec.slice "w" parameter at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'w1' lies at [128, 256)}}
  %w1 = exec.slice "w1" parameter at 128 : !exec.slice<f32, 32>
  %g = exec.slice "g" input at 256 : !exec.slice<f32, 32>
  %h = exec.slice "hyper" input at 384 : !exec.slice<f32, 16>
  exec.given %w, %g, %h : !exec.slice<f32, 32>, !exec.slice<f32, 32>, !exec.slice<f32, 16>
  // expected-error @+1 {{exec.call must write 'w1' where it was, at 0, not at 128}}
  exec.call "accumulate" reads(%w, %g, %h) writes(%w1) buffers [0, 1, 2] sizes [32] {may_alias = array<i64: 0, 0>, overwrites} : (!exec.slice<f32, 32>, !exec.slice<f32, 32>, !exec.slice<f32, 16>) -> (!exec.slice<f32, 32>)
  exec.kept %w1 : !exec.slice<f32, 32>
}

// -----

// A result over an operand, where the kernel does not allow it.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'x' lies at [0, 128)}}
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [0, 128)}}
  %a = exec.slice "a" activation at 0 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call writes 'a' over 'x', which it reads}}
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

// A result that overlaps in part an operand which the kernel may overwrite.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'x' lies at [0, 128)}}
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [64, 192)}}
  %a = exec.slice "a" activation at 64 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call writes 'a' over 'x', which it reads}}
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] {may_alias = array<i64: 0, 0>} : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

// Two results in the same bytes.
exec.program @train arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [128, 256)}}
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  // expected-note @+1 {{'b' lies at [192, 320)}}
  %b = exec.slice "b" activation at 192 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call writes 'b' and 'a' into the same bytes}}
  exec.call "split" reads(%x) writes(%a, %b) buffers [0, -1, -2] sizes [1, 64, 64] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>, !exec.slice<f32, 32>)
}

// -----

// Scratch over a value that is still needed.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'x' lies at [0, 128)}}
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  // expected-note @+1 {{'s' lies at [0, 100)}}
  %s = exec.slice "s" workspace at 0 : !exec.slice<i8, 100>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call writes 's' over 'x', which it reads}}
  exec.call "matmul" reads(%x) writes(%a, %s) buffers [0, 0, -9223372036854775808, -9223372036854775808, -1, -9223372036854775808, -2] sizes [1, 4, 8, 4, 0, 0, 0, 0, 0, 0, 0] {workspace} : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>, !exec.slice<i8, 100>)
  // expected-error @+1 {{reads 'x', but byte 0 holds nothing}}
  exec.kept %x : !exec.slice<f32, 32>
}

// -----

// Poison too early.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'x' lies at [0, 128)}}
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  exec.poison at 64 bytes 64
  // expected-error @+1 {{exec.call reads 'x', but byte 64 holds nothing}}
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}

// -----

// Poison outside.
exec.program @train arena(1024) threads(1) {
  // expected-error @+1 {{poison lies at [960, 1088) outside the arena of 1024 bytes}}
  exec.poison at 960 bytes 128
}

// -----

// Bytes that the next step needs are overwritten.
exec.program @train arena(1024) threads(1) {
  // expected-note @+1 {{'w' lies at [0, 128)}}
  %w = exec.slice "w" parameter at 0 : !exec.slice<f32, 32>
  %x = exec.slice "x" input at 128 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [0, 128)}}
  %a = exec.slice "a" activation at 0 : !exec.slice<f32, 32>
  exec.given %w, %x : !exec.slice<f32, 32>, !exec.slice<f32, 32>
  exec.call "copy" reads(%x) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  // expected-error @+1 {{reads 'w', but byte 0 holds 'a'}}
  exec.kept %w, %a : !exec.slice<f32, 32>, !exec.slice<f32, 32>
}

// -----

// Every error is reported, not only the first.
exec.program @train arena(1024) threads(1) {
  %x = exec.slice "x" input at 0 : !exec.slice<f32, 32>
  // expected-note @+1 {{'a' lies at [128, 256)}}
  %a = exec.slice "a" activation at 128 : !exec.slice<f32, 32>
  // expected-note @+1 {{'b' lies at [256, 384)}}
  %b = exec.slice "b" activation at 256 : !exec.slice<f32, 32>
  exec.given %x : !exec.slice<f32, 32>
  // expected-error @+1 {{exec.call reads 'a', but byte 128 holds nothing}}
  exec.call "copy" reads(%a) writes(%x) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
  // expected-error @+1 {{exec.call reads 'b', but byte 256 holds nothing}}
  exec.call "copy" reads(%b) writes(%a) buffers [0, -1] sizes [128] : (!exec.slice<f32, 32>) -> (!exec.slice<f32, 32>)
}
