//===- OnnxFrontEnd.h - the reader of ONNX files --------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_ONNXFRONTEND_H
#define PLIMSOLL_COMPILER_ONNX_ONNXFRONTEND_H

#include "compiler/frontend/FrontEnd.h"

namespace plimsoll::import {

/// Returns the front end that reads `.onnx` files, writes trained weights back into them and
/// reduces them.
std::unique_ptr<frontend::FrontEnd> createOnnxFrontEnd();

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_ONNXFRONTEND_H
