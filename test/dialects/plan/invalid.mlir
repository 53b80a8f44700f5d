// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected ','}}
module attributes {a = #plan.place<offset = 0>} {}

// -----

// expected-error @+1 {{unknown attribute `slot` in dialect `plan`}}
module attributes {a = #plan.slot<1>} {}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'plan.places' must be a #plan.place, got 7 : i64}}
  %h = nn.mul %x, %x {plan.places = [7 : i64]} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'plan.places' must have a place for each of 1 results, got 0}}
  %h = nn.mul %x, %x {plan.places = []} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'plan.places' has 64 bytes, and 'tensor<4x8xf32>' needs 128}}
  %h = nn.mul %x, %x {plan.places = [#plan.place<offset = 0, bytes = 64>]} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

// expected-error @+1 {{'plan.place' is no range of bytes: #plan.place<offset = 9223372036854775807, bytes = 128>}}
func.func @train(%x: tensor<4x8xf32> {plan.place = #plan.place<offset = 9223372036854775807, bytes = 128>}) -> tensor<4x8xf32> {
  return %x : tensor<4x8xf32>
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'plan.plces' is no attribute of a plan; the closest is 'plan.places'}}
  %h = nn.mul %x, %x {plan.plces = []} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

// expected-error @+1 {{'plan.arena' must be the bytes of a module's arena, got "large"}}
module attributes {plan.arena = "large"} {
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'plan.launch' must be a #plan.launch, got 3 : i64}}
  %h = nn.mul %x, %x {plan.launch = 3 : i64} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{the workspace of a launch cannot have -8 bytes}}
  %h = nn.mul %x, %x {plan.launch = #plan.launch<workspace = -8, seconds = 1.0 : f64>} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

func.func @train_of_no_type(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{no kernel works on 'f16' in the precision 'f64'}}
  %h = nn.mul %x, %x {plan.launch = #plan.launch<kernel = "matmul", element = f16, precision = f64, seconds = 1.0 : f64>} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{the seconds of a launch must be a finite f64 from 0 on, got 0x7F800000 : f32}}
  %h = nn.mul %x, %x {plan.launch = #plan.launch<seconds = 0x7F800000 : f32>} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

// expected-error @+1 {{a launch runs on at least one thread, got 0}}
module attributes {plan.machine = #plan.machine<threads = 0, alignment = 64>} {
}

// -----

// expected-error @+1 {{an alignment must be a power of two, got 48}}
module attributes {plan.machine = #plan.machine<threads = 2, alignment = 48>} {
}

// -----

func.func @train(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  // expected-error @+1 {{'plan.recompute' must be the number of a repetition, an i64 from 1 on, got 0 : i64}}
  %h = nn.mul %x, %x {plan.recompute = 0 : i64} : tensor<4x8xf32>, tensor<4x8xf32>
  return %h : tensor<4x8xf32>
}

// -----

// expected-error @+1 {{'plan.place' has 4 bytes, and 'tensor<4xf32>' needs 16}}
nn.parameter @w : tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 4>}

// -----

// expected-error @+1 {{'plan.plcae' is no attribute of a planned argument, but 'plan.place' is}}
func.func private @train(tensor<4xf32> {plan.plcae = #plan.place<offset = 0, bytes = 16>})

// -----

// expected-error @+1 {{'plan.place' has 8 bytes, and 'tensor<4xf32>' needs 16}}
func.func private @train(tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 8>})

// -----

// expected-error @+1 {{'plan.place' is no attribute of a planned result}}
func.func private @train() -> (tensor<4xf32> {plan.place = #plan.place<offset = 0, bytes = 16>})
