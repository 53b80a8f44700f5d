// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected ','}}
module attributes {a = #plan.place<offset = 0>} {}

// -----

// expected-error @+1 {{unknown attribute `slot` in dialect `plan`}}
module attributes {a = #plan.slot<1>} {}
