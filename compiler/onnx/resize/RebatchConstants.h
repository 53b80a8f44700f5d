//===- RebatchConstants.h - constants at other sizes ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHCONSTANTS_H
#define PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHCONSTANTS_H

#include "compiler/onnx/fold/HostTensor.h"
#include "compiler/onnx/resize/RebatchDims.h"

namespace plimsoll::import {

/// `tensor` where its dimensions become `dims`: what changes must hold equal slices, of
/// which there are then more or fewer (a mask that is the same for each row of the batch).
/// Nothing for another tensor or above `maxElements`, with the reason in `refusal`.
std::optional<HostTensor> resizedConstant(const HostTensor &tensor, llvm::ArrayRef<Dim> dims,
                                          int64_t maxElements, std::string &refusal);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHCONSTANTS_H
