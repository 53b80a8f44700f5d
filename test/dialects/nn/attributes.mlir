// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// Every attribute of the table in dialects/nn/NNAttributes.cpp, in its valid places.

// CHECK: module attributes {nn.classes = "dimension 1", nn.constants = [{name = "c", reason = "small", shape = array<i64: 1>}], nn.lora_alpha = 1.600000e+01 : f64, nn.model = "m.onnx", nn.rows_mix}
module attributes {nn.classes = "dimension 1", nn.lora_alpha = 16.0 : f64, nn.model = "m.onnx",
                   nn.constants = [{name = "c", reason = "small", shape = array<i64: 1>}],
                   nn.rows_mix} {
  // CHECK: nn.parameter @w : tensor<4xf32> {nn.pieces = array<i64: 0, 8>, nn.scale = 5.000000e-01 : f64, nn.stored = f16, nn.teacher, nn.unsaved, source = {{.*}}}
  nn.parameter @w : tensor<4xf32> {nn.pieces = array<i64: 0, 8>, nn.scale = 0.5 : f64,
      nn.stored = f16, nn.teacher, nn.unsaved,
      source = #nn.bytes<file = "m.onnx", offset = 0, size = 8>}
  // CHECK: nn.parameter @v : tensor<4xf64> {nn.single_source = #nn.bytes<file = "m.onnx", offset = 8, size = 16>}
  nn.parameter @v : tensor<4xf64> {
      nn.single_source = #nn.bytes<file = "m.onnx", offset = 8, size = 16>}
  // CHECK: func.func private @forward(tensor<4x8xi64> {nn.classes = "last", nn.dimensions = ["batch", ""], nn.ignored = -100 : i64, nn.limit = 10 : i64, nn.name = "x", nn.role = "labels", nn.whole}) -> (tensor<f32> {nn.added_loss = 2.500000e-01 : f64, nn.name = "y", nn.role = "teacher"})
  func.func private @forward(tensor<4x8xi64> {nn.classes = "last", nn.dimensions = ["batch", ""],
      nn.ignored = -100 : i64, nn.limit = 10 : i64, nn.name = "x", nn.role = "labels", nn.whole})
      -> (tensor<f32> {nn.added_loss = 0.25 : f64, nn.name = "y", nn.role = "teacher"})
}
