//===- Markup.h - texts inside HTML and SVG --------------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_MARKUP_H
#define PLIMSOLL_COMPILER_PIPELINE_MARKUP_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace plimsoll::pipeline {

/// `text` as content of an element or a quoted attribute, in HTML and in XML.
std::string markup(llvm::StringRef text);

/// `value` as the content of a <script> element, which only `<` could end or comment out.
std::string scriptJson(const llvm::json::Value &value);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_MARKUP_H
