//===- AttachTeacher.cpp - a student's distance from its teacher as a loss ------===//
//
// Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network (2015).
//===----------------------------------------------------------------------===//
#include "dialects/nn/Functions.h"
#include "dialects/nn/NNDialect.h"
#include "dialects/nn/NNNames.h"
#include "passes/prepare/AddedLoss.h"
#include "passes/prepare/LossSpec.h"
#include "passes/prepare/Passes.h"

namespace plimsoll::prepare {
#define GEN_PASS_DEF_ATTACHTEACHERPASS
#include "passes/prepare/Passes.h.inc"
} // namespace plimsoll::prepare

using namespace mlir;
using namespace plimsoll;

namespace {

struct AttachTeacherPass : prepare::impl::AttachTeacherPassBase<AttachTeacherPass> {
  using AttachTeacherPassBase::AttachTeacherPassBase;

  void runOnOperation() override {
    func::FuncOp forward = nn::findFunction(getOperation(), "forward");
    if (!forward)
      return signalPassFailure();
    std::optional<unsigned> teacher = findTeacher(forward);
    if (!teacher) {
      getOperation().emitError("@forward has no result of a teacher");
      return signalPassFailure();
    }
    std::optional<unsigned> student = findStudent(forward, *teacher);
    if (!student || failed(attach(forward, *student, *teacher)))
      signalPassFailure();
  }

private:
  static std::optional<unsigned> findTeacher(func::FuncOp forward) {
    for (unsigned i = 0; i < forward.getNumResults(); ++i) {
      auto role = forward.getResultAttrOfType<StringAttr>(i, nn::kRoleAttr);
      if (role && role.getValue() == "teacher")
        return i;
    }
    return std::nullopt;
  }

  /// Returns the result called `output`, or the only one besides the teacher's. Reports an error if
  /// there is none.
  std::optional<unsigned> findStudent(func::FuncOp forward, unsigned teacher) {
    std::string names;
    std::optional<unsigned> any;
    for (unsigned i = 0; i < forward.getNumResults(); ++i) {
      if (i == teacher)
        continue;
      auto name = forward.getResultAttrOfType<StringAttr>(i, nn::kNameAttr);
      if (name && name.getValue() == output)
        return i;
      names += (any ? ", '" : "'") + (name ? name.getValue().str() : std::to_string(i)) + "'";
      any = i;
    }
    if (output.empty() && forward.getNumResults() == 2)
      return any;
    forward.emitError("--teacher: name the student's output that learns, as in "
                      "--teacher=MODEL,output=NAME; there are ")
        << names;
    return std::nullopt;
  }

  LogicalResult attach(func::FuncOp forward, unsigned student, unsigned teacher) {
    Operation *terminator = forward.getBody().front().getTerminator();
    Value ours = terminator->getOperand(student), theirs = terminator->getOperand(teacher);
    auto type = cast<RankedTensorType>(ours.getType());
    if (ours.getType() != theirs.getType() || type.getRank() < 2 ||
        !isa<FloatType>(type.getElementType()))
      return forward.emitError("--teacher: student and teacher must give the same scores, rows and "
                               "classes; the student's are ")
             << ours.getType() << ", the teacher's " << theirs.getType();
    std::optional<int64_t> along =
        prepare::classAxis(axis ? std::optional<int64_t>(axis) : std::nullopt, type.getRank());
    if (!along)
      return forward.emitError("--loss: axis=") << axis << " is no dimension of " << type;
    if (type.getShape()[*along] == 0)
      return forward.emitError("--teacher: there are no classes in ") << type;
    OpBuilder builder(terminator);
    Value divergence = makeDivergence(builder, classesLast(builder, ours, *along),
                                      classesLast(builder, theirs, *along));
    terminator->setOperand(teacher, divergence);
    SmallVector<Type> results(forward.getResultTypes());
    results[teacher] = divergence.getType();
    forward.setType(FunctionType::get(&getContext(), forward.getArgumentTypes(), results));
    forward.removeResultAttr(teacher, builder.getStringAttr(nn::kRoleAttr));
    forward.setResultAttr(teacher, nn::kAddedLossAttr, builder.getF64FloatAttr(double(weight)));
    return success();
  }

  static Value classesLast(OpBuilder &builder, Value scores, int64_t axis) {
    int64_t rank = cast<RankedTensorType>(scores.getType()).getRank();
    if (axis == rank - 1)
      return scores;
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    permutation.erase(permutation.begin() + axis);
    permutation.push_back(axis);
    return nn::TransposeOp::create(
        builder, nn::userLocation(builder.getContext(), "distillation", ""), scores, permutation);
  }

  /// Returns T^2 KL(softmax(theirs / T) || softmax(ours / T)), the mean over rows.
  Value makeDivergence(OpBuilder &builder, Value ours, Value theirs) {
    Location loc = nn::userLocation(builder.getContext(), "distillation", "");
    auto type = cast<RankedTensorType>(ours.getType());
    double t = temperature;
    if (t != 1.0) {
      Value factor = nn::ConstantOp::create(
          builder, loc,
          DenseElementsAttr::get(type.clone(ArrayRef<int64_t>{}),
                                 builder.getFloatAttr(type.getElementType(), 1.0 / t)));
      theirs = nn::MulOp::create(builder, loc, theirs, factor);
    }
    Value target = nn::SoftmaxOp::create(builder, loc, theirs);
    int64_t classes = type.getShape().back();
    auto rows =
        RankedTensorType::get({type.getNumElements() / classes, classes}, type.getElementType());
    if (rows != type) { // the op's mean is over the first dimension
      ours = nn::ReshapeOp::create(builder, loc, rows, ours);
      target = nn::ReshapeOp::create(builder, loc, rows, target);
    }
    return nn::KlDivergenceOp::create(builder, loc, ours, target, APFloat(t),
                                      /*batch=*/IntegerAttr());
  }
};

} // namespace
