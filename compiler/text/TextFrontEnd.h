//===- TextFrontEnd.h - the reader of models in the text of nn ------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_TEXT_TEXTFRONTEND_H
#define PLIMSOLL_COMPILER_TEXT_TEXTFRONTEND_H

#include "compiler/frontend/FrontEnd.h"

namespace plimsoll::text {

/// Returns the front end that reads `.mlir` files: a module of `nn` with a function `forward`, as
/// `--emit=nn` prints it, or as it was written by hand. Shapes are those of the text.
std::unique_ptr<frontend::FrontEnd> createTextFrontEnd();

} // namespace plimsoll::text

#endif // PLIMSOLL_COMPILER_TEXT_TEXTFRONTEND_H
