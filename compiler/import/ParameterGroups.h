//===- ParameterGroups.h - settings of groups of parameters -----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_PARAMETERGROUPS_H
#define PLIMSOLL_COMPILER_IMPORT_PARAMETERGROUPS_H

#include "compiler/import/Parameters.h"
#include "mlir/IR/BuiltinOps.h"

namespace plimsoll::import {

/// Applies --decay and --lr-scale to the trained parameters of `module`: the last expression counts
/// that matches a parameter's name in the framework or in the file. Warns of expressions that match
/// none.
void assignGroups(mlir::ModuleOp module, const ParameterPlan &plan, const ImportOptions &options,
                  Problems &problems);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_PARAMETERGROUPS_H
