// RUN: plimsoll-opt %s --pass-pipeline='builtin.module(func.func(nn-form-launches),choose-kernels,plan-memory,lower-to-exec,exec.program(exec-verify))' | FileCheck %s

// Numbers in bodies are signless, whatever the op's type says.
// CHECK-LABEL: exec.program @evaluate
// CHECK: arith.constant 3 : i8
// CHECK: arith.addi
func.func @evaluate(%x: tensor<4xui8> {nn.name = "x", nn.role = "input"}) -> (tensor<4xui8> {nn.name = "y"}) attributes {nn.timeline = #nn.timeline<evaluate>} {
  %c = nn.constant dense<3> : tensor<ui8>
  %y = nn.add %x, %c : tensor<4xui8>, tensor<ui8>
  return %y : tensor<4xui8>
}
