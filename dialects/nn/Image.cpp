//===- Image.cpp - convolution and pooling over one to three dimensions --------===//
#include "dialects/nn/NNDialect.h"

using namespace mlir;
using namespace plimsoll::nn;

/// Refuses strides, pads or dilations that do not fit tensors with `sizes` spatial dimensions.
template <typename Op> static LogicalResult verifyWindow(Op op, size_t sizes) {
  ArrayRef<int64_t> strides = op.getStrides(), pads = op.getPads(), dilations = op.getDilations();
  if (strides.size() != sizes || pads.size() != 2 * sizes || dilations.size() != sizes)
    return op.emitOpError("needs ") << sizes << " strides, " << 2 * sizes << " pads and " << sizes
                                    << " dilations, one or two for each spatial dimension";
  auto isPositive = [](int64_t n) { return n > 0; };
  if (!llvm::all_of(strides, isPositive) || !llvm::all_of(dilations, isPositive) ||
      llvm::any_of(pads, [](int64_t n) { return n < 0; }))
    return op.emitOpError("needs positive strides and dilations, and no negative pad");
  return success();
}

static bool hasSpatialRank(RankedTensorType type) {
  return type.getRank() >= 3 && type.getRank() <= 5;
}

/// Returns the last position of a window along dimension `d`, counted from the first; negative if
/// the window does not fit into the padded size.
template <typename Op> static int64_t room(Op op, int64_t size, int64_t kernel, unsigned d) {
  ArrayRef<int64_t> pads = op.getPads();
  return size + pads[d] + pads[pads.size() / 2 + d] - op.getDilations()[d] * (kernel - 1) - 1;
}

// Convolution ---------------------------------------------------------------

/// Refuses types unless `y` is the convolution of `x` with `w`; the op's result may be any of the
/// three.
template <typename Op>
static LogicalResult verifyConv(Op op, RankedTensorType x, RankedTensorType w, RankedTensorType y) {
  if (!hasSpatialRank(x) || w.getRank() != x.getRank() || y.getRank() != x.getRank())
    return op.emitOpError("needs tensors [batch, channels, sizes...] and [filters, channels / "
                          "groups, sizes...] with one to three sizes, all of the same number");
  if (x.getElementType() != w.getElementType() || x.getElementType() != y.getElementType())
    return op.emitOpError("element types differ: ") << x << ", " << w << " and " << y;
  if (failed(verifyWindow(op, x.getRank() - 2)))
    return failure();
  int64_t groups = op.getGroups();
  if (groups <= 0 || x.getDimSize(1) != w.getDimSize(1) * groups || w.getDimSize(0) % groups != 0)
    return op.emitOpError("channels do not fit ") << groups << " groups: " << x << " and " << w;
  SmallVector<int64_t> expected = {x.getDimSize(0), w.getDimSize(0)};
  for (int64_t d = 2; d < x.getRank(); ++d) {
    int64_t left = room(op, x.getDimSize(d), w.getDimSize(d), d - 2);
    expected.push_back(left < 0 ? 0 : left / op.getStrides()[d - 2] + 1);
  }
  if (y.getShape() != ArrayRef(expected))
    return op.emitOpError("the convolution of ")
           << x << " with " << w << " is " << y.clone(expected) << ", not " << y;
  return success();
}

LogicalResult ConvOp::verify() {
  return verifyConv(*this, getX().getType(), getW().getType(), getY().getType());
}
LogicalResult ConvGradInputOp::verify() {
  return verifyConv(*this, getDx().getType(), getW().getType(), getDy().getType());
}
LogicalResult ConvGradWeightOp::verify() {
  return verifyConv(*this, getX().getType(), getDw().getType(), getDy().getType());
}
LogicalResult ConvTransposeOp::verify() {
  return verifyConv(*this, getY().getType(), getW().getType(), getX().getType());
}

/// Counts one multiply-add for every output element and every weight of its filter.
static int64_t convFlops(RankedTensorType y, RankedTensorType w) {
  return 2 * y.getNumElements() * (w.getNumElements() / std::max<int64_t>(1, w.getDimSize(0)));
}
int64_t ConvOp::getFlops() {
  return convFlops(getY().getType(), getW().getType());
}
int64_t ConvGradInputOp::getFlops() {
  return convFlops(getDy().getType(), getW().getType());
}
int64_t ConvGradWeightOp::getFlops() {
  return convFlops(getDy().getType(), getDw().getType());
}
int64_t ConvTransposeOp::getFlops() {
  return convFlops(getX().getType(), getW().getType());
}

