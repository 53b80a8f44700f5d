//===- Problems.h - everything that is wrong with a model ----------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_GRAPH_PROBLEMS_H
#define PLIMSOLL_COMPILER_ONNX_GRAPH_PROBLEMS_H

#include "mlir/IR/Location.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include <string>
#include <vector>

namespace plimsoll::import {

/// Collects what keeps a model from being imported, to report everything at once.
class Problems {
public:
  /// `where` names the user's node, tensor or input, `fix` says what to do.
  void add(const llvm::Twine &where, const llvm::Twine &what, const llvm::Twine &fix = "");
  /// True the first time it is called with `key`, to report once what many places would report.
  bool isFirst(llvm::StringRef key) { return asked.insert(key).second; }
  bool empty() const { return list.empty(); }
  size_t size() const { return list.size(); }
  /// Returns "2 problems keep this model from being imported", and a paragraph for each.
  std::string text(llvm::StringRef what) const;
  /// Emits one error at `file` with that text.
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
