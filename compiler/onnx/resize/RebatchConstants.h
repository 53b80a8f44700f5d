//===- RebatchConstants.h - constants at other sizes ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHCONSTANTS_H
#define PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHCONSTANTS_H

#include "compiler/onnx/fold/HostTensor.h"
#include "passes/dimensions/Parts.h"

namespace plimsoll::import {

/// Returns `tensor` with dimensions `dims`. Along what changes it must hold equal slices, which are
/// repeated more or less often (a mask that is the same for each row of the batch). Returns
/// nothing, and the reason in `refusal`, for other tensors or for more than `maxElements`.
std::optional<HostTensor> resizedConstant(const HostTensor &tensor,
                                          llvm::ArrayRef<dimensions::Dim> dims, int64_t maxElements,
                                          std::string &refusal);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCHCONSTANTS_H
