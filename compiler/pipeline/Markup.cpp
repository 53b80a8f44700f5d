//===- Markup.cpp - escaping text in HTML and SVG ------------------------------------===//
#include "compiler/pipeline/Markup.h"
#include "plimsoll/Shown.h"
#include "llvm/Support/raw_ostream.h"

using namespace plimsoll;

std::string pipeline::markup(llvm::StringRef text) {
  std::string result;
  for (char c : shown(text))
    switch (c) {
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '&':
      result += "&amp;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += c;
    }
  return result;
}

std::string pipeline::scriptJson(const llvm::json::Value &value) {
  std::string text, result;
  llvm::raw_string_ostream(text) << value;
  for (char c : text) // '<' occurs in strings only
    result += c == '<' ? std::string("\\u003c") : std::string(1, c);
  return result;
}
