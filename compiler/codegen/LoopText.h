//===- LoopText.h - parts of loop nests that all targets share -------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_CODEGEN_LOOPTEXT_H
#define PLIMSOLL_COMPILER_CODEGEN_LOOPTEXT_H

#include "compiler/codegen/BodyPrinter.h"
#include "compiler/codegen/CppText.h"
#include "dialects/exec/ExecDialect.h"
#include "llvm/Support/raw_ostream.h"

namespace plimsoll::codegen {

/// Prints the names of a loop's operands and elements, and its scalar body; derived printers add
/// the loops of their target. Reads are x0, x1, ..., writes y, or y0, y1, ..., indices i0, i1, ...
class LoopText {
protected:
  explicit LoopText(exec::LoopOp loop) : loop(loop), domain(loop.getDomain()), os(text) {}

  unsigned reads() { return loop.getReads().size(); }
  bool isWrite(unsigned operand) { return operand >= reads(); }
  mlir::Type elementType(unsigned operand) {
    return llvm::cast<exec::SliceType>(loop.getOperand(operand).getType()).getElement();
  }

  std::string buffer(unsigned operand) {
    return isWrite(operand) ? "y" + (loop.getWrites().size() > 1 ? std::to_string(operand - reads())
                                                                 : std::string())
                            : "x" + std::to_string(operand);
  }
  /// Returns the type that a buffer points to: `const float`.
  std::string pointeeType(unsigned operand) {
    return (isWrite(operand) ? "" : "const ") + storageType(elementType(operand));
  }

  /// Returns the index of the operand's element, `i0 * 384 + i1`, without dimension `left`.
  std::string place(unsigned operand, int left = -1) {
    std::string sum;
    for (auto [d, stride] : llvm::enumerate(loop.stridesOf(operand))) {
      if (stride == 0 || static_cast<int>(d) == left)
        continue;
      sum += (sum.empty() ? "i" : " + i") + std::to_string(d);
      if (stride != 1)
        sum += " * " + std::to_string(stride);
    }
    return sum.empty() ? "0" : sum;
  }
  /// Returns the statement that writes `value` to a write's element. Compilers do not vectorize
  /// copies of a class, which bf16 is.
  std::string assignment(unsigned operand, const std::string &value) {
    bool narrow = elementType(operand).isBF16();
    return element(operand) + (narrow ? ".bits = (" + value + ").bits;" : " = " + value + ";");
  }
  /// Returns the operand's element: `x0[i0 * 384 + i1]`.
  std::string element(unsigned operand) { return buffer(operand) + "[" + place(operand) + "]"; }

  /// Prints the scalar body; `load` returns the expression of each read. Returns the names of the
  /// yielded values.
  llvm::SmallVector<std::string> body(llvm::StringRef indent,
                                      llvm::function_ref<std::string(unsigned)> load) {
    BodyPrinter printer(os, indent);
    for (unsigned i = 0; i < reads(); ++i) {
      std::string value = elementType(i).isInteger(1) ? "(" + load(i) + " != 0)" : load(i);
      if (loop.getWrites().size() > 1) { // the first write may be over what the second one needs
        bool narrow = elementType(i).isBF16();
        std::string kept = "e" + std::to_string(i);
        os << indent << "const auto " << kept << " = " << value << (narrow ? ".bits" : "") << ";\n";
        value = narrow ? "Bf16::ofBits(" + kept + ")" : kept;
      }
      printer.name(loop.getBody().getArgument(i), value);
    }
    mlir::Block &block = loop.getBody().front();
    for (mlir::Operation &op : block.without_terminator())
      printer.print(op);
    llvm::SmallVector<std::string> values;
    for (mlir::Value value : block.getTerminator()->getOperands())
      values.push_back(printer.nameOf(value));
    return values;
  }
  llvm::SmallVector<std::string> body(llvm::StringRef indent) {
    return body(indent, [&](unsigned i) { return element(i); });
  }

  exec::LoopOp loop;
  llvm::ArrayRef<int64_t> domain;
  std::string text; ///< printed through `os`
  llvm::raw_string_ostream os;
};

} // namespace plimsoll::codegen

#endif // PLIMSOLL_COMPILER_CODEGEN_LOOPTEXT_H
