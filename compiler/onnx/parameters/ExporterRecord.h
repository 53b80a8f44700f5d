//===- ExporterRecord.h - what torch's exporter wrote down ---------*- C++ -*-===//
//
// torch.onnx.export(dynamo=True) leaves three records in a file. The graph's signature names every
// parameter and buffer of the module with its placeholder; a node's fx line tells which
// placeholders and values the call of the module read; and `folded_from` tells which values went
// into a constant that the exporter's optimizer computed. Together they say which parameter each
// use of an initializer stands for, whatever the exporter merged, renamed or folded.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_EXPORTERRECORD_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_EXPORTERRECORD_H

#include "compiler/onnx/graph/Graph.h"
#include "llvm/ADT/StringSet.h"

namespace plimsoll::import {

/// A tensor of the module: what `state_dict` or the module's buffers call `name`.
struct ModuleTensor {
  enum class Kind { Parameter, Buffer, Constant };
  std::string name;
  Kind kind;
  bool persistent; ///< of a buffer: it is in the state_dict
};

/// A call of the module: "%mul_10 : [...] = call_function[target=torch.ops.aten.mul.Tensor](args =
/// (%p_norm_weight, %mul_9), kwargs = {})".
struct FxCall {
  std::string result;                ///< "mul_10"
  llvm::StringRef op;                ///< "aten.mul.Tensor"
  llvm::SmallVector<int> tensors;    ///< the module's tensors that it reads, in order
  std::vector<llvm::StringRef> args; ///< the other values that it reads: "mul_9"
  llvm::StringRef text;              ///< the whole line
};

/// What went into an initializer.
struct Origin {
  llvm::SmallVector<int> tensors;  ///< parameters and buffers of the module
  std::vector<std::string> values; ///< names of other values: "expand_1", "val_12"
};

/// The records of one file; empty for files of other exporters.
class ExporterRecord {
public:
  explicit ExporterRecord(const Graph &graph);

  /// False where the file has no signature: nothing here can be relied on then.
  bool exists() const { return !tensors.empty(); }
  llvm::ArrayRef<ModuleTensor> moduleTensors() const { return tensors; }
  const ModuleTensor &tensor(int index) const { return tensors[index]; }
  bool isParameter(int index) const { return tensors[index].kind == ModuleTensor::Kind::Parameter; }
  /// Of a name in the module, or -1.
  int find(llvm::StringRef name) const;
  /// The call that node `index` belongs to, or null.
  const FxCall *call(int node) const {
    return nodeCalls[node] < 0 ? nullptr : &calls[nodeCalls[node]];
  }
  /// Nodes of one call have the same number; -1: no call is told.
  int callNumber(int node) const { return nodeCalls[node]; }
  int callCount() const { return calls.size(); }
  const FxCall &callAt(int number) const { return calls[number]; }
  /// True for a value that a call makes which is in the file.
  bool isResult(llvm::StringRef value) const { return results.contains(value); }
  /// Tensors of the module that a line names.
  llvm::SmallVector<int> tensorsIn(llvm::StringRef text) const;
  /// What initializer `index` was made from: itself, where it has a name of the module.
  Origin origin(int index) const;

private:
  void readSignature(llvm::StringRef text);
  void readCall(int node, llvm::StringRef text);
  void readArguments(llvm::StringRef text, FxCall &call) const;

  const Graph &graph;
  std::vector<ModuleTensor> tensors;
  llvm::StringMap<int> byName, byPlaceholder, byLine;
  llvm::StringSet<> results;
  std::vector<FxCall> calls;
  std::vector<int> nodeCalls;
};

/// "mul" of "mul_10": torch numbers the values that one kind of call makes.
llvm::StringRef callKind(llvm::StringRef value);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_EXPORTERRECORD_H
