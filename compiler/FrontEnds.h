//===- FrontEnds.h - the front ends that there are ------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_FRONTENDS_H
#define PLIMSOLL_COMPILER_FRONTENDS_H

namespace plimsoll {

/// Registers every front end of the compiler; files whose names say nothing are read as ONNX.
void registerFrontEnds();

} // namespace plimsoll

#endif // PLIMSOLL_COMPILER_FRONTENDS_H
