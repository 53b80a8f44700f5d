//===- Markup.h - escaping text in HTML and SVG ----------------------------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_PIPELINE_MARKUP_H
#define PLIMSOLL_COMPILER_PIPELINE_MARKUP_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include <string>

namespace plimsoll::pipeline {

/// Returns `text` escaped for an element or a quoted attribute of HTML or XML.
std::string markup(llvm::StringRef text);

/// Returns `value` as the content of a <script> element, with `<` escaped, since only that could
/// end or comment out the element.
std::string scriptJson(const llvm::json::Value &value);

} // namespace plimsoll::pipeline

#endif // PLIMSOLL_COMPILER_PIPELINE_MARKUP_H
