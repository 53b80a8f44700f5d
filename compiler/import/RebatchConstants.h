//===- RebatchConstants.h - constants at other sizes ----------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_IMPORT_REBATCHCONSTANTS_H
#define PLIMSOLL_COMPILER_IMPORT_REBATCHCONSTANTS_H

#include "compiler/import/HostTensor.h"
#include "passes/dimensions/Parts.h"

namespace plimsoll::import {

/// `tensor` where its dimensions become `dims`: what changes must hold equal slices, of
/// which there are then more or fewer (a mask that is the same for each row of the batch).
/// Nothing for another tensor or above `maxElements`, with the reason in `refusal`.
std::optional<HostTensor> resizedConstant(const HostTensor &tensor,
                                          llvm::ArrayRef<dimensions::Dim> dims, int64_t maxElements,
                                          std::string &refusal);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_REBATCHCONSTANTS_H
