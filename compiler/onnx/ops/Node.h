//===- Node.h - the interface for handlers of ONNX operators -------*- C++ -*-===//
//
// A handler reads operands and attributes, emits nn ops and sets results. The first error of a node
// is recorded with the node's name; after that, values are null, and every function here returns
// null for a null operand. So a handler need not check what the ops' type inference checks.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_OPS_NODE_H
#define PLIMSOLL_COMPILER_ONNX_OPS_NODE_H

#include "compiler/onnx/graph/Graph.h"
#include "compiler/onnx/graph/Unroll.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace plimsoll::import {

/// What an ONNX name refers to while the graph is walked.
struct Entry {
  enum class Kind { Missing, Failed, Known, Data, Sequence };
  Kind kind = Kind::Missing;
  std::shared_ptr<const HostTensor> known; ///< Kind::Known
  mlir::Value value;                       ///< Kind::Data; for Kind::Known its constant, once made
  std::vector<Entry> sequence;             ///< Kind::Sequence

  static Entry of(mlir::Value value);
  static Entry of(HostTensor tensor);
};

/// Limits of elements evaluated at compile time, in one tensor and in all remaining nodes together.
struct FoldBudget {
  int64_t largest, left;
};

class Node {
public:
  static constexpr llvm::StringLiteral kContradiction =
      "the file contradicts itself here, or --shape contradicts it: "
      "onnx.checker.check_model(FILE, full_check=True) may tell more; export the model again";
  static constexpr llvm::StringLiteral kUnsupported =
      "cut the model before it, or export it from simpler operations";

  Node(const Graph &graph, int index, mlir::OpBuilder &builder, FoldBudget &budget,
       Problems &problems);

private:
  std::unique_ptr<onnx::NodeProto> own; ///< a changed copy of a node with an older form

public:
  const onnx::NodeProto &proto;
  const NodeNames &names;
  const int index;
  const int64_t opset;
  std::vector<Entry> operands, results;
  /// Set by If and Loop, which then set no results.
  std::optional<ControlDecision> decision;
  std::vector<std::string> warnings;
  /// If set, the first result is reshaped to this: an older form had its operand reshaped.
  std::optional<Shape> resultShape;

  // Errors
  /// Records a problem of this node, unless it has one already. By default the file is at fault.
  void error(const llvm::Twine &what, const llvm::Twine &fix = kContradiction);
  /// Records that the node is valid but not supported.
  void unsupported(const llvm::Twine &what) { error(what, kUnsupported); }
  bool failed() const { return hasFailed; }
  /// Records a difference between the program and the module, to be reported for this node.
  void warn(const llvm::Twine &what);

  // Operands
  int numOperands() const { return operands.size(); }
  bool has(int i) const;
  /// Returns the ONNX name of an operand; "" if the importer added it.
  std::string operandName(int i) const;
  /// Returns the names of the model's inputs that determine an operand together with constants.
  /// Returns nothing if something trained also does, or if more than a few nodes are involved.
  std::vector<std::string> inputsBehind(int i) const;
  /// Returns the operand as a value; makes a constant of a known one.
  mlir::Value data(int i);
  mlir::Value data(Entry &entry);
  /// Returns the operand's elements; null after an error if they are not known.
  const HostTensor *known(int i);
  const HostTensor *knownOrNull(int i) const;
  /// Returns a known operand as small integers: a shape, axes. Nothing after an error.
  std::optional<Shape> knownInts(int i);
  /// Returns the shape of an operand, known or not; nothing if it is missing or failed.
  std::optional<Shape> shape(int i);
  std::optional<DType> dtype(int i);
  /// Returns the type in which data of the file's type `dtype` is computed.
  mlir::Type computedType(DType dtype) const;
  /// Returns the shape of the first result, if --shape asks for other sizes than the file has.
  std::optional<Shape> newShape() const;
  /// True if nodes that change nothing at the exported sizes must still become ops.
  bool isTraced() const { return graph.isTraced; }

