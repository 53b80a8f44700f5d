//===- FxArguments.cpp - the arguments of a call of the module --------------------===//
#include "compiler/onnx/parameters/FxArguments.h"
#include "llvm/ADT/StringExtras.h"

using llvm::StringRef;

llvm::SmallVector<StringRef> plimsoll::import::fxArguments(StringRef fx, StringRef op) {
  llvm::SmallVector<StringRef> result;
  size_t at = fx.find("target=torch.ops." + op.str());
  size_t begin = at == StringRef::npos ? at : fx.find("(args = (", at);
  if (begin == StringRef::npos)
    return result;
  StringRef text = fx.drop_front(begin + 9);
  size_t start = 0;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    bool closes = text[i] == ')' || text[i] == ']' || text[i] == '}';
    if (text[i] == '(' || text[i] == '[' || text[i] == '{')
      ++depth;
    else if (closes && depth > 0)
      --depth;
    else if (depth == 0 && (text[i] == ',' || closes)) {
      if (StringRef one = text.slice(start, i).trim(); !one.empty())
        result.push_back(one);
      start = i + 1;
      if (closes)
        break;
    }
  }
  return result;
}

llvm::SmallVector<StringRef> plimsoll::import::fxValues(StringRef fx) {
  llvm::SmallVector<StringRef> result;
  size_t begin = fx.find("](args = (");
  StringRef text = begin == StringRef::npos ? "" : fx.drop_front(begin);
  for (size_t at = text.find('%'); at != StringRef::npos; at = text.find('%')) {
    text = text.drop_front(at + 1);
    result.push_back(text.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; }));
  }
  return result;
}
