//===- MutateModule.h - changed modules that still parse ------------*- C++ -*-===//
#ifndef PLIMSOLL_TEST_FUZZ_TEXT_MUTATEMODULE_H
#define PLIMSOLL_TEST_FUZZ_TEXT_MUTATEMODULE_H

#include "mlir/IR/BuiltinOps.h"
#include "test/fuzz/Random.h"

/// Changes `module` in ways that changes of its text would rarely produce: operands become other
/// values of their type, ops are copied, moved and removed, attributes get other elements, the
/// attributes of arguments and results are dropped or exchanged. It may be invalid afterwards.
void mutateModule(mlir::ModuleOp module, Random &random);

#endif // PLIMSOLL_TEST_FUZZ_TEXT_MUTATEMODULE_H
