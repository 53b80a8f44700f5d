//===- Parts.h - the parts that a dimension consists of -------------*- C++ -*-===//
//
// A dimension is a row-major list of parts: 512 rows may be a batch of 4 by 128 tokens. A part has
// the size that it has in the module, its new size, and a source: the value that brought it in.
// Sources are fixed if they are parameters, or sizes that an op cuts or counts. They are free if
// their size is a literal only: those of constants and of nn.broadcast. If a free part meets one
// that changes, its source must follow; if a fixed one does, the module cannot have the new size.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_PASSES_DIMENSIONS_PARTS_H
#define PLIMSOLL_PASSES_DIMENSIONS_PARTS_H

#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"
#include <optional>
#include <vector>

namespace plimsoll::dimensions {

struct Part {
  int64_t was, now; ///< elements: before and after the change
  int source;       ///< index into Sources
  bool changes() const { return was != now; }
};

/// Holds the parts of a dimension, outermost first; it is never empty.
using Dim = llvm::SmallVector<Part, 2>;

bool changes(llvm::ArrayRef<Part> dim);
int64_t sizeBefore(llvm::ArrayRef<Part> dim);
/// Returns the new size of a dimension, at most 2^60, which no tensor may have.
int64_t sizeAfter(llvm::ArrayRef<Part> dim);

class Sources {
public:
  using Conflict = llvm::function_ref<void(llvm::ArrayRef<Part> moving, const Part &still)>;

  struct Source {
    mlir::Value value;
    unsigned dim;
    bool isFree;
    Dim follows; ///< empty while it keeps its size
  };

  /// Returns dimension `dim` of `value` as a new source, with the size it has by now.
  Dim begin(mlir::Value value, unsigned dim, bool isFree);
  /// Returns dimension `dim` of `value` as a new source with the size `now`.
  Dim beginAt(mlir::Value value, unsigned dim, int64_t now);

  /// Returns the dimension that two operands share. Free sources follow; calls `conflict` for what
  /// cannot follow, and continues as if it had.
  Dim meet(const Dim &a, const Dim &b, Conflict conflict);
  /// Cuts `whole`, in row-major order, into dimensions of `result`, whose sizes are `sizes` so far.
  /// Returns nothing if a cut would go through a part that changes.
  std::optional<llvm::SmallVector<Dim, 4>> cut(llvm::ArrayRef<Part> whole,
                                               llvm::ArrayRef<int64_t> sizes, mlir::Value result);

  const Source &operator[](int source) const { return list[source]; }
  /// True if a source has followed another since the last call.
  bool hasChanged() { return std::exchange(changed, false); }

private:
  int find(mlir::Value value, unsigned dim, bool isFree);
  Dim expand(const Part &part, int depth = 0) const;
  Dim resolve(const Dim &a, const Dim &b, Conflict conflict);
  bool isFree(const Dim &dim) const;

  std::vector<Source> list;
  llvm::DenseMap<std::pair<mlir::Value, unsigned>, int> known;
  bool changed = false;
};

} // namespace plimsoll::dimensions

#endif // PLIMSOLL_PASSES_DIMENSIONS_PARTS_H
