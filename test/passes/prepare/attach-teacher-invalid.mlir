// RUN: split-file %s %t
// RUN: plimsoll-opt %t/none.mlir --nn-attach-teacher -verify-diagnostics
// RUN: plimsoll-opt %t/several.mlir --nn-attach-teacher -verify-diagnostics
// RUN: plimsoll-opt %t/shape.mlir --nn-attach-teacher -verify-diagnostics

//--- none.mlir
// expected-error @+1 {{@forward has no result of a teacher}}
module {
  func.func @forward(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
    return %x : tensor<2x3xf32>
  }
}

//--- several.mlir
// expected-error @+1 {{--teacher: name the student's output that learns, as in --teacher=MODEL,output=NAME; there are 'a', '1'}}
func.func @forward(%x: tensor<2x3xf32>) -> (tensor<2x3xf32> {nn.name = "a"}, tensor<2x3xf32>, tensor<2x3xf32> {nn.role = "teacher"}) {
  return %x, %x, %x : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

//--- shape.mlir
// expected-error @+1 {{student and teacher must give the same scores, rows and classes; the student's are 'tensor<2x3xf32>', the teacher's 'tensor<2x4xf32>'}}
func.func @forward(%x: tensor<2x3xf32>, %t: tensor<2x4xf32>) -> (tensor<2x3xf32>, tensor<2x4xf32> {nn.role = "teacher"}) {
  return %x, %t : tensor<2x3xf32>, tensor<2x4xf32>
}
