//===- Rebatch.h - other sizes for dimensions that a file has as literals -*- C++ -*-===//
//
// `--shape=input_ids=8x128` on a file exported at 4x128. The file is imported as it is.
// `followSizes` finds which sizes every dimension of the result consists of, and so the new shape
// of each value. Then the file is imported again at the new sizes: Reshape, Expand and constants
// take theirs from that result, and everything else infers its own. Docs: docs/design.md, "Other
// sizes than the exported ones".
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCH_H
#define PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCH_H

#include "compiler/onnx/graph/Graph.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace plimsoll::import {

/// What an import at the exported sizes records of the way from the file to nn ops.
struct ImportTrace {
  struct Constant {
    std::string name;
    std::shared_ptr<const HostTensor> tensor;
  };
  mlir::func::FuncOp function;
  llvm::DenseMap<mlir::Operation *, int> nodes; ///< the node that made an op
  /// Ops that hold a constant of the file, or one computed from its constants.
  llvm::MapVector<mlir::Operation *, Constant> constants;
  std::vector<std::pair<std::string, mlir::Value>> values; ///< the value of each ONNX name
};

/// A constant at the new sizes.
struct ResizedConstant {
  Shape from;
  std::shared_ptr<const HostTensor> tensor;
};

/// The sizes that an import at new sizes uses.
struct NewSizes {
  std::vector<Shape> inputs;
  llvm::StringMap<Shape> shapes; ///< of every value that nn ops compute
  llvm::StringMap<ResizedConstant> constants;
};

/// Follows the sizes that --shape asks for (`graph.inputs`) through an import at the sizes of the
/// file. Inputs that --shape does not name follow the others. Adds problems, all at once, for
/// parameters, constants and nodes that cannot follow.
NewSizes followSizes(const Graph &graph, const ImportTrace &trace, int64_t maxElements,
                     Problems &problems);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_RESIZE_REBATCH_H
