//===- BuildFiles.cpp - CMakeLists.txt of emitted sources ----------------------===//
#include "compiler/codegen/BuildFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;

namespace {

struct Template {
  StringLiteral name, text;
};

#include "compiler/codegen/Templates.inc"

} // namespace

std::string
plimsoll::codegen::buildFileOf(StringRef name,
                               std::initializer_list<std::pair<StringRef, std::string>> words) {
  const Template *found =
      find_if(templates, [&](const Template &each) { return each.name == name; });
  if (found == std::end(templates))
    llvm_unreachable("no such template");
  std::string text = found->text.str();
  for (const auto &[word, given] : words) {
    std::string place = ("{{" + word + "}}").str();
    for (size_t at = text.find(place); at != std::string::npos;
         at = text.find(place, at + given.size()))
      text.replace(at, place.size(), given);
  }
  return text;
}
