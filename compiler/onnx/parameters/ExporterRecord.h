//===- ExporterRecord.h - the records that torch's exporter leaves in a file -*- C++ -*-===//
//
// torch.onnx.export(dynamo=True) leaves three records in a file. The graph's signature names every
// parameter and buffer of the module with its placeholder; the fx line of a node lists the
// placeholders and values that the module's call read; `folded_from` lists the values that went
// into a constant that the exporter's optimizer computed. Together they determine which parameter
// each use of an initializer is, whatever the exporter merged, renamed or folded.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_PARAMETERS_EXPORTERRECORD_H
#define PLIMSOLL_COMPILER_ONNX_PARAMETERS_EXPORTERRECORD_H

#include "compiler/onnx/graph/Graph.h"
#include "llvm/ADT/StringSet.h"

namespace plimsoll::import {

/// A tensor of the module, `name` being its key in `state_dict` or among the module's buffers.
struct ModuleTensor {
  enum class Kind { Parameter, Buffer, Constant };
  std::string name;
  Kind kind;
  bool persistent; ///< a buffer that is in the state_dict
};

/// A call of the module, for example "%mul_10 : [...] =
/// call_function[target=torch.ops.aten.mul.Tensor](args = (%p_norm_weight, %mul_9), kwargs = {})".
struct FxCall {
  std::string result;                ///< "mul_10"
  llvm::StringRef op;                ///< "aten.mul.Tensor"
  llvm::SmallVector<int> tensors;    ///< tensors of the module that it reads, in order
  std::vector<llvm::StringRef> args; ///< names of the other values that it reads: "mul_9"
  llvm::StringRef text;              ///< the whole line
};

/// The tensors and values that an initializer was made from.
struct Origin {
  llvm::SmallVector<int> tensors;  ///< parameters and buffers of the module
  std::vector<std::string> values; ///< names of other values: "expand_1", "val_12"
};

/// The records of one file. They are empty for files of other exporters.
class ExporterRecord {
public:
  explicit ExporterRecord(const Graph &graph);

  /// True if the file has a signature. If not, nothing here can be relied on.
  bool exists() const { return !tensors.empty(); }
  llvm::ArrayRef<ModuleTensor> moduleTensors() const { return tensors; }
  const ModuleTensor &tensor(int index) const { return tensors[index]; }
  bool isParameter(int index) const { return tensors[index].kind == ModuleTensor::Kind::Parameter; }
  /// Returns the index of the tensor called `name` in the module, or -1.
  int find(llvm::StringRef name) const;
  /// Returns the call that node `index` belongs to, or null.
  const FxCall *call(int node) const {
    return nodeCalls[node] < 0 ? nullptr : &calls[nodeCalls[node]];
  }
  /// Returns the number of the call that a node belongs to, or -1 if that is not recorded.
  int callNumber(int node) const { return nodeCalls[node]; }
  int callCount() const { return calls.size(); }
  const FxCall &callAt(int number) const { return calls[number]; }
  /// True if `value` is the result of a call that the file records.
  bool isResult(llvm::StringRef value) const { return results.contains(value); }
  /// Returns the tensors of the module that a line names.
  llvm::SmallVector<int> tensorsIn(llvm::StringRef text) const;
  /// Returns what initializer `index` was made from: itself if it has a name of the module.
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

/// Returns "mul" for "mul_10": torch numbers the values that calls of one kind make.
llvm::StringRef callKind(llvm::StringRef value);

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_PARAMETERS_EXPORTERRECORD_H
