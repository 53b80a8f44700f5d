// RUN: plimsoll-opt %s | plimsoll-opt | FileCheck %s

// A weight of 1 is not printed.
// CHECK: func.func @a() attributes {nn.timeline = #nn.timeline<train>}
func.func @a() attributes {nn.timeline = #nn.timeline<train, weight = 1>} { return }
// CHECK: func.func @b() attributes {nn.timeline = #nn.timeline<accumulate, weight = 3>}
func.func @b() attributes {nn.timeline = #nn.timeline<accumulate, weight = 3>} { return }
// CHECK: func.func @c() attributes {nn.timeline = #nn.timeline<evaluate, weight = 0>}
func.func @c() attributes {nn.timeline = #nn.timeline<evaluate, weight = 0>} { return }

// CHECK: exec.program @d arena(64) threads(1)
exec.program @d train arena(64) threads(1) {}
// CHECK: exec.program @e accumulate arena(64) threads(1)
exec.program @e accumulate arena(64) threads(1) {}
