//===- BodyPrinter.h - the scalar body of a loop nest as C++ --------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_BODYPRINTER_H
#define PLIMSOLL_COMPILER_CODEGEN_BODYPRINTER_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include <string>

namespace plimsoll::codegen {

/// Prints the ops of an exec.loop's body as C++ statements that call the functions of
/// plimsoll/Math.h. All targets share the text.
class BodyPrinter {
public:
  BodyPrinter(llvm::raw_ostream &os, llvm::StringRef indent) : os(os), indent(indent) {}

  void name(mlir::Value value, std::string text) { names[value] = std::move(text); }
  std::string nameOf(mlir::Value value) const { return names.lookup(value); }

  void print(mlir::Operation &op);

private:
  std::string call(mlir::Operation &op, llvm::StringRef function);
  std::string infix(mlir::Operation &op, llvm::StringRef symbol);
  std::string convert(mlir::Operation &op);
  std::string expression(mlir::Operation &op);

  llvm::raw_ostream &os;
  llvm::StringRef indent;
  llvm::DenseMap<mlir::Value, std::string> names;
  int counter = 0;
};

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_BODYPRINTER_H
