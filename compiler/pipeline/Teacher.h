//===- Teacher.h - a frozen second model in the same program -------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TEACHER_H
#define PLIMSOLL_COMPILER_PIPELINE_TEACHER_H

#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::pipeline {

/// Imports the teacher of `options` and adds it to @forward of `module`, beside the student: on the
/// same inputs, matched by name, with its parameters frozen and renamed under `teacher.`. The
/// teacher's scores become a result with the role "teacher". Fails after diagnostics.
mlir::LogicalResult addTeacher(mlir::ModuleOp module, const CompileOptions &options);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TEACHER_H
