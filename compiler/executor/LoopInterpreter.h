//===- LoopInterpreter.h - runs a loop nest from its body ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_EXECUTOR_LOOPINTERPRETER_H
#define PLIMSOLL_COMPILER_EXECUTOR_LOOPINTERPRETER_H

#include "dialects/exec/ExecDialect.h"
#include <functional>

namespace plimsoll::executor {

/// Returns a function that runs `loop` on buffers: its reads, then its writes. The bits are those
/// of the emitted code: same operations, same functions, same order of additions.
std::function<void(void *const *buffers)> interpretLoop(exec::LoopOp loop);

} // namespace plimsoll::executor

#endif // PLIMSOLL_COMPILER_EXECUTOR_LOOPINTERPRETER_H
