//===- Node.h - what a handler of one ONNX operator works with -----*- C++ -*-===//
//
// A handler reads operands and attributes, emits nn ops and sets results. Whatever goes
// wrong is noted once with the node's name; after that, values are null, and every
// function here passes a null value on. So a handler needs no checks of its own for
// what the ops' own inference finds.
//===----------------------------------------------------------------------===//
#ifndef PLIMSOLL_COMPILER_ONNX_OPS_NODE_H
#define PLIMSOLL_COMPILER_ONNX_OPS_NODE_H

#include "compiler/onnx/graph/Graph.h"
#include "compiler/onnx/graph/Unroll.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"

namespace plimsoll::import {

/// What an ONNX name stands for while the graph is walked.
struct Entry {
  enum class Kind { Missing, Failed, Known, Data, Sequence };
  Kind kind = Kind::Missing;
  std::shared_ptr<const HostTensor> known; ///< Kind::Known
  mlir::Value value;                       ///< Kind::Data; a Known's constant once made
  std::vector<Entry> sequence;             ///< Kind::Sequence

  static Entry of(mlir::Value value);
  static Entry of(HostTensor tensor);
};

/// Limits on what is evaluated at compile time, shared by all nodes.
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
  std::unique_ptr<onnx::NodeProto> own; ///< a copy that may be changed, of older forms

public:
  const onnx::NodeProto &proto;
  const NodeNames &names;
  const int index;
  const int64_t opset;
  std::vector<Entry> operands, results;
  /// Set by If and Loop instead of results.
  std::optional<ControlDecision> decision;
  std::vector<std::string> warnings;
  /// What becomes of the first result: set where an older form had its operand reshaped.
  std::optional<Shape> resultShape;

  // Errors
  /// Notes a problem of this node, once. Without a fix of its own it is one of the file.
  void error(const llvm::Twine &what, const llvm::Twine &fix = kContradiction);
  /// The same for what is valid and not supported.
  void unsupported(const llvm::Twine &what) { error(what, kUnsupported); }
  bool failed() const { return hasFailed; }
  /// Notes what the program will do otherwise than the module, to be told at the node's place.
  void warn(const llvm::Twine &what);

  // Operands
  int numOperands() const { return operands.size(); }
  bool has(int i) const;
  /// "" for an operand that the importer added.
  std::string operandName(int i) const;
  /// Inputs of the model that decide an operand, all that does besides constants, by name; none
  /// where something that is trained does, or more than a few nodes.
  std::vector<std::string> inputsBehind(int i) const;
  /// The operand as a value; a constant is made for one that is known.
  mlir::Value data(int i);
  mlir::Value data(Entry &entry);
  /// The operand's elements, or null after an error: it must be known.
  const HostTensor *known(int i);
  const HostTensor *knownOrNull(int i) const;
  /// Small integers of a known operand: a shape, axes.
  std::optional<Shape> knownInts(int i);
  /// Shape of an operand, known or not.
  std::optional<Shape> shape(int i);
  std::optional<DType> dtype(int i);
  /// The element type of data that the file has in `dtype`.
  mlir::Type computedType(DType dtype) const;
  /// The shape of the first result where --shape asks for other sizes than the file has.
  std::optional<Shape> newShape() const;
  /// True if ops must stand for nodes that change nothing at the exported sizes.
  bool isTraced() const { return graph.isTraced; }

  // Attributes: the default if absent, an error if of another type
  int64_t intAttr(llvm::StringRef name, int64_t otherwise);
  double floatAttr(llvm::StringRef name, double otherwise);
  std::string stringAttr(llvm::StringRef name, llvm::StringRef otherwise);
  std::optional<Shape> intsAttr(llvm::StringRef name);
  const onnx::AttributeProto *attr(llvm::StringRef name, onnx::AttributeProto::AttributeType type);
  const onnx::AttributeProto *findAttr(llvm::StringRef name) const;
  /// From operand `i`, or before some opset from the attribute `name`. Nothing if absent.
  std::optional<Shape> intsOperandOrAttr(int i, llvm::StringRef name);
  /// `axis` in [0, rank), negative ones counted from the end; an error otherwise.
  std::optional<int64_t> axis(int64_t axis, int64_t rank);
  std::optional<Shape> axes(llvm::ArrayRef<int64_t> axes, int64_t rank);

  // Changes to a node whose older form is brought up to date: see OldOpsets.h
  void setOperand(int i, HostTensor tensor);
  /// Operand `from` becomes operand `to`, with nothing in its place.
  void moveOperand(int from, int to);
  void reshapeOperand(int i, llvm::ArrayRef<int64_t> shape);
  void setAttr(llvm::StringRef name, int64_t value);
  void setAttr(llvm::StringRef name, llvm::StringRef value);

  // Emission: null in, null out
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
  /// Creates and verifies an op; its types are inferred unless given.
  mlir::Operation *create(llvm::StringRef op, mlir::ValueRange operands,
                          llvm::ArrayRef<mlir::NamedAttribute> attrs, mlir::TypeRange types);
  mlir::Value constant(const HostTensor &tensor);
  /// A scalar of `like`'s element type.
  mlir::Value scalar(double value, mlir::Value like);
  mlir::Value reshape(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value broadcast(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value transpose(mlir::Value x, llvm::ArrayRef<int64_t> permutation);
  mlir::Value cast(mlir::Value x, mlir::Type element);
  /// Elements [begin, begin + size) along `axis`.
  mlir::Value part(mlir::Value x, int64_t axis, int64_t begin, int64_t size);

  mlir::NamedAttribute intNamed(llvm::StringRef name, int64_t value);
  mlir::NamedAttribute intsNamed(llvm::StringRef name, llvm::ArrayRef<int64_t> values);
  mlir::NamedAttribute floatNamed(llvm::StringRef name, double value);
  mlir::NamedAttribute unitNamed(llvm::StringRef name);

  // Results
  void set(mlir::Value value, int i = 0);
  void set(HostTensor tensor, int i = 0);
  void set(Entry entry, int i = 0);
  /// A tensor in an attribute, as the first result.
  void setTensor(const onnx::TensorProto &tensor);
  /// Notes the work of a compile-time result of `shape`; false after an error.
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
