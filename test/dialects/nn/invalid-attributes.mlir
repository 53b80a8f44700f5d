// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// Each case breaks one rule of the table in dialects/nn/NNAttributes.cpp, or one for every op.

// expected-error @+1 {{'nn.modle' is no attribute of the nn dialect; the closest is 'nn.model'}}
module attributes {nn.modle = "m.onnx"} {
}

// -----

// expected-error @+1 {{'nn.model' must be a string, got 3 : i64}}
module attributes {nn.model = 3 : i64} {
}

// -----

// expected-error @+1 {{'nn.rows_mix' must be a unit attribute, got true}}
module attributes {nn.rows_mix = true} {
}

// -----

// expected-error @+1 {{'nn.classes' must be a string, got unit}}
module attributes {nn.classes} {
}

// -----

// expected-error @+1 {{'nn.lora_alpha' must be a finite f64, got 16 : i64}}
module attributes {nn.lora_alpha = 16 : i64} {
}

// -----

// expected-error @+1 {{'nn.lora_alpha' must be a finite f64}}
module attributes {nn.lora_alpha = 0x7FF0000000000000 : f64} {
}

// -----

// expected-error @+1 {{'nn.constants' must be an array of {name =}}
module attributes {nn.constants = [{name = "c"}]} {
}

// -----

// expected-error @+1 {{'nn.limit' is an attribute of an argument of a function}}
module attributes {nn.limit = 4 : i64} {
}

// -----

// expected-error @+1 {{argument 0: 'nn.rloe' is no attribute of the nn dialect; the closest is 'nn.role'}}
func.func private @forward(tensor<4x8xi64> {nn.rloe = "input"})

// -----

// expected-error @+1 {{argument 0: 'nn.name' must be a string, got 1 : i64}}
func.func private @forward(tensor<4x8xi64> {nn.name = 1 : i64})

// -----

// expected-error @+1 {{argument 0: 'nn.role' must be "input", "labels" or "hyper", got "imput"}}
func.func private @forward(tensor<4x8xi64> {nn.role = "imput"})

// -----

// expected-error @+1 {{argument 0: 'nn.role' must be "input", "labels" or "hyper", got "teacher"}}
func.func private @forward(tensor<4x8xi64> {nn.role = "teacher"})

// -----

// expected-error @+1 {{argument 0: 'nn.limit' must be an i64 of at least 0, of a tensor of integers, got -1 : i64}}
func.func private @forward(tensor<4x8xi64> {nn.limit = -1 : i64})

// -----

// expected-error @+1 {{argument 0: 'nn.limit' must be an i64 of at least 0, of a tensor of integers, got 4 : i32}}
func.func private @forward(tensor<4x8xi64> {nn.limit = 4 : i32})

// -----

// expected-error @+1 {{argument 0: 'nn.limit' must be an i64 of at least 0, of a tensor of integers, got 4 : i64}}
func.func private @forward(tensor<4xf32> {nn.limit = 4 : i64})

// -----

// expected-error @+1 {{argument 0: 'nn.ignored' must be an i64, got "all"}}
func.func private @forward(tensor<4x8xi64> {nn.ignored = "all"})

// -----

// expected-error @+1 {{argument 0: 'nn.whole' must be a unit attribute, got 1 : i64}}
func.func private @forward(tensor<4x8xi64> {nn.whole = 1 : i64})

// -----

// expected-error @+1 {{argument 0: 'nn.dimensions' must be an array of one string for each dimension, got ["batch"]}}
func.func private @forward(tensor<4x8xi64> {nn.dimensions = ["batch"]})

// -----

// expected-error @+1 {{argument 0: 'nn.dimensions' must be an array of one string for each dimension}}
func.func private @forward(tensor<4x8xi64> {nn.dimensions = ["batch", 8 : i64]})

// -----

// expected-error @+1 {{argument 0: 'nn.classes' must be a string, got 1 : i64}}
func.func private @forward(tensor<4x8xi64> {nn.classes = 1 : i64})

// -----

// expected-error @+1 {{argument 0: 'nn.unsaved' is an attribute of an nn.parameter}}
func.func private @forward(tensor<4x8xi64> {nn.unsaved})

// -----

// expected-error @+1 {{result 0: 'nn.nmae' is no attribute of the nn dialect; the closest is 'nn.name'}}
func.func private @forward() -> (tensor<f32> {nn.nmae = "loss"})

// -----

// expected-error @+1 {{result 0: 'nn.name' must be a string, got unit}}
func.func private @forward() -> (tensor<f32> {nn.name})

// -----