namespace {
struct ConvFactors {
  FactorLabels x, w, y;
};
} // namespace

/// Returns the labels of a convolution of `x` with `w`, whichever of the three is the result. With
/// one group, batch, channels and filters are indices of an einsum; groups cannot be cut without
/// their count.
template <typename Op>
static ConvFactors convFactors(FactorBuilder &builder, Op op, RankedTensorType x,
                               RankedTensorType w, RankedTensorType y, FactorKind batch,
                               FactorKind channel, FactorKind filter) {
  bool isGrouped = op.getGroups() != 1;
  ConvFactors labels;
  int64_t image = builder.add(x.getDimSize(0), batch);
  labels.x = {image, builder.add(x.getDimSize(1), isGrouped ? FactorKind::whole : channel)};
  labels.y = {image, builder.add(w.getDimSize(0), isGrouped ? FactorKind::whole : filter)};
  labels.w = {labels.y[1],
              isGrouped ? builder.add(w.getDimSize(1), FactorKind::whole) : labels.x[1]};
  for (auto [labels, type] : {std::pair(&labels.x, x), {&labels.w, w}, {&labels.y, y}})
    labels->append(builder.addAll(type.getShape().drop_front(2), FactorKind::ordered));
  return labels;
}

IndexFactors ConvOp::getIndexFactors() {
  FactorBuilder builder(*this);
  ConvFactors labels =
      convFactors(builder, *this, getX().getType(), getW().getType(), getY().getType(),
                  FactorKind::free, FactorKind::reduced, FactorKind::free);
  builder.operand(0) = labels.x;
  builder.operand(1) = labels.w;
  builder.result(0) = labels.y;
  return builder.finish();
}
IndexFactors ConvGradInputOp::getIndexFactors() {
  FactorBuilder builder(*this);
  ConvFactors labels =
      convFactors(builder, *this, getDx().getType(), getW().getType(), getDy().getType(),
                  FactorKind::free, FactorKind::free, FactorKind::reduced);
  builder.operand(0) = labels.y;
  builder.operand(1) = labels.w;
  builder.result(0) = labels.x;
  return builder.finish();
}
IndexFactors ConvGradWeightOp::getIndexFactors() {
  FactorBuilder builder(*this);
  ConvFactors labels =
      convFactors(builder, *this, getX().getType(), getDw().getType(), getDy().getType(),
                  FactorKind::reduced, FactorKind::free, FactorKind::free);
  builder.operand(0) = labels.y;
  builder.operand(1) = labels.x;
  builder.result(0) = labels.w;
  return builder.finish();
}
IndexFactors ConvTransposeOp::getIndexFactors() {
  FactorBuilder builder(*this);
  ConvFactors labels =
      convFactors(builder, *this, getY().getType(), getW().getType(), getX().getType(),
                  FactorKind::free, FactorKind::free, FactorKind::reduced);
  builder.operand(0) = labels.y;
  builder.operand(1) = labels.w;
  builder.result(0) = labels.x;
  return builder.finish();
}

// Pooling -------------------------------------------------------------------

/// Refuses types unless `y` has one element for each window over `x`. One more window is allowed if
/// it begins inside `x` or its leading padding: rounding is the model's choice.
template <typename Op>
static LogicalResult verifyPool(Op op, RankedTensorType x, RankedTensorType y) {
  if (!hasSpatialRank(x) || y.getRank() != x.getRank())
    return op.emitOpError("needs tensors [batch, channels, sizes...] with one to three sizes, got ")
           << x << " and " << y;
  ArrayRef<int64_t> kernel = op.getKernel();
  if (failed(verifyWindow(op, x.getRank() - 2)))
    return failure();
  if (int64_t(kernel.size()) != x.getRank() - 2 ||
      llvm::any_of(kernel, [](int64_t size) { return size < 1; }))
    return op.emitOpError("needs a positive kernel size for each spatial dimension of ") << x;
  bool fits = x.getShape().take_front(2) == y.getShape().take_front(2);
  for (int64_t d = 2; fits && d < x.getRank(); ++d) {
    int64_t stride = op.getStrides()[d - 2], left = room(op, x.getDimSize(d), kernel[d - 2], d - 2);
    int64_t least = left < 0 ? 0 : left / stride + 1, count = y.getDimSize(d);
    bool beginsInside = count == 0 || (count - 1) * stride < x.getDimSize(d) + op.getPads()[d - 2];
    fits = (count == least || count == least + 1) && beginsInside;
  }
  if (!fits)
    return op.emitOpError("the windows over ") << x << " do not give " << y;
  return success();
}

