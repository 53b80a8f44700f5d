//===- Teacher.h - a frozen second model in the same program -------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_TEACHER_H
#define PLIMSOLL_COMPILER_PIPELINE_TEACHER_H

#include "compiler/pipeline/Pipeline.h"

namespace plimsoll::pipeline {

/// Imports the teacher of `options` and puts it beside the student in @forward of `module`: on
/// the same inputs, which are matched by name, with its parameters under `teacher.`, frozen.
/// The teacher's scores become a result of role "teacher". Failures have been reported.
mlir::LogicalResult addTeacher(mlir::ModuleOp module, const CompileOptions &options);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_TEACHER_H