// expected-error @+1 {{result 0: 'nn.role' must be "teacher", got "input"}}
func.func private @forward() -> (tensor<f32> {nn.role = "input"})

// -----

// expected-error @+1 {{result 0: 'nn.added_loss' must be a finite f64, got "half"}}
func.func private @forward() -> (tensor<f32> {nn.added_loss = "half"})

// -----

// expected-error @+1 {{result 0: 'nn.whole' is an attribute of an argument of a function}}
func.func private @forward() -> (tensor<f32> {nn.whole})

// -----

// expected-error @+1 {{'nn.unsafed' is no attribute of the nn dialect; the closest is 'nn.unsaved'}}
nn.parameter @w : tensor<4xf32> {nn.unsafed}

// -----

// expected-error @+1 {{'nn.unsaved' must be a unit attribute, got 1 : i64}}
nn.parameter @w : tensor<4xf32> {nn.unsaved = 1 : i64}

// -----

// expected-error @+1 {{'nn.teacher' must be a unit attribute, got "t"}}
nn.parameter @w : tensor<4xf32> {nn.teacher = "t"}

// -----

// expected-error @+1 {{'nn.stored' must be f16, bf16, f32 or f64, of a parameter of floats, got i8}}
nn.parameter @w : tensor<4xf32> {nn.stored = i8}

// -----

// expected-error @+1 {{'nn.stored' must be f16, bf16, f32 or f64, of a parameter of floats, got f16}}
nn.parameter @w : tensor<4xi64> {nn.stored = f16}

// -----

// expected-error @+1 {{'nn.pieces' must be array<i64> of pairs of a begin and a size}}
nn.parameter @w : tensor<4xf32> {nn.pieces = array<i64: 0, 8, 16>}

// -----

// expected-error @+1 {{'nn.scale' must be a finite f64, of a parameter of floats, got 2 : i64}}
nn.parameter @w : tensor<4xf32> {nn.scale = 2 : i64}

// -----

// expected-error @+1 {{'nn.single_source' must be an #nn.bytes, got "m.onnx"}}
nn.parameter @w : tensor<4xf32> {nn.single_source = "m.onnx"}

// -----

// expected-error @+1 {{'nn.name' is an attribute of an argument of a function or a result of a function}}
nn.parameter @w : tensor<4xf32> {nn.name = "w"}

// -----

// expected-error @+1 {{has no attribute 'trainabel'; the closest is 'trainable'}}
nn.parameter @w : tensor<4xf32> {trainabel}

// -----

// expected-error @+1 {{type must be a tensor of static shape, got 'tensor<4xf16>'}}
nn.parameter @w : tensor<4xf16> {}

// -----

// expected-error @+1 {{type must be a tensor of static shape, got 'tensor<9223372036854775807x2xf32>'}}
nn.parameter @w : tensor<9223372036854775807x2xf32> {}

// -----

func.func @forward(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'nn.name' is an attribute of an argument of a function or a result of a function}}
  %y = nn.exp %x {nn.name = "y"} : tensor<4x8xf32>
  return
}

// -----

func.func @forward(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'nn.nome' is no attribute of the nn dialect; the closest is 'nn.name'}}
  %y = nn.exp %x {nn.nome = "y"} : tensor<4x8xf32>
  return
}

// -----

func.func @forward(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{has no attribute 'axis'; the closest is 'axes'}}
  %y = nn.reduce_sum %x {axes = array<i64: 1>, axis = 1 : i64} : tensor<4x8xf32>
  return
}

// -----

func.func @forward(%x: f32) {
  // expected-error @+1 {{invalid kind of type specified: expected builtin.tensor, but found 'f32'}}
  %y = nn.exp %x : f32
  return
}

// -----

func.func @forward(%x: tensor<?x8xf32>) {
  // expected-error @+1 {{operand 0 must be a tensor of static shape}}
  %y = nn.exp %x : tensor<?x8xf32>
  return
}

// -----

func.func @forward(%x: tensor<281474976710656x2xf32>) {
  // expected-error @+1 {{must be a tensor of static shape, of integers or floats, and of at most 2^48 elements}}
  %y = nn.reshape %x : tensor<281474976710656x2xf32> to tensor<2x281474976710656xf32>
  return
}

// -----

nn.parameter @w : tensor<4xf32>
// expected-error @+1 {{type must be a tensor of static shape, got 'f32'}}
nn.state @w.m : f32 {of = @w, slot = "m"}

// -----

// expected-error @+1 {{no file has 16 bytes from byte -1 on}}
nn.parameter @w : tensor<4xf32> {source = #nn.bytes<file = "m", offset = -1, size = 16>}