  // Attributes: the default if absent, an error if of another type.
  int64_t intAttr(llvm::StringRef name, int64_t otherwise);
  double floatAttr(llvm::StringRef name, double otherwise);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<Shape> intsAttr(llvm::StringRef name);
  const onnx::AttributeProto *attr(llvm::StringRef name, onnx::AttributeProto::AttributeType type);
  const onnx::AttributeProto *findAttr(llvm::StringRef name) const;
  /// Returns operand `i`, or, as before some opset, the attribute `name`. Nothing if both are
  /// absent.
  std::optional<Shape> intsOperandOrAttr(int i, llvm::StringRef name);
  /// Maps `axis` to [0, rank), counting negative ones from the end. Nothing after an error
  /// otherwise.
  std::optional<int64_t> axis(int64_t axis, int64_t rank);
  std::optional<Shape> axes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  // Changes to a node with an older form, see OldOpsets.h.
  void setOperand(int i, HostTensor tensor);
  /// Makes operand `from` operand `to` and leaves no operand in its place.
  void moveOperand(int from, int to);
  void reshapeOperand(int i, llvm::ArrayRef<int64_t> shape);
  void setAttr(llvm::StringRef name, int64_t value);
  void setAttr(llvm::StringRef name, llvm::StringRef value);

  // Emission: a null operand gives a null result.
  template <typename Op>
  mlir::Value emit(mlir::ValueRange operands, llvm::ArrayRef<mlir::NamedAttribute> attrs = {}) {
    mlir::Operation *op = create(Op::getOperationName(), operands, attrs, {});
    return op ? op->getResult(0) : mlir::Value();
  }
  template <typename Op>
  mlir::Value emitTo(mlir::Type type, mlir::ValueRange operands,
                     llvm::ArrayRef<mlir::NamedAttribute> attrs = {}) {
    mlir::Operation *op = create(Op::getOperationName(), operands, attrs, type);
    return op ? op->getResult(0) : mlir::Value();
  }
  /// Creates and verifies an op; its types are inferred unless given. Returns null after an error.
  mlir::Operation *create(llvm::StringRef op, mlir::ValueRange operands,
                          llvm::ArrayRef<mlir::NamedAttribute> attrs, mlir::TypeRange types);
  mlir::Value constant(const HostTensor &tensor);
  /// Returns a scalar constant of `like`'s element type.
  mlir::Value scalar(double value, mlir::Value like);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  mlir::Value cast(mlir::Value x, mlir::Type element);
  /// Returns the elements [begin, begin + size) along `axis`.
  mlir::Value part(mlir::Value x, int64_t axis, int64_t begin, int64_t size);

  mlir::NamedAttribute intNamed(llvm::StringRef name, int64_t value);
  mlir::NamedAttribute intsNamed(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  mlir::NamedAttribute floatNamed(llvm::StringRef name, double value);
  mlir::NamedAttribute unitNamed(llvm::StringRef name);

  // Results
  void set(mlir::Value value, int i = 0);
  void set(HostTensor tensor, int i = 0);
  void set(Entry entry, int i = 0);
  /// Sets the first result to a tensor of an attribute.
  void setTensor(const onnx::TensorProto &tensor);
  /// Counts a result of `shape` against the compile-time limits. Returns false after an error.
  bool mayFold(llvm::ArrayRef<int64_t> shape);

  mlir::OpBuilder &builder;
  mlir::Location location;

private:
  const Graph &graph;
  FoldBudget &budget;
  Problems &problems;
  onnx::AttributeProto &newAttr(llvm::StringRef name, onnx::AttributeProto::AttributeType type);

  bool hasFailed = false;
};

inline mlir::RankedTensorType typeOf(mlir::Value value) {
  return llvm::cast<mlir::RankedTensorType>(value.getType());
}

} // namespace plimsoll::import

#endif // PLIMSOLL_COMPILER_ONNX_OPS_NODE_H