/// Does the same for poolings whose `x` and `y` must have the same element type.
template <typename Op>
static LogicalResult verifyPooled(Op op, RankedTensorType x, RankedTensorType y) {
  if (x.getElementType() != y.getElementType())
    return op.emitOpError("element types differ: ") << x << " and " << y;
  return verifyPool(op, x, y);
}

LogicalResult MaxPoolOp::verify() {
  return verifyPooled(*this, getX().getType(), getY().getType());
}
LogicalResult MaxPoolIndexOp::verify() {
  return verifyPool(*this, getX().getType(), getY().getType());
}
LogicalResult MaxPoolGradOp::verify() {
  if (getX().getType() != getDx().getType())
    return emitOpError("x and dx differ: ") << getX().getType() << " and " << getDx().getType();
  return verifyPooled(*this, getDx().getType(), getDy().getType());
}
LogicalResult AvgPoolOp::verify() {
  return verifyPooled(*this, getX().getType(), getY().getType());
}
LogicalResult AvgPoolGradOp::verify() {
  return verifyPooled(*this, getDx().getType(), getDy().getType());
}

/// Counts one operation for every element of every window.
static int64_t poolFlops(RankedTensorType y, ArrayRef<int64_t> kernel) {
  int64_t flops = y.getNumElements();
  for (int64_t size : kernel)
    flops *= size;
  return flops;
}
int64_t MaxPoolOp::getFlops() {
  return poolFlops(getY().getType(), getKernel());
}
int64_t MaxPoolIndexOp::getFlops() {
  return poolFlops(getY().getType(), getKernel());
}
int64_t MaxPoolGradOp::getFlops() {
  return poolFlops(getDy().getType(), getKernel());
}
int64_t AvgPoolOp::getFlops() {
  return poolFlops(getY().getType(), getKernel());
}
int64_t AvgPoolGradOp::getFlops() {
  return poolFlops(getDy().getType(), getKernel());
}

/// Returns the labels of `x` and `y`. Images and channels are of kind `planes`; windows move over
/// the other dimensions of `x`, and `y` has an element for each.
static std::pair<FactorLabels, FactorLabels> poolFactors(FactorBuilder &builder, RankedTensorType x,
                                                         RankedTensorType y, FactorKind planes) {
  FactorLabels image = builder.addAll(x.getShape().take_front(2), planes), windows = image;
  image.append(builder.addAll(x.getShape().drop_front(2), FactorKind::ordered));
  windows.append(builder.addAll(y.getShape().drop_front(2), FactorKind::ordered));
  return {image, windows};
}

IndexFactors MaxPoolOp::getIndexFactors() {
  FactorBuilder builder(*this);
  std::tie(builder.operand(0), builder.result(0)) =
      poolFactors(builder, getX().getType(), getY().getType(), FactorKind::free);
  return builder.finish();
}
/// Takes everything for ordered: an element's number counts all elements before it.
IndexFactors MaxPoolIndexOp::getIndexFactors() {
  FactorBuilder builder(*this);
  std::tie(builder.operand(0), builder.result(0)) =
      poolFactors(builder, getX().getType(), getY().getType(), FactorKind::ordered);
  return builder.finish();
}
IndexFactors MaxPoolGradOp::getIndexFactors() {
  FactorBuilder builder(*this);
  std::tie(builder.result(0), builder.operand(0)) =
      poolFactors(builder, getX().getType(), getDy().getType(), FactorKind::free);
  builder.operand(1) = builder.result(0);
  return builder.finish();
}
IndexFactors AvgPoolOp::getIndexFactors() {
  FactorBuilder builder(*this);
  std::tie(builder.operand(0), builder.result(0)) =
      poolFactors(builder, getX().getType(), getY().getType(), FactorKind::free);
  return builder.finish();
}
IndexFactors AvgPoolGradOp::getIndexFactors() {
  FactorBuilder builder(*this);
  std::tie(builder.result(0), builder.operand(0)) =
      poolFactors(builder, getDx().getType(), getDy().getType(), FactorKind::free);
  return builder.finish();
}
