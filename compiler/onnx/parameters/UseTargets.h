//===- UseTargets.h - the tensor of the module that a use is -------*- C++ -*-===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_USETARGETS_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_USETARGETS_H

#include "compiler/onnx/parameters/ExporterRecord.h"
#include "compiler/onnx/parameters/Parameters.h"
#include "llvm/ADT/DenseSet.h"
#include <map>

namespace plimsoll::import {

/// The tensor of the module that one use of an initializer is.
struct UseTarget {
  int tensor = -1;     ///< of the record; -1: not one tensor of the module
  bool direct = false; ///< the call reads the tensor itself
  llvm::StringRef via; ///< else the value that the call reads, if known: "permute_1"
};

/// Follows the record to every use of an initializer. The exporter's optimizer keeps one of several
/// equal initializers, so neither an initializer's name nor its values determine the parameter of a
/// use. The call that the use belongs to does: it names the tensors that it reads.
class UseTargets {
public:
  UseTargets(const Graph &graph, const ExporterRecord &record);

  UseTarget at(Use use) const { return targets.lookup({use.node, use.operand}); }
  /// Returns the bias of zeros that the exporter dropped from `node`, or -1.
  int droppedBias(int node) const;
  /// True if a use is `tensor`, or something was made from it.
  bool isRead(int tensor) const { return seen.contains(tensor); }

private:
  /// An operand of a call that is an initializer.
  struct Slot {
    Use use;
    int initializer;
    Role role;
    int own = -1;             ///< the tensor of the module it was made from, if one
    bool isComposite = false; ///< made from several tensors
    bool isDone = false;
  };

  void collect(int initializer);
  void resolve(int call);
  void claimOwn(const FxCall &call, llvm::MutableArrayRef<Slot> slots);
  void claimMerged(const FxCall &call, llvm::MutableArrayRef<Slot> slots, bool isComplete);
  llvm::SmallVector<llvm::StringRef> foldedArguments(const FxCall &call) const;
  void follow(Slot &slot, llvm::StringRef via);
  void separateMergedValues();
  int unreadOf(Use use, llvm::StringRef like, const llvm::DenseSet<int> &read) const;
  void assign(Slot &slot, UseTarget target);

  const Graph &graph;
  const ExporterRecord &record;
  std::vector<llvm::SmallVector<Slot>> slotsOf; ///< of each call
  llvm::DenseMap<std::pair<int, int>, UseTarget> targets;
  llvm::DenseMap<std::pair<int, int>, Role> roles; ///< of each operand that is an initializer
  std::vector<llvm::DenseSet<int>> claimed;        ///< of each call
  llvm::DenseSet<int> seen;
  /// Uses through values, by initializer, in file order.
  std::map<int, std::vector<Use>> throughValues;
};

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_USETARGETS_H
