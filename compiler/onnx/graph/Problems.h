//===- Problems.h - everything that is wrong with a model ----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_GRAPH_PROBLEMS_H
#define PLIMSOLL_COMPILER_ONNX_GRAPH_PROBLEMS_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include <string>
#include <vector>

namespace plimsoll::import {

/// Collects what keeps a model from being imported, to be told all at once.
class Problems {
public:
  /// `where` names the user's node, tensor or input, `fix` says what to do.
  void add(const llvm::Twine &where, const llvm::Twine &what, const llvm::Twine &fix = "");
  /// True the first time that `key` is asked about: for what many things would tell.
  bool isFirst(llvm::StringRef key) { return asked.insert(key).second; }
  bool empty() const { return list.empty(); }
  size_t size() const { return list.size(); }
  /// "2 problems keep this model from being imported", and a paragraph for each.
  std::string text(llvm::StringRef what) const;
  /// One error at `file` with that text.
  void report(mlir::Location file) const;

private:
  struct Problem {
    std::string where, what, fix;
  };
  std::vector<Problem> list;
  llvm::StringSet<> asked;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_GRAPH_PROBLEMS_H
