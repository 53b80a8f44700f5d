//===- NamesUtf8.h - names of a model as UTF-8 ------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_FILE_NAMESUTF8_H
#define PLIMSOLL_COMPILER_ONNX_FILE_NAMESUTF8_H

#include "compiler/onnx/file/onnx.pb.h"

namespace plimsoll::import {

/// Makes every name and text of `model` UTF-8, which ONNX demands and protobuf does not check.
/// Other bytes become escapes, equal ones everywhere, so that the names in checkpoints, which are
/// JSON, are those that a program looks for.
void makeNamesUtf8(onnx::ModelProto &model);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_FILE_NAMESUTF8_H
