//===- Rebatch.h - other sizes for dimensions that a file has as literals -*- C++ -*-===//
//
// `--shape=input_ids=8x128` on a file exported at 4x128. The file is imported as it is;
// `followSizes` finds for every dimension of the result which sizes it consists of, and so
// what each value's shape becomes; then the file is imported again at the new sizes, where
// Reshape, Expand and constants take theirs from the answer, and everything else infers its
// own. Docs: docs/design.md, "Other sizes than the exported ones".
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_IMPORT_REBATCH_H
#define PLIMSOLL_COMPILER_IMPORT_REBATCH_H

#include "compiler/import/Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace plimsoll::import {

/// What an import at the exported sizes remembers of the way from the file to nn ops.
struct ImportTrace {
  struct Constant {
    std::string name;
    std::shared_ptr<const HostTensor> tensor;
  };
  mlir::func::FuncOp function;
  llvm::DenseMap<mlir::Operation *, int> nodes; ///< which node made an op
  /// Ops that hold a constant which the file has or which was computed from its constants.
  llvm::MapVector<mlir::Operation *, Constant> constants;
  std::vector<std::pair<std::string, mlir::Value>> values; ///< what each ONNX name stands for
};

/// A constant at the new sizes.
struct ResizedConstant {
  Shape from;
  std::shared_ptr<const HostTensor> tensor;
};

/// What an import at the new sizes is told.
struct NewSizes {
  std::vector<Shape> inputs;
  llvm::StringMap<Shape> shapes; ///< of every value that is made of nn ops
  llvm::StringMap<ResizedConstant> constants;
};

/// Follows the sizes that --shape asks for (`graph.inputs`) through an import at those of
/// the file. Inputs that --shape does not name follow the others. Problems are added, all at
/// once, for parameters, constants and nodes that cannot follow.
NewSizes followSizes(const Graph &graph, const ImportTrace &trace, int64_t maxElements,
                     Problems &problems);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_IMPORT_REBATCH_H
